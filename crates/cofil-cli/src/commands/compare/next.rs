//! The conclusion of a comparison and the next commands.

use super::{Args, config};
use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::args::searching::plain;
use crate::args::typed;
use crate::output::{self, outln};
use cofil::Algorithm;
use cofil::contest::Contestant;

/// Parts of the next commands.
pub struct Next<'a> {
    pub args: &'a Args,
    /// A user in the table.
    pub user: String,
}

impl Next<'_> {
    /// Prints the conclusion and the next commands for the best algorithm, and for a blend of it with another.
    pub fn print(&self, told: &str, ranked: &[&Contestant]) {
        outln!();
        output::prose(told);
        let Some((best, others)) = ranked.split_first() else { return };
        outln!("\nNext:");
        let recommend = format!("cofil recommend model.cofil --user {}", typed::word(&self.user));
        let width = usize::from(crate::table::width()).saturating_sub(2);
        for command in [self.train(best), recommend] {
            output::command(&command, width).iter().for_each(|line| outln!("  {line}"));
        }
        if let Some(blend) = self.blend(best, others) {
            outln!("\nA blend is often better:");
            output::command(&blend, width).iter().for_each(|line| outln!("  {line}"));
        }
        if self.args.configs.is_none() {
            outln!("\n(--configs FOLDER writes the settings of each algorithm to a file)");
        }
    }

    /// Returns the command that trains `best` on the whole table.
    fn train(&self, best: &Contestant) -> String {
        let choice = match &self.args.configs {
            Some(folder) => {
                format!("--config {}", typed::path(&config(folder, &best.file_stem())))
            }
            None => {
                format!("-a {}{}", best.entry.algorithm.name(), settings(&best.entry.algorithm))
            }
        };
        self.command(&choice)
    }

    /// Returns the command that trains a blend of `best` and the best other algorithm that can be added to it.
    fn blend(&self, best: &Contestant, others: &[&Contestant]) -> Option<String> {
        let (own, fits) =
            (&best.entry.algorithm, |name: &str| !["popularity", "blend"].contains(&name));
        let other = others.iter().map(|other| &other.entry.algorithm).find(|other| {
            other.target() == own.target() && other.name() != own.name() && fits(other.name())
        });
        let other = other.filter(|_| fits(own.name()))?;
        Some(self.command(&format!("-a blend --set of={},{}", own.name(), other.name())))
    }

    /// Returns the command that trains with these options on the whole table.
    fn command(&self, choice: &str) -> String {
        let data = typed::path(&self.args.data);
        let (read, clean) = (typed::again::<Input>(), typed::again::<Cleaning>());
        format!("cofil train {data} {choice}{read}{clean} -o model.cofil")
    }
}

/// Returns the settings that differ from the defaults, as options.
fn settings(algorithm: &Algorithm) -> String {
    let values = |algorithm: &Algorithm| output::value(algorithm).unwrap_or_default();
    let all = Algorithm::all();
    let usual = all.iter().find(|other| other.name() == algorithm.name()).map(values);
    let usual = usual.unwrap_or_default();
    let set = |(name, value): (&String, &serde_json::Value)| {
        (usual[name.as_str()] != *value)
            .then(|| format!(" --set {}", typed::word(&format!("{name}={}", plain(value)))))
    };
    values(algorithm).as_object().into_iter().flatten().filter_map(set).collect()
}

//! What a comparison comes to, and what to type next.

use super::{Args, config};
use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::args::searching::plain;
use crate::args::typed;
use crate::output::{self, outln};
use cofil::Algorithm;
use cofil::contest::Contestant;

/// What the commands to type next are made from.
pub struct Next<'a> {
    pub args: &'a Args,
    /// A user of the table.
    pub user: String,
}

impl Next<'_> {
    /// Prints `told`, the result in sentences, and how to go on with the best.
    pub fn print(&self, told: &str, best: Option<&Contestant>) {
        outln!();
        output::prose(told);
        let Some(best) = best else { return };
        outln!("\nNext:");
        let recommend = format!("cofil recommend model.cofil --user {}", typed::word(&self.user));
        let width = usize::from(crate::table::width()).saturating_sub(2);
        for command in [self.train(best), recommend] {
            output::command(&command, width).iter().for_each(|line| outln!("  {line}"));
        }
        if self.args.configs.is_none() {
            outln!("\n(--configs FOLDER writes everybody's settings to files)");
        }
    }

    /// The command that trains `best` on the whole table.
    fn train(&self, best: &Contestant) -> String {
        let data = typed::path(&self.args.data);
        let choice = match &self.args.configs {
            Some(folder) => {
                format!("--config {}", typed::path(&config(folder, &best.file_stem())))
            }
            None => {
                format!("-a {}{}", best.entry.algorithm.name(), settings(&best.entry.algorithm))
            }
        };
        let (read, clean) = (typed::again::<Input>(), typed::again::<Cleaning>());
        format!("cofil train {data} {choice}{read}{clean} -o model.cofil")
    }
}

/// What differs from the defaults, as it is typed.
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

//! The conclusion of a comparison and the next commands.

use super::{Args, config};
use crate::args::clean::Cleaning;
use crate::args::input::Input;
use crate::args::searching::plain;
use crate::args::typed;
use crate::output::{self, outln};
use cofil::contest::Contestant;
use cofil::{Algorithm, Metric};
use serde_json::{Map, Value};

/// Parts of the next commands.
pub struct Next<'a> {
    pub args: &'a Args,
    /// A user in the table.
    pub user: String,
    /// An item in the table.
    pub item: String,
}

impl Next<'_> {
    /// Prints the conclusion and the next commands for the best algorithm by `metric`, and for a blend of it with another.
    pub fn print(&self, told: &str, metric: Option<Metric>, ranked: &[&Contestant]) {
        outln!();
        output::prose(told);
        let Some((best, others)) = ranked.split_first() else { return };
        outln!("\nNext:");
        let [user, item] = [&self.user, &self.item].map(|name| typed::word(name));
        let ask = match metric.is_some_and(|metric| metric.is_of_values()) {
            true => format!("cofil predict model.cofil --user {user} --item {item}"),
            false => format!("cofil recommend model.cofil --user {user}"),
        };
        let width = usize::from(crate::table::width()).saturating_sub(2);
        for command in [self.train(best), ask] {
            output::command(&command, width).iter().for_each(|line| outln!("  {line}"));
        }
        if let Some((names, blend)) = self.blend(best, others) {
            let lines = output::command(&blend, width);
            // Settings that a terminal would break within a word cannot be copied from it.
            if lines.iter().all(|line| line.chars().count() <= width) {
                outln!("\nTo combine {names}:");
                lines.iter().for_each(|line| outln!("  {line}"));
            }
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

    /// Returns the command that trains a blend of `best` and the best other algorithm that can be added to it, and the
    /// names of both.
    fn blend(&self, best: &Contestant, others: &[&Contestant]) -> Option<(String, String)> {
        let fits = |name: &str| !["popularity", "blend"].contains(&name);
        let own = &best.entry.algorithm;
        let other = others.iter().find(|other| {
            let other = &other.entry.algorithm;
            other.target() == own.target() && other.name() != own.name() && fits(other.name())
        });
        let other = other.filter(|_| fits(own.name()))?;
        let members = [best, other].map(member);
        let other = &other.entry.algorithm;
        let names: Option<Vec<&str>> = members.iter().map(Value::as_str).collect();
        let of = match names {
            Some(names) => names.join(","),
            None => Value::from(members.to_vec()).to_string(),
        };
        let names = format!("{} and {}", own.name(), other.name());
        Some((names, self.command(&format!("-a blend --set {}", typed::word(&format!("of={of}"))))))
    }

    /// Returns the command that trains with these options on the whole table.
    fn command(&self, choice: &str) -> String {
        let data = typed::path(&self.args.data);
        let (read, clean) = (typed::again::<Input>(), typed::again::<Cleaning>());
        format!("cofil train {data} {choice}{read}{clean} -o model.cofil")
    }
}

/// Returns the settings that differ from the defaults.
fn changed(algorithm: &Algorithm) -> Map<String, Value> {
    let values = |algorithm: &Algorithm| output::value(algorithm).unwrap_or_default();
    let all = Algorithm::all();
    let usual = all.iter().find(|other| other.name() == algorithm.name()).map(values);
    let usual = usual.unwrap_or_default();
    let mut settings = values(algorithm).as_object().cloned().unwrap_or_default();
    settings.retain(|name, value| usual[name.as_str()] != *value);
    settings
}

/// Returns the settings that differ from the defaults, as options.
fn settings(algorithm: &Algorithm) -> String {
    let set = |(name, value): (&String, &Value)| {
        format!(" --set {}", typed::word(&format!("{name}={}", plain(value))))
    };
    changed(algorithm).iter().map(set).collect()
}

/// Returns an algorithm as the setting `of` of a blend has it: its name, or an object if it has settings of its own.
/// Those that follow from the data, a blend finds itself.
fn member(contestant: &Contestant) -> Value {
    let algorithm = &contestant.entry.algorithm;
    let mut settings = changed(algorithm);
    settings.retain(|name, _| !contestant.defaults.contains_key(name));
    match settings.is_empty() {
        true => algorithm.name().into(),
        false => {
            settings.insert("algorithm".into(), algorithm.name().into());
            settings.into()
        }
    }
}

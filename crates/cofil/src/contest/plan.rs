//! What is compared, and how.

use super::Failure;
use crate::algorithm::Algorithm;
use crate::data::{Ratings, ReadValues};
use crate::evaluate::{Metric, Protocol};
use crate::recipes::{Popularity, Target};
use std::path::PathBuf;
use std::time::Duration;

/// What is compared, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who takes part, in this order; no two of one name.
    pub entrants: Vec<Entrant>,
    /// How everybody is judged. The first metric orders them, and is what searches make good.
    pub protocol: Protocol,
    /// Seed of every search and training, and of what is held out for searches.
    pub seed: u64,
    /// How settings are searched; as the entrants have them if `None`.
    pub tuning: Option<Tuning>,
    /// The time for the search of each recipe, and again for its training; what learns in epochs ends with
    /// the one under way. Results then depend on the machine.
    pub limit: Option<Duration>,
    /// Whether to measure the most memory that each recipe takes. The peak that the system keeps for this
    /// process is then forgotten before each, where it can be (Linux).
    pub measure_memory: bool,
    /// Who was left out before, and why: told beside those that fail.
    pub absent: Vec<Failure>,
    /// How recipes that rank read the values.
    pub values: ReadValues,
}

/// An algorithm that is to take part, perhaps several times with other settings.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// What it is called, differently from all others: the name of the algorithm, or one that tells its
    /// settings too.
    pub name: String,
    /// The recipe and its settings.
    pub algorithm: Algorithm,
    /// Names of the settings that a search leaves as they are.
    pub fixed: Vec<String>,
    /// Whether the settings that are not fixed are the defaults that suit the training data, where there is a rule:
    /// [`Algorithm::suited_to`].
    pub suited: bool,
    /// Whether it was asked for by name, and so takes part even where it can learn nothing.
    pub chosen: bool,
}

/// How the settings of every recipe are searched, on a tenth of the training data.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Trials for each recipe, ≥ 1.
    pub trials: usize,
    /// At most so many of them at once, ≥ 1.
    pub parallel: usize,
    /// Folder for the finished trials of every recipe.
    pub journals: Option<PathBuf>,
    /// Whether to go on from the trials in that folder; without, a folder that has some is refused.
    pub resume: bool,
}

impl Plan {
    /// Compares `entrants` as they are. Popularity takes part in every comparison of rankings: where it is
    /// missing, it comes first.
    pub fn new(mut entrants: Vec<Entrant>, protocol: Protocol) -> Self {
        let is_popularity = |entrant: &Entrant| entrant.algorithm.name() == "popularity";
        if !entrants.iter().any(is_popularity) && !of_values(&protocol.metrics) {
            entrants.insert(0, Algorithm::Popularity(Popularity::default()).into());
        }
        let (tuning, limit, absent) = (None, None, Vec::new());
        let values = ReadValues::default();
        Self { entrants, protocol, seed: 0, tuning, limit, measure_memory: false, absent, values }
    }

    /// The recipes that can be compared by `metrics`: by predicted values only those that predict them.
    pub fn suited(metrics: &[Metric]) -> Vec<Algorithm> {
        let mut all = Algorithm::all();
        all.retain(|recipe| !of_values(metrics) || recipe.target() == Target::Rating);
        all
    }
}

/// Whether predicted values alone are measured.
fn of_values(metrics: &[Metric]) -> bool {
    metrics.iter().all(Metric::is_of_values)
}

impl Entrant {
    /// The same with the defaults that suit `train`, if it takes them.
    pub(super) fn suited_to(&self, train: &Ratings) -> Self {
        let mut entrant = self.clone();
        if self.suited {
            let fixed: Vec<&str> = self.fixed.iter().map(String::as_str).collect();
            entrant.algorithm = self.algorithm.suited_to(train, &fixed).algorithm;
        }
        entrant
    }
}

impl From<Algorithm> for Entrant {
    /// As it is, with nothing fixed, and not by name.
    fn from(algorithm: Algorithm) -> Self {
        let name = algorithm.name().into();
        Self { name, algorithm, fixed: Vec::new(), suited: false, chosen: false }
    }
}

impl Entrant {
    /// Its name as that of a file, without an ending.
    pub fn file_stem(&self) -> String {
        file_stem(&self.name)
    }
}

/// `name` with `-` for what file systems and shells may take for something else.
pub(super) fn file_stem(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.=+".contains(c);
    name.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

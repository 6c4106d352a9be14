//! Comparison plans.

use super::Failure;
use crate::algorithm::{Algorithm, Suited};
use crate::data::{Ratings, ReadValues};
use crate::error::Result;
use crate::evaluate::{Metric, Protocol};
use crate::recipes::{Popularity, Target};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// The plan of a comparison: which algorithms, and how they are tuned, trained and evaluated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The algorithms to compare, in this order; names must be distinct.
    pub entrants: Vec<Entrant>,
    /// The evaluation protocol. The first metric orders the results and is the one that searches optimise.
    pub protocol: Protocol,
    /// Random seed of all searches and trainings, and of the validation set for searches.
    pub seed: u64,
    /// How settings are searched. If `None`, the entrants' own settings are used.
    pub tuning: Option<Tuning>,
    /// Time limit for the search of each algorithm, and again for its training. Training in epochs stops after the
    /// current epoch. Results then depend on the speed of the machine.
    pub limit: Option<Duration>,
    /// Whether to measure the peak memory of each algorithm. The system's peak counter of this process is then reset
    /// before each algorithm, where that is possible (Linux).
    pub measure_memory: bool,
    /// Algorithms that were skipped beforehand, and why; they are listed with those that fail.
    pub absent: Vec<Failure>,
    /// How algorithms that rank read the values.
    pub values: ReadValues,
}

/// An algorithm to compare. The same algorithm can be entered several times with different settings.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// A unique name: that of the algorithm, or one that includes its settings.
    pub name: String,
    /// The algorithm and its settings.
    pub algorithm: Algorithm,
    /// Names of the settings that a search does not change.
    pub fixed: Vec<String>,
    /// Whether to adapt the defaults of settings that are not fixed to the training data:
    /// [`Algorithm::suited_to`].
    pub suited: bool,
    /// Whether it was requested by name. It is then compared even if it cannot learn anything from the data.
    pub chosen: bool,
}

/// How the settings of each algorithm are searched. Trials are evaluated on a tenth of the training data, held out.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Number of trials for each algorithm, ≥ 1.
    pub trials: usize,
    /// Maximum number of trials at once, ≥ 1.
    pub parallel: usize,
    /// Folder to keep the finished trials of each algorithm in.
    pub journals: Option<PathBuf>,
    /// Whether to continue from the trials in that folder. If not, a folder that already has trials is an error.
    pub resume: bool,
}

impl Plan {
    /// Creates a plan that compares `entrants` with their own settings. Popularity is part of each comparison of
    /// rankings; if it is missing, it is added in front.
    pub fn new(mut entrants: Vec<Entrant>, protocol: Protocol) -> Self {
        let is_popularity = |entrant: &Entrant| entrant.algorithm.name() == "popularity";
        if !entrants.iter().any(is_popularity) && !of_values(&protocol.metrics) {
            entrants.insert(0, Algorithm::Popularity(Popularity::default()).into());
        }
        let (tuning, limit, absent) = (None, None, Vec::new());
        let values = ReadValues::default();
        Self { entrants, protocol, seed: 0, tuning, limit, measure_memory: false, absent, values }
    }

    /// Returns the algorithms that can be compared by `metrics`. If these are all of predicted ratings, only algorithms
    /// that predict ratings.
    pub fn suited(metrics: &[Metric]) -> Vec<Algorithm> {
        let mut all = Algorithm::all();
        all.retain(|recipe| !of_values(metrics) || recipe.target() == Target::Rating);
        all
    }
}

/// Returns whether all metrics are of predicted ratings.
fn of_values(metrics: &[Metric]) -> bool {
    metrics.iter().all(Metric::is_of_values)
}

impl Entrant {
    /// Creates the entrant `algorithm` with `settings`, which no search changes; other settings get the defaults that
    /// suit the data. It is called by both, such as `ials:factors=128`. `chosen` says whether it was requested by name.
    ///
    /// # Errors
    /// As [`Algorithm::from_settings`].
    pub fn of(algorithm: &str, settings: &Map<String, Value>, chosen: bool) -> Result<Self> {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = settings.iter().map(|(setting, value)| format!("{setting}={}", plain(value)));
        let pairs = pairs.collect::<Vec<_>>().join(",");
        let algorithm = Algorithm::from_settings(algorithm, settings)?;
        let name = match pairs.is_empty() {
            true => algorithm.name().to_owned(),
            false => format!("{}:{pairs}", algorithm.name()),
        };
        let fixed = settings.keys().cloned().collect();
        Ok(Self { name, algorithm, fixed, suited: true, chosen })
    }

    /// Returns the entrant with defaults adapted to `train`, if `suited` is set, and the adapted settings.
    pub(super) fn suited_to(&self, train: &Ratings) -> (Self, Map<String, Value>) {
        if !self.suited {
            return (self.clone(), Map::new());
        }
        let fixed: Vec<&str> = self.fixed.iter().map(String::as_str).collect();
        let Suited { algorithm, chosen } = self.algorithm.suited_to(train, &fixed);
        (Self { algorithm, ..self.clone() }, chosen)
    }
}

impl From<Algorithm> for Entrant {
    /// Creates an entrant with the algorithm's settings, nothing fixed, not requested by name.
    fn from(algorithm: Algorithm) -> Self {
        let name = algorithm.name().into();
        Self { name, algorithm, fixed: Vec::new(), suited: false, chosen: false }
    }
}

impl Entrant {
    /// Returns the name as a file name without an extension.
    pub fn file_stem(&self) -> String {
        file_stem(&self.name)
    }
}

/// Returns `name` with `-` in place of characters that are special to file systems or shells.
pub(super) fn file_stem(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.=+".contains(c);
    name.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

//! Experiments: one file each in `experiments/`, named after the experiment.

use crate::places;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// A comparison of cofil with peers, and the claims about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name of the file, without its extension.
    #[serde(skip_deserializing)]
    pub name: String,
    /// Heading of the table.
    pub title: String,
    /// The job to run.
    pub job: Job,
    /// Folder of the split under the data folder: `train.csv.gz` and `test.csv.gz`.
    pub data: String,
    /// Note below the table: what is timed, and how to read it.
    #[serde(default)]
    pub note: String,
    /// Cofil's algorithm and settings, for jobs that train.
    #[serde(default)]
    pub cofil: Option<Recipe>,
    /// Length of the lists for the ranking metrics.
    #[serde(default = "twenty")]
    pub k: usize,
    /// Amount of work in the timed part, if it can be counted.
    #[serde(default)]
    pub work: Option<Work>,
    /// Whether an evaluation starts from ready-made lists instead of the factors.
    #[serde(default)]
    pub from_lists: bool,
    /// The peers to compare with.
    pub peers: Vec<Peer>,
    /// Metrics in which cofil must match the peers.
    #[serde(default)]
    pub quality: Vec<Quality>,
}

/// The work of the timed part, shown in millions per second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The unit, such as "samples".
    pub of: String,
    /// Number of units.
    pub count: f64,
}

fn twenty() -> usize {
    20
}

fn one() -> f64 {
    1.0
}

/// The jobs of `peers/catalog.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    Mf,
    Ials,
    Ease,
    ItemKnn,
    Slim,
    #[serde(rename = "rp3beta")]
    Rp3Beta,
    KnnBaseline,
    Bpr,
    Warp,
    SvdPlusPlus,
    Topk,
    Evaluate,
    Load,
    Neumf,
    AutorecItem,
    AutorecUser,
    AutorecGowalla,
    AutorecWide,
    PythonIals,
    PythonItemKnn,
    PythonEase,
    PythonBpr,
    PythonFrames,
}

impl Job {
    /// Returns the name of the job.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mf => "mf",
            Self::Ials => "ials",
            Self::Ease => "ease",
            Self::ItemKnn => "item-knn",
            Self::Slim => "slim",
            Self::Rp3Beta => "rp3beta",
            Self::KnnBaseline => "knn-baseline",
            Self::Bpr => "bpr",
            Self::Warp => "warp",
            Self::SvdPlusPlus => "svd-plus-plus",
            Self::Topk => "topk",
            Self::Evaluate => "evaluate",
            Self::Load => "load",
            Self::Neumf => "neumf",
            Self::AutorecItem => "autorec-item",
            Self::AutorecUser => "autorec-user",
            Self::AutorecGowalla => "autorec-gowalla",
            Self::AutorecWide => "autorec-wide",
            Self::PythonIals => "python-ials",
            Self::PythonItemKnn => "python-item-knn",
            Self::PythonEase => "python-ease",
            Self::PythonBpr => "python-bpr",
            Self::PythonFrames => "python-frames",
        }
    }

    /// Returns the name of the timed part.
    pub fn timed(self) -> &'static str {
        match self {
            Self::Topk => "recommend",
            Self::Evaluate => "evaluate",
            Self::Load => "load",
            Self::PythonFrames => "convert",
            _ if self.is_python() => "whole",
            _ => "fit",
        }
    }

    /// Returns whether cofil takes part as its Python package.
    pub fn is_python(self) -> bool {
        self.name().starts_with("python-")
    }

    /// Returns whether the job produces lists or predictions that another evaluator can score.
    pub fn has_results(self) -> bool {
        !matches!(self, Self::Evaluate | Self::Load) && !self.is_python() && self.has_quality()
    }

    /// Returns whether all peers finish the job. Peers that run only some batches, with extrapolated
    /// times, have no result to evaluate.
    pub fn has_quality(self) -> bool {
        !matches!(self, Self::AutorecGowalla | Self::AutorecWide)
    }
}

/// An algorithm of cofil with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name, as in `--algorithm`.
    pub algorithm: String,
    /// Settings that differ from the defaults.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// A library to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Name of the peer in `peers/run.py`.
    pub name: String,
    /// Claimed upper bound of cofil's time divided by the peer's; no claim if absent.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Claimed upper bound of cofil's peak memory divided by the peer's, if there is a claim on time.
    #[serde(default = "one")]
    pub memory_at_most: f64,
    /// Note on the row.
    #[serde(default)]
    pub note: String,
}

impl Peer {
    /// Returns a peer that is shown without a claim.
    pub fn shown(name: &str) -> Self {
        Self { name: name.into(), at_most: None, memory_at_most: one(), note: String::new() }
    }
}

/// A metric that must match for a comparison to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Name in `quality`. Less is better for `rmse` and `bce`, more for all others.
    pub metric: String,
    /// Margin by which cofil may be worse than a peer.
    pub tolerance: f64,
    /// Whether cofil may not be better by more than the margin either, because both compute the same.
    #[serde(default)]
    pub exact: bool,
    /// Value that cofil must reach, independent of the peers.
    #[serde(default)]
    pub goal: Option<f64>,
}

impl Experiment {
    /// Parses an experiment from the text of its file.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut experiment: Self = toml::from_str(text)?;
        experiment.name = name.into();
        Ok(experiment)
    }

    /// Returns all experiments, sorted by name.
    pub fn all() -> Result<Vec<Self>> {
        let folder = places::experiments();
        let mut files = std::fs::read_dir(&folder)
            .with_context(|| folder.display().to_string())?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|e| e == "toml"));
        files.sort();
        files.iter().map(|file| Self::read(file)).collect()
    }

    fn read(file: &Path) -> Result<Self> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        Self::parse(&name, &text).with_context(|| file.display().to_string())
    }

    /// Returns the experiments called `names`, or all if `names` is empty.
    pub fn chosen(names: &[String]) -> Result<Vec<Self>> {
        let all = Self::all()?;
        if let Some(unknown) = names.iter().find(|name| all.iter().all(|e| e.name != **name)) {
            let known: Vec<_> = all.iter().map(|e| e.name.as_str()).collect();
            bail!("unknown experiment `{unknown}`; known experiments: {}", known.join(", "));
        }
        let chosen = |e: &Self| names.is_empty() || names.contains(&e.name);
        Ok(all.into_iter().filter(chosen).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cofil::Algorithm;

    #[test]
    fn a_file_says_what_is_compared() {
        let text = r#"
            title = "EASE"
            job = "ease"
            data = "ml-1m-90-10"
            cofil = { algorithm = "ease", settings = { reg = 500 } }
            quality = [{ metric = "ndcg@20", tolerance = 0.002, goal = 0.335 }]

            [[peers]]
            name = "irspack"
            at_most = 0.5
            "#;
        let experiment = Experiment::parse("ease", text).unwrap();
        assert_eq!((experiment.k, experiment.job), (20, Job::Ease));
        assert_eq!(experiment.peers[0].at_most, Some(0.5));
        assert_eq!(experiment.cofil.unwrap().settings["reg"], 500);
        let misspelt = text.replace("at_most", "atmost");
        assert!(Experiment::parse("ease", &misspelt).is_err());
    }

    #[test]
    fn every_experiment_can_be_run() {
        let all = Experiment::all().unwrap();
        assert!(!all.is_empty());
        for experiment in all {
            let name = &experiment.name;
            assert_eq!(experiment.job.timed() == "fit", experiment.cofil.is_some(), "{name}");
            if let Some(recipe) = &experiment.cofil {
                Algorithm::from_settings(&recipe.algorithm, &recipe.settings)
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
            }
            assert_eq!(experiment.job.has_quality(), !experiment.quality.is_empty(), "{name}");
        }
    }

    #[test]
    fn unknown_experiments_are_refused() {
        let error = Experiment::chosen(&["eese".into()]).unwrap_err().to_string();
        assert!(error.starts_with("unknown experiment `eese`; known experiments: "), "{error}");
    }
}

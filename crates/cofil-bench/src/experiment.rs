//! An experiment: one file in `experiments/`, named after it.

use crate::places;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// What is compared with whom, and what is claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name of the file, without ending.
    #[serde(skip_deserializing)]
    pub name: String,
    /// The table's heading.
    pub title: String,
    /// What is done.
    pub job: Job,
    /// Folder of the split under the data folder: `train.csv.gz` and `test.csv.gz`.
    pub data: String,
    /// A sentence below the table: what is timed, what to know.
    #[serde(default)]
    pub note: String,
    /// Cofil's recipe, for jobs that train.
    #[serde(default)]
    pub cofil: Option<Recipe>,
    /// Length of the lists that quality is measured on.
    #[serde(default = "twenty")]
    pub k: usize,
    /// What the timed part goes through, if it can be counted.
    #[serde(default)]
    pub work: Option<Work>,
    /// Whether an evaluation starts from finished lists, instead of from the factors.
    #[serde(default)]
    pub from_lists: bool,
    /// Whom to compare with.
    pub peers: Vec<Peer>,
    /// What must be equally good.
    #[serde(default)]
    pub quality: Vec<Quality>,
}

/// How much the timed part does: the table shows millions of it per second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Such as "samples".
    pub of: String,
    /// How many.
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
}

impl Job {
    /// Its name.
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
        }
    }

    /// The part that is compared.
    pub fn timed(self) -> &'static str {
        match self {
            Self::Topk => "recommend",
            Self::Evaluate => "evaluate",
            Self::Load => "load",
            _ => "fit",
        }
    }

    /// Whether it ends in lists or predictions that another evaluator can judge.
    pub fn has_results(self) -> bool {
        !matches!(self, Self::Evaluate | Self::Load) && self.has_quality()
    }

    /// Whether everybody finishes the work: peers that learn from some batches alone, and are
    /// extrapolated, have nothing to judge.
    pub fn has_quality(self) -> bool {
        !matches!(self, Self::AutorecGowalla | Self::AutorecWide)
    }
}

/// A recipe of cofil.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// As after `--algorithm`.
    pub algorithm: String,
    /// In place of defaults.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// Somebody to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// As `peers/run.py` knows it.
    pub name: String,
    /// Cofil's time over the peer's is claimed to be at most this; nothing is claimed without.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Cofil's peak memory over the peer's is claimed to be at most this, where time is claimed.
    #[serde(default = "one")]
    pub memory_at_most: f64,
    /// What to know about the row.
    #[serde(default)]
    pub note: String,
}

impl Peer {
    /// Somebody who is shown, and of whom nothing is claimed.
    pub fn shown(name: &str) -> Self {
        Self { name: name.into(), at_most: None, memory_at_most: one(), note: String::new() }
    }
}

/// A measure that must hold for a comparison to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Its name in `quality`. Of `rmse` and `bce` less is better, of all others more.
    pub metric: String,
    /// Cofil may be worse than a peer by this much.
    pub tolerance: f64,
    /// Neither may it be better by more: both compute the same thing.
    #[serde(default)]
    pub exact: bool,
    /// What cofil must reach, whatever the peers do.
    #[serde(default)]
    pub goal: Option<f64>,
}

impl Experiment {
    /// Reads an experiment from the text of its file.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut experiment: Self = toml::from_str(text)?;
        experiment.name = name.into();
        Ok(experiment)
    }

    /// All experiments by name.
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

    /// The experiments called `names`, or all if there are no names.
    pub fn chosen(names: &[String]) -> Result<Vec<Self>> {
        let all = Self::all()?;
        if let Some(unknown) = names.iter().find(|name| all.iter().all(|e| e.name != **name)) {
            let known: Vec<_> = all.iter().map(|e| e.name.as_str()).collect();
            bail!("unknown experiment `{unknown}`; there are {}", known.join(", "));
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
        assert!(error.starts_with("unknown experiment `eese`; there are "), "{error}");
    }
}

//! Which algorithm, with which settings: the arguments that every command that trains shares.

use crate::args::searching;
use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use cofil::{Algorithm, Ratings, Suited};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// What to train.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Choice {
    /// Algorithm; see `cofil algorithms` [default: biased-mf for ratings, ials for events]
    #[arg(short, long, value_name = "NAME", value_parser = names())]
    pub algorithm: Option<String>,
    /// A setting of the algorithm; may be repeated. See `cofil algorithms NAME`
    #[arg(short, long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// TOML or JSON file with `algorithm = "…"` and settings; --algorithm and --set go before it
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Choice {
    /// The algorithm for `ratings`, with defaults that suit them.
    pub fn algorithm(&self, ratings: &Ratings) -> Result<Chosen> {
        let mut settings = self.config()?;
        let configured = settings.remove("algorithm");
        for pair in &self.settings {
            let (name, value) = parse_setting(pair)?;
            settings.insert(name, value);
        }
        let configured = match configured {
            None => None,
            Some(Value::String(name)) => Some(name),
            Some(other) => bail!("`algorithm` in the config file is a name, not {other}"),
        };
        let (name, why) = match self.algorithm.clone().or(configured) {
            Some(name) => (name, None),
            None => {
                let advice = Algorithm::suggest(ratings, None);
                (advice.algorithm.name().into(), Some(advice.reason))
            }
        };
        let Suited { algorithm, chosen } = Algorithm::from_settings_for(&name, &settings, ratings)?;
        Ok(Chosen { algorithm, why, defaults: chosen })
    }

    /// Refuses unknown names before any data is read.
    pub fn check(&self) -> Result<()> {
        if self.algorithm.is_some() || self.config.is_some() {
            self.algorithm(&Ratings::default())?;
        }
        Ok(())
    }

    fn config(&self) -> Result<Map<String, Value>> {
        let Some(path) = &self.config else { return Ok(Map::new()) };
        let text = cofil::store::read_text(path, LONGEST_CONFIG)?;
        let value = match path.extension().is_some_and(|e| e == "json") {
            true => serde_json::from_str(&text).map_err(anyhow::Error::from),
            false => toml::from_str(&text).map_err(anyhow::Error::from),
        };
        value.with_context(|| path.display().to_string())
    }
}

/// What was chosen, and what of it nobody said.
pub struct Chosen {
    /// The algorithm with its settings.
    pub algorithm: Algorithm,
    /// Why this one, if nobody said which.
    pub why: Option<String>,
    /// The settings that follow the data.
    pub defaults: Map<String, Value>,
}

impl Chosen {
    /// A line for each choice that nobody made.
    pub fn lines(&self) -> Vec<String> {
        let name = self.algorithm.name();
        let why = self.why.as_ref();
        let why = why.map(|why| format!("algorithm: {name}: {why} (choose with --algorithm)"));
        let defaults = (!self.defaults.is_empty()).then(|| {
            let settings = searching::settings(&self.defaults);
            format!("defaults for this data: {settings} (rules: cofil algorithms {name})")
        });
        why.into_iter().chain(defaults).collect()
    }
}

/// Bytes of the longest file of settings.
const LONGEST_CONFIG: u64 = 1 << 20;

fn names() -> PossibleValuesParser {
    // A dozen names that live as long as the command does.
    PossibleValuesParser::new(Algorithm::all().iter().map(Algorithm::name))
}

/// `factors=64`, `link=sigmoid`, `shape=[64,32]`: JSON, or else the bare text.
pub fn parse_setting(pair: &str) -> Result<(String, Value)> {
    let (name, value) = pair
        .split_once('=')
        .with_context(|| format!("`--set {pair}`: write NAME=VALUE, such as `--set factors=64`"))?;
    let (name, value) = (name.trim(), value.trim());
    Ok((name.into(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

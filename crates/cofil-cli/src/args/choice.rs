//! Algorithm and settings: options shared by every command that trains.

use crate::args::{searching, wrong};
use crate::interrupt::reading;
use anyhow::{Context, Result, anyhow, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use cofil::{Algorithm, Purpose, Ratings, Suited};
use serde_json::{Map, Value};
use std::ffi::OsStr;
use std::path::PathBuf;

/// Options that choose an algorithm and its settings.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Choice {
    /// Algorithm; see `cofil algorithms` [default: chosen from the data and --for]
    #[arg(short, long, alias = "recipe", value_name = "NAME", value_parser = Names)]
    pub algorithm: Option<String>,
    /// Purpose of the default algorithm: ranking items or predicting values [default: ranking]
    #[arg(long = "for", value_name = "PURPOSE", value_enum, conflicts_with = "algorithm")]
    pub purpose: Option<For>,
    /// Named settings of the algorithm, such as those of a tutorial; --config and --set take precedence. See
    /// `cofil algorithms NAME`
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Setting of the algorithm; repeatable. See `cofil algorithms NAME`
    #[arg(short, long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// TOML or JSON file with `algorithm = "…"` and settings; --algorithm and --set take precedence
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Purpose of a model.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum For {
    /// Rank items into lists of recommendations
    #[value(alias = "rank")]
    Ranking,
    /// Predict the value a user would give an item
    #[value(alias = "predict")]
    Rating,
}

impl Choice {
    /// Returns the algorithm, with the defaults for `ratings`.
    pub fn algorithm(&self, ratings: &Ratings) -> Result<Chosen> {
        let mut config = self.config()?;
        let (name, why) = match self.named(&mut config)? {
            Some(name) => (name, None),
            None => {
                let purpose = self.purpose.map(|purpose| match purpose {
                    For::Ranking => Purpose::Rank,
                    For::Rating => Purpose::Predict,
                });
                let advice = Algorithm::suggest(ratings, purpose);
                (advice.algorithm.name().into(), Some(advice.reason))
            }
        };
        let mut settings = match &self.preset {
            Some(_) if why.is_some() => {
                return Err(wrong("--preset belongs to an algorithm: name it with --algorithm"));
            }
            Some(preset) => Algorithm::from_settings(&name, &Map::new())?.preset(preset)?,
            None => Map::new(),
        };
        settings.extend(config.clone());
        for pair in &self.settings {
            let (name, value) = parse_setting(pair)?;
            config.remove(&name);
            settings.insert(name, value);
        }
        let suited = Algorithm::from_settings_for(&name, &settings, ratings);
        let Suited { algorithm, chosen } = suited.map_err(|error| {
            // An unknown algorithm is that of the config file; --algorithm was checked.
            let setting = error.setting_at_fault();
            let is_configured = setting.is_none_or(|setting| config.contains_key(setting));
            let file = self.config.as_deref().filter(|_| is_configured);
            let file = file.map(|path| path.display().to_string());
            let advised = why.as_ref().map(|_| format!("algorithm {name}, chosen from the data"));
            let place: Vec<String> = file.into_iter().chain(advised).collect();
            match place.is_empty() {
                true => error.into(),
                false => anyhow::Error::from(error).context(place.join(": ")),
            }
        })?;
        Ok(Chosen { algorithm, why, defaults: chosen })
    }

    /// Rejects unknown names before any data is read, as far as the algorithm is known.
    pub fn check(&self) -> Result<()> {
        if self.named(&mut self.config()?)?.is_some() || self.preset.is_some() {
            self.algorithm(&Ratings::default())?;
        }
        Ok(())
    }

    /// Returns the algorithm that is named, and takes it from `config`.
    fn named(&self, config: &mut Map<String, Value>) -> Result<Option<String>> {
        let configured = match config.remove("algorithm") {
            None => None,
            Some(Value::String(name)) => Some(name),
            Some(other) => bail!("`algorithm` in the config file must be a name, not {other}"),
        };
        Ok(self.algorithm.clone().or(configured))
    }

    fn config(&self) -> Result<Map<String, Value>> {
        let Some(path) = &self.config else { return Ok(Map::new()) };
        let text = reading(path, |path| cofil::store::read_text(path, LONGEST_CONFIG))?;
        let value = match path.extension().is_some_and(|e| e == "json") {
            true => serde_json::from_str(&text).map_err(anyhow::Error::from),
            false => from_toml(&text),
        };
        value.with_context(|| path.display().to_string())
    }
}

/// Parses TOML, whose `nan` and `inf` JSON would take for "not set".
fn from_toml(text: &str) -> Result<Map<String, Value>> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |at| 1 + text[..at.start].matches('\n').count());
        match of_another_format(text) {
            Some(message) => anyhow!("{message}"),
            None => anyhow!("line {line}: {}", error.message()),
        }
    })?;
    for (setting, value) in &table {
        let numbers = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        if let Some(number) =
            numbers.iter().filter_map(toml::Value::as_float).find(|x| !x.is_finite())
        {
            bail!("setting `{setting}`: must be a finite number, got {number}");
        }
    }
    Ok(toml::from_str(text)?)
}

/// Returns what text that is no TOML seems to be instead, and the remedy.
fn of_another_format(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    if first.starts_with('{') {
        return Some("this looks like JSON; give the file a name that ends in .json");
    }
    let is_key = |key: &str| !key.is_empty() && !key.contains([' ', '=', '"', '[']);
    let is_pair = first
        .split_once(':')
        .is_some_and(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with(' ')));
    (first == "---" || is_pair).then_some(
        "this looks like YAML, which is not read; write TOML (key = value, texts in quotes), or JSON in a file that \
         ends in .json",
    )
}

/// The chosen algorithm, and which parts of the choice are defaults.
pub struct Chosen {
    /// The algorithm with its settings.
    pub algorithm: Algorithm,
    /// Reason for the default algorithm; `None` if the user chose it.
    pub why: Option<String>,
    /// Settings whose defaults were derived from the data.
    pub defaults: Map<String, Value>,
}

impl Chosen {
    /// Returns one line per default.
    pub fn lines(&self) -> Vec<String> {
        let name = self.algorithm.name();
        let why = self.why.as_ref();
        let why = why.map(|why| format!("algorithm {name} ({why}; override with --algorithm)"));
        let defaults = (!self.defaults.is_empty()).then(|| {
            let settings = searching::settings(&self.defaults);
            format!("defaults from the data: {settings} (rules: cofil algorithms {name})")
        });
        why.into_iter().chain(defaults).collect()
    }
}

/// Largest config file, in bytes.
const LONGEST_CONFIG: u64 = 1 << 20;

/// Parses the name of an algorithm, or what others call it, to the name it has here.
#[derive(Clone)]
struct Names;

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        match value.to_str().map(Algorithm::named) {
            Some(Ok(found)) => Ok(found.name().into()),
            // For its message.
            _ => PossibleValuesParser::new(own_names()).parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(own_names().map(PossibleValue::new)))
    }
}

fn own_names() -> impl Iterator<Item = &'static str> {
    Algorithm::all().into_iter().map(|algorithm| algorithm.name())
}

/// Parses `factors=64`, `reg=.01`, `link=sigmoid`, `layers=64,32`: a number, JSON, a list of numbers, or plain text.
pub fn parse_setting(pair: &str) -> Result<(String, Value)> {
    let (name, value) = pair
        .split_once('=')
        .with_context(|| format!("`--set {pair}`: write NAME=VALUE, such as `--set factors=64`"))?;
    let (name, value) = (name.trim(), value.trim());
    Ok((name.into(), parse_value(value)))
}

fn parse_value(text: &str) -> Value {
    let number = |text: &str| {
        let number = || text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
        serde_json::from_str(text).ok().or_else(number)
    };
    let list = || -> Option<Vec<Value>> {
        text.split(',').map(|piece| number(piece.trim()).map(Value::Number)).collect()
    };
    let read = serde_json::from_str(text).ok().or_else(|| number(text).map(Value::Number));
    read.or_else(|| list().map(Value::Array)).unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_people_write_them() {
        for (text, value) in [
            ("64", json!(64)),
            (".01", json!(0.01)),
            ("1e-3", json!(0.001)),
            ("true", json!(true)),
            ("[64, 32]", json!([64, 32])),
            ("64,32", json!([64, 32])),
            ("cosine", json!("cosine")),
            ("a,b", json!("a,b")),
            ("inf", json!("inf")),
        ] {
            assert_eq!(parse_setting(&format!("x={text}")).unwrap(), ("x".into(), value), "{text}");
        }
    }
}

//! The compared algorithms.

use super::Args;
use crate::args::choice::parse_setting;
use crate::args::wrong;
use anyhow::{Context, Result};
use cofil::Algorithm;
use cofil::contest::{Entrant, Failure, Plan};
use serde_json::{Map, Value};

/// Returns the algorithms of the list, then those of --with, with the names of the settings given.
pub fn entrants(args: &Args) -> Result<Vec<Entrant>> {
    let chosen = !args.algorithms.is_empty() || !args.with.is_empty();
    let own = |name: &String| Ok(Algorithm::named(name)?.name().to_owned());
    let mut names = args.algorithms.iter().map(own).collect::<Result<Vec<String>>>()?;
    if !chosen {
        let metrics = args.judging.protocol(None)?.metrics;
        names = Plan::suited(&metrics).iter().map(|recipe| recipe.name().into()).collect();
    }
    let left_out: Vec<String> = skipped(args)?.into_iter().map(|s| s.algorithm).collect();
    let mut settings: Vec<Map<String, Value>> = vec![Map::new(); names.len()];
    for pair in &args.settings {
        let (place, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some((name, setting)) = apart(place).filter(|_| pair.contains('=')) else {
            return Err(wrong(format!(
                "`--set {pair}`: write ALGORITHM:SETTING=VALUE, such as ease:reg=200"
            )));
        };
        let own = Algorithm::named(name).ok();
        let at = own.and_then(|own| names.iter().position(|n| n == own.name()));
        let Some(at) = at else {
            return Err(cofil::Error::unknown("algorithm", name, &names).into());
        };
        let (setting, value) = parse_setting(&format!("{setting}={value}"))?;
        settings[at].insert(setting, value);
    }
    let mut entrants: Vec<Entrant> = Vec::new();
    for (name, settings) in names.iter().zip(&settings) {
        // Each algorithm of the list is there once, so that its name is enough.
        let entrant = Entrant { name: name.clone(), ..Entrant::of(name, settings, chosen)? };
        let repeated = entrants.iter().any(|other| other.name == *name);
        if !left_out.contains(name) && !repeated {
            entrants.push(entrant);
        }
    }
    for text in &args.with {
        let entrant = with(text)?;
        if entrants.iter().any(|other| other.name == entrant.name) {
            return Err(wrong(format!("`--with {text}`: already in the comparison")));
        }
        entrants.push(entrant);
    }
    Ok(entrants)
}

/// Splits the name of an algorithm from what is said about it: `ials.factors` or `ials:factors`.
fn apart(text: &str) -> Option<(&str, &str)> {
    text.split_once(['.', ':'])
}

/// Parses `ials:factors=128,reg=0.01`; list values may contain commas.
fn with(text: &str) -> Result<Entrant> {
    let (name, list) = apart(text).unwrap_or((text, ""));
    let name = name.trim();
    let mut settings = Map::new();
    for pair in pairs(list) {
        if !pair.contains('=') {
            return Err(wrong(format!(
                "`--with {text}`: write ALGORITHM:SETTING=VALUE,SETTING=VALUE"
            )));
        }
        let (setting, value) = parse_setting(&pair)?;
        if settings.insert(setting.clone(), value).is_some() {
            return Err(wrong(format!("`--with {text}`: `{setting}` is given twice")));
        }
    }
    Entrant::of(name, &settings, true).with_context(|| format!("--with {text}"))
}

/// Splits a list of pairs; a piece without `=` continues the previous value.
fn pairs(list: &str) -> Vec<String> {
    let mut pairs: Vec<String> = Vec::new();
    for piece in list.split(',').filter(|piece| !piece.trim().is_empty()) {
        match pairs.last_mut() {
            Some(last) if !piece.contains('=') => *last += &format!(",{piece}"),
            _ => pairs.push(piece.into()),
        }
    }
    pairs
}

/// Returns the skipped algorithms with reasons.
pub fn skipped(args: &Args) -> Result<Vec<Failure>> {
    let one = |text: &String| {
        let (name, error) = text
            .split_once('=')
            .ok_or_else(|| wrong(format!("`--skip {text}`: write ALGORITHM=REASON")))?;
        Ok(Failure { algorithm: Algorithm::named(name)?.name().into(), error: error.into() })
    };
    args.skipped.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_algorithm_has_a_name_for_each_of_its_settings() {
        let entrant = with("ials:factors=128,reg=0.01").unwrap();
        assert_eq!(entrant.name, "ials:factors=128,reg=0.01");
        assert_eq!(entrant.file_stem(), "ials-factors=128-reg=0.01");
        assert_eq!(entrant.fixed, ["factors", "reg"]);
        assert_eq!(with("ease").unwrap().name, "ease");
        assert_eq!(with("EASE:reg=7").unwrap().name, "ease:reg=7");
        assert_eq!(with("mlp:layers=[32,16],epochs=8").unwrap().fixed, ["epochs", "layers"]);
        assert_eq!(pairs("layers=32,16,factors=8"), ["layers=32,16", "factors=8"]);
        let says = |text: &str| crate::errors::message(&with(text).unwrap_err());
        assert!(
            says("ials:factor=1").contains("did you mean `factors`?"),
            "{}",
            says("ials:factor=1")
        );
        assert!(says("eese").contains("did you mean `ease`?"));
        assert!(says("ials:8").contains("write ALGORITHM:SETTING=VALUE"));
        let dotted = with("ials.factors=128,reg=0.01").unwrap();
        assert_eq!((dotted.fixed, dotted.name), (entrant.fixed, entrant.name));
        assert!(says("ials:factors=8,factors=9").contains("is given twice"));
    }
}

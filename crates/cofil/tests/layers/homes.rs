//! Which modules may import which dependencies: the table `package.metadata.homes` of `Cargo.toml`.

use super::{Source, after, layer, sources};
use std::collections::BTreeMap;
use std::path::Path;

/// The dependencies and, for each, the layers and files that may import it; `*` for all.
fn table() -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let text = std::fs::read_to_string(path).expect("the manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let names = |table: &toml::Value| {
        table["dependencies"].as_table().map_or(Vec::new(), |names| names.keys().cloned().collect())
    };
    let mut dependencies: Vec<String> = names(&toml::Value::Table(manifest.clone()));
    // Dependencies of some systems only.
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    dependencies.extend(targets.into_iter().flatten().flat_map(|(_, target)| names(target)));
    let homes = manifest["package"]["metadata"]["homes"].as_table().expect("a table");
    let home = |(name, places): (&String, &toml::Value)| {
        let places = places.as_array().unwrap_or_else(|| panic!("{name}: a list of places"));
        let place = |place: &toml::Value| place.as_str().expect("a place is text").to_owned();
        (name.clone(), places.iter().map(place).collect())
    };
    (dependencies, homes.iter().map(home).collect())
}

/// Returns whether a source file is `place` or inside it.
fn is_at(path: &str, place: &str) -> bool {
    place == "*" || place == path || place == layer(path) || path.starts_with(&format!("{place}/"))
}

#[test]
fn every_crate_has_a_home_and_lives_there() {
    let (dependencies, homes) = table();
    let sources = sources();
    let mut wrong = Vec::new();
    for name in &dependencies {
        if !homes.contains_key(name) {
            wrong.push(format!("{name} is a dependency without a home in Cargo.toml"));
        }
    }
    for (name, places) in &homes {
        if !dependencies.contains(name) {
            wrong.push(format!("{name} has a home and is no dependency"));
        }
        let prefix = format!("{}::", name.replace('-', "_"));
        let users: Vec<&Source> =
            sources.iter().filter(|s| after(&s.code, &prefix).next().is_some()).collect();
        for Source { path, .. } in &users {
            if !places.iter().any(|place| is_at(path, place)) {
                wrong.push(format!("{path} imports {name}, which belongs to {places:?}"));
            }
        }
        for place in places {
            if !users.iter().any(|s| is_at(&s.path, place)) {
                wrong.push(format!("nothing at {place} imports {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

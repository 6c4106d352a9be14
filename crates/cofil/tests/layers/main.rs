//! Layering: which modules may import which (ARCHITECTURE.md), checked on the source files.

mod homes;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each layer may use itself and the layers to its right.
const LAYERS: [&str; 26] = [
    "page",
    "contest",
    "tune",
    "plot",
    "interview",
    "ask",
    "exchange",
    "recommender",
    "advice",
    "algorithm",
    "recipes",
    "shapes",
    "similarity",
    "train",
    "nn",
    "evaluate",
    "rank",
    "preference",
    "model",
    "data",
    "store",
    "math",
    "watch",
    "memory",
    "check",
    "error",
];

struct Source {
    /// Relative to `src`, such as `recipes/ease.rs`.
    path: String,
    /// Without comments and without the unit tests at the end.
    code: String,
}

/// Returns all source files in `root`.
fn files(root: PathBuf) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(root.clone()).into_iter().filter(|path| !path.ends_with("tests.rs"));
    let source = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let text = text.split("#[cfg(test)]\nmod tests").next().expect("a first part");
        let code = |line: &&str| !line.trim_start().starts_with("//");
        let relative = path.strip_prefix(&root).expect("below the root");
        Source {
            path: relative.to_str().expect("ASCII").replace('\\', "/"),
            code: text.lines().filter(code).map(|line| format!("{line}\n")).collect(),
        }
    };
    let mut sources: Vec<Source> = files.map(source).collect();
    assert!(sources.len() > 20, "the sources are where they are expected");
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Returns the first part of the path: `recipes/ease.rs` → `recipes`, `rank.rs` → `rank`.
fn layer(path: &str) -> &str {
    path.split('/').next().expect("a part").trim_end_matches(".rs")
}

/// Returns the text after each `prefix` that starts a path.
fn after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(prefix)
        .filter(move |(at, _)| !code[..*at].ends_with(|c: char| word(c) || c == ':'))
        .map(move |(at, _)| &code[at + prefix.len()..])
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().expect("a part")
}

/// A blend trains other algorithms, which only the list of all algorithms knows.
const EXCEPT: [(&str, &str); 1] = [("recipes/blend/mod.rs", "algorithm")];

#[test]
fn layers_import_only_what_stands_right_of_them() {
    let place = |name: &str| LAYERS.iter().position(|l| *l == name);
    let mut wrong = Vec::new();
    for Source { path, code } in sources().iter().filter(|s| s.path != "lib.rs") {
        let own = place(layer(path)).unwrap_or_else(|| panic!("{path} is in no known layer"));
        for rest in after(code, "crate::") {
            match place(first_word(rest)) {
                Some(used) if used >= own => {}
                Some(_) if EXCEPT.contains(&(path.as_str(), first_word(rest))) => {}
                Some(_) => wrong.push(format!("{path} imports {}", first_word(rest))),
                // Names re-exported at the root hide their origin.
                None => wrong.push(format!("{path} imports crate::{}", first_word(rest))),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn recipes_do_not_know_each_other() {
    // A recipe is a file or folder of recipes/ that implements `Recipe`.
    let module = |path: &str| {
        let inside = path.strip_prefix("recipes/")?;
        Some(inside.split('/').next().expect("a part").trim_end_matches(".rs").to_owned())
    };
    let sources = sources();
    let mut recipes: Vec<(String, &str)> = Vec::new();
    for source in &sources {
        for name in after(&source.code, "impl Recipe for ").map(first_word) {
            recipes.push((module(&source.path).expect("recipes are in recipes/"), name));
        }
    }
    assert!(recipes.len() >= 3, "{recipes:?}");
    let modules: BTreeSet<&String> = recipes.iter().map(|(module, _)| module).collect();
    let mut wrong = Vec::new();
    for Source { path, code } in &sources {
        let Some(own) = module(path).filter(|own| modules.contains(own)) else { continue };
        for import in after(code, "use ") {
            let import = import.split(';').next().expect("a part");
            let words = import.split(|c: char| !c.is_alphanumeric() && c != '_');
            let words: Vec<&str> = words.collect();
            let of_recipes = words[0] == "super" || words.starts_with(&["crate", "", "recipes"]);
            if !of_recipes {
                continue;
            }
            for (module, name) in recipes.iter().filter(|(module, _)| *module != own) {
                if words.contains(name) || words.contains(&&**module) {
                    wrong.push(format!("{path} imports {module}: use {import}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `unsafe` is denied in all crates but in these files, each of which has tests.
#[test]
fn unsafe_code_is_in_the_named_files_only() {
    const FILES: [&str; 8] = [
        "cofil-cli/src/machine.rs",
        "cofil-cli/src/memory.rs",
        "cofil-python/src/capsule.rs",
        "cofil-python/src/model.rs",
        "cofil/src/math/lanes.rs",
        "cofil/src/math/product.rs",
        "cofil/src/memory.rs",
        "cofil/src/watch/context.rs",
    ];
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of crates");
    let mut found: Vec<String> = files(crates.to_owned())
        .iter()
        .map(|path| path.strip_prefix(crates).expect("below the root"))
        .filter(|path| path.components().nth(1).is_some_and(|part| part.as_os_str() == "src"))
        .filter(|path| {
            let code = std::fs::read_to_string(crates.join(path)).expect("UTF-8");
            // Followed by a comma or a reason.
            let lines = code.lines().map(str::trim);
            lines.clone().any(|line| line.contains("allow(unsafe_code") || line == "unsafe_code,")
        })
        .map(|path| path.to_str().expect("ASCII").replace('\\', "/"))
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}

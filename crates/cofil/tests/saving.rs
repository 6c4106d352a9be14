//! A process killed while saving leaves either the complete old file or the complete new file.

use cofil::{Algorithm, Popularity, Ratings, Recommender, Run};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Environment variable with the path the child process saves to.
const PATH: &str = "COFIL_TEST_SAVE_TO";

/// Two different models of about a megabyte.
fn models() -> [Recommender; 2] {
    [1.0, 2.0].map(|value| {
        let names: Vec<String> = (0..40_000).map(|i| format!("item number {i}")).collect();
        let triples = names.iter().map(|item| ("somebody", item.as_str(), value));
        let ratings = Ratings::from_triples(triples).expect("finite");
        let recipe = Algorithm::Popularity(Popularity::default());
        Recommender::train(&recipe, &ratings, &Run::default()).expect("trained")
    })
}

/// As the child process of the test below, saves until it is killed; on its own, saves three times.
#[test]
fn saving_replaces_the_file_as_a_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, rounds) = match std::env::var_os(PATH) {
        Some(path) => (PathBuf::from(path), usize::MAX),
        None => (folder.path().join("m.cofil"), 3),
    };
    let models = models();
    for round in 0..rounds {
        let written = models[round % 2].save(&path).expect("saved");
        assert_eq!(Recommender::load(&path).expect("whole").fingerprint(), Some(&*written));
    }
}

#[test]
fn killed_in_mid_write_leaves_a_whole_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.cofil");
    let [one, other] = models();
    let known = [one, other].map(|model| model.save(&path).expect("saved"));
    let state = |path: &Path| {
        let fingerprint = Recommender::load(path).expect("whole").fingerprint().map(str::to_owned);
        let fingerprint = fingerprint.expect("loaded from a file");
        assert!(known.contains(&fingerprint), "one of the two models");
        fingerprint
    };
    for round in 0..10 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "saving_replaces_the_file_as_a_whole"])
            .env(PATH, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        // Read the file while it is being replaced, until it has changed a few times.
        let (mut last, mut changes) = (state(&path), 0);
        while changes < 1 + round % 3 {
            let now = state(&path);
            changes += usize::from(now != last);
            last = now;
            assert!(child.try_wait().expect("a child").is_none(), "the child saves until killed");
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        state(&path);
    }
}

//! One job on a small problem: the output has the fields that peers and tables use.

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

const FIELDS: [&str; 15] = [
    "job",
    "peer",
    "package",
    "version",
    "threads",
    "timed",
    "status",
    "repeat",
    "seconds",
    "seconds_min",
    "peak_memory_mb",
    "start_memory_mb",
    "quality",
    "reported",
    "settings",
];

/// Even users like even items, odd users like odd items; one item of each user is held out.
fn write_checkerboard(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a new folder");
    let part = |name: &str, held_out: bool| {
        let file = std::fs::File::create(folder.join(name)).expect("a new file");
        let mut file = GzEncoder::new(file, Compression::fast());
        writeln!(file, "user,item,rating").expect("room on the disk");
        for user in 1..=20 {
            for item in (1..=30).filter(|item| (user + item) % 2 == 0) {
                if (item / 2 == user % 15) == held_out {
                    writeln!(file, "{user},{item},{}", 1 + user % 5).expect("room on the disk");
                }
            }
        }
        file.finish().expect("room on the disk");
    };
    part("train.csv.gz", false);
    part("test.csv.gz", true);
}

fn answer(experiment: &str) -> Value {
    let data = tempfile::tempdir().expect("a temporary folder");
    write_checkerboard(&data.path().join("ml-1m-90-10"));
    let output = Command::cargo_bin("cofil-bench")
        .expect("built with the tests")
        .args(["job", experiment, "--repeat", "2", "--threads", "1"])
        .env("COFIL_DATA", data.path())
        .env("COFIL_PEERS", data.path())
        .assert()
        .success();
    serde_json::from_slice(&output.get_output().stdout).expect("one JSON object")
}

#[test]
fn a_job_prints_what_a_peer_prints() {
    let answer = answer("ease");
    let fields: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    for field in FIELDS {
        assert!(fields.iter().any(|f| *f == field), "{field} is missing from {fields:?}");
    }
    assert_eq!(fields.len(), FIELDS.len(), "{fields:?}");
    assert_eq!((&answer["status"], &answer["repeat"]), (&"ok".into(), &2.into()));
    assert!(answer["seconds"]["fit"].as_f64() >= answer["seconds_min"]["fit"].as_f64());
    assert!(answer["peak_memory_mb"].as_f64() >= answer["start_memory_mb"].as_f64());
    // The held-out item is the only unseen item that matches the user.
    assert_eq!(answer["quality"]["recall@20"], 1.0);
}

#[test]
fn a_job_that_cannot_run_says_why() {
    let answer = answer("topk");
    let status = answer["status"].as_str().expect("text");
    assert!(status.starts_with("failed: ") && status.contains("user_factors.npy"), "{status}");
    assert!(answer.get("seconds").is_none());
}

//! Writes the seeds that cofil itself creates, a checkpoint and a file of trials, to a folder for each target. They
//! hold the version and fingerprints of this build, so they are made anew for each run.
//!
//!     seeds FOLDER

use libfuzzer_sys as _;
use std::path::PathBuf;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: seeds FOLDER"));
    for (target, name, bytes) in [
        ("checkpoint", "bpr", cofil_fuzz::checkpoint_seed()),
        ("journal", "ease", cofil_fuzz::journal_seed()),
    ] {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("a folder for seeds");
        std::fs::write(folder.join(name), bytes).expect("a seed");
    }
}

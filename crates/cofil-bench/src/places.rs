//! Paths of experiments and peers in the checkout, and of data and prepared inputs by environment
//! variables. `peers/catalog.py` has the same defaults.

use std::path::{Path, PathBuf};

/// The folder of this crate in the checkout it was built from.
fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn checkout() -> PathBuf {
    home().ancestors().nth(2).expect("the crate lies in crates/").to_path_buf()
}

fn from_environment(name: &str, otherwise: impl FnOnce() -> PathBuf) -> PathBuf {
    std::env::var_os(name).map_or_else(otherwise, PathBuf::from)
}

/// The folder of experiments.
pub fn experiments() -> PathBuf {
    home().join("experiments")
}

/// The program that runs a peer.
pub fn peers_program() -> PathBuf {
    home().join("peers/run.py")
}

/// The folder of data sets: `COFIL_DATA`.
pub fn data() -> PathBuf {
    from_environment("COFIL_DATA", || checkout().with_file_name("shared").join("data"))
}

/// The peers' environment: `COFIL_PEERS`.
pub fn peers() -> PathBuf {
    from_environment("COFIL_PEERS", || checkout().join("target/peers"))
}

/// Inputs that cofil and peers share.
pub fn inputs() -> PathBuf {
    peers().join("inputs")
}

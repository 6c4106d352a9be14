//! Writes the seeds that cofil itself creates, a checkpoint and a file of trials, to `corpus/`.

use libfuzzer_sys as _;

fn main() {
    for (target, name, bytes) in [
        ("checkpoint", "bpr", cofil_fuzz::checkpoint_seed()),
        ("journal", "ease", cofil_fuzz::journal_seed()),
    ] {
        std::fs::write(format!("corpus/{target}/{name}"), bytes).expect("a seed");
    }
}

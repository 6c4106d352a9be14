//! Cofil's part of an experiment, run in this process; the counterpart of `peers/run.py` and `peers/jobs/`.

mod evaluate;
mod factors;
mod fit;
mod load;
mod neumf;
mod npy;
mod quality;
mod split;
mod topk;
mod wide;

use crate::answer::{Answer, Figures};
use crate::experiment::{Experiment, Job};
use crate::gauge::Gauge;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Arguments of `cofil-bench job`.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the experiment
    experiment: String,
    /// Number of repetitions of the timed part
    #[arg(long, default_value_t = 1)]
    repeat: usize,
    /// Number of threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Write the lists or predictions to FILE as a NumPy array
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let experiments = Experiment::chosen(std::slice::from_ref(&args.experiment))?;
    let experiment = experiments.first().context("name an experiment")?;
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    let (status, figures) =
        match figures(experiment, Gauge::new(args.repeat), args.results.as_deref()) {
            Ok(figures) => ("ok".to_owned(), Some(figures)),
            Err(error) => (format!("failed: {error:#}"), None),
        };
    let answer = Answer {
        job: experiment.job.name().into(),
        peer: "cofil".into(),
        package: "cofil".into(),
        version: Some(env!("CARGO_PKG_VERSION").into()),
        threads: args.threads,
        timed: experiment.job.timed().into(),
        status,
        reason: None,
        figures,
    };
    println!("{}", serde_json::to_string(&answer)?);
    Ok(())
}

fn figures(experiment: &Experiment, gauge: Gauge, results: Option<&Path>) -> Result<Figures> {
    match experiment.job {
        Job::Mf
        | Job::Ials
        | Job::Ease
        | Job::ItemKnn
        | Job::Slim
        | Job::Rp3Beta
        | Job::KnnBaseline
        | Job::Bpr
        | Job::Warp
        | Job::SvdPlusPlus
        | Job::AutorecItem
        | Job::AutorecUser => fit::figures(experiment, gauge, results),
        Job::Neumf => neumf::figures(experiment, gauge, results),
        Job::AutorecGowalla | Job::AutorecWide => wide::figures(experiment, gauge),
        Job::Topk => topk::figures(experiment, gauge, results),
        Job::Load => load::figures(gauge),
        Job::Evaluate => evaluate::figures(experiment, gauge),
        Job::PythonIals
        | Job::PythonItemKnn
        | Job::PythonEase
        | Job::PythonBpr
        | Job::PythonFrames => bail!("cofil's part is in Python: peers/run.py {}", experiment.name),
    }
}

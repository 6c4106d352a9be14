//! `cofil split`.

use crate::args::clean::{self, Cleaning};
use crate::args::input::Input;
use crate::args::splitting::Splitting;
use crate::errors::flag;
use crate::output::{self, out, outln};
use anyhow::{Context, Result};
use cofil::data::CleanReport;
use cofil::data::Interactions;
use cofil::data::prose::{count, number, percent};
use cofil::data::read::{self, ReadReport};
use cofil::data::split::{By, Leakage, Parts, Share, Size, SplitReport};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `cofil split`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cofil split ratings.csv --by random --test 0.1 --seed 42 -o out/
  cofil split ratings.csv --by last -o out/                    each user's latest
  cofil split events.csv --by time --test 0.1 -o out/          the latest tenth
  cofil split events.csv --by time --from 2024-05-01 -o out/
  cofil split ratings.csv --by kfold --folds 5 -o out/         out/fold1 … out/fold5
  cofil split ratings.csv --by users --test 500 -o out/        train.csv, given.csv, test.csv
  cofil split train.csv --check test.csv                       check an existing split

A split that leaves out rows of a user keeps at least one of them for training. Rows keep the order
of the file; equal times are ordered by it, and rows without a time count as oldest.")]
pub struct Args {
    /// Table to split; `-` for standard input
    data: PathBuf,
    /// Size of the test set: a share such as 0.1 or 10%, or a number [default: 0.1; with `last`: 1]
    ///
    /// Counted over all interactions (random, time), per user (user-random, last) or over users (users).
    #[arg(long, value_name = "SHARE")]
    test: Option<Share>,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Output folder, created if missing
    #[arg(short, long, value_name = "FOLDER", required_unless_present = "check")]
    output: Option<PathBuf>,
    /// Write .csv.gz
    #[arg(long)]
    gzip: bool,
    /// Do not split; check this test set against DATA, the training set
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "gzip", "by", "from", "folds", "target", "test"])]
    check: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    read: Input,
    #[command(flatten)]
    clean: Cleaning,
}

/// The document printed with `--json` and written to split.json.
#[derive(Serialize, JsonSchema)]
pub struct Record<'a> {
    read: &'a ReadReport,
    clean: &'a CleanReport,
    parts: Vec<PartRecord>,
}

/// One split, with the files written.
#[derive(Serialize, JsonSchema)]
struct PartRecord {
    files: Vec<PathBuf>,
    #[serde(flatten)]
    report: SplitReport,
}

/// The document printed with `--json` for an existing split.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    train: Size,
    test: Size,
    leakage: Leakage,
}

pub fn run(args: &Args) -> Result<()> {
    let split = args.splitting.split(args.test, args.seed)?;
    split.check()?;
    let outputs = args.files();
    for output in &outputs {
        cofil::store::check_not_input(output, [&*args.data])?;
    }
    let table = args.read.read(&args.data, args.json)?;
    if let Some(test) = &args.check {
        return check(args, table.interactions, test);
    }
    let (data, cleaned) = args.clean.rows(table.interactions, &args.read, &args.data)?;
    let folder = args.output.as_ref().context("the folder to write to is missing: -o FOLDER")?;
    let rounds = split.rounds(data)?;
    cofil::store::create_folder(folder)?;
    // All files belong to one split, or none is written.
    let _lock = cofil::store::Lock::take(folder)?;
    let mut parts = Vec::new();
    for part in rounds {
        let part = part?;
        let folder = part.report.fold.map_or(folder.clone(), |f| folder.join(format!("fold{f}")));
        parts.push(PartRecord { files: write(&folder, &part, args.gzip)?, report: part.report });
    }
    // Written last: if it exists, the split is complete.
    let record = Record { read: &table.report, clean: &cleaned, parts };
    let path = folder.join("split.json");
    let json = serde_json::to_string_pretty(&record)? + "\n";
    cofil::store::write_atomically(&path, json.as_bytes())?;
    if args.json {
        return output::json(&record);
    }
    clean::tell_notes(&cleaned);
    cleaned.sentences().iter().for_each(|sentence| outln!("cleaned: {sentence}"));
    for (at, part) in record.parts.iter().enumerate() {
        if at > 0 {
            outln!();
        }
        show(part, &cleaned);
    }
    outln!("wrote {}", path.display());
    Ok(())
}

impl Args {
    /// Every file that may be written.
    fn files(&self) -> Vec<PathBuf> {
        let Some(folder) = self.output.as_ref().filter(|_| self.check.is_none()) else {
            return Vec::new();
        };
        let folders = match self.splitting.by() {
            By::Kfold => {
                (1..=self.splitting.folds()).map(|f| folder.join(format!("fold{f}"))).collect()
            }
            _ => vec![folder.clone()],
        };
        let names =
            ["train.csv", "given.csv", "test.csv", "train.csv.gz", "given.csv.gz", "test.csv.gz"];
        let mut files = vec![folder.join("split.json")];
        files.extend(folders.iter().flat_map(|folder| names.map(|name| folder.join(name))));
        files
    }
}

fn write(folder: &Path, part: &Parts, gzip: bool) -> Result<Vec<PathBuf>> {
    cofil::store::create_folder(folder)?;
    let named =
        [("train", Some(&part.train)), ("given", part.given.as_ref()), ("test", Some(&part.test))];
    let mut files = Vec::new();
    for (name, rows) in named {
        let Some(rows) = rows else { continue };
        let path = folder.join(name).with_extension(if gzip { "csv.gz" } else { "csv" });
        read::write(&path, rows)?;
        files.push(path);
    }
    Ok(files)
}

fn show(part: &PartRecord, cleaned: &CleanReport) {
    let report = &part.report;
    outln!("{}\nid {}", report.description, report.id);
    outln!("{:>8} {:>14} {:>7} {:>12} {:>12}", "", "interactions", "", "users", "items");
    let line = |name: &str, size: &Size| {
        let share = size.interactions as f64 / cleaned.interactions.max(1) as f64;
        let [n, users, items] = [size.interactions, size.users, size.items].map(number);
        outln!("{name:>8} {n:>14} {:>7} {users:>12} {items:>12}", percent(share));
    };
    line("train", &report.train);
    report.given.iter().for_each(|given| line("given", given));
    line("test", &report.test);
    if report.users_not_tested > 0 {
        let users = count(report.users_not_tested, "user");
        outln!("{users} without a test interaction.");
    }
    if report.without_time > 0 {
        outln!("{} without a time.", count(report.without_time, "interaction"));
    }
    findings(&report.leakage);
    let files: Vec<String> = part.files.iter().map(|f| f.display().to_string()).collect();
    outln!("wrote {}", files.join(", "));
}

fn findings(leakage: &Leakage) {
    let mut text = String::new();
    let findings = leakage.findings.iter().map(|finding| finding.say(flag));
    findings.for_each(|finding| crate::commands::describe::wrap(&mut text, "- ", &finding));
    out!("{text}");
}

fn check(args: &Args, train: Interactions, test: &Path) -> Result<()> {
    let (users, items) = (train.users.clone(), train.items.clone());
    let test = args.read.read_with(test, &users, &items, args.json)?;
    let found = Leakage::between(&train, None, &test.interactions)?;
    if args.json {
        let (train, test) = (Size::of(&train), Size::of(&test.interactions));
        return output::json(&Checked { train, test, leakage: found });
    }
    for (name, part) in [("train", &train), ("test", &test.interactions)] {
        let size = Size::of(part);
        let [n, users, items] =
            [(size.interactions, "interaction"), (size.users, "user"), (size.items, "item")]
                .map(|(n, noun)| count(n, noun));
        outln!("{name}: {n}, {users}, {items}");
    }
    findings(&found);
    if found.findings.is_empty() {
        outln!(
            "No leakage found: no shared pairs, and every test user and item is in the training set."
        );
    }
    if found.train_span.is_none() || found.test_span.is_none() {
        outln!("Leakage from the future cannot be checked without times in both parts.");
    }
    Ok(())
}

//! Runs a comparison, one algorithm after another.

use super::entry::{enter, order};
use super::hunt::Hunt;
use super::plan::{Entrant, Plan};
use super::{Contestant, Failure, Outcome, behind};
use crate::data::split::HeldOut;
use crate::data::{Duplicates, Interactions, Ratings};
use crate::error::{Error, Result};
use crate::evaluate::{Protocol, TestPart, check_test};
use crate::memory;
use crate::train::Run;
use crate::tune::Found;
use crate::watch::{self, Context, Event, Judged, Watch};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Share of the training rows held out for searches.
const HELD_OUT: f64 = 0.1;

/// Trains each entrant on `rows`, in which each pair occurs once, and evaluates it on `test`.
///
/// An algorithm that fails, or even panics, does not end the comparison: it is listed in the failures. The watch is
/// told when each algorithm starts and ends. `Break` ends the comparison; finished trials stay in their journals.
///
/// # Errors
/// If no algorithm could be compared, a journal belongs to another search, or the comparison was stopped.
pub fn run<'a>(plan: &Plan, rows: &Interactions, test: impl Into<TestPart<'a>>) -> Result<Outcome> {
    let Some(&first) = plan.protocol.metrics.first() else {
        return Err(Error::setting("metrics", "name at least one, such as ndcg@20"));
    };
    distinct(&plan.entrants)?;
    let (train, test) = (Ratings::new(rows, Duplicates::Error)?, test.into());
    check_test(&train, test.ratings, &plan.protocol)?;
    // One validation set for the trials of all algorithms.
    let inner = plan.tuning.as_ref().map(|_| HeldOut::share(rows, HELD_OUT, plan.seed));
    let inner = inner.transpose()?;
    let (entrants, defaults): (Vec<Entrant>, Vec<_>) =
        plan.entrants.iter().map(|entrant| entrant.suited_to(&train)).unzip();
    // All searches first: a journal that belongs to another search then fails before hours of work.
    let hunt = |entrant| match (&plan.tuning, &inner) {
        (Some(tuning), Some(inner)) => Hunt::new(plan, tuning, entrant, inner).map(Some),
        _ => Ok(None),
    };
    let mut hunts = entrants.iter().map(hunt).collect::<Result<Vec<_>>>()?;
    let stage = watch::stage("comparing", entrants.len());
    let (mut contestants, mut failures) = (Vec::new(), Vec::new());
    for (at, (entrant, hunt)) in entrants.iter().zip(&mut hunts).enumerate() {
        let name = entrant.name.as_str();
        let tell = |judged: Option<&Judged>| {
            let (number, of) = (at + 1, entrants.len());
            let told = watch::tell(&Event::Recipe { number, of, name, judged });
            if told.is_break() { Err(Error::Stopped) } else { Ok(()) }
        };
        tell(None)?;
        let protocol = Protocol { baselines: contestants.is_empty(), ..plan.protocol.clone() };
        let entered = attempt(|| {
            suits(entrant, &train)?;
            contestant(plan, entrant, hunt.as_mut(), &train, test, &protocol)
        });
        let mut judged = Judged { metric: first.to_string(), ..Judged::default() };
        match entered {
            Ok(mut contestant) => {
                if contestant.trials.is_none() {
                    contestant.defaults.clone_from(&defaults[at]);
                }
                judged.value = contestant.entry.report.value(first);
                judged.seconds = contestant.entry.seconds.fit;
                let trials = contestant.trials.as_deref().unwrap_or_default();
                judged.trials = trials.len();
                judged.trial_seconds = trials.iter().map(|trial| trial.seconds).sum();
                judged.note.clone_from(&contestant.note);
                contestants.push(contestant);
            }
            Err(Error::Stopped) => return Err(Error::Stopped),
            Err(error) => {
                judged.error = Some(error.to_string());
                failures.push(Failure { algorithm: name.into(), error: error.to_string() });
            }
        }
        stage.add(1);
        tell(Some(&judged))?;
    }
    drop(stage);
    failures.extend(plan.absent.iter().cloned());
    if contestants.is_empty() {
        let why: Vec<&str> = failures.iter().map(|failure| failure.error.as_str()).collect();
        return Err(Error::Unfit(format!("no algorithm could be compared: {}", why.join("; "))));
    }
    contestants.sort_by(|a: &Contestant, b| order(&a.entry, &b.entry, first));
    let differences = behind(contestants.iter().map(|x| &x.entry), first);
    let metrics = plan.protocol.metrics.clone();
    Ok(Outcome { metrics, contestants, differences, failures })
}

/// Returns an error if two entrants would have the same name in tables and files.
fn distinct(entrants: &[Entrant]) -> Result<()> {
    let mut stems: Vec<String> = entrants.iter().map(Entrant::file_stem).collect();
    stems.sort_unstable();
    match stems.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let says = format!("`{}` is listed twice; list it once", pair[0]);
            Err(Error::setting("algorithms", says))
        }
    }
}

/// Returns an error if the algorithm would predict the same for all items, unless it was requested by name.
fn suits(entrant: &Entrant, train: &Ratings) -> Result<()> {
    match !entrant.chosen && entrant.algorithm.lacks_values(train) {
        true => Err(Error::Unfit(format!("predicts ratings, but all are {}", train.scale().0))),
        false => Ok(()),
    }
}

/// Catches panics, so that a bug in one algorithm does not lose the results of the others.
fn attempt<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let cause = watch::unless_stopped(cause);
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("without a text");
        Err(Error::Unfit(format!("this is a bug in cofil; it panicked: {text}")))
    })
}

/// Searches settings, trains and evaluates.
fn contestant(
    plan: &Plan,
    entrant: &Entrant,
    hunt: Option<&mut Hunt<'_>>,
    train: &Ratings,
    test: TestPart<'_>,
    protocol: &Protocol,
) -> Result<Contestant> {
    let ended = AtomicBool::new(false);
    let outer = Context::current();
    let tell = |event: &Event<'_>| {
        let told = outer.tell(event);
        ended.fetch_or(told.is_break(), Ordering::Relaxed);
        told
    };
    let found = hunt.map(|hunt| Watch::new(tell).during(|| hunt.run())).transpose();
    // A run that was stopped has no result.
    let check = || if ended.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) };
    check()?;
    let found: Option<Found> = found?;
    let recipe = found.as_ref().map_or(&entrant.algorithm, |found| &found.algorithm);
    let (start, run) =
        (Instant::now(), Run { seed: plan.seed, values: plan.values, ..Run::default() });
    let watch = Watch::new(|event| {
        let late = plan.limit.is_some_and(|limit| start.elapsed() >= limit);
        let told = tell(event);
        if late { ControlFlow::Break(()) } else { told }
    });
    let fresh = plan.measure_memory && memory::forget_peak();
    let mut entry = watch.during(|| enter(recipe, train, test, protocol, &run))?;
    drop(watch);
    check()?;
    entry.name.clone_from(&entrant.name);
    entry.peak_memory_mb = memory::peak().filter(|_| fresh).map(memory::mb);
    let note = entry.epochs.last().filter(|last| last.number < last.of);
    let note =
        note.map(|last| format!("time limit reached after {} of {} epochs", last.number, last.of));
    // A trial that was cut short might have needed more epochs.
    let best = found.as_ref().map(|found| &found.trials[found.best]).filter(|trial| trial.cut);
    let cut = best
        .and_then(|trial| trial.curve.last())
        .map(|(last, _)| format!("the best trial was stopped early, after {last} epochs"));
    let note = note.or(cut);
    let defaults = serde_json::Map::new();
    Ok(Contestant { entry, note, defaults, trials: found.map(|found| found.trials) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_that_panics_fails_like_others() {
        let told = |work: fn() -> Result<u32>| attempt(work).map_err(|error| error.to_string());
        assert_eq!(told(|| Ok(1)), Ok(1));
        let failed = told(|| Err(Error::Unfit("no data".into())));
        assert_eq!(failed, Err("no data".to_owned()));
        for panics in [|| panic!("index {}", 7), || panic!("index 7")] as [fn() -> Result<u32>; 2] {
            let told = told(panics).unwrap_err();
            assert!(told.ends_with("a bug in cofil; it panicked: index 7"), "{told}");
        }
    }
}

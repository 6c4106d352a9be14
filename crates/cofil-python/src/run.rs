//! Work of the library for a Python thread: without the interpreter's lock, on the threads of a pool, and stopped by
//! Ctrl-C or by an exception in the caller's progress function.

use crate::errors::{bug, raised};
use crate::values::object;
use cofil::math::STACK;
use cofil::watch::Event;
use cofil::{Error, Stop, Watch};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Time between two looks for Ctrl-C.
const PAUSE: Duration = Duration::from_millis(50);

/// Does `work` while the calling thread waits for it, passes its events to `hear` and looks for signals.
pub fn run<T: Send>(
    py: Python<'_>,
    hear: Option<&Py<PyAny>>,
    work: impl FnOnce() -> cofil::Result<T> + Send,
) -> PyResult<T> {
    let work = || catch_unwind(AssertUnwindSafe(work));
    // Called from a generator or from Arrow data that the pool is reading: the work belongs to that of the pool.
    if rayon::current_thread_index().is_some() {
        return told(py, Some(work().map_err(bug)));
    }
    let pool = pool().map_err(|error| raised(py, &error))?;
    let (stop, mut outcome, mut failure) = (Stop::default(), None, None);
    py.detach(|| {
        let (send, receive) = channel();
        pool.in_place_scope(|scope| {
            let (stop_work, done) = (stop.clone(), &mut outcome);
            scope.spawn(move |_| {
                // Dropped when the work has ended, which ends the loop below.
                let send = send;
                let watch = match hear {
                    None => Watch::default(),
                    Some(_) => Watch::new(|event| {
                        let _ = send.send(event_value(event));
                        ControlFlow::Continue(())
                    }),
                };
                let watch = watch.with_stop(stop_work);
                let work = || work().map_err(bug);
                *done = Some(watch.during(|| Ok(work())).unwrap_or_else(|error| Ok(Err(error))));
            });
            loop {
                let asked = match receive.recv_timeout(PAUSE) {
                    Ok(event) => Python::attach(|py| tell(py, hear, &event)),
                    Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals()),
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                if let (Err(error), None) = (asked, &failure) {
                    failure = Some(error);
                    stop.ask();
                }
            }
        });
    });
    match failure {
        Some(failure) => Err(failure),
        None => told(py, outcome),
    }
}

type Outcome<T> = Result<cofil::Result<T>, String>;

fn told<T>(py: Python<'_>, outcome: Option<Outcome<T>>) -> PyResult<T> {
    match outcome.expect("the scope waits for the work") {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(raised(py, &error)),
        Err(panic) => Err(crate::errors::internal(py, &panic)),
    }
}

fn tell(py: Python<'_>, hear: Option<&Py<PyAny>>, event: &Value) -> PyResult<()> {
    if let Some(hear) = hear {
        hear.call1(py, (object(py, event)?,))?;
    }
    py.check_signals()
}

/// The event as a dictionary.
fn event_value(event: &Event<'_>) -> Value {
    match *event {
        Event::Stage { name, done, of } => {
            json!({"kind": "stage", "name": name, "done": done, "of": of})
        }
        Event::Epoch { epoch, metric, rate, trial } => json!({
            "kind": "epoch", "number": epoch.number, "of": epoch.of, "loss": epoch.loss.data,
            "penalty": epoch.loss.penalty, "validation": epoch.validation, "best": epoch.best,
            "metric": metric, "rate": rate, "trial": trial,
        }),
        Event::Trial { trial, of, metric, best } => json!({
            "kind": "trial", "number": trial.number, "of": of, "metric": metric, "best": best,
            "value": trial.value, "settings": trial.settings,
        }),
        Event::Recipe { number, of, name, judged } => json!({
            "kind": "recipe", "number": number, "of": of, "name": name, "judged": judged,
        }),
    }
}

/// The number of threads; 0 for all cores.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Returns the number of threads.
pub fn threads() -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    match THREADS.load(Ordering::Relaxed) {
        0 => cores().min(cofil::math::MOST_THREADS),
        threads => threads,
    }
}

/// Sets the number of threads; `None` for all cores.
pub fn set_threads(threads: Option<i64>) -> cofil::Result<()> {
    let natural = |n: i64| {
        usize::try_from(n)
            .map_err(|_| Error::setting("threads", format!("must be at least 1, got {n}")))
    };
    let threads = threads.map(natural).transpose()?;
    if let Some(threads) = threads {
        cofil::math::on_threads(threads, || ())?;
    }
    THREADS.store(threads.unwrap_or(0), Ordering::Relaxed);
    Ok(())
}

/// A pool of a process, and the pools after it. Pools are never dropped: a program uses few sizes, and after a fork the
/// child has none of the threads of its parent's pools.
struct Pool {
    process: u32,
    threads: usize,
    pool: ThreadPool,
    next: OnceLock<Box<Self>>,
}

/// The first pool.
static FIRST: OnceLock<Box<Pool>> = OnceLock::new();

/// Returns the pool of this process for the chosen number of threads.
fn pool() -> cofil::Result<&'static ThreadPool> {
    let (process, threads) = (std::process::id(), threads());
    let mut slot = &FIRST;
    loop {
        if let Some(entry) = slot.get() {
            if (entry.process, entry.threads) == (process, threads) {
                return Ok(&entry.pool);
            }
            slot = &entry.next;
            continue;
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
        let pool =
            pool.map_err(|e| Error::Resources(format!("cannot start {threads} threads: {e}")))?;
        // If another thread was faster, its pool is next.
        let _ = slot.set(Box::new(Pool { process, threads, pool, next: OnceLock::new() }));
    }
}

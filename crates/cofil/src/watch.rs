//! What long work tells while it runs, and how it is stopped.
//!
//! [`Watch::during`] puts work under a watch: everything that the library does inside, on whatever
//! thread, is told to it and can be stopped by it. Who does not care calls the library without a watch.
//!
//! ```
//! use cofil::watch::{Event, Watch};
//! use cofil::{Algorithm, Ials, Ratings, Recommender, Run};
//! use std::ops::ControlFlow;
//!
//! let ratings = Ratings::from_triples([("ann", "tea", 1.0), ("bob", "tea", 1.0), ("bob", "jam", 1.0)])?;
//! let (ials, mut epochs) = (Algorithm::Ials(Ials { epochs: 3, ..Ials::default() }), 0);
//! let watch = Watch::new(|event| {
//!     epochs += usize::from(matches!(event, Event::Epoch { .. }));
//!     ControlFlow::Continue(())
//! });
//! watch.during(|| Recommender::train(&ials, &ratings, &Run::default()))?;
//! drop(watch);
//! assert_eq!(epochs, 3);
//! # Ok::<(), cofil::Error>(())
//! ```
//!
//! A [`Stop`] that is asked for ends the work at its next piece: the threads unwind, files that were not
//! complete are gone, and `during` answers [`Error::Stopped`]. `Break` in answer to an event is gentler: it
//! asks for an end where the work has something to show, such as training after an epoch.

use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::any::Any;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The objective in an epoch, summed over the training data in `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Σ of the recipe's loss over the observed values.
    pub data: f64,
    /// The regularisation term.
    pub penalty: f64,
}

/// What happened in one epoch. No wall-clock times: equal runs give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Epoch {
    /// Counted from 1.
    pub number: usize,
    /// How many were asked for.
    pub of: usize,
    /// The training objective.
    pub loss: Loss,
    /// The validation metric, if the run has validation data.
    pub validation: Option<f64>,
    /// Whether this epoch's model is kept unless a later one is better: with validation data, the
    /// metric is the best so far; without, always.
    pub best: bool,
}

/// Settings that were tried in a search, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Counted from 0.
    pub number: usize,
    /// What was drawn; everything else is as the space says. Empty for the first trial.
    pub settings: Map<String, Value>,
    /// The best value on the validation part; none of a trial that failed.
    pub value: Option<f64>,
    /// What `epochs` has to be for that value; none of closed forms.
    pub epochs: Option<usize>,
    /// Values by epoch.
    pub curve: Vec<(usize, f64)>,
    /// Whether it ended early because others were better at the same epoch, or because time was up.
    pub cut: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What came of a recipe in a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// What orders the comparison, such as `ndcg@10`.
    pub metric: String,
    /// How good it is by that; none of a recipe that failed, or that is not measured so.
    pub value: Option<f64>,
    /// Seconds of training.
    pub seconds: f64,
    /// How many settings were tried before.
    pub trials: usize,
    /// Seconds of those trials.
    pub trial_seconds: f64,
    /// What else must be known, such as that time was up.
    pub note: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A stage of the work has come so far. Told when it begins, at most a few times a second, and when
    /// it ends.
    Stage {
        /// What is done, such as "ranking".
        name: &'a str,
        /// How much of it.
        done: usize,
        /// How much there is, where it is known; when the stage ends, what was done.
        of: Option<usize>,
    },
    /// A recipe learned for an epoch; `Break` ends training, and the best model so far is kept.
    Epoch {
        /// What came of it.
        epoch: &'a Epoch,
        /// What its validation measures, if there is one, such as `ndcg@10`.
        metric: Option<&'a str>,
        /// The trial that it is of, in a search.
        trial: Option<usize>,
    },
    /// A trial of a search has ended; `Break` ends the search.
    Trial {
        /// What came of it.
        trial: &'a Trial,
        /// How many were asked for.
        of: usize,
        /// What is made good, such as `ndcg@10`.
        metric: &'a str,
        /// Whether it is the best so far.
        best: bool,
    },
    /// A recipe of a comparison begins, or has ended; `Break` ends the comparison.
    Recipe {
        /// Counted from 1.
        number: usize,
        /// How many take part.
        of: usize,
        /// Its name.
        name: &'a str,
        /// What came of it; none when it begins.
        judged: Option<&'a Judged>,
    },
}

/// Asks work to end at its next piece. Clones are one flag, which any thread, or a handler of signals,
/// may raise.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Hears what work tells, and holds the flag that stops it.
#[derive(Default)]
pub struct Watch<'a> {
    hear: Option<Mutex<Hear<'a>>>,
    stop: Option<Stop>,
}

type Hear<'a> = Box<dyn FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a>;

impl<'a> Watch<'a> {
    /// Tells `hear` every event, one at a time, from whatever thread it happens on.
    pub fn new(hear: impl FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a) -> Self {
        Self { hear: Some(Mutex::new(Box::new(hear))), stop: None }
    }

    /// Lets `stop` end the work. Without a flag of its own, a watch inside another has the other's.
    pub fn with_stop(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Does `work` under this watch. Inside another watch, the inner one hears and the outer does not.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the work was stopped, and those of the work.
    pub fn during<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let outer = Context::current();
        let hear = self.hear.as_ref().map(|hear| {
            let hear: *const Mutex<Hear<'a>> = hear;
            // SAFETY: only the lifetime is forgotten. The pointer is reachable from this context alone,
            // which is in force until `enter` returns, here and, by way of `Context::enter` around pieces
            // of work that end before their region does, on other threads.
            Heard(unsafe {
                std::mem::transmute::<*const Mutex<Hear<'a>>, *const Mutex<Hear<'static>>>(hear)
            })
        });
        let stop = self.stop.clone().or(outer.stop);
        let context = Context { hear, stop };
        catch_unwind(AssertUnwindSafe(|| context.enter(work)))
            .unwrap_or_else(|cause| Err(stopped(cause)))
    }
}

/// A pointer to what hears; see [`Watch::during`] for how long it holds.
#[derive(Clone, Copy)]
struct Heard(*const Mutex<Hear<'static>>);

// SAFETY: what it points to is a mutex of something that may be sent, which any thread may lock.
unsafe impl Send for Heard {}
// SAFETY: as above.
unsafe impl Sync for Heard {}

/// The watch that is in force on a thread: handed to every thread that does a piece of its work.
#[derive(Clone, Default)]
pub(crate) struct Context {
    hear: Option<Heard>,
    stop: Option<Stop>,
}

thread_local! {
    static CURRENT: RefCell<Context> = RefCell::default();
}

/// What unwinds a thread whose work is stopped.
struct Unwinding;

/// For those who catch panics: a stop goes on unwinding, and a panic comes back.
#[cfg(any(feature = "arrow", feature = "tune"))]
pub(crate) fn unless_stopped(cause: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    match cause.is::<Unwinding>() {
        true => resume_unwind(cause),
        false => cause,
    }
}

/// From what ended a thread to the error, if it was a stop; else the panic goes on.
fn stopped(cause: Box<dyn Any + Send>) -> Error {
    match cause.is::<Unwinding>() {
        true => Error::Stopped,
        false => resume_unwind(cause),
    }
}

impl Context {
    /// That of this thread.
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Does `work` with this context in force on this thread. For a piece of work: it ends before the
    /// `Watch` does.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Puts the outer context back, after a panic too.
        struct Restore(Context);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(std::mem::take(&mut self.0));
            }
        }
        let _restore = Restore(CURRENT.replace(self.clone()));
        work()
    }

    /// Ends this thread's work if it is to be stopped.
    pub fn check(&self) {
        // What is dropped while a thread unwinds, such as a writer that flushes, must not unwind again.
        if self.stop.as_ref().is_some_and(Stop::is_asked) && !std::thread::panicking() {
            // Unlike a panic it prints nothing.
            resume_unwind(Box::new(Unwinding));
        }
    }

    /// Tells the watch, if there is one.
    pub fn tell(&self, event: &Event<'_>) -> ControlFlow<()> {
        let Some(Heard(hear)) = self.hear else { return ControlFlow::Continue(()) };
        // SAFETY: a context is in force only while its watch stands; see `Watch::during`.
        let mut hear = unsafe { &*hear }.lock().unwrap_or_else(PoisonError::into_inner);
        hear(event)
    }
}

/// Ends the work of this thread if it is to be stopped, by unwinding to [`Watch::during`]: for loops that
/// [`parallel`](crate::math::parallel) does not cut into pieces, those of callers too.
pub fn check() {
    CURRENT.with_borrow(Context::check);
}

/// Tells the watch, if there is one; `Break` if it asks for an end.
pub(crate) fn tell(event: &Event<'_>) -> ControlFlow<()> {
    Context::current().tell(event)
}

/// A stage of work, told as it goes on, for work that is built of calls of the library. Any thread may add
/// to it; it is over when it is dropped. It is told to the watch of the thread that adds.
pub struct Stage {
    name: &'static str,
    of: Option<usize>,
    done: AtomicUsize,
    told: Mutex<Instant>,
}

/// Between two tellings of one stage.
const PAUSE: Duration = Duration::from_millis(100);

/// Begins the stage `name` of `of` parts; how many is unknown if `None`. Ends this thread's work if it is to
/// be stopped.
pub fn stage(name: &'static str, of: impl Into<Option<usize>>) -> Stage {
    let told = Mutex::new(Instant::now());
    let stage = Stage { name, of: of.into(), done: 0.into(), told };
    stage.tell(0);
    check();
    stage
}

impl Stage {
    /// `parts` more are done.
    pub fn add(&self, parts: usize) {
        let done = self.done.fetch_add(parts, Ordering::Relaxed) + parts;
        if CURRENT.with_borrow(|context| context.hear.is_none()) {
            return;
        }
        // Whoever finds another thread telling has nothing to add.
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() >= PAUSE {
            *told = Instant::now();
            self.tell(done);
        }
    }

    fn tell(&self, done: usize) {
        let _ = tell(&Event::Stage { name: self.name, done, of: self.of });
    }

    /// What was done is all there was.
    fn end(&self) {
        let done = self.done.load(Ordering::Relaxed);
        let _ = tell(&Event::Stage { name: self.name, done, of: Some(done) });
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::parallel;

    #[test]
    fn a_stop_ends_work_on_all_threads() {
        let stop = Stop::default();
        let watch = Watch::default().with_stop(stop.clone());
        let done = AtomicUsize::new(0);
        let work = || {
            parallel::map(1000, 1, |_| {
                // Pieces inside pieces know of the watch too.
                parallel::map(10, 1, |_| done.fetch_add(1, Ordering::Relaxed));
                stop.ask();
            });
            Ok(())
        };
        assert!(matches!(watch.during(work), Err(Error::Stopped)));
        assert!(done.load(Ordering::Relaxed) < 10_000);
        assert!(Watch::default().during(|| Ok(parallel::map(3, 1, |_| ()))).is_ok());
    }

    #[test]
    fn stages_are_told_from_any_thread_and_panics_stay_panics() {
        let mut heard = Vec::new();
        let watch = Watch::new(|event| {
            if let Event::Stage { name, done, of } = *event {
                heard.push((name.to_owned(), done, of));
            }
            ControlFlow::Continue(())
        });
        let counted = watch.during(|| {
            let stage = stage("counting", 7);
            parallel::map(7, 1, |range| stage.add(range.len()));
            Ok(())
        });
        counted.unwrap();
        let panicked =
            catch_unwind(AssertUnwindSafe(|| watch.during(|| -> Result<()> { panic!("no") })));
        assert!(panicked.is_err());
        drop(watch);
        assert_eq!(heard.first(), Some(&("counting".into(), 0, Some(7))));
        assert_eq!(heard.last(), Some(&("counting".into(), 7, Some(7))));
    }

    #[test]
    fn an_inner_watch_hears_and_has_the_outer_stop() {
        let (mut outer, mut inner) = (0, 0);
        let stop = Stop::default();
        let count = |counter: &mut usize| {
            *counter += 1;
            ControlFlow::Break(())
        };
        let heard = Watch::new(|_| count(&mut outer)).with_stop(stop.clone()).during(|| {
            let event = Event::Stage { name: "a", done: 0, of: None };
            assert!(tell(&event).is_break());
            let inside = Watch::new(|_| count(&mut inner)).during(|| {
                assert!(tell(&event).is_break() && tell(&event).is_break());
                stop.ask();
                check();
                Ok(())
            });
            assert!(matches!(inside, Err(Error::Stopped)));
            Ok(())
        });
        heard.unwrap();
        assert_eq!((outer, inner), (1, 2));
    }
}

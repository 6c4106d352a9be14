//! Which watch is in force on a thread, and how work is stopped.

#![allow(
    unsafe_code,
    reason = "what hears lives as long as the work, and not for ever as threads ask for"
)]

use super::event::Event;
use crate::error::{Error, Result};
use std::any::Any;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Asks work to end at its next piece. Clones are one flag, which any thread, or a handler of signals,
/// may raise.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the work to stop.
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
    until: Option<Instant>,
}

type Hear<'a> = Box<dyn FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a>;

impl<'a> Watch<'a> {
    /// Tells `hear` every event, one at a time, from whatever thread it happens on. `hear` must not do watched
    /// work itself: it would wait for its own turn.
    pub fn new(hear: impl FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a) -> Self {
        Self { hear: Some(Mutex::new(Box::new(hear))), stop: None, until: None }
    }

    /// Lets `stop` end the work. Without a flag of its own, a watch inside another has the other's.
    pub fn with_stop(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Ends the work at its next piece when `moment` has come, as a stop would.
    #[cfg(feature = "tune")]
    pub(crate) fn until(self, moment: Option<Instant>) -> Self {
        Self { until: moment, ..self }
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
        let context = Context { hear, stop, until: self.until.or(outer.until) };
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
    until: Option<Instant>,
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
    /// The context of the current thread.
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

    /// Whether work is to be stopped.
    pub fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(Stop::is_asked)
            || self.until.is_some_and(|moment| Instant::now() >= moment)
    }

    /// Ends this thread's work if it is to be stopped.
    pub fn check(&self) {
        // What is dropped while a thread unwinds, such as a writer that flushes, must not unwind again.
        if self.is_stopped() && !std::thread::panicking() {
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
/// this library does not cut into pieces, those of callers too.
pub fn check() {
    CURRENT.with_borrow(Context::check);
}

/// Whether anybody hears what this thread tells.
pub(super) fn is_watched() -> bool {
    CURRENT.with_borrow(|context| context.hear.is_some())
}

/// Tells the watch of this thread, if there is one; `Break` if it asks for an end. For programs that compare by
/// themselves.
pub fn tell(event: &Event<'_>) -> ControlFlow<()> {
    Context::current().tell(event)
}

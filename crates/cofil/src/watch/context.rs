//! The watch that is active on a thread, and the mechanism that stops work.

#![allow(
    unsafe_code,
    reason = "the listener lives as long as the work, not 'static as threads require"
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

/// A flag that asks work to stop at its next piece. Clones share the flag, which any thread or signal handler may set.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the work to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the work was asked to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Receives the events of work, and holds the flag that stops it.
#[derive(Default)]
pub struct Watch<'a> {
    hear: Option<Mutex<Hear<'a>>>,
    stop: Option<Stop>,
    until: Option<Instant>,
}

type Hear<'a> = Box<dyn FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a>;

impl<'a> Watch<'a> {
    /// Creates a watch that passes each event to `hear`, one at a time, from any thread. `hear` must not do watched
    /// work itself, or it would deadlock.
    pub fn new(hear: impl FnMut(&Event<'_>) -> ControlFlow<()> + Send + 'a) -> Self {
        Self { hear: Some(Mutex::new(Box::new(hear))), stop: None, until: None }
    }

    /// Lets `stop` stop the work. A nested watch without its own flag uses that of the outer watch.
    pub fn with_stop(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Stops the work at its next piece after `moment`.
    #[cfg(feature = "tune")]
    pub(crate) fn until(self, moment: Option<Instant>) -> Self {
        Self { until: moment, ..self }
    }

    /// Does `work` under this watch. Of nested watches, only the inner one receives events.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the work was stopped, and the errors of the work.
    pub fn during<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let outer = Context::current();
        let hear = self.hear.as_ref().map(|hear| {
            let hear: *const Mutex<Hear<'a>> = hear;
            // SAFETY: only the lifetime is erased. The pointer is reachable only from this context, which is
            // active until `enter` returns: on this thread, and on other threads through `Context::enter`
            // around pieces of work that end before their region does.
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

/// A pointer to the listener; see [`Watch::during`] for its lifetime.
#[derive(Clone, Copy)]
struct Heard(*const Mutex<Hear<'static>>);

// SAFETY: it points to a mutex of a `Send` value, which any thread may lock.
unsafe impl Send for Heard {}
// SAFETY: as above.
unsafe impl Sync for Heard {}

/// The watch that is active on a thread; passed on to each thread that does a piece of its work.
#[derive(Clone, Default)]
pub(crate) struct Context {
    hear: Option<Heard>,
    stop: Option<Stop>,
    until: Option<Instant>,
}

thread_local! {
    static CURRENT: RefCell<Context> = RefCell::default();
}

/// The payload that unwinds a thread whose work is stopped.
struct Unwinding;

/// For code that catches panics: continues to unwind a stop, and returns a panic.
#[cfg(any(feature = "arrow", feature = "tune"))]
pub(crate) fn unless_stopped(cause: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    match cause.is::<Unwinding>() {
        true => resume_unwind(cause),
        false => cause,
    }
}

/// Returns the error if a stop ended the thread; resumes any other panic.
fn stopped(cause: Box<dyn Any + Send>) -> Error {
    match cause.is::<Unwinding>() {
        true => Error::Stopped,
        false => resume_unwind(cause),
    }
}

impl Context {
    /// Returns the context of the current thread.
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Does `work` with this context active on this thread. `work` must be a piece of work that ends before the `Watch`
    /// does.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Restores the outer context, even after a panic.
        struct Restore(Context);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(std::mem::take(&mut self.0));
            }
        }
        let _restore = Restore(CURRENT.replace(self.clone()));
        work()
    }

    /// Returns whether the work should stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(Stop::is_asked)
            || self.until.is_some_and(|moment| Instant::now() >= moment)
    }

    /// Ends this thread's work if it should stop.
    pub fn check(&self) {
        // Destructors that run while a thread unwinds, such as a writer that flushes, must not unwind again.
        if self.is_stopped() && !std::thread::panicking() {
            // Unlike a panic, this prints nothing.
            resume_unwind(Box::new(Unwinding));
        }
    }

    /// Passes an event to the watch, if there is one.
    pub fn tell(&self, event: &Event<'_>) -> ControlFlow<()> {
        let Some(Heard(hear)) = self.hear else { return ControlFlow::Continue(()) };
        // SAFETY: a context is active only while its watch exists; see `Watch::during`.
        let mut hear = unsafe { &*hear }.lock().unwrap_or_else(PoisonError::into_inner);
        hear(event)
    }
}

/// Ends the work of this thread if it should stop, by unwinding to [`Watch::during`]. For loops that the library does
/// not divide into pieces, including those of callers.
pub fn check() {
    CURRENT.with_borrow(Context::check);
}

/// Returns whether this thread has a listener.
pub(super) fn is_watched() -> bool {
    CURRENT.with_borrow(|context| context.hear.is_some())
}

/// Passes an event to the watch of this thread, if there is one; returns `Break` if it asks to end. For programs that
/// run their own comparisons.
pub fn tell(event: &Event<'_>) -> ControlFlow<()> {
    Context::current().tell(event)
}

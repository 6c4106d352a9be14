//! Ctrl-C handling. Files are written atomically, so work may stop anywhere; but training in epochs should finish
//! the running epoch, since its model can then be saved.
//!
//! The first Ctrl-C ends such training after the running epoch; if that takes too long, and for all other work, it
//! stops the work. The second stops at once, the third ends the process.

use crate::machine;
use crate::output::errln;
use cofil::Stop;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Exit status of a command that was stopped: 128 and the number of the signal.
pub const STOPPED: u8 = 130;
/// Time an epoch has to finish after the first Ctrl-C.
const GRACE: Duration = Duration::from_millis(700);
/// Time that work has to stop after it was asked to; systems that end services wait ten seconds and more.
const PATIENCE: Duration = Duration::from_secs(7);

/// Number of threads waiting for another process, which cannot see a stop request.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Runs `work` that may wait for another process, for input or to take output, and writes no file; meanwhile Ctrl-C ends
/// the process.
pub fn waiting<T>(work: impl FnOnce() -> T) -> T {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::SeqCst);
        }
    }
    WAITING.fetch_add(1, Ordering::SeqCst);
    let _done = Done;
    work()
}

/// Reads a file, to which standard output must not go. A pipe or device may block, so Ctrl-C then ends the process.
pub fn reading<T>(path: &Path, read: impl FnOnce(&Path) -> cofil::Result<T>) -> cofil::Result<T> {
    cofil::store::check_not_standard_output(path)?;
    if path.is_file() { read(path) } else { waiting(|| read(path)) }
}

/// Ends the process at once, which runs no clean-up of the work.
fn leave() -> ! {
    cofil::store::remove_unfinished();
    std::process::exit(STOPPED.into());
}

/// State of the interruption.
#[derive(Default)]
pub struct Interrupt {
    pub stop: Stop,
    presses: AtomicUsize,
    phase: Mutex<Phase>,
}

/// How work may end.
#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    /// By itself, or at any point when stopped.
    #[default]
    Plain,
    /// By itself, or after the epoch in which Ctrl-C is pressed; holds the message shown then.
    Epochs(&'static str),
    /// After the running epoch, unless that takes too long.
    Last,
    /// Ended after an epoch; the result is kept.
    Ended,
}

impl Interrupt {
    /// Installs handlers for Ctrl-C and other termination signals.
    pub fn listen() -> Arc<Self> {
        let this = Arc::new(Self::default());
        let own = this.clone();
        // If no handler can be installed, the system ends the process.
        let handler = move || {
            own.press();
            own.leave_late();
        };
        let _ = machine::except_ignored_signals(|| ctrlc::set_handler(handler));
        this
    }

    /// Ends the process if the work has not stopped some time after it was asked to, as in one step that takes minutes:
    /// whoever ends a service asks once and then kills it. What is being saved is saved.
    fn leave_late(self: &Arc<Self>) {
        let own = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(GRACE + PATIENCE);
            if own.stop.is_asked() && *own.phase() != Phase::Ended {
                leave();
            }
        });
    }

    fn phase(&self) -> std::sync::MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn press(self: &Arc<Self>) {
        let before = self.presses.fetch_add(1, Ordering::SeqCst);
        if before > 1 || WAITING.load(Ordering::SeqCst) > 0 {
            leave();
        }
        let mut phase = self.phase();
        let Phase::Epochs(says) = *phase else { return self.stop.ask() };
        *phase = Phase::Last;
        errln!("\n{says}; Ctrl-C again to stop at once");
        let own = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            // Work that ended in time still has to be saved.
            if *own.phase() == Phase::Last {
                own.stop.ask();
            }
        });
    }

    /// Runs `work` that can end after an epoch; `says` is the message shown on the first Ctrl-C.
    pub fn by_epochs<T>(&self, says: &'static str, work: impl FnOnce() -> T) -> T {
        *self.phase() = Phase::Epochs(says);
        let done = work();
        let mut phase = self.phase();
        *phase = match *phase {
            Phase::Last | Phase::Ended => Phase::Ended,
            _ => Phase::Plain,
        };
        done
    }

    /// Whether the epoch that just ended should be the last.
    pub fn ends(&self) -> bool {
        let mut phase = self.phase();
        if *phase == Phase::Last {
            *phase = Phase::Ended;
        }
        *phase == Phase::Ended
    }

    /// Whether work was ended after an epoch.
    pub fn ended(&self) -> bool {
        *self.phase() == Phase::Ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_press_waits_for_epochs_alone() {
        let plain = Arc::new(Interrupt::default());
        plain.press();
        assert!(plain.stop.is_asked() && !plain.ended());

        let learning = Arc::new(Interrupt::default());
        learning.by_epochs("finishing", || {
            assert!(!learning.ends());
            learning.press();
            assert!(!learning.stop.is_asked());
            assert!(learning.ends(), "the current epoch is the last");
        });
        assert!(learning.ended());
        learning.press();
        assert!(learning.stop.is_asked(), "a second press stops what is saved");
    }
}

//! What Ctrl-C does. Files appear whole or not at all, so work may be stopped anywhere; but training that has
//! epochs is better ended after one, since its model can be saved.
//!
//! The first press asks such training to end with the epoch under way; if that takes too long, and for all other
//! work, it is stopped. A second press stops at once, a third ends the process.

use cofil::Stop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Exit status of a command that was stopped: 128 and the number of the signal.
pub const STOPPED: u8 = 130;
/// How long an epoch may take to end after the first press.
const GRACE: Duration = Duration::from_millis(700);

/// Commands that wait for a person or a pipe, and so would see no stop.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Does `work` that may wait for input, and writes nothing: while it does, Ctrl-C ends the process.
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

/// What was asked for so far.
#[derive(Default)]
pub struct Interrupt {
    pub stop: Stop,
    presses: AtomicUsize,
    phase: Mutex<Phase>,
}

/// How work ends.
#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    /// By itself, or where it is stopped.
    #[default]
    Plain,
    /// By itself, or after the epoch in which Ctrl-C is pressed; with what is said then.
    Epochs(&'static str),
    /// After this epoch, unless that takes too long.
    Last,
    /// It was ended after an epoch, and what there is is kept.
    Ended,
}

impl Interrupt {
    /// Listens to Ctrl-C, and to whatever else asks a process to end.
    pub fn listen() -> Arc<Self> {
        let this = Arc::new(Self::default());
        let own = this.clone();
        // Where no handler can be set, the system ends the process.
        let _ = ctrlc::set_handler(move || own.press());
        this
    }

    fn phase(&self) -> std::sync::MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn press(self: &Arc<Self>) {
        let before = self.presses.fetch_add(1, Ordering::SeqCst);
        if before > 1 || WAITING.load(Ordering::SeqCst) > 0 {
            std::process::exit(STOPPED.into());
        }
        let mut phase = self.phase();
        let Phase::Epochs(says) = *phase else { return self.stop.ask() };
        *phase = Phase::Last;
        eprintln!("\n{says}; Ctrl-C again to stop at once");
        let own = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            // Whoever ended in time has something to save.
            if *own.phase() == Phase::Last {
                own.stop.ask();
            }
        });
    }

    /// Does `work` that can be ended after an epoch; `says` is what the first press answers.
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

    /// Whether the epoch that just ended is to be the last.
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
            assert!(learning.ends(), "the epoch under way is the last");
        });
        assert!(learning.ended());
        learning.press();
        assert!(learning.stop.is_asked(), "a second press stops what is saved");
    }
}

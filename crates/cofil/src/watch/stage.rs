//! Progress of a stage of work.

use super::context::{check, is_watched, tell};
use super::event::Event;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A stage of work that reports its progress, also for work that calls the library. Any thread may add to it; progress
/// goes to the watch of that thread. The stage ends when it is dropped.
pub struct Stage {
    name: &'static str,
    of: Option<usize>,
    done: AtomicUsize,
    told: Mutex<Instant>,
}

/// Minimum time between two events of a stage.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts the stage `name` with `of` parts; `None` if the number is unknown. Ends this thread's work if it should stop.
pub fn stage(name: &'static str, of: impl Into<Option<usize>>) -> Stage {
    let told = Mutex::new(Instant::now());
    let stage = Stage { name, of: of.into(), done: 0.into(), told };
    stage.tell(0);
    check();
    stage
}

impl Stage {
    /// Reports that `parts` more parts are done.
    pub fn add(&self, parts: usize) {
        let done = self.done.fetch_add(parts, Ordering::Relaxed) + parts;
        if !is_watched() {
            return;
        }
        // If another thread is reporting, this one need not.
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() >= PAUSE {
            *told = Instant::now();
            self.tell(done);
        }
    }

    fn tell(&self, done: usize) {
        let _ = tell(&Event::Stage { name: self.name, done, of: self.of });
    }

    /// Reports the end: all parts are done.
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

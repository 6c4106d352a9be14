//! How far a piece of work has come.

use super::context::{check, is_watched, tell};
use super::event::Event;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

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
    /// Reports that `parts` more parts are done.
    pub fn add(&self, parts: usize) {
        let done = self.done.fetch_add(parts, Ordering::Relaxed) + parts;
        if !is_watched() {
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

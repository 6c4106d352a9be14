//! Trials one after the other, or side by side.

use super::trial::Task;
use super::{Event, Journal, Trial, halving};
use crate::error::{Error, Result};
use crate::memory::Memory;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard};

/// What the workers of a search share.
pub struct Workers<'a, W> {
    task: Task<'a>,
    state: Mutex<State<'a, W>>,
    /// A trial has ended.
    ended: Condvar,
    /// Memory before the first trial, in bytes.
    before: u64,
}

struct State<'a, W> {
    watch: W,
    journal: Option<&'a mut Journal>,
    /// Settings of all trials so far, by number.
    drawn: Vec<Map<String, Value>>,
    /// Those that have ended, by number.
    trials: BTreeMap<usize, Trial>,
    running: usize,
    /// The most that were running.
    at_once: usize,
    /// Whether no more trials begin.
    closed: bool,
    /// Whether those under way end with their epoch.
    stopped: bool,
    error: Option<Error>,
}

impl<'a, W: FnMut(Event<'_>) -> ControlFlow<()> + Send> Workers<'a, W> {
    pub fn new(task: Task<'a>, journal: Option<&'a mut Journal>, watch: W) -> Self {
        let past = journal.as_ref().map(|journal| journal.trials()).unwrap_or_default();
        let trials = past.iter().map(|trial| (trial.number, trial.clone())).collect();
        let state = State {
            watch,
            journal,
            drawn: Vec::new(),
            trials,
            running: 0,
            at_once: 0,
            closed: false,
            stopped: false,
            error: None,
        };
        let before = Memory::now().used;
        Self { task, state: state.into(), ended: Condvar::new(), before }
    }

    /// Runs all trials; those that ended, by number.
    pub fn run(self) -> Result<Vec<Trial>> {
        let upto = self.task.search.trials;
        let threads = rayon::current_num_threads();
        let mut at_once = self.task.search.parallel.min(threads);
        if at_once > 1 {
            // The first alone, to see what memory a trial takes.
            let missing = (0..).find(|number| !self.lock().trials.contains_key(number));
            self.work(upto.min(missing.unwrap_or(0) + 1));
            at_once = at_once.min(Memory::now().trials(self.before, 1));
        }
        if at_once > 1 {
            std::thread::scope(|scope| -> Result<()> {
                for _ in 0..at_once {
                    // Each has as many threads as all may use, for it is alone at times: when a long trial
                    // is waited for. The system shares the cores.
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                    let pool =
                        pool.map_err(|e| Error::Unfit(format!("cannot start threads: {e}")))?;
                    let this = &self;
                    scope.spawn(move || pool.install(|| this.work(upto)));
                }
                Ok(())
            })?;
        } else {
            self.work(upto);
        }
        let state = self.state.into_inner().expect("no trial panics");
        match state.error {
            Some(error) => Err(error),
            None => {
                Ok(state.trials.into_values().take_while(|trial| trial.number < upto).collect())
            }
        }
    }

    /// Runs trials with numbers below `upto` until none is left.
    fn work(&self, upto: usize) {
        let _open = CloseOnPanic(self);
        while let Some((number, past)) = self.next(upto) {
            let settings = self.lock().drawn[number].clone();
            let watch = |event: Event<'_>| self.tell(event);
            let trial = self.task.run(number, settings, &past, watch);
            let mut state = self.lock();
            state.running -= 1;
            if let Some(trial) = trial {
                let kept = state.journal.as_mut().map_or(Ok(()), |journal| journal.add(&trial));
                if let Err(error) = kept {
                    (state.closed, state.stopped, state.error) = (true, true, Some(error));
                }
                if (state.watch)(Event::Trial(&trial)).is_break() {
                    (state.closed, state.stopped) = (true, true);
                }
                state.trials.insert(number, trial);
            }
            self.ended.notify_all();
        }
    }

    /// Draws the settings of the next trial: its number, and what it knows. Waits for what it has to know,
    /// and for memory. `None` if no more trial begins.
    fn next(&self, upto: usize) -> Option<(usize, Vec<Trial>)> {
        let (space, search) = (self.task.space, self.task.search);
        let mut state = self.lock();
        loop {
            let number = state.drawn.len();
            if state.closed || number >= upto {
                return None;
            }
            if let Some(done) = state.trials.get(&number) {
                let settings = done.settings.clone();
                state.drawn.push(settings);
                continue;
            }
            let first = state.trials.is_empty() && state.running == 0;
            if self.task.late() && !first {
                return None;
            }
            // Not more, were it there: the same trials however fast each is.
            let known = (number + 1).saturating_sub(search.parallel.max(1));
            let past: Vec<Trial> = state.trials.range(..known).map(|(_, t)| t.clone()).collect();
            if past.len() < known || !self.has_room(&state) {
                state = self.ended.wait(state).expect("no trial panics");
                continue;
            }
            let ranked = halving::ranked(&past, search.metric);
            let Some(settings) = space.draw(&ranked, &state.drawn, search.method, search.seed)
            else {
                state.closed = true;
                return None;
            };
            state.drawn.push(settings);
            state.running += 1;
            state.at_once = state.at_once.max(state.running);
            return Some((number, past));
        }
    }

    /// Whether there is memory for one more trial; always for one alone.
    fn has_room(&self, state: &State<'a, W>) -> bool {
        state.running == 0 || state.running < Memory::now().trials(self.before, state.at_once)
    }

    /// Tells what happens; `Break` if the trial is to end.
    fn tell(&self, event: Event<'_>) -> ControlFlow<()> {
        let mut state = self.lock();
        if !state.stopped && (state.watch)(event).is_break() {
            (state.closed, state.stopped) = (true, true);
        }
        if state.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn lock(&self) -> MutexGuard<'_, State<'a, W>> {
        self.state.lock().expect("no trial panics")
    }
}

/// Lets nobody wait for a trial whose thread has panicked.
struct CloseOnPanic<'b, 'a, W>(&'b Workers<'a, W>);

impl<W> Drop for CloseOnPanic<'_, '_, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state.clear_poison();
            if let Ok(mut state) = self.0.state.lock() {
                (state.closed, state.stopped) = (true, true);
            }
            self.0.ended.notify_all();
        }
    }
}

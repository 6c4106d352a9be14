//! Runs trials, one after the other or several at once.

use super::trial::Task;
use super::{Journal, Trial, halving};
use crate::error::{Error, Result};
use crate::math::parallel;
use crate::memory::Memory;
use crate::watch::{self, Context, Event, Stage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard};

/// The shared state of a search's workers.
pub struct Workers<'a> {
    task: Task<'a>,
    state: Mutex<State<'a>>,
    /// Signalled when a trial ends.
    ended: Condvar,
    /// Memory in use before the first trial, in bytes.
    before: u64,
    /// The watch of the search, which may stop it.
    context: Context,
    /// Progress in ended trials.
    stage: Stage,
    /// Name of the metric to optimise.
    metric: String,
}

struct State<'a> {
    journal: Option<&'a mut Journal>,
    /// Settings of all trials so far, by number.
    drawn: Vec<Map<String, Value>>,
    /// Ended trials, by number.
    trials: BTreeMap<usize, Trial>,
    running: usize,
    /// The largest number of trials that ran at once.
    at_once: usize,
    /// Number of trials without a result at the time limit.
    late: usize,
    /// Whether no more trials start.
    closed: bool,
    /// Whether running trials end after their current epoch.
    stopped: bool,
    error: Option<Error>,
}

impl<'a> Workers<'a> {
    pub fn new(task: Task<'a>, journal: Option<&'a mut Journal>) -> Self {
        let past = journal.as_ref().map(|journal| journal.trials()).unwrap_or_default();
        let trials: BTreeMap<usize, Trial> =
            past.iter().map(|trial| (trial.number, trial.clone())).collect();
        let stage = watch::stage("trials", task.search.trials);
        stage.add(trials.len());
        let metric = task.search.metric.to_string();
        let state = State {
            journal,
            drawn: Vec::new(),
            trials,
            running: 0,
            at_once: 0,
            late: 0,
            closed: false,
            stopped: false,
            error: None,
        };
        let before = Memory::now().used;
        Self {
            task,
            state: state.into(),
            ended: Condvar::new(),
            before,
            context: Context::current(),
            stage,
            metric,
        }
    }

    /// Runs all trials; returns those that ended, by number, and how many had no result at the time limit.
    pub fn run(self) -> Result<(Vec<Trial>, usize)> {
        let upto = self.task.search.trials;
        let threads = parallel::threads();
        let mut at_once = self.task.search.parallel.min(threads);
        if at_once > 1 {
            // The first trial runs alone, to measure the memory of a trial.
            let missing = (0..).find(|number| !self.lock().trials.contains_key(number));
            self.work(upto.min(missing.unwrap_or(0) + 1));
            at_once = at_once.min(Memory::now().trials(self.before, 1));
        }
        if at_once > 1 {
            std::thread::scope(|scope| {
                for _ in 0..at_once {
                    // Each worker has all threads, because it is alone at times, while others wait for a long
                    // trial. The system shares the cores.
                    let this = &self;
                    scope.spawn(move || {
                        let work = || this.context.enter(|| this.work(upto));
                        if let Err(error) = parallel::on_threads(threads, work) {
                            this.fail(error);
                        }
                    });
                }
            });
        } else {
            self.work(upto);
        }
        let state = self.state.into_inner().expect("no trial panics");
        match state.error {
            Some(error) => Err(error),
            None => {
                let trials = state.trials.into_values().take_while(|trial| trial.number < upto);
                Ok((trials.collect(), state.late))
            }
        }
    }

    /// Runs trials with numbers below `upto` until none is left.
    fn work(&self, upto: usize) {
        let _open = CloseOnPanic(self);
        while let Some((number, past)) = self.next(upto) {
            let (settings, bounded) = {
                let state = self.lock();
                (state.drawn[number].clone(), !state.trials.is_empty())
            };
            let tell = |event: &Event<'_>| self.tell(event);
            let trial = match self.task.run(number, settings, &past, bounded, tell) {
                Ok(trial) => trial,
                Err(error) => {
                    self.fail(error);
                    None
                }
            };
            let mut state = self.lock();
            state.running -= 1;
            state.late += usize::from(trial.is_none() && !state.stopped);
            if let Some(trial) = trial {
                let kept = state.journal.as_mut().map_or(Ok(()), |journal| journal.add(&trial));
                if let Err(error) = kept {
                    (state.closed, state.stopped, state.error) = (true, true, Some(error));
                }
                if self.context.tell(&self.event(&trial, &state)).is_break() {
                    (state.closed, state.stopped) = (true, true);
                }
                self.stage.add(1);
                state.trials.insert(number, trial);
            }
            self.ended.notify_all();
        }
    }

    /// Returns the event for a trial that ended after those in `state`.
    fn event<'t>(&'t self, trial: &'t Trial, state: &State<'a>) -> Event<'t> {
        let search = self.task.search;
        let badness = |trial: &Trial| halving::badness(trial.value, search.metric);
        let best = state.trials.values().all(|other| badness(trial) < badness(other));
        let best = best && trial.value.is_some();
        Event::Trial { trial, of: search.trials, metric: &self.metric, best }
    }

    /// Draws the settings of the next trial; returns its number and the earlier trials it may use. Waits for these
    /// trials and for memory. Returns `None` if no more trials start.
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
            // Later results are ignored even if they are there, so that the trials do not depend on timing.
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

    /// Returns whether there is memory for one more trial; always true for a single one.
    fn has_room(&self, state: &State<'a>) -> bool {
        state.running == 0 || state.running < Memory::now().trials(self.before, state.at_once)
    }

    /// Passes on an event; returns `Break` if the trial should end.
    fn tell(&self, event: &Event<'_>) -> ControlFlow<()> {
        let mut state = self.lock();
        if !state.stopped && self.context.tell(event).is_break() {
            (state.closed, state.stopped) = (true, true);
        }
        if state.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Starts no more trials and ends running ones.
    fn fail(&self, error: Error) {
        let mut state = self.lock();
        (state.closed, state.stopped) = (true, true);
        state.error.get_or_insert(error);
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().expect("no trial panics")
    }
}

/// Wakes workers that would otherwise wait for a trial whose thread panicked.
struct CloseOnPanic<'b, 'a>(&'b Workers<'a>);

impl Drop for CloseOnPanic<'_, '_> {
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

//! Splitting of work into pieces.
//!
//! Pieces depend on the data, never on the number of threads. Each owns its output, or its partial result is combined
//! in the order of the pieces; this alone gives equal bytes on any machine. Work runs on the caller's rayon pool;
//! only [`on_threads`] creates pools. Every piece runs under the watch of the caller who requested the work, and none
//! begins after a stop (`watch`).

use crate::error::{Error, Result};
use crate::memory;
use crate::watch::Context;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maximum number of threads of a pool: more than the cores of any machine this runs on.
pub const MOST_THREADS: usize = 1024;

/// Stack of a thread of a pool in bytes, whatever the system or `RUST_MIN_STACK` says: no work recurses deeply.
pub const STACK: usize = 2 << 20;

/// Returns the number of threads of the current pool.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Runs `work` on a pool of `threads` threads, 1 to [`MOST_THREADS`].
///
/// # Errors
/// If there are too many or too few, or the system cannot start them.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    if !(1..=MOST_THREADS).contains(&threads) {
        let says = format!("must be from 1 to {MOST_THREADS}, got {threads}");
        return Err(Error::setting("threads", says));
    }
    memory::check_threads(threads, STACK)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    let pool =
        pool.map_err(|e| Error::Resources(format!("cannot start {threads} threads: {e}")))?;
    let context = Context::current();
    Ok(pool.install(|| context.enter(work)))
}

/// Cuts `0..n` into ranges of `size` (the last may be shorter).
pub fn pieces(n: usize, size: usize) -> Vec<Range<usize>> {
    (0..n).step_by(size.max(1)).map(|start| start..(start + size.max(1)).min(n)).collect()
}

/// Runs `work` on every index below `n`, each under the caller's watch. The only parallel loop of the library: it takes
/// a trait object, because the thread pool's code would else be compiled again for every caller.
fn each(n: usize, work: &(dyn Fn(usize) + Sync)) {
    let context = Context::current();
    (0..n).into_par_iter().for_each(|at| {
        context.check();
        context.enter(|| work(at));
    });
}

/// Runs two tasks in parallel.
fn both(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    let context = Context::current();
    let run = |task: &mut (dyn FnMut() + Send)| {
        context.check();
        context.enter(task);
    };
    rayon::join(|| run(a), || run(b));
}

/// Locks a value that no other task uses at the same time; a panic elsewhere does not matter.
fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` on every piece of `0..n`; results come back in the order of the pieces.
pub fn map<T: Send>(n: usize, size: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    map_all(pieces(n, size), work)
}

/// Like [`map`], with scratch memory that one task at a time uses.
pub fn map_with<T: Send, S: Send>(
    n: usize,
    size: usize,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) -> T + Sync,
) -> Vec<T> {
    map_all_with(pieces(n, size), scratch, work)
}

/// Runs `work` on every item; results come back in the order of the items.
pub fn map_all<I: IntoIterator<Item: Send>, T: Send>(
    items: I,
    work: impl Fn(I::Item) -> T + Sync,
) -> Vec<T> {
    let slots: Vec<_> = items.into_iter().map(|item| Mutex::new((Some(item), None))).collect();
    each(slots.len(), &|at| {
        let item = lock(&slots[at]).0.take();
        let result = item.map(&work);
        lock(&slots[at]).1 = result;
    });
    let results =
        slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).1);
    results.map(|result| result.expect("each index of the loop was visited")).collect()
}

/// Like [`map_all`], with scratch memory that one task at a time uses.
pub fn map_all_with<I: IntoIterator<Item: Send>, T: Send, S: Send>(
    items: I,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I::Item) -> T + Sync,
) -> Vec<T> {
    let unused: Mutex<Vec<S>> = Mutex::default();
    map_all(items, |item| {
        let free = lock(&unused).pop();
        let mut mine = free.unwrap_or_else(&scratch);
        let result = work(&mut mine, item);
        lock(&unused).push(mine);
        result
    })
}

/// Runs `work` on every item; each item holds the data that only its call may change.
pub fn for_each<I: IntoIterator<Item: Send>>(items: I, work: impl Fn(I::Item) + Sync) {
    map_all(items, work);
}

/// Like [`for_each`], with scratch memory that one task at a time uses.
pub fn for_each_with<I: IntoIterator<Item: Send>, S: Send>(
    items: I,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I::Item) + Sync,
) {
    map_all_with(items, scratch, work);
}

/// Runs `work` on every `size` numbers of `data`, with the index of the piece.
pub fn for_each_chunk<T: Send>(data: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    for_each(data.chunks_mut(size.max(1)).enumerate(), |(i, chunk)| work(i, chunk));
}

/// Like [`for_each_chunk`], with scratch memory that one task at a time uses.
pub fn for_each_chunk_with<T: Send, S: Send>(
    data: &mut [T],
    size: usize,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &mut [T]) + Sync,
) {
    let chunks = data.chunks_mut(size.max(1)).enumerate();
    for_each_with(chunks, scratch, |scratch, (i, chunk)| work(scratch, i, chunk));
}

/// Runs two tasks in parallel.
pub fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    let (mut a, mut b) = (Some(a), Some(b));
    let (mut left, mut right) = (None, None);
    both(&mut || left = a.take().map(|a| a()), &mut || right = b.take().map(|b| b()));
    (left.expect("both tasks ran"), right.expect("both tasks ran"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_partition_the_range() {
        assert_eq!(pieces(7, 3), vec![0..3, 3..6, 6..7]);
        assert!(pieces(0, 3).is_empty());
        assert_eq!(pieces(2, 0), vec![0..1, 1..2]);
        assert_eq!(map(7, 3, |range| range.len()), vec![3, 3, 1]);
    }

    #[test]
    fn every_item_is_done_once_and_results_keep_their_order() {
        let items: Vec<String> = (0..500).map(|i| i.to_string()).collect();
        let doubled: Vec<usize> = (0..500).map(|i| 2 * i).collect();
        for threads in [1, 2, 5] {
            let (results, chunks, both) = on_threads(threads, || {
                let double = |seen: &mut Vec<String>, item: String| {
                    seen.push(item);
                    seen.last().and_then(|item| item.parse::<usize>().ok()).map(|i| 2 * i)
                };
                let results: Option<Vec<usize>> =
                    map_all_with(items.clone(), Vec::new, double).into_iter().collect();
                let mut chunks = vec![0; 500];
                for_each_chunk(&mut chunks, 7, |piece, chunk| {
                    chunk.iter_mut().zip(7 * piece..).for_each(|(x, i)| *x += 2 * i);
                });
                (results, chunks, join(|| "a", || 1))
            })
            .unwrap();
            assert_eq!(results.as_ref(), Some(&doubled));
            assert_eq!((chunks, both), (doubled.clone(), ("a", 1)));
        }
    }

    #[test]
    fn threads_are_bounded() {
        assert_eq!(on_threads(3, rayon::current_num_threads).unwrap(), 3);
        for threads in [0, MOST_THREADS + 1] {
            let says = on_threads(threads, || ()).unwrap_err().to_string();
            assert!(says.starts_with("setting `threads`: must be from 1 to"), "{says}");
        }
    }
}

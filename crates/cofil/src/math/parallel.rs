//! Splitting of work into pieces.
//!
//! Pieces depend on the data, never on the number of threads. Each owns its output, or its partial result is combined
//! in the order of the pieces; this alone gives equal bytes on any machine. Work runs on the caller's rayon pool;
//! only [`on_threads`] creates pools. Every piece runs under the watch of the caller who requested the work, and none
//! begins after a stop (`watch`).

use crate::error::{Error, Result};
use crate::watch::Context;
use rayon::prelude::*;
use std::ops::Range;

/// Maximum number of threads of a pool: more than the cores of any machine this runs on.
pub const MOST_THREADS: usize = 1024;

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
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool =
        pool.map_err(|e| Error::Resources(format!("cannot start {threads} threads: {e}")))?;
    let context = Context::current();
    Ok(pool.install(|| context.enter(work)))
}

/// Cuts `0..n` into ranges of `size` (the last may be shorter).
pub fn pieces(n: usize, size: usize) -> Vec<Range<usize>> {
    (0..n).step_by(size.max(1)).map(|start| start..(start + size.max(1)).min(n)).collect()
}

/// Runs `work` on every piece of `0..n`; results come back in the order of the pieces.
pub fn map<T: Send>(
    n: usize,
    size: usize,
    work: impl Fn(Range<usize>) -> T + Sync + Send,
) -> Vec<T> {
    let piece = piece();
    pieces(n, size).into_par_iter().map(|range| piece.of(|| work(range))).collect()
}

/// Like [`map`], with scratch memory that each worker keeps from piece to piece.
pub fn map_with<T: Send, S>(
    n: usize,
    size: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, Range<usize>) -> T + Sync + Send,
) -> Vec<T> {
    let piece = piece();
    let pieces = pieces(n, size).into_par_iter();
    pieces.map_init(scratch, |scratch, range| piece.of(|| work(scratch, range))).collect()
}

/// Runs `work` on every item; results come back in the order of the items.
pub fn map_all<I: IntoParallelIterator<Iter: IndexedParallelIterator>, T: Send>(
    items: I,
    work: impl Fn(I::Item) -> T + Sync + Send,
) -> Vec<T> {
    let piece = piece();
    items.into_par_iter().map(|item| piece.of(|| work(item))).collect()
}

/// Like [`map_all`], with scratch memory that each worker keeps from item to item.
pub fn map_all_with<I: IntoParallelIterator<Iter: IndexedParallelIterator>, T: Send, S>(
    items: I,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, I::Item) -> T + Sync + Send,
) -> Vec<T> {
    let piece = piece();
    let items = items.into_par_iter();
    items.map_init(scratch, |scratch, item| piece.of(|| work(scratch, item))).collect()
}

/// Runs `work` on every item; each item holds the data that only its call may change.
pub fn for_each<I: IntoParallelIterator<Iter: IndexedParallelIterator>>(
    items: I,
    work: impl Fn(I::Item) + Sync + Send,
) {
    let piece = piece();
    items.into_par_iter().for_each(|item| piece.of(|| work(item)));
}

/// Like [`for_each`], with scratch memory that each worker keeps from item to item.
pub fn for_each_with<I: IntoParallelIterator<Iter: IndexedParallelIterator>, S>(
    items: I,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, I::Item) + Sync + Send,
) {
    let piece = piece();
    let items = items.into_par_iter();
    items.for_each_init(scratch, |scratch, item| piece.of(|| work(scratch, item)));
}

/// Runs `work` on every `size` numbers of `data`, with the index of the piece.
pub fn for_each_chunk<T: Send>(
    data: &mut [T],
    size: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    for_each(data.par_chunks_mut(size.max(1)).enumerate(), |(i, chunk)| work(i, chunk));
}

/// Like [`for_each_chunk`], with scratch memory that each worker keeps from piece to piece.
pub fn for_each_chunk_with<T: Send, S>(
    data: &mut [T],
    size: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, usize, &mut [T]) + Sync + Send,
) {
    let chunks = data.par_chunks_mut(size.max(1)).enumerate();
    for_each_with(chunks, scratch, |scratch, (i, chunk)| work(scratch, i, chunk));
}

/// Runs two tasks in parallel.
pub fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    let piece = piece();
    rayon::join(|| piece.of(a), || piece.of(b))
}

/// The watch under which pieces of work run.
struct Piece(Context);

fn piece() -> Piece {
    Piece(Context::current())
}

impl Piece {
    /// Runs a piece, unless the work is to be stopped.
    fn of<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.check();
        self.0.enter(work)
    }
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
    fn threads_are_bounded() {
        assert_eq!(on_threads(3, rayon::current_num_threads).unwrap(), 3);
        for threads in [0, MOST_THREADS + 1] {
            let says = on_threads(threads, || ()).unwrap_err().to_string();
            assert!(says.starts_with("setting `threads`: must be from 1 to"), "{says}");
        }
    }
}

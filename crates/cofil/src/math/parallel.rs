//! How work is cut into pieces.
//!
//! Pieces depend on the data, never on the number of threads; each owns its output, or its partial
//! result is combined in the order of the pieces. That is all it takes for equal bytes on any machine.
//! Work runs on the rayon pool of the caller: the library starts no threads of its own, except for trials
//! side by side (`tune`), a pool like the caller's for each.

use rayon::prelude::*;
use std::ops::Range;

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
    pieces(n, size).into_par_iter().map(work).collect()
}

/// Like [`map`], with scratch memory that each worker keeps from piece to piece.
pub fn map_with<T: Send, S>(
    n: usize,
    size: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, Range<usize>) -> T + Sync + Send,
) -> Vec<T> {
    let pieces = pieces(n, size).into_par_iter();
    pieces.map_init(scratch, |scratch, piece| work(scratch, piece)).collect()
}

/// Runs `work` on every `size` numbers of `data`, with the index of the piece.
pub fn for_each_chunk<T: Send>(data: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    data.par_chunks_mut(size.max(1)).enumerate().for_each(|(i, chunk)| work(i, chunk));
}

/// Like [`for_each_chunk`], with scratch memory that each worker keeps from piece to piece.
pub fn for_each_chunk_with<T: Send, S>(
    data: &mut [T],
    size: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, usize, &mut [T]) + Sync + Send,
) {
    data.par_chunks_mut(size.max(1))
        .enumerate()
        .for_each_init(scratch, |scratch, (i, chunk)| work(scratch, i, chunk));
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
}

//! Selection of the best k scores.

use crate::math::vector::LANES;
use multiversion::multiversion;

/// The k best scores so far, and some that were among them when they were added.
pub(super) struct Best {
    k: usize,
    /// Fewer than 2 k entries.
    kept: Vec<Entry>,
    /// Only a score above this can still be among the best: later ones with an equal score lose by item.
    threshold: Option<f32>,
}

impl Best {
    pub fn new(k: usize) -> Self {
        Self { k, kept: Vec::new(), threshold: None }
    }

    /// Adds the allowed items whose score is above the threshold. `numbers` are those of the items from `from` on, which
    /// must ascend from call to call. `score` makes a score of an item and its number: at most the number, or `floor` if
    /// that is more.
    pub fn scan(
        &mut self,
        from: usize,
        numbers: &[f32],
        floor: f32,
        score: impl Fn(usize, f32) -> f32,
        allowed: impl Fn(u32) -> bool,
    ) {
        if self.k == 0 {
            return;
        }
        let mut at = 0;
        loop {
            let above = match self.threshold.filter(|&threshold| threshold >= floor) {
                Some(least) => next_above(numbers, at, least),
                None => all_from(numbers, at),
            };
            let Some((start, mut mask)) = above else { return };
            at = start + LANES;
            while mask != 0 {
                let l = start + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let item = from + l;
                self.add(item as u32, score(item, numbers[l]), &allowed);
            }
        }
    }

    #[inline]
    fn add(&mut self, item: u32, score: f32, allowed: impl Fn(u32) -> bool) {
        let good = self.threshold.map_or(!score.is_nan(), |threshold| score > threshold);
        if !good || !allowed(item) {
            return;
        }
        self.kept.push(Entry::new(item, score));
        if self.kept.len() >= self.k.saturating_mul(2) {
            self.cut();
            self.threshold = self.kept.last().map(|kept| kept.score());
        }
    }

    /// Keeps only the k best, the last of them in its place.
    fn cut(&mut self) {
        if self.k < self.kept.len() {
            self.kept.select_nth_unstable(self.k - 1);
            self.kept.truncate(self.k);
        }
    }

    /// Returns the best as (item, score), best first.
    pub fn finish(mut self) -> Vec<(u32, f32)> {
        if self.k == 0 {
            return Vec::new();
        }
        self.cut();
        self.kept.sort_unstable();
        self.kept.iter().map(|entry| (entry.item(), entry.score())).collect()
    }
}

/// An item and its score in one number, which is cheap to compare: it is lower for a higher score, and among equal
/// scores for the item that comes first. Zeros of both signs are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry(u64);

impl Entry {
    #[inline]
    pub fn new(item: u32, score: f32) -> Self {
        let bits = (score + 0.0).to_bits();
        // The bits of positive numbers ascend with them, those of negative ones descend.
        let descending = if bits >> 31 == 0 { bits ^ (u32::MAX >> 1) } else { bits };
        Self(u64::from(descending) << 32 | u64::from(item))
    }

    fn item(self) -> u32 {
        self.0 as u32
    }

    fn score(self) -> f32 {
        let descending = (self.0 >> 32) as u32;
        let bits = if descending >> 31 == 0 { descending ^ (u32::MAX >> 1) } else { descending };
        f32::from_bits(bits)
    }
}

/// Returns the start of the first sixteen numbers from `at` on of which one is above `threshold`, and a bit for each of
/// these.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn next_above(numbers: &[f32], at: usize, threshold: f32) -> Option<(usize, u32)> {
    let (chunks, rest) = numbers.get(at..)?.as_chunks::<LANES>();
    for (c, chunk) in chunks.iter().enumerate() {
        if chunk.iter().fold(false, |any, &number| any | (number > threshold)) {
            return Some((at + c * LANES, bits_above(chunk, threshold)));
        }
    }
    let mask = bits_above(rest, threshold);
    (mask != 0).then_some((at + chunks.len() * LANES, mask))
}

/// Returns a bit for each number above `threshold`.
#[inline(always)]
fn bits_above(numbers: &[f32], threshold: f32) -> u32 {
    let bit = |(l, &number): (usize, &f32)| u32::from(number > threshold) << l;
    numbers.iter().enumerate().map(bit).fold(0, |mask, bit| mask | bit)
}

/// Returns `at` and a bit for each of the next sixteen numbers.
fn all_from(numbers: &[f32], at: usize) -> Option<(usize, u32)> {
    let count = numbers.get(at..)?.len().min(LANES);
    (count > 0).then_some((at, (1 << count) - 1))
}

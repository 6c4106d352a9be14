//! Sampling of negatives from a team of items, without the user's own.

use super::Pair;
use crate::data::sample::Alias;
use crate::math::Rng;

/// Number of draws that may hit the user's own items before we assume there are no others.
const TRIES: usize = 64;

/// Samples items of a team that a user does not have.
pub struct Negatives<'a> {
    pub(super) seen: &'a Seen,
    pub(super) source: Source<'a>,
    pub(super) rng: Rng,
}

/// Source of negatives.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// This many items, sampled uniformly.
    Alike(u32),
    /// Items sampled by weight.
    Weighted(&'a Alias),
    /// No items.
    Nothing,
}

/// A bit for each user of a group and item of a team.
#[derive(Default)]
pub(super) struct Seen {
    bits: Vec<u64>,
    /// Numbers per user.
    width: usize,
}

impl Negatives<'_> {
    /// Samples an item the user does not have; `None` if there seems to be none.
    #[inline(always)]
    pub fn draw(&mut self, user: u16) -> Option<usize> {
        for _ in 0..TRIES {
            let item = match self.source {
                Source::Alike(items) => self.rng.below(items),
                Source::Weighted(alias) => alias.draw(&mut self.rng),
                Source::Nothing => return None,
            };
            if !self.seen.get(user, item) {
                return Some(item as usize);
            }
        }
        None
    }
}

impl Seen {
    /// Sets the bits of `pairs`; all bits must be clear.
    pub(super) fn set(&mut self, pairs: &[Pair], users: usize, items: usize) {
        self.width = items.div_ceil(64);
        let size = users * self.width;
        self.bits.resize(size.max(self.bits.len()), 0);
        for pair in pairs {
            let item = usize::from(pair.item);
            self.bits[usize::from(pair.user) * self.width + item / 64] |= 1 << (item % 64);
        }
    }

    /// Clears the bits of `pairs`.
    pub(super) fn clear(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            self.bits[usize::from(pair.user) * self.width + usize::from(pair.item) / 64] = 0;
        }
    }

    #[inline(always)]
    fn get(&self, user: u16, item: u32) -> bool {
        let word = self.bits[usize::from(user) * self.width + item as usize / 64];
        word >> (item % 64) & 1 == 1
    }
}

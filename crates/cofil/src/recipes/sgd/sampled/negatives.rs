//! What a user did not choose: draws from a team of items, without those of the user.

use super::Pair;
use crate::data::sample::Alias;
use crate::math::Rng;

/// Draws that may hit one of the user's own items before there are taken to be no others.
const TRIES: usize = 64;

/// Draws items of a team that a user has nothing to do with.
pub struct Negatives<'a> {
    pub(super) seen: &'a Seen,
    pub(super) source: Source<'a>,
    pub(super) rng: Rng,
}

/// From where negatives come.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// So many items, all alike.
    Alike(u32),
    /// By weight.
    Weighted(&'a Alias),
    /// There are none.
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
    /// An item that is none of the user's; `None` if there seems to be no such.
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
    /// Sets the bits of `pairs`; all are clear.
    pub(super) fn set(&mut self, pairs: &[Pair], users: usize, items: usize) {
        self.width = items.div_ceil(64);
        let size = users * self.width;
        self.bits.resize(size.max(self.bits.len()), 0);
        for pair in pairs {
            let item = usize::from(pair.item);
            self.bits[usize::from(pair.user) * self.width + item / 64] |= 1 << (item % 64);
        }
    }

    /// Clears them.
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

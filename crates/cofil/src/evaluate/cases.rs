//! Who is evaluated on what: test users, their relevant items, and the items ranked for them.

use super::{Candidates, Protocol};
use crate::data::{Ratings, Row};
use crate::math::Rng;
use crate::model::User;

/// One user of the test part.
pub(super) struct Case<'a> {
    /// Row of the test part.
    pub row: usize,
    /// The user as the model knows them; a stranger without history if training never saw them.
    pub user: User<'a>,
    /// Their test interactions, never empty.
    pub test: Row<'a>,
    /// |R|.
    pub relevant: usize,
    /// The relevant items that can be recommended: known to the model and, unless seen items are
    /// ranked, not in the history. Rising.
    pub reachable: Vec<u32>,
}

/// Everybody with a test interaction, in order of rows.
pub(super) fn cases<'a>(
    items: usize,
    train: &'a Ratings,
    test: &'a Ratings,
    protocol: &Protocol,
) -> Vec<Case<'a>> {
    let user = |row: usize| match row < train.by_user.rows() {
        true => User::of(train, row as u32),
        false => User::default(),
    };
    let rows = test.by_user.iter().enumerate().filter(|(_, test)| !test.is_empty());
    rows.map(|(row, test)| {
        let user = user(row);
        let is_relevant = |value: f32| protocol.relevant_from.is_none_or(|from| value >= from);
        let mut relevant: Vec<u32> =
            test.iter().filter(|&(_, value)| is_relevant(value)).map(|(item, _)| item).collect();
        let all = relevant.len();
        relevant.retain(|&item| {
            (item as usize) < items && (protocol.seen || user.history.get(item).is_none())
        });
        Case { row, user, test, relevant: all, reachable: relevant }
    })
    .collect()
}

impl Case<'_> {
    /// Number of items ranked when all are.
    pub fn all_candidates(&self, items: usize, protocol: &Protocol) -> usize {
        let known = self.user.history.columns.partition_point(|&item| (item as usize) < items);
        if protocol.seen { items } else { items - known }
    }

    /// The items ranked for this user, rising, where not all are.
    pub fn candidates(&self, items: usize, protocol: &Protocol) -> Option<Vec<u32>> {
        let mut list = match &protocol.candidates {
            Candidates::All => return None,
            Candidates::Sampled { n, seed } => self.sample(items, *n, *seed),
            Candidates::Given(lists) => lists[self.row].clone(),
        };
        list.retain(|&item| (item as usize) < items);
        list.extend_from_slice(&self.reachable);
        list.sort_unstable();
        list.dedup();
        Some(list)
    }

    /// Items without an interaction, each with the same probability.
    fn sample(&self, items: usize, n: usize, seed: u64) -> Vec<u32> {
        let mut rng = Rng::new(seed, &[self.row as u64]);
        let is_free =
            |item: u32| self.user.history.get(item).is_none() && self.test.get(item).is_none();
        let taken = self.user.history.len() + self.test.len();
        if n.saturating_mul(2) + taken < items / 2 {
            let mut drawn = std::collections::BTreeSet::new();
            while drawn.len() < n {
                let item = rng.below(items as u32);
                if is_free(item) {
                    drawn.insert(item);
                }
            }
            return drawn.into_iter().collect();
        }
        let mut free: Vec<u32> = (0..items as u32).filter(|&item| is_free(item)).collect();
        rng.shuffle(&mut free);
        free.truncate(n);
        free
    }
}

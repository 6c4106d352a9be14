//! Evaluation cases: test users, their relevant items, and the items ranked for them.

use super::{Candidates, Protocol};
use crate::data::{Csr, Ratings, Row};
use crate::math::Rng;
use crate::model::User;
use std::collections::BTreeMap;
use std::ops::Range;

/// One user of the test set.
pub(super) struct Case<'a> {
    /// Row of the test set.
    pub row: usize,
    /// The user as the model knows them. A user not in the training data is a new user, with a history if one is
    /// given.
    pub user: User<'a>,
    /// Their test interactions, never empty.
    pub test: Row<'a>,
    /// |R|.
    pub relevant: usize,
    /// The relevant items that can be recommended: known to the model and, unless seen items are ranked, not in the
    /// history. In ascending order.
    pub reachable: Vec<u32>,
}

/// The histories of the test users.
pub(super) struct Histories<'a> {
    train: &'a Ratings,
    /// Training and given interactions merged, if any are given.
    merged: Option<Csr>,
    /// Number of given interactions with items the model does not know; they cannot be used.
    pub lost: usize,
}

impl<'a> Histories<'a> {
    pub fn new(items: usize, train: &'a Ratings, given: Option<&Ratings>) -> Self {
        let Some(given) = given else { return Self { train, merged: None, lost: 0 } };
        let rows = train.by_user.rows().max(given.by_user.rows());
        let row = |of: &Ratings, row: usize| -> Vec<(u32, f32)> {
            let there = row < of.by_user.rows();
            if there { of.by_user.row(row).iter().collect() } else { Vec::new() }
        };
        let mut lost = 0;
        let merged = Csr::from_rows(
            items,
            (0..rows).map(|u| {
                // If an item is in both, the given value counts, because it is later.
                let mut entries: BTreeMap<u32, f32> = row(train, u).into_iter().collect();
                for (item, value) in row(given, u) {
                    match (item as usize) < items {
                        true => _ = entries.insert(item, value),
                        false => lost += 1,
                    }
                }
                entries
            }),
        );
        Self { train, merged: Some(merged), lost }
    }

    /// Returns the user of `row`. A user not in the training data is a new user, perhaps with a history.
    pub fn user(&self, row: usize) -> User<'_> {
        let known = match row < self.train.by_user.rows() {
            true => User::of(self.train, row as u32),
            false => User::default(),
        };
        match &self.merged {
            Some(merged) if row < merged.rows() => User { history: merged.row(row), ..known },
            _ => known,
        }
    }
}

/// Returns the users with a test interaction among the `rows` of the test set, in their order.
pub(super) fn cases<'a>(
    items: usize,
    histories: &'a Histories<'_>,
    test: &'a Ratings,
    protocol: &Protocol,
    rows: Range<usize>,
) -> Vec<Case<'a>> {
    let rows = rows.map(|row| (row, test.by_user.row(row))).filter(|(_, test)| !test.is_empty());
    rows.map(|(row, test)| {
        let user = histories.user(row);
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
    /// Returns the number of items ranked for this user if all items are candidates.
    pub fn all_candidates(&self, items: usize, protocol: &Protocol) -> usize {
        let known = self.user.history.columns.partition_point(|&item| (item as usize) < items);
        if protocol.seen { items } else { items - known }
    }

    /// Returns the candidates of this user in ascending order; `None` if all items are candidates.
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

    /// Samples items without an interaction, uniformly.
    fn sample(&self, items: usize, n: usize, seed: u64) -> Vec<u32> {
        let mut rng = Rng::new(seed, &[self.row as u64]);
        let is_free =
            |item: u32| self.user.history.get(item).is_none() && self.test.get(item).is_none();
        let taken = self.user.history.len() + self.test.len();
        if n.saturating_mul(2).saturating_add(taken) < items / 2 {
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

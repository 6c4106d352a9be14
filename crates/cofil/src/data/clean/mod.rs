//! Cleaning: which rows are kept, which value they get, and how many are dropped at each step.
//!
//! The steps run in this order, because each one works on the result of the one before:
//! 1. Rows whose value is a mark for "no rating" are dropped.
//! 2. Duplicate rows of a (user, item) pair are merged into one.
//! 3. Pairs below the threshold are dropped; the others get the value 1.
//! 4. Users and items with too few pairs are dropped, repeatedly until nothing changes (the k-core: dropping an item
//!    can push a user below the minimum).
//! 5. With `implicit`, every remaining pair gets the value 1. If there are values below 0, which express dislike, pairs
//!    that are not above 0 are dropped first, together with those of step 3.
//!
//! Users and items without remaining interactions are removed from the id maps. The order of the other users and
//! items, and of the rows, does not change.

mod report;
mod steps;

pub use report::CleanReport;
pub(super) use steps::counts;

use super::describe::{notes_on_ratings, notes_on_rows};
use super::prose::count;
use super::{Csr, Duplicates, Interactions, Ratings};
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use steps::{compact, core, merge, retain};

/// How to clean interactions. The default merges duplicates and changes nothing else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clean {
    /// Values that mean "no rating", such as −1; their rows are dropped. Default: none.
    pub missing: Vec<f32>,
    /// How to merge several rows of the same user and item. Default: the last row counts.
    pub duplicates: Duplicates,
    /// Drop pairs with a smaller value and count the others as 1. Any number; default: none.
    pub threshold: Option<f32>,
    /// Drop users with fewer interactions than this. 0 and 1 drop nobody; default 0.
    pub min_user: u32,
    /// Drop items with fewer interactions than this. 0 and 1 drop nothing; default 0.
    pub min_item: u32,
    /// Count every pair as 1, as implicit feedback. If there are values below 0, which express dislike, pairs that are
    /// not above 0 are dropped. Default: false.
    pub implicit: bool,
}

impl Clean {
    /// Cleans `data`. Rows keep the order of the file; a merged pair takes the place of the row it keeps (the last,
    /// or the first with [`Duplicates::First`]).
    ///
    /// # Errors
    /// If a setting is not a finite number, a pair occurs twice with [`Duplicates::Error`], or no interactions are
    /// left.
    pub fn interactions(&self, data: Interactions) -> Result<(Interactions, CleanReport)> {
        let (mut data, mut report) = self.events(data)?;
        drop_unused(&mut data, &mut report);
        report.notes = notes_on_rows(&data);
        Ok((data, report))
    }

    /// As [`interactions`](Self::interactions), but users and items without interactions stay in the id maps and are
    /// not counted in the report: for new events of a model, which knows them.
    ///
    /// # Errors
    /// See [`interactions`](Self::interactions).
    pub fn events(&self, mut data: Interactions) -> Result<(Interactions, CleanReport)> {
        let mut report = self.start(&data)?;
        self.drop_missing(&mut data, &mut report);
        let liked = self.keeps_liked(&data.value);
        let before = data.len();
        merge(&mut data, self.duplicates)?;
        report.duplicates = before - data.len();
        if liked {
            let keep: Vec<bool> = data.value.iter().map(|&value| value > 0.0).collect();
            report.disliked = retain(&mut data, &keep);
        }
        self.filter(&mut data, &mut report)?;
        Ok((data, report))
    }

    /// Cleans `data` and groups it by user.
    ///
    /// # Errors
    /// See [`interactions`](Self::interactions).
    pub fn ratings(&self, mut data: Interactions) -> Result<(Ratings, CleanReport)> {
        let drops = self.threshold.is_some() || self.min_user > 1 || self.min_item > 1;
        if drops || self.keeps_liked(&data.value) {
            let (data, report) = self.interactions(data)?;
            return Ok((data.into_ratings(Duplicates::Error)?, report));
        }
        // Grouping merges duplicates too, so there is no need to sort the data twice.
        let mut report = self.start(&data)?;
        self.drop_missing(&mut data, &mut report);
        let before = data.len();
        self.filter(&mut data, &mut report)?;
        drop_unused(&mut data, &mut report);
        let ratings = data.into_ratings(self.duplicates)?;
        report.duplicates = before - ratings.len();
        report.interactions = ratings.len();
        report.notes = notes_on_ratings(&ratings);
        // `filter` ran before merging here, and a sum of ones may exceed one.
        Ok((if self.implicit { ratings.into_binary() } else { ratings }, report))
    }

    /// Gives `data` the values that [`interactions`](Self::interactions) would give it: pairs below the threshold, or
    /// disliked with `implicit`, are dropped; with a threshold or with `implicit`, the others get the value 1. The id
    /// maps stay as they are.
    pub fn weigh(&self, mut data: Ratings) -> Ratings {
        let liked = self.keeps_liked(data.by_user.values());
        if self.threshold.is_some() || liked {
            let keeps = |value: f32| self.threshold.map_or(value > 0.0, |least| value >= least);
            let rows = data.by_user.iter();
            let kept = rows.map(|row| row.iter().filter(|&(_, value)| keeps(value)).collect());
            let kept: Vec<Vec<(u32, f32)>> = kept.collect();
            (data.by_user, data.times) = (Csr::from_rows(data.items.len(), kept), None);
        }
        if self.threshold.is_some() || self.implicit { data.into_binary() } else { data }
    }

    fn start(&self, data: &Interactions) -> Result<CleanReport> {
        if self.threshold.is_some_and(|t| !t.is_finite()) {
            return Err(Error::setting("threshold", "must be a finite number"));
        }
        if self.missing.iter().any(|m| !m.is_finite()) {
            return Err(Error::setting("missing", "must be finite numbers"));
        }
        Ok(CleanReport { settings: self.clone(), rows: data.len(), ..CleanReport::default() })
    }

    fn drop_missing(&self, data: &mut Interactions, report: &mut CleanReport) {
        if !self.missing.is_empty() {
            let keep: Vec<bool> = data.value.iter().map(|v| !self.missing.contains(v)).collect();
            report.missing = retain(data, &keep);
        }
    }

    /// Whether only pairs above 0 are kept of a table with these values.
    fn keeps_liked(&self, values: &[f32]) -> bool {
        self.implicit && self.threshold.is_none() && values.iter().any(|&value| value < 0.0)
    }

    /// Runs the steps that follow merging, but for the dislikes of `implicit`.
    fn filter(&self, data: &mut Interactions, report: &mut CleanReport) -> Result<()> {
        if let Some(threshold) = self.threshold {
            let keep: Vec<bool> = data.value.iter().map(|&v| v >= threshold).collect();
            report.below_threshold = retain(data, &keep);
        }
        if self.threshold.is_some() || self.implicit {
            data.value.fill(1.0);
        }
        (report.outside_core, report.core_rounds) = core(data, self.min_user, self.min_item);
        if data.is_empty() {
            return Err(Error::Unfit(match report.rows {
                0 => "there are no interactions".into(),
                rows => format!(
                    "no rows left after cleaning {}: {}; relax the setting that dropped most",
                    count(rows, "row"),
                    report.sentences().join("; ")
                ),
            }));
        }
        report.interactions = data.len();
        Ok(())
    }
}

/// Drops users and items without interactions from the id maps.
fn drop_unused(data: &mut Interactions, report: &mut CleanReport) {
    report.users_dropped = compact(&mut data.users, &mut data.user);
    report.items_dropped = compact(&mut data.items, &mut data.item);
    (report.users, report.items) = (data.users.len(), data.items.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IdMap;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn table(rows: &[(&str, &str, f32)]) -> Interactions {
        let (mut users, mut items) = (IdMap::new(), IdMap::new());
        let mut table = Interactions::default();
        for &(user, item, value) in rows {
            table.user.push(users.insert(user).unwrap());
            table.item.push(items.insert(item).unwrap());
            table.value.push(value);
        }
        (table.users, table.items) = (users.into(), items.into());
        table
    }

    fn rows(data: &Interactions) -> Vec<(&str, &str, f32)> {
        let name = |at| (data.users.name(data.user[at]), data.items.name(data.item[at]));
        (0..data.len()).map(|at| (name(at).0, name(at).1, data.value[at])).collect()
    }

    /// Seven rows: one without a rating, one repeated pair, and an item and a user that occur once.
    fn example() -> Interactions {
        table(&[
            ("ann", "x", 5.0),
            ("ann", "y", -1.0),
            ("bob", "x", 4.0),
            ("bob", "y", 2.0),
            ("ann", "x", 3.0),
            ("bob", "z", 4.0),
            ("cat", "x", 1.0),
        ])
    }

    #[test]
    fn every_step_is_counted() {
        let clean = Clean { missing: vec![-1.0], threshold: Some(2.0), ..Clean::default() };
        let (data, report) = clean.interactions(example()).unwrap();
        assert_eq!(
            rows(&data),
            [("bob", "x", 1.0), ("bob", "y", 1.0), ("ann", "x", 1.0), ("bob", "z", 1.0)]
        );
        assert_eq!((report.missing, report.duplicates, report.below_threshold), (1, 1, 1));
        assert_eq!((report.users, report.items, report.users_dropped), (2, 3, 1));
        assert_eq!(data.users.names().collect::<Vec<_>>(), ["ann", "bob"]);
        assert_eq!(
            report.sentences(),
            [
                "dropped 1 row: -1 means no rating",
                "merged 1 repeated row: the last of each pair counts",
                "dropped 1 interaction below 2; the others count 1",
                "dropped 1 user without interactions",
            ]
        );
        let untouched = Clean::default().interactions(table(&[("a", "x", 2.0)])).unwrap().1;
        assert!(untouched.is_untouched() && untouched.sentences().is_empty());
    }

    #[test]
    fn the_core_needs_rounds() {
        // z is dropped for having one user, then bob for having one item left; ann and cat keep x and y.
        let data = table(&[
            ("ann", "x", 1.0),
            ("ann", "y", 1.0),
            ("bob", "z", 1.0),
            ("bob", "x", 1.0),
            ("cat", "x", 1.0),
            ("cat", "y", 1.0),
        ]);
        let clean = Clean { min_user: 2, min_item: 2, ..Clean::default() };
        let (left, report) = clean.interactions(data.clone()).unwrap();
        assert_eq!((report.outside_core, report.core_rounds), (2, 3));
        assert_eq!((report.users_dropped, report.items_dropped, left.len()), (1, 1, 4));
        assert_eq!(left.items.names().collect::<Vec<_>>(), ["x", "y"]);
        let nothing = Clean { min_user: 3, ..Clean::default() }.ratings(data).unwrap_err();
        assert!(
            nothing
                .to_string()
                .starts_with("no rows left after cleaning 6 rows: dropped 6 interactions")
        );
    }

    #[test]
    fn bad_settings_and_no_data_are_told() {
        let told = |clean: Clean, data| clean.ratings(data).unwrap_err().to_string();
        let clean = Clean { threshold: Some(f32::NAN), ..Clean::default() };
        assert_eq!(told(clean, example()), "setting `threshold`: must be a finite number");
        assert_eq!(told(Clean::default(), table(&[])), "there are no interactions");
        let clean = Clean { duplicates: Duplicates::Error, ..Clean::default() };
        assert!(clean.interactions(example()).unwrap_err().to_string().contains("more than once"));
        assert!(told(clean, example()).starts_with("user `ann` and item `x` occur more than once"));
    }

    #[test]
    fn implicit_counts_every_pair_once() {
        let sum = Clean { implicit: true, duplicates: Duplicates::Sum, ..Clean::default() };
        let (ratings, report) = sum.ratings(example()).unwrap();
        assert!(ratings.by_user.values().iter().all(|&v| v == 1.0));
        assert_eq!((ratings.len(), report.duplicates, report.interactions), (5, 1, 5));
        let (data, _) = sum.interactions(example()).unwrap();
        assert_eq!(Ratings::new(&data, Duplicates::Error).unwrap(), ratings);
    }

    #[test]
    fn implicit_makes_no_dislike_an_interaction() {
        let votes = table(&[("ann", "x", 1.0), ("ann", "bad", -1.0), ("bob", "bad", -1.0)]);
        let events = table(&[
            ("ann", "x", 3.0),
            ("ann", "bad", 1.0),
            ("ann", "bad", -1.0),
            ("bob", "y", -1.0),
            ("bob", "y", 3.0),
        ]);
        let sum = Clean { implicit: true, duplicates: Duplicates::Sum, ..Clean::default() };
        let (left, report) = sum.interactions(votes.clone()).unwrap();
        assert_eq!(rows(&left), [("ann", "x", 1.0)]);
        let told = "dropped 2 interactions not above 0: values below 0 mean dislike";
        assert_eq!(report.sentences()[0], told);
        let (ratings, of_ratings) = sum.ratings(votes.clone()).unwrap();
        assert_eq!((ratings.len(), of_ratings.disliked, of_ratings.users), (1, 2, 1));
        let all = votes.clone().into_ratings(Duplicates::Last).unwrap();
        assert_eq!(sum.weigh(all).len(), 1);
        // What counts is the sum: liking and disliking cancel out.
        let (left, report) = sum.interactions(events).unwrap();
        assert_eq!(rows(&left), [("ann", "x", 1.0), ("bob", "y", 1.0)]);
        assert_eq!((report.duplicates, report.disliked), (2, 1));
        // Without values below 0 a 0 says nothing of the kind; and a threshold is the limit.
        let (left, _) = sum.interactions(table(&[("ann", "x", 0.0), ("bob", "x", 9.0)])).unwrap();
        assert_eq!(left.len(), 2);
        let threshold = Clean { threshold: Some(-1.0), ..sum };
        assert_eq!(threshold.interactions(votes).unwrap().0.len(), 3);
    }

    #[test]
    fn events_keep_the_ids_of_the_model() {
        let clean = Clean { threshold: Some(4.0), ..Clean::default() };
        let (left, report) = clean.events(example()).unwrap();
        assert_eq!((left.len(), left.users.len(), left.items.len()), (2, 3, 3));
        assert_eq!((report.users_dropped, report.interactions), (0, 2));
    }

    const MERGES: [Duplicates; 5] =
        [Duplicates::Last, Duplicates::First, Duplicates::Mean, Duplicates::Sum, Duplicates::Max];

    proptest! {
        #[test]
        fn merging_rows_equals_merging_while_grouping(
            cells in prop::collection::vec((0u32..4, 0u32..4, 1u8..6, 0i64..9), 1..40),
            how in prop::sample::select(MERGES.to_vec()),
            timed: bool,
        ) {
            let data = Interactions {
                users: Arc::new(["a", "b", "c", "d"].iter().collect()),
                items: Arc::new(["w", "x", "y", "z"].iter().collect()),
                user: cells.iter().map(|c| c.0).collect(),
                item: cells.iter().map(|c| c.1).collect(),
                value: cells.iter().map(|c| f32::from(c.2)).collect(),
                time: timed.then(|| cells.iter().map(|c| c.3).collect()),
            };
            let clean = Clean { duplicates: how, ..Clean::default() };
            let (ratings, told) = clean.ratings(data.clone()).unwrap();
            let (merged, report) = clean.interactions(data.clone()).unwrap();
            prop_assert_eq!(&Ratings::new(&merged, Duplicates::Error).unwrap(), &ratings);
            prop_assert_eq!(&report, &told);
            prop_assert_eq!(report.rows - report.duplicates, report.interactions);
        }

        #[test]
        fn everybody_in_the_core_has_enough(
            cells in prop::collection::vec((0u32..8, 0u32..8), 1..60),
            min_user in 0u32..4,
            min_item in 0u32..4,
        ) {
            let names = |n: usize| (0..n).map(|i| i.to_string()).collect::<IdMap>();
            let data = Interactions {
                users: Arc::new(names(8)),
                items: Arc::new(names(8)),
                user: cells.iter().map(|c| c.0).collect(),
                item: cells.iter().map(|c| c.1).collect(),
                value: vec![1.0; cells.len()],
                time: None,
            };
            let clean = Clean { min_user, min_item, ..Clean::default() };
            if let Ok((left, report)) = clean.interactions(data) {
                let least = |column: &[u32], n| counts(column, n).into_iter().min().unwrap();
                prop_assert!(least(&left.user, left.users.len()) >= min_user.max(1));
                prop_assert!(least(&left.item, left.items.len()) >= min_item.max(1));
                let gone = report.duplicates + report.outside_core;
                prop_assert_eq!(report.rows, gone + report.interactions);
            }
        }
    }
}

//! Splits: dividing interactions into a training set and a test set.
//!
//! | split | test set |
//! |---|---|
//! | `random` | interactions drawn from all |
//! | `user-random` | interactions drawn from each user |
//! | `last` | the latest interactions of each user; ties and missing times by file order |
//! | `time` | all interactions from a point in time on |
//! | `kfold` | each interaction once, in one of k folds |
//! | `users` | part of the history of users that are not in the training set (strong generalisation) |
//!
//! All parts share the id maps and keep the order of the file. Splits per user always leave a user at least one
//! interaction outside the test set, so a user with a single interaction is never tested. If a share does not give a
//! whole number, it is rounded to the nearest (half away from zero).
//!
//! ```
//! use cofil::data::sample_set;
//! use cofil::data::split::{Share, Split};
//!
//! let split = Split::UserRandom { test: Share::Fraction(0.2), seed: 1 };
//! let parts = &split.apply(&sample_set()?)?[0];
//! assert_eq!(parts.train.len() + parts.test.len(), 123_648);
//! assert_eq!(parts.report.leakage.shared_pairs, 0);
//! # Ok::<(), cofil::Error>(())
//! ```

mod assign;
mod hold_out;
pub(crate) mod leakage;
mod report;
mod share;
mod usual;

use super::prose::{count, number};
use super::{Interactions, NO_TIME};
use crate::error::{Error, Result};
use assign::{GIVEN, TEST, TRAIN};
pub use hold_out::HeldOut;
pub use leakage::{Leakage, align};
pub use report::{Size, SplitReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use share::{Cut, Share};
pub use usual::{By, SplitSettings};

/// How to split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Split {
    /// Draw the test set from all interactions.
    Random {
        /// Share or number of the interactions.
        test: Share,
        /// Random seed.
        seed: u64,
    },
    /// Draw the test set from each user's interactions.
    UserRandom {
        /// Share or number of each user's interactions.
        test: Share,
        /// Random seed.
        seed: u64,
    },
    /// Test on the latest interactions of each user.
    Last {
        /// Number or share of each user's interactions.
        test: Share,
    },
    /// Test on all interactions from a point in time on.
    Time {
        /// Where to cut.
        test: Cut,
    },
    /// k-fold cross-validation: each interaction is in the test set of one of `folds` folds.
    Kfold {
        /// Number of folds, 2–255.
        folds: u32,
        /// Random seed.
        seed: u64,
    },
    /// Hold out users: the training set has none of their interactions; `given` holds their history.
    Users {
        /// Share or number of the users.
        test: Share,
        /// Share or number of a held-out user's interactions to predict.
        target: Share,
        /// Random seed.
        seed: u64,
    },
}

/// The parts of one split.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The training set.
    pub train: Interactions,
    /// The history of held-out users; only with [`Split::Users`].
    pub given: Option<Interactions>,
    /// The test set.
    pub test: Interactions,
    /// Report on the split, with the sizes of the parts.
    pub report: SplitReport,
}

impl Split {
    /// Splits `data`. [`Split::Kfold`] gives one result per fold, the others give one.
    ///
    /// # Errors
    /// If a setting is out of range, the data has no times to split by, or a part would be empty.
    pub fn apply(&self, data: &Interactions) -> Result<Vec<Parts>> {
        self.rounds(data.clone())?.collect()
    }

    /// Like [`apply`](Self::apply), but consumes the data and yields one fold at a time. The last fold takes the
    /// table apart, so the table and its parts are never in memory at the same time; earlier folds hold a copy.
    ///
    /// # Errors
    /// See [`apply`](Self::apply).
    pub fn rounds(&self, data: Interactions) -> Result<Rounds> {
        self.check_times(&data)?;
        self.check()?;
        let part = self.assign(&data)?;
        let id = self.id(&data, &part);
        let rounds = if let Self::Kfold { folds, .. } = self { *folds } else { 1 };
        let rounds = Rounds { split: self.clone(), data, part, id, next: 0, rounds };
        rounds.check()?;
        Ok(rounds)
    }

    /// Checks the settings, as far as they do not depend on the data.
    ///
    /// # Errors
    /// If one is out of range.
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Random { test, .. }
            | Self::UserRandom { test, .. }
            | Self::Last { test }
            | Self::Time { test: Cut::Latest(test) } => test.check("test"),
            Self::Time { test: Cut::From(_) } => Ok(()),
            Self::Kfold { folds: 2..=255, .. } => Ok(()),
            Self::Kfold { folds, .. } => {
                Err(Error::setting("folds", format!("must be 2 to 255, got {folds}")))
            }
            Self::Users { test, target, .. } => {
                test.check("test").and_then(|()| target.check("target"))
            }
        }
    }

    fn check_times(&self, data: &Interactions) -> Result<()> {
        match self {
            Self::Time { .. } if data.time.is_none() => Err(Error::setting(
                "by",
                "a split by time needs times and the data has none; name their column, or split \
                 by `random` or `users`",
            )),
            _ => Ok(()),
        }
    }

    fn id(&self, data: &Interactions, part: &[u8]) -> String {
        let mut hash = blake3::Hasher::new();
        hash.update(serde_json::to_string(self).expect("settings are plain data").as_bytes());
        hash.update(data.fingerprint().as_bytes());
        hash.update(part);
        hash.finalize().to_hex().to_string()
    }
}

/// Iterator over the folds of a split.
#[derive(Debug)]
pub struct Rounds {
    split: Split,
    /// Empty after the last fold.
    data: Interactions,
    /// The part of each row; with [`Split::Kfold`], the fold that tests it.
    part: Vec<u8>,
    id: String,
    next: u32,
    rounds: u32,
}

impl Iterator for Rounds {
    type Item = Result<Parts>;

    fn next(&mut self) -> Option<Result<Parts>> {
        let round = self.next;
        (round < self.rounds).then(|| {
            self.next += 1;
            let data = match self.next == self.rounds {
                true => std::mem::take(&mut self.data),
                false => self.data.clone(),
            };
            self.parts(data, round)
        })
    }
}

impl Rounds {
    fn is_kfold(&self) -> bool {
        matches!(self.split, Split::Kfold { .. })
    }

    /// Returns the part of a row in fold `round`.
    fn of(&self, round: u32, part: u8) -> u8 {
        match self.is_kfold() {
            true if u32::from(part) == round => TEST,
            true => TRAIN,
            false => part,
        }
    }

    /// Returns an error if a training set or a test set would be empty.
    fn check(&self) -> Result<()> {
        let mut sizes = [0; 256];
        self.part.iter().for_each(|&part| sizes[usize::from(part)] += 1);
        let of_round = |round: u32, which: u8| -> usize {
            let parts = (0..=u8::MAX).zip(&sizes);
            parts.filter(|&(part, _)| self.of(round, part) == which).map(|(_, &size)| size).sum()
        };
        for round in 0..self.rounds {
            for (name, which) in [("training", TRAIN), ("test", TEST)] {
                if of_round(round, which) == 0 {
                    return Err(Error::Unfit(format!(
                        "the {name} set would be empty: {} of {} go to the test set; choose another share",
                        number(of_round(round, TEST)),
                        count(self.data.len(), "interaction"),
                    )));
                }
            }
        }
        Ok(())
    }

    fn parts(&self, data: Interactions, round: u32) -> Result<Parts> {
        let fold = self.is_kfold().then_some(round + 1);
        let users = Size::of(&data).users;
        let without_time =
            data.time.as_ref().map_or(0, |t| t.iter().filter(|&&t| t == NO_TIME).count());
        let part = |row: usize| self.of(round, self.part[row]);
        let [train, test, given] = apart(data, part);
        let description = self.split.description(&test, without_time > 0, fold);
        let given = matches!(self.split, Split::Users { .. }).then_some(given);
        let tested = Size::of(&test);
        let report = SplitReport {
            description,
            split: self.split.clone(),
            fold,
            id: self.id.clone(),
            train: Size::of(&train),
            given: given.as_ref().map(Size::of),
            test: tested,
            users_not_tested: users - tested.users,
            without_time,
            leakage: Leakage::between(&train, given.as_ref(), &test)?,
        };
        Ok(Parts { train, given, test, report })
    }
}

/// Splits the rows into the parts 0 to 2, column by column, so that little is in memory twice.
fn apart(data: Interactions, part: impl Fn(usize) -> u8) -> [Interactions; 3] {
    fn take<T: Copy>(mut column: Vec<T>, part: &impl Fn(usize) -> u8) -> [Vec<T>; 3] {
        let of = |which: u8| {
            let size = (0..column.len()).filter(|&row| part(row) == which).count();
            let mut taken = Vec::with_capacity(size);
            let rows = column.iter().enumerate().filter(|(row, _)| part(*row) == which);
            taken.extend(rows.map(|(_, &value)| value));
            taken
        };
        let (test, given) = (of(TEST), of(GIVEN));
        let mut row = 0;
        column.retain(|_| {
            row += 1;
            part(row - 1) == TRAIN
        });
        column.shrink_to_fit();
        [column, test, given]
    }
    let Interactions { users, items, user, item, value, time } = data;
    let mut time = time.map(|time| take(time, &part));
    let [user, item] = [user, item].map(|column| take(column, &part));
    let value = take(value, &part);
    let mut parts = [Interactions::default(), Interactions::default(), Interactions::default()];
    for (part, ((user, item), value)) in parts.iter_mut().zip(user.into_iter().zip(item).zip(value))
    {
        *part = Interactions {
            users: users.clone(),
            items: items.clone(),
            user,
            item,
            value,
            time: None,
        };
    }
    if let Some(time) = &mut time {
        parts.iter_mut().zip(time).for_each(|(part, time)| part.time = Some(std::mem::take(time)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IdMap;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Up to 60 interactions of 6 users, each with its own item, so that an item identifies its row.
    fn table(rows: Vec<(u32, Option<i64>)>, timed: bool) -> Interactions {
        let names = |n: usize| Arc::new((0..n).map(|i| i.to_string()).collect::<IdMap>());
        Interactions {
            users: names(6),
            items: names(60),
            user: rows.iter().map(|r| r.0).collect(),
            item: (0..rows.len() as u32).collect(),
            value: rows.iter().map(|r| r.0 as f32).collect(),
            time: timed.then(|| rows.iter().map(|r| r.1.unwrap_or(NO_TIME)).collect()),
        }
    }

    fn tables() -> impl Strategy<Value = Interactions> {
        let row = (0u32..6, prop::option::weighted(0.9, 0i64..20));
        (prop::collection::vec(row, 2..60), any::<bool>()).prop_map(|(rows, t)| table(rows, t))
    }

    fn shares() -> impl Strategy<Value = Share> {
        prop_oneof![(1usize..5).prop_map(Share::Count), (0.05..0.95).prop_map(Share::Fraction)]
    }

    fn splits() -> impl Strategy<Value = Split> {
        let seed = 0u64..5;
        prop_oneof![
            (shares(), seed.clone()).prop_map(|(test, seed)| Split::Random { test, seed }),
            (shares(), seed.clone()).prop_map(|(test, seed)| Split::UserRandom { test, seed }),
            shares().prop_map(|test| Split::Last { test }),
            shares().prop_map(|share| Split::Time { test: Cut::Latest(share) }),
            (0i64..20).prop_map(|from| Split::Time { test: Cut::From(from) }),
            (2u32..5, seed.clone()).prop_map(|(folds, seed)| Split::Kfold { folds, seed }),
            (shares(), shares(), seed).prop_map(|(test, target, seed)| Split::Users {
                test,
                target,
                seed
            }),
        ]
    }

    proptest! {
        #[test]
        fn parts_partition_the_data(data in tables(), split in splits()) {
            let Ok(all) = split.apply(&data) else { return Ok(()) };
            let mut tested = Vec::new();
            for parts in &all {
                let mut rows: Vec<u32> = [Some(&parts.train), parts.given.as_ref(), Some(&parts.test)]
                    .into_iter()
                    .flatten()
                    .flat_map(|part| part.item.iter().copied())
                    .collect();
                for part in [&parts.train, &parts.test] {
                    prop_assert!(part.item.is_sorted(), "the order of the file");
                    prop_assert!(Arc::ptr_eq(&part.users, &data.users));
                    for row in 0..part.len() {
                        let from = part.item[row] as usize;
                        prop_assert_eq!(part.user[row], data.user[from]);
                        let times = (part.time.as_ref(), data.time.as_ref());
                        prop_assert_eq!(times.0.map(|t| t[row]), times.1.map(|t| t[from]));
                    }
                }
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..data.len() as u32).collect::<Vec<_>>());
                prop_assert_eq!(parts.report.leakage.shared_pairs, 0);
                tested.extend_from_slice(&parts.test.item);
            }
            if let Split::Kfold { folds, .. } = split {
                prop_assert_eq!(all.len(), folds as usize);
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..data.len() as u32).collect::<Vec<_>>());
            }
        }

        #[test]
        fn time_never_runs_backwards(data in tables(), test in shares()) {
            for split in [Split::Last { test }, Split::Time { test: Cut::Latest(test) }] {
                let Ok(all) = split.apply(&data) else { continue };
                prop_assert_eq!(all[0].report.leakage.before_own_training, 0);
                if matches!(split, Split::Time { .. }) {
                    prop_assert_eq!(all[0].report.leakage.before_any_training, 0);
                }
            }
        }

        #[test]
        fn a_user_keeps_something_to_be_known_by(data in tables(), test in shares()) {
            for split in [Split::UserRandom { test, seed: 1 }, Split::Last { test }] {
                if let Ok(all) = split.apply(&data) {
                    prop_assert_eq!(all[0].report.leakage.new_users, 0);
                    prop_assert_eq!(all[0].report.train.users, Size::of(&data).users);
                }
            }
            let users = Split::Users { test: Share::Count(1), target: test, seed: 1 };
            if let Ok(all) = users.apply(&data) {
                let report = &all[0].report;
                prop_assert_eq!(report.given.unwrap().users, 1);
                prop_assert_eq!((report.test.users, report.leakage.new_users), (1, 1));
            }
        }
    }

    #[test]
    fn the_seed_and_nothing_else_decides() {
        let data = table((0..60).map(|i| (i % 6, Some(7))).collect(), true);
        let all = |seed| {
            let (test, target) = (Share::Fraction(0.5), Share::Count(2));
            [
                Split::Random { test, seed },
                Split::UserRandom { test, seed },
                Split::Kfold { folds: 3, seed },
                Split::Users { test, target, seed },
            ]
            .map(|split| split.apply(&data).unwrap())
        };
        assert_eq!(all(1), all(1));
        for (one, two) in all(1).iter().zip(&all(2)) {
            assert_ne!(one[0].test.item, two[0].test.item);
            assert_ne!(one[0].report.id, two[0].report.id);
        }
    }

    #[test]
    fn the_id_sees_settings_data_and_parts() {
        let data = table((0..20).map(|i| (i % 6, Some(i64::from(i)))).collect(), true);
        let id = |data: &Interactions, test| {
            Split::Last { test }.apply(data).unwrap().remove(0).report.id
        };
        let base = id(&data, Share::Count(1));
        assert_ne!(base, id(&data, Share::Count(2)));
        assert_ne!(
            base,
            id(&Interactions { value: vec![2.0; 20], ..data.clone() }, Share::Count(1))
        );
        assert_eq!(base, id(&data.clone(), Share::Count(1)));
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        let data = table((0..6).map(|i| (i, None)).collect(), false);
        let told = |split: Split| split.apply(&data).unwrap_err().to_string();
        let half = Share::Fraction(0.5);
        assert!(told(Split::Time { test: Cut::From(3) }).contains("the data has none"));
        assert!(
            told(Split::Last { test: half }).starts_with("the test set would be empty: 0 of 6")
        );
        assert!(told(Split::Kfold { folds: 1, seed: 0 }).contains("must be 2 to 255, got 1"));
        assert!(told(Split::Random { test: Share::Count(6), seed: 0 }).contains("training set"));
        assert!(told(Split::Random { test: Share::Fraction(1.5), seed: 0 }).contains("got 1.5"));
    }

    #[test]
    fn settings_are_one_line_of_json() {
        let split = Split::Users { test: Share::Count(10), target: Share::Fraction(0.2), seed: 7 };
        let json = r#"{"by":"users","test":10,"target":0.2,"seed":7}"#;
        assert_eq!(serde_json::to_string(&split).unwrap(), json);
        assert_eq!(serde_json::from_str::<Split>(json).unwrap(), split);
        let time = r#"{"by":"time","test":{"latest":0.1}}"#;
        let split = Split::Time { test: Cut::Latest(Share::Fraction(0.1)) };
        assert_eq!(serde_json::from_str::<Split>(time).unwrap(), split);
        assert!(serde_json::from_str::<Split>(r#"{"by":"last","test":1,"seed":2}"#).is_err());
    }
}

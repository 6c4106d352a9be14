//! Comparison of test set and training set: leaked answers, new users and new items.
//!
//! Nothing is dropped here. Test interactions of new users or items stay in the test set and are counted; evaluation
//! decides how to handle them and reports it.

use crate::data::moment::date;
use crate::data::order::{self, Position, is_short};
use crate::data::prose::{count, percent};
use crate::data::{Finding, IdMap, Interactions, NO_TIME};
use crate::error::{Remedy, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// A test set compared with the data the model may learn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leakage {
    /// Test interactions whose (user, item) pair is also in the training set or in the given history.
    pub shared_pairs: usize,
    /// Test interactions older than the latest training interaction of the same user.
    pub before_own_training: usize,
    /// Test interactions older than the latest training interaction of any user.
    pub before_any_training: usize,
    /// Users in the test set that are not in the training set.
    pub new_users: usize,
    /// Number of test interactions of new users.
    pub new_user_interactions: usize,
    /// Items in the test set that are not in the training set; no model can recommend them.
    pub new_items: usize,
    /// Number of test interactions of new items.
    pub new_item_interactions: usize,
    /// First and last time in the training set, in seconds since 1970.
    pub train_span: Option<(i64, i64)>,
    /// First and last time in the test set, in seconds since 1970.
    pub test_span: Option<(i64, i64)>,
    /// Findings; empty if there is nothing to report.
    pub findings: Vec<Finding>,
}

impl Leakage {
    /// Compares `test` with `train`, and with the history `given` of held-out users. The id maps may differ: ids are
    /// compared by name.
    ///
    /// # Errors
    /// If there are more ids than can be numbered.
    pub fn between(
        train: &Interactions,
        given: Option<&Interactions>,
        test: &Interactions,
    ) -> Result<Self> {
        let test = numbered_like(train, test)?;
        let test = test.as_ref();
        let known_user = present(&train.user, test.users.len());
        let known_item = present(&train.item, test.items.len());
        let given = given.map(|given| numbered_like(test, given)).transpose()?;
        let known = [Some(train), given.as_deref()].into_iter().flatten();
        let shared_pairs = shared(test, known);
        let latest = latest_per_user(train, test.users.len());
        let train_span = span(train);
        let mut found = Self { shared_pairs, train_span, test_span: span(test), ..Self::default() };
        let mut new_user = vec![false; test.users.len()];
        let mut new_item = vec![false; test.items.len()];
        for row in 0..test.len() {
            let (user, item) = (test.user[row], test.item[row]);
            let time = test.time.as_ref().map_or(NO_TIME, |t| t[row]);
            if time != NO_TIME {
                found.before_own_training += usize::from(time < latest[user as usize]);
                found.before_any_training += usize::from(train_span.is_some_and(|(_, l)| time < l));
            }
            if !known_user[user as usize] {
                found.new_user_interactions += 1;
                new_user[user as usize] = true;
            }
            if !known_item[item as usize] {
                found.new_item_interactions += 1;
                new_item[item as usize] = true;
            }
        }
        found.new_users = new_user.iter().filter(|&&new| new).count();
        found.new_items = new_item.iter().filter(|&&new| new).count();
        found.findings = found.sentences(test.len(), given.is_some());
        Ok(found)
    }
}

/// Returns `train` and `test` with common id maps: ids of `train` come first, then those only `test` has.
///
/// # Errors
/// If there are more ids than can be numbered.
pub fn align(mut train: Interactions, test: &Interactions) -> Result<(Interactions, Interactions)> {
    let test = numbered_like(&train, test)?.into_owned();
    (train.users, train.items) = (test.users.clone(), test.items.clone());
    Ok((train, test))
}

/// Renumbers `part` by the id maps of `base`; ids that `base` lacks are numbered after its own.
fn numbered_like<'a>(base: &Interactions, part: &'a Interactions) -> Result<Cow<'a, Interactions>> {
    if Arc::ptr_eq(&base.users, &part.users) && Arc::ptr_eq(&base.items, &part.items) {
        return Ok(Cow::Borrowed(part));
    }
    let mut part = part.clone();
    join(&base.users, &mut part.users, &mut part.user)?;
    join(&base.items, &mut part.items, &mut part.item)?;
    Ok(Cow::Owned(part))
}

fn join(base: &IdMap, names: &mut Arc<IdMap>, column: &mut [u32]) -> Result<()> {
    let mut joined = base.clone();
    let numbers = 0..names.len() as u32;
    let new: Vec<u32> = numbers.map(|n| joined.insert_from(names, n)).collect::<Result<_>>()?;
    column.iter_mut().for_each(|c| *c = new[*c as usize]);
    *names = Arc::new(joined);
    Ok(())
}

/// Counts the rows of `test` whose pair occurs in one of the `known` tables. The test set is the one sorted, because
/// it is smaller.
fn shared<'a>(test: &Interactions, known: impl Iterator<Item = &'a Interactions>) -> usize {
    match is_short(test.len()) {
        true => shared_rows::<u32>(test, known.flat_map(pairs)),
        false => shared_rows::<usize>(test, known.flat_map(pairs)),
    }
}

fn pairs(part: &Interactions) -> impl Iterator<Item = (u32, u32)> {
    part.user.iter().copied().zip(part.item.iter().copied())
}

fn shared_rows<P: Position>(test: &Interactions, known: impl Iterator<Item = (u32, u32)>) -> usize {
    let starts = order::starts(&test.user, test.users.len());
    let order: Vec<P> = order::by_pair([&test.user, &test.item], &starts);
    let items = order::gather(&test.item, &order);
    // One flag per pair, at the pair's first row.
    let mut shared = vec![false; items.len()];
    for (user, item) in known {
        // The given history may have users beyond those of the test set.
        let Some(ends) = starts.get(user as usize..user as usize + 2) else { continue };
        let row = &items[ends[0]..ends[1]];
        let place = row.partition_point(|&other| other < item);
        if row.get(place) == Some(&item) {
            shared[ends[0] + place] = true;
        }
    }
    let rows = starts.windows(2).flat_map(|ends| items[ends[0]..ends[1]].chunk_by(|a, b| a == b));
    let mut first = 0;
    rows.map(|same| {
        let found = shared[first];
        first += same.len();
        if found { same.len() } else { 0 }
    })
    .sum()
}

fn present(column: &[u32], n: usize) -> Vec<bool> {
    let mut present = vec![false; n];
    column.iter().for_each(|&c| present[c as usize] = true);
    present
}

/// Returns the first and the last time, if there are any.
pub(crate) fn span(part: &Interactions) -> Option<(i64, i64)> {
    let known = || part.time.iter().flatten().copied().filter(|&t| t != NO_TIME);
    Some((known().min()?, known().max()?))
}

fn latest_per_user(part: &Interactions, users: usize) -> Vec<i64> {
    let mut latest = vec![NO_TIME; users];
    for (&user, &time) in part.user.iter().zip(part.time.iter().flatten()) {
        latest[user as usize] = latest[user as usize].max(time);
    }
    latest
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

impl Leakage {
    fn sentences(&self, tested: usize, held_out: bool) -> Vec<Finding> {
        let share = |n: usize| percent(n as f64 / tested.max(1) as f64);
        let mut told = Vec::new();
        if self.shared_pairs > 0 {
            let text = format!(
                "{} ({}) {} in the training set too: the model has seen these answers. Merge \
                 repeated pairs before splitting.",
                count(self.shared_pairs, "test interaction"),
                share(self.shared_pairs),
                are(self.shared_pairs)
            );
            told.push(Finding::from(text).with(Remedy::Duplicates(Vec::new())));
        }
        if self.before_own_training > 0 {
            told.push(format!(
                "{} ({}) {} older than the latest training interaction of the same user: the model predicts \
                 a user's past from their future. Split by `last` or `time` to avoid this.",
                count(self.before_own_training, "test interaction"),
                share(self.before_own_training),
                are(self.before_own_training)
            ).into());
        }
        if self.before_any_training > self.before_own_training {
            let (last, first) = match (self.train_span, self.test_span) {
                (Some(train), Some(test)) => (date(train.1), date(test.0)),
                _ => return told,
            };
            told.push(
                format!(
                    "The training set ends at {last}, the test set begins at {first}: for {} ({}) \
                 the model has seen later interactions of other users. Split by `time` to test as in \
                 production.",
                    count(self.before_any_training, "test interaction"),
                    share(self.before_any_training)
                )
                .into(),
            );
        }
        if self.new_users > 0 && !held_out {
            told.push(format!(
                "{} with {} ({}) of the test set {} not in the training set: they get popular items \
                 unless a history is given.",
                count(self.new_users, "user"),
                count(self.new_user_interactions, "interaction"),
                share(self.new_user_interactions),
                are(self.new_users)
            ).into());
        }
        if self.new_items > 0 {
            told.push(format!(
                "{} with {} ({}) of the test set {} not in the training set: no model can recommend \
                 them, so recall cannot reach 1.",
                count(self.new_items, "item"),
                count(self.new_item_interactions, "interaction"),
                share(self.new_item_interactions),
                are(self.new_items)
            ).into());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(rows: &[(&str, &str, i64)]) -> Interactions {
        Interactions {
            users: Arc::new(rows.iter().map(|r| r.0).collect()),
            items: Arc::new(rows.iter().map(|r| r.1).collect()),
            user: (0..).zip(rows).map(|(i, r)| first(rows, i, |x| x.0, r.0)).collect(),
            item: (0..).zip(rows).map(|(i, r)| first(rows, i, |x| x.1, r.1)).collect(),
            value: vec![1.0; rows.len()],
            time: Some(rows.iter().map(|r| r.2).collect()),
        }
    }

    /// Returns the number of `name` among the distinct names up to row `i`.
    fn first<'a>(
        rows: &[(&'a str, &'a str, i64)],
        i: usize,
        of: impl Fn(&(&'a str, &'a str, i64)) -> &'a str,
        name: &str,
    ) -> u32 {
        rows[..=i].iter().map(of).collect::<IdMap>().get(name).expect("it is there")
    }

    #[test]
    fn what_training_knows_is_found() {
        let train = part(&[("a", "x", 10), ("a", "y", 50), ("b", "x", 100)]);
        let test = part(&[
            ("c", "z", 120),     // a new user and a new item
            ("a", "x", 60),      // a pair of training, later than a's training, earlier than b's
            ("a", "z", 40),      // earlier than a's last training row
            ("b", "y", NO_TIME), // nothing to say about
        ]);
        let found = Leakage::between(&train, None, &test).unwrap();
        assert_eq!((found.shared_pairs, found.before_own_training), (1, 1));
        assert_eq!(found.before_any_training, 2);
        assert_eq!((found.new_users, found.new_user_interactions), (1, 1));
        assert_eq!((found.new_items, found.new_item_interactions), (1, 2));
        assert_eq!((found.train_span, found.test_span), (Some((10, 100)), Some((40, 120))));
        assert_eq!(found.findings.len(), 5);
        assert!(
            found.findings[0].text.starts_with("1 test interaction (25 %) is in the training set")
        );
    }

    #[test]
    fn what_was_given_counts_as_seen() {
        let train = part(&[("a", "x", 1)]);
        let given = part(&[("b", "y", 2)]);
        let test = part(&[("b", "x", 3), ("b", "y", 3)]);
        let found = Leakage::between(&train, Some(&given), &test).unwrap();
        assert_eq!((found.shared_pairs, found.new_users, found.new_items), (1, 1, 1));
        assert!(
            !found.findings.iter().any(|f| f.text.contains("popular items")),
            "held out on purpose"
        );
    }

    #[test]
    fn shared_pairs_are_those_of_a_plain_search() {
        let mut rng = crate::math::Rng::new(2, &[]);
        let mut rows = |n: usize, users: u32| {
            let mut draw = |n| rng.below(n);
            let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<IdMap>());
            Interactions {
                users: names(users),
                items: names(9),
                user: (0..n).map(|_| draw(users)).collect(),
                item: (0..n).map(|_| draw(9)).collect(),
                value: vec![1.0; n],
                time: None,
            }
        };
        for _ in 0..20 {
            // The given history has more users than the other tables.
            let (train, given, test) = (rows(30, 12), rows(20, 14), rows(40, 12));
            let known: Vec<(u32, u32)> = pairs(&train).chain(pairs(&given)).collect();
            let shared = pairs(&test).filter(|pair| known.contains(pair)).count();
            let found = Leakage::between(&train, Some(&given), &test).unwrap();
            assert_eq!(found.shared_pairs, shared);
            let known: Vec<(u32, u32)> = pairs(&train).collect();
            assert_eq!(
                shared_rows::<usize>(&test, known.iter().copied()),
                pairs(&test).filter(|pair| known.contains(pair)).count()
            );
        }
    }

    #[test]
    fn parts_of_different_files_get_common_numbers() {
        let (train, test) =
            align(part(&[("a", "x", 1), ("b", "y", 2)]), &part(&[("c", "y", 3), ("b", "z", 4)]))
                .unwrap();
        assert_eq!(train.users.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(Arc::ptr_eq(&train.users, &test.users) && Arc::ptr_eq(&train.items, &test.items));
        assert_eq!((test.user, test.item), (vec![2, 1], vec![1, 2]));
    }
}

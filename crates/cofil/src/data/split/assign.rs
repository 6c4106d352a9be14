//! Assigns each interaction to a part.

use super::{Cut, Share, Size, Split};
use crate::data::order::{Position, for_each_user, is_short, number_at};
use crate::data::prose::{count, number};
use crate::data::{Interactions, NO_TIME};
use crate::error::{Error, Result};
use crate::math::Rng;

pub(super) const TRAIN: u8 = 0;
pub(super) const TEST: u8 = 1;
pub(super) const GIVEN: u8 = 2;

impl Split {
    /// Returns the part of each row.
    pub(super) fn assign(&self, data: &Interactions) -> Result<Vec<u8>> {
        let mut part = vec![TRAIN; data.len()];
        match *self {
            Self::Random { test, seed } => {
                let drawn = test.of(data.len());
                shuffled(data.len(), seed, |place, row| {
                    if place < drawn {
                        part[row] = TEST;
                    }
                });
            }
            Self::UserRandom { test, seed } => for_each_user(data, |user, rows| {
                Rng::new(seed, &[u64::from(user)]).shuffle(rows);
                rows[..test.of_one_user(rows.len())].iter().for_each(|&row| part[row] = TEST);
            }),
            Self::Last { test } => for_each_user(data, |_, rows| {
                // The sort is stable: equal and missing times stay in the order of the file.
                if let Some(time) = &data.time {
                    rows.sort_by_key(|&row| time[row]);
                }
                let tested = test.of_one_user(rows.len());
                rows[rows.len() - tested..].iter().for_each(|&row| part[row] = TEST);
            }),
            Self::Time { test } => {
                let time = data.time.as_deref().unwrap_or(&[]);
                let from = match test {
                    Cut::From(from) => from,
                    Cut::Latest(share) => cut_near(time, share.of(time.len())),
                };
                for (part, _) in part.iter_mut().zip(time).filter(|(_, t)| **t >= from) {
                    *part = TEST;
                }
            }
            Self::Kfold { folds, seed } => {
                shuffled(data.len(), seed, |place, row| part[row] = (place % folds as usize) as u8);
            }
            Self::Users { test, target, seed } => {
                let held = held_out(data, test, seed)?;
                for_each_user(data, |user, rows| {
                    if held[user as usize] {
                        Rng::new(seed, &[u64::from(user)]).shuffle(rows);
                        let (tested, known) = rows.split_at(target.of_one_user(rows.len()).max(1));
                        tested.iter().for_each(|&row| part[row] = TEST);
                        known.iter().for_each(|&row| part[row] = GIVEN);
                    }
                });
            }
        }
        Ok(part)
    }
}

/// Shuffles `rows` rows and calls `work` with each place and the row there.
fn shuffled(rows: usize, seed: u64, work: impl FnMut(usize, usize)) {
    fn in_order<P: Position>(rows: usize, seed: u64, mut work: impl FnMut(usize, usize)) {
        let mut order: Vec<P> = (0..rows).map(P::of).collect();
        Rng::new(seed, &[]).shuffle(&mut order);
        order.into_iter().enumerate().for_each(|(place, row)| work(place, row.at()));
    }
    match is_short(rows) {
        true => in_order::<u32>(rows, seed, work),
        false => in_order::<usize>(rows, seed, work),
    }
}

/// Draws the users to hold out among those with at least two interactions.
fn held_out(data: &Interactions, test: Share, seed: u64) -> Result<Vec<bool>> {
    let mut able = Vec::new();
    for_each_user(data, |user, rows| {
        if rows.len() > 1 {
            able.push(user);
        }
    });
    let users = Size::of(data).users;
    let wanted = test.of(users);
    if wanted >= users || wanted > able.len() {
        return Err(Error::setting(
            "test",
            format!(
                "{} cannot be held out: there are {} in all, and {} with two or more interactions",
                count(wanted, "user"),
                number(users),
                number(able.len())
            ),
        ));
    }
    Rng::new(seed, &[]).shuffle(&mut able);
    let mut held = vec![false; data.users.len()];
    able[..wanted].iter().for_each(|&user| held[user as usize] = true);
    Ok(held)
}

/// Returns the cut time for which the number of interactions from then on is closest to `wanted`, with at least one
/// interaction before it.
fn cut_near(time: &[i64], wanted: usize) -> i64 {
    let latest = wanted.clamp(1, time.len().max(1));
    let Some(place) = time.len().checked_sub(latest) else { return NO_TIME };
    let at = number_at(time, place);
    // From `at` on there are at least as many interactions as wanted, from the next time on fewer.
    let more = time.iter().filter(|&&t| t >= at).count();
    let fewer = time.iter().filter(|&&t| t > at).count();
    match time.iter().copied().filter(|&t| t > at).min() {
        Some(later) if more == time.len() || wanted - fewer < more - wanted => later,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IdMap;
    use std::sync::Arc;

    /// Two users: `a` has four interactions, two with equal times and one without a time; `b` has one.
    fn example() -> Interactions {
        Interactions {
            users: Arc::new(["a", "b"].iter().collect()),
            items: Arc::new(["v", "w", "x", "y"].iter().collect::<IdMap>()),
            user: vec![0, 0, 1, 0, 0],
            item: vec![0, 1, 0, 2, 3],
            value: vec![1.0; 5],
            time: Some(vec![30, 20, 25, 30, NO_TIME]),
        }
    }

    fn tested(split: &Split, data: &Interactions) -> Vec<usize> {
        let part = split.assign(data).unwrap();
        (0..part.len()).filter(|&row| part[row] == TEST).collect()
    }

    #[test]
    fn the_latest_of_each_user() {
        let last = |k| Split::Last { test: Share::Count(k) };
        assert_eq!(tested(&last(1), &example()), [3], "of two equal times the later in the file");
        assert_eq!(tested(&last(2), &example()), [0, 3]);
        assert_eq!(tested(&last(9), &example()), [0, 1, 3], "one stays, and it is the one without");
        let untimed = Interactions { time: None, ..example() };
        assert_eq!(tested(&last(1), &untimed), [4], "place in the file");
    }

    #[test]
    fn one_moment_for_all() {
        let cut = |test| tested(&Split::Time { test }, &example());
        assert_eq!(cut(Cut::From(25)), [0, 2, 3]);
        // Sorted times: none, 20, 25, 30, 30. One interaction cannot be cut off, two can.
        let latest = |k| cut(Cut::Latest(Share::Count(k)));
        assert_eq!((latest(1), latest(2), latest(3)), (vec![0, 3], vec![0, 3], vec![0, 2, 3]));
        assert_eq!(latest(5), [0, 1, 2, 3], "those without a time are never tested");
        assert_eq!(cut(Cut::Latest(Share::Fraction(0.4))), [0, 3]);
    }

    #[test]
    fn the_nearest_moment_is_taken() {
        assert_eq!(cut_near(&[1, 2, 2, 2, 2, 3], 2), 3, "1 is nearer to 2 than 5");
        assert_eq!(cut_near(&[1, 2, 2, 2, 2, 3], 4), 2, "5 is nearer to 4 than 1");
        assert_eq!(cut_near(&[7, 7, 7], 1), 7, "there is no other");
        assert_eq!(cut_near(&[], 0), NO_TIME);
    }

    #[test]
    fn users_with_one_interaction_are_never_held_out() {
        let held = |test| {
            let split = Split::Users { test, target: Share::Count(1), seed: 3 };
            split.assign(&example())
        };
        let part = held(Share::Count(1)).unwrap();
        let of = |which| part.iter().filter(|&&p| p == which).count();
        assert_eq!((of(TRAIN), of(TEST), of(GIVEN), part[2]), (1, 1, 3, TRAIN));
        let refused = held(Share::Count(2)).unwrap_err().to_string();
        assert_eq!(
            refused,
            "setting `test`: 2 users cannot be held out: there are 2 in all, and 1 with two or \
             more interactions"
        );
    }
}

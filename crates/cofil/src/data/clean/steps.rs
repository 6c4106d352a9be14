//! The steps of cleaning, one function each.

use crate::data::duplicates::{check_sums, repeated};
use crate::data::order::for_each_repeat;
use crate::data::{Duplicates, IdMap, Interactions, NO_TIME};
use crate::error::Result;
use std::sync::Arc;

/// Keeps the rows flagged in `keep` and returns the number of rows dropped.
pub(super) fn retain(data: &mut Interactions, keep: &[bool]) -> usize {
    fn pick<T>(column: &mut Vec<T>, keep: &[bool]) {
        let mut keep = keep.iter();
        column.retain(|_| *keep.next().expect("one flag per row"));
    }
    let before = data.len();
    if keep.iter().any(|&k| !k) {
        pick(&mut data.user, keep);
        pick(&mut data.item, keep);
        pick(&mut data.value, keep);
        if let Some(time) = &mut data.time {
            pick(time, keep);
        }
    }
    before - data.len()
}

/// Merges the rows of each (user, item) pair, as [`Ratings::new`](crate::data::Ratings::new) does.
pub(super) fn merge(data: &mut Interactions, how: Duplicates) -> Result<()> {
    let mut keep = vec![true; data.len()];
    let Interactions { users, items, user, item, value, time } = &mut *data;
    check_sums(how, [users, items], [user, item], value)?;
    let time = |at: usize| time.as_ref().map(|time| time[at]).filter(|&time| time != NO_TIME);
    for_each_repeat([user, item], users.len(), |rows| {
        let first = rows[0];
        if how == Duplicates::Error {
            return Err(repeated(users, items, [user[first], item[first]]));
        }
        let (mut kept, mut joined, mut copies) = (first, value[first], 1.0);
        for &at in &rows[1..] {
            copies += 1.0;
            let replaces = how.replaces(time(kept), time(at));
            joined = how.join(joined, value[at], copies, replaces);
            kept = if replaces { at } else { kept };
        }
        rows.iter().for_each(|&at| keep[at] = at == kept);
        value[kept] = joined;
        Ok(())
    })?;
    retain(data, &keep);
    Ok(())
}

/// Drops users and items with too few rows until all have enough; returns the rows dropped and the number of rounds.
pub(super) fn core(data: &mut Interactions, min_user: u32, min_item: u32) -> (usize, usize) {
    if min_user <= 1 && min_item <= 1 {
        return (0, 0);
    }
    let (mut dropped, mut rounds) = (0, 0);
    loop {
        let per_user = counts(&data.user, data.users.len());
        let per_item = counts(&data.item, data.items.len());
        let enough = |(&u, &i): (&u32, &u32)| {
            per_user[u as usize] >= min_user && per_item[i as usize] >= min_item
        };
        let keep: Vec<bool> = data.user.iter().zip(&data.item).map(enough).collect();
        rounds += 1;
        match retain(data, &keep) {
            0 => return (dropped, rounds),
            n => dropped += n,
        }
    }
}

/// Counts how often each of `0..n` occurs.
pub(in crate::data) fn counts(column: &[u32], n: usize) -> Vec<u32> {
    let mut counts = vec![0u32; n];
    column.iter().for_each(|&c| counts[c as usize] = counts[c as usize].saturating_add(1));
    counts
}

/// Drops ids that do not occur and returns their number.
pub(super) fn compact(names: &mut Arc<IdMap>, column: &mut [u32]) -> usize {
    let used = counts(column, names.len());
    let unused = used.iter().filter(|&&n| n == 0).count();
    if unused > 0 {
        let kept: Vec<u32> = (0..names.len() as u32).filter(|&n| used[n as usize] > 0).collect();
        let mut new = vec![u32::MAX; names.len()];
        kept.iter().enumerate().for_each(|(at, &n)| new[n as usize] = at as u32);
        let smaller = names.select(kept);
        column.iter_mut().for_each(|c| *c = new[*c as usize]);
        *names = Arc::new(smaller);
    }
    unused
}

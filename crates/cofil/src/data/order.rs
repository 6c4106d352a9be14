//! Row positions of a table ordered by user. Positions are sorted instead of rows, since columns are reordered one by
//! one.

use super::Interactions;
use crate::error::Result;
use crate::math::parallel;

/// The position of a row, in four bytes if that is enough.
pub(super) trait Position: Copy + Default + Send + Sync {
    /// Converts from a row number.
    fn of(at: usize) -> Self;
    /// Returns the row number.
    fn at(self) -> usize;
}

impl Position for u32 {
    fn of(at: usize) -> Self {
        at as u32
    }

    fn at(self) -> usize {
        self as usize
    }
}

impl Position for usize {
    fn of(at: usize) -> Self {
        at
    }

    fn at(self) -> usize {
        self
    }
}

/// Returns whether positions among `rows` rows fit into four bytes.
pub(super) fn is_short(rows: usize) -> bool {
    u32::try_from(rows).is_ok()
}

/// Calls `work` for each user with rows, with the positions of those rows in table order. `work` may reorder the
/// positions.
pub(super) fn for_each_user(data: &Interactions, work: impl FnMut(u32, &mut Vec<usize>)) {
    match is_short(data.len()) {
        true => each_user::<u32>(data, work),
        false => each_user::<usize>(data, work),
    }
}

fn each_user<P: Position>(data: &Interactions, mut work: impl FnMut(u32, &mut Vec<usize>)) {
    let starts = starts(&data.user, data.users.len());
    let order: Vec<P> = by_key(&data.user, &starts);
    let mut rows = Vec::new();
    for (user, ends) in (0u32..).zip(starts.windows(2)).filter(|(_, ends)| ends[0] < ends[1]) {
        rows.clear();
        rows.extend(order[ends[0]..ends[1]].iter().map(|at| at.at()));
        work(user, &mut rows);
    }
}

/// Calls `work` with the positions of each (user, item) pair that has several rows, in table order, until `work`
/// fails.
///
/// # Errors
/// The error of `work`.
pub(super) fn for_each_repeat(
    [user, item]: [&[u32]; 2],
    users: usize,
    work: impl FnMut(&[usize]) -> Result<()>,
) -> Result<()> {
    match is_short(user.len()) {
        true => each_repeat::<u32>([user, item], users, work),
        false => each_repeat::<usize>([user, item], users, work),
    }
}

fn each_repeat<P: Position>(
    [user, item]: [&[u32]; 2],
    users: usize,
    mut work: impl FnMut(&[usize]) -> Result<()>,
) -> Result<()> {
    let order: Vec<P> = by_pair([user, item], &starts(user, users));
    let pair = |at: P| (user[at.at()], item[at.at()]);
    let mut rows = Vec::new();
    for same in order.chunk_by(|&a, &b| pair(a) == pair(b)).filter(|same| same.len() > 1) {
        rows.clear();
        rows.extend(same.iter().map(|at| at.at()));
        work(&rows)?;
    }
    Ok(())
}

/// Returns the start of each of `keys` keys when rows are sorted by key, followed by the number of rows.
pub(super) fn starts(key: &[u32], keys: usize) -> Vec<usize> {
    let mut starts = vec![0usize; keys + 1];
    key.iter().for_each(|&k| starts[k as usize + 1] += 1);
    for k in 0..keys {
        starts[k + 1] += starts[k];
    }
    starts
}

/// Returns all positions, stably sorted by `key`.
pub(super) fn by_key<P: Position>(key: &[u32], starts: &[usize]) -> Vec<P> {
    let mut next = starts.to_vec();
    let mut order = vec![P::default(); key.len()];
    for (position, &k) in key.iter().enumerate() {
        let at = &mut next[k as usize];
        order[*at] = P::of(position);
        *at += 1;
    }
    order
}

/// Minimum number of rows to sort in one piece.
const PIECE: usize = 1 << 14;

/// Returns all positions by user, within a user by item, and for repeated pairs in table order.
pub(super) fn by_pair<P: Position>([user, item]: [&[u32]; 2], starts: &[usize]) -> Vec<P> {
    let mut order: Vec<P> = by_key(user, starts);
    // Sort pieces of whole users in parallel. A second counting sort would go through all memory once more, on one
    // thread.
    let (mut pieces, mut rest, mut begin) = (Vec::new(), order.as_mut_slice(), 0);
    let mut first = 0;
    for (user, &end) in starts.iter().enumerate().skip(1) {
        if end - begin >= PIECE || user + 1 == starts.len() {
            let (piece, tail) = rest.split_at_mut(end - begin);
            pieces.push((piece, &starts[first..=user]));
            (rest, begin, first) = (tail, end, user);
        }
    }
    parallel::for_each_with(
        pieces,
        || (Vec::new(), Vec::new()),
        |(keys, before): &mut (Vec<u64>, Vec<P>), (mut piece, starts)| {
            for ends in starts.windows(2) {
                let (row, rest) = piece.split_at_mut(ends[1] - ends[0]);
                sort_row(row, item, keys, before);
                piece = rest;
            }
        },
    );
    order
}

/// Stably sorts the rows of one user by item.
fn sort_row<P: Position>(row: &mut [P], item: &[u32], keys: &mut Vec<u64>, before: &mut Vec<P>) {
    if !is_short(row.len()) {
        return row.sort_by_key(|at| item[at.at()]);
    }
    keys.clear();
    keys.extend((0u64..).zip(&*row).map(|(i, at)| u64::from(item[at.at()]) << 32 | i));
    if keys.is_sorted() {
        return;
    }
    keys.sort_unstable();
    before.clear();
    before.extend_from_slice(row);
    let place = |key: u64| before[(key & u64::from(u32::MAX)) as usize];
    row.iter_mut().zip(keys.iter()).for_each(|(at, &key)| *at = place(key));
}

/// Returns `column` in the given order.
pub(super) fn gather<T: Copy + Default + Send + Sync, P: Position>(
    column: &[T],
    order: &[P],
) -> Vec<T> {
    let mut gathered = vec![T::default(); order.len()];
    parallel::for_each_chunk(&mut gathered, PIECE, |piece, values| {
        let order = &order[piece * PIECE..];
        values.iter_mut().zip(order).for_each(|(value, at)| *value = column[at.at()]);
    });
    gathered
}

/// Returns the number at `place` in ascending order of `numbers`, without sorting a copy: selects by 16 bits at a
/// time, starting with the leading ones.
///
/// # Panics
/// If there are not more than `place` numbers.
pub(super) fn number_at(numbers: &[i64], mut place: usize) -> i64 {
    // Map to unsigned integers in the same order.
    let key = |number: i64| number as u64 ^ 1 << 63;
    let mut found = 0;
    for digit in (0..4).rev() {
        let mut counts = vec![0usize; 1 << 16];
        let keys = numbers.iter().map(|&number| key(number) >> (16 * digit));
        let alike = keys.filter(|key| key >> 16 == found);
        alike.for_each(|key| counts[(key & 0xffff) as usize] += 1);
        let mut digits = (0u64..).zip(counts);
        let next = digits.find_map(|(digit, count)| match place < count {
            true => Some(digit),
            false => {
                place -= count;
                None
            }
        });
        found = found << 16 | next.expect("the place of a number");
    }
    (found ^ 1 << 63) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_ordered_as_by_a_stable_sort() {
        let mut rng = crate::math::Rng::new(7, &[]);
        let mut draw = |n: u32| rng.below(n);
        let (mut user, mut item) = (Vec::new(), Vec::new());
        for at in 0..100_000u32 {
            // Some users have more rows than a piece, some have none, some come in order.
            user.push(if at % 3 == 0 { 4 } else { draw(60) * 2 });
            item.push(if at < 30_000 { at } else { draw(500) });
        }
        let starts = starts(&user, 120);
        let mut expected: Vec<usize> = (0..user.len()).collect();
        expected.sort_by_key(|&at| (user[at], item[at]));
        let long: Vec<usize> = by_pair([&user, &item], &starts);
        assert_eq!(long, expected);
        let short: Vec<u32> = by_pair([&user, &item], &starts);
        assert!(short.iter().map(|at| at.at()).eq(expected.iter().copied()));
        assert!(gather(&item, &short).into_iter().eq(expected.iter().map(|&at| item[at])));
        expected.sort_by_key(|&at| (user[at], at));
        assert_eq!(by_key::<usize>(&user, &starts), expected);
        assert!(by_pair::<u32>([&[], &[]], &[0]).is_empty());
    }
    #[test]
    fn places_are_those_of_a_sorted_copy() {
        let mut rng = crate::math::Rng::new(9, &[]);
        for bits in [1, 8, 33, 63] {
            let mut numbers: Vec<i64> =
                (0..500).map(|_| rng.bits() as i64 >> (63 - bits)).collect();
            numbers.extend([i64::MIN, i64::MAX, 0, -1]);
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            assert!((0..numbers.len()).all(|place| number_at(&numbers, place) == sorted[place]));
        }
    }
}

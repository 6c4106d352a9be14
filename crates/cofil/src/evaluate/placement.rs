//! Ranks of relevant items: how many candidates score higher than each of them, and how many the same.
//!
//! Only the relevant items are sorted. Each candidate is compared with all of them at once, which costs less than
//! scoring it with as many factors.

use super::metrics::Group;
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How items with equal scores are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// By index, as in recommended lists.
    #[default]
    Index,
    /// At random: values are the expectation over all orders of the tied items.
    Expected,
    /// Relevant items last.
    Worst,
    /// Relevant items first.
    Best,
}

/// With more levels than this, each score is located by bisection.
const BISECT: usize = 160;

/// Replaces NaN and minus infinity by the lowest finite score. From here on, NaN marks items that are not candidates.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn make_finite(scores: &mut [f32]) {
    for score in scores {
        *score = if *score >= f32::MIN { *score } else { f32::MIN };
    }
}

/// Groups the items at positions `relevant` (ascending) of `scores` by score, best first. A NaN score marks an item
/// that is not a candidate; such relevant items are left out.
pub fn place(scores: &[f32], relevant: &[u32], ties: Ties) -> Vec<Group> {
    let mut levels: Vec<f32> =
        relevant.iter().map(|&i| scores[i as usize]).filter(|s| !s.is_nan()).collect();
    levels.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut groups: Vec<Group> = Vec::with_capacity(levels.len());
    let mut distinct: Vec<f32> = Vec::with_capacity(levels.len());
    for &level in &levels {
        match (distinct.last() == Some(&level), groups.last_mut()) {
            (true, Some(group)) => group.hits += 1,
            _ => {
                distinct.push(level);
                groups.push(Group { before: 0, size: 0, hits: 1 });
            }
        }
    }
    count(scores, &distinct, &mut groups);
    if ties == Ties::Index {
        return by_index(scores, relevant, &distinct, &groups);
    }
    for group in &mut groups {
        let others = group.size - group.hits;
        match ties {
            Ties::Worst => (group.before, group.size) = (group.before + others, group.hits),
            Ties::Best => group.size = group.hits,
            Ties::Expected | Ties::Index => {}
        }
    }
    groups
}

/// Makes each relevant item its own group, ranked behind equal scores with smaller indices. `groups` are those of
/// `levels`.
fn by_index(scores: &[f32], relevant: &[u32], levels: &[f32], groups: &[Group]) -> Vec<Group> {
    let mut ranks = Vec::with_capacity(relevant.len());
    for (&level, group) in levels.iter().zip(groups) {
        if group.size == group.hits {
            ranks.extend(group.before..group.before + group.hits);
            continue;
        }
        let (mut before, mut from) = (group.before, 0);
        for &hit in relevant.iter().filter(|&&i| scores[i as usize] == level) {
            before += count_equal(&scores[from..hit as usize], level);
            ranks.push(before);
            (before, from) = (before + 1, hit as usize + 1);
        }
    }
    ranks.into_iter().map(|before| Group { before, size: 1, hits: 1 }).collect()
}

/// Counts the scores equal to `level`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn count_equal(scores: &[f32], level: f32) -> usize {
    scores.iter().map(|&score| u32::from(score == level)).sum::<u32>() as usize
}

/// Counts the scores above and equal to each of `levels` (descending).
fn count(scores: &[f32], levels: &[f32], groups: &mut [Group]) {
    if levels.len() > BISECT {
        return count_by_bisection(scores, levels, groups);
    }
    for (levels, groups) in levels.chunks(4).zip(groups.chunks_mut(4)) {
        let mut four = [f32::INFINITY; 4];
        four[..levels.len()].copy_from_slice(levels);
        let mut counts = [(0, 0); 4];
        count_four(scores, &four, &mut counts);
        for (group, (above, not_below)) in groups.iter_mut().zip(counts) {
            group.before = above as usize;
            group.size = (not_below - above) as usize;
        }
    }
}

fn count_by_bisection(scores: &[f32], levels: &[f32], groups: &mut [Group]) {
    // `first[l]`: number of scores above level l but below level l − 1.
    let mut first = vec![0usize; levels.len() + 1];
    for &score in scores.iter().filter(|s| !s.is_nan()) {
        let level = levels.partition_point(|&l| l > score);
        match levels.get(level) == Some(&score) {
            true => groups[level].size += 1,
            false => first[level] += 1,
        }
    }
    let mut above = 0;
    for (group, first) in groups.iter_mut().zip(first) {
        above += first;
        group.before = above;
        above += group.size;
    }
}

/// Counts the scores (above, not below) each of four levels. Integer sums do not depend on order, so the compiler can
/// vectorise this plain loop.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn count_four(scores: &[f32], levels: &[f32; 4], counts: &mut [(u32, u32); 4]) {
    let [a, b, c, d] = *levels;
    let (mut a_above, mut b_above, mut c_above, mut d_above) = (0, 0, 0, 0);
    let (mut a_reach, mut b_reach, mut c_reach, mut d_reach) = (0, 0, 0, 0);
    for &score in scores {
        a_above += u32::from(score > a);
        b_above += u32::from(score > b);
        c_above += u32::from(score > c);
        d_above += u32::from(score > d);
        a_reach += u32::from(score >= a);
        b_reach += u32::from(score >= b);
        c_reach += u32::from(score >= c);
        d_reach += u32::from(score >= d);
    }
    *counts = [(a_above, a_reach), (b_above, b_reach), (c_above, c_reach), (d_above, d_reach)];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    fn naive(scores: &[f32], relevant: &[u32]) -> Vec<Group> {
        let mut groups: Vec<(f32, Group)> = Vec::new();
        for &i in relevant.iter().filter(|&&i| !scores[i as usize].is_nan()) {
            let level = scores[i as usize];
            match groups.iter_mut().find(|(l, _)| *l == level) {
                Some((_, group)) => group.hits += 1,
                None => {
                    let before = scores.iter().filter(|&&s| s > level).count();
                    let size = scores.iter().filter(|&&s| s == level).count();
                    groups.push((level, Group { before, size, hits: 1 }));
                }
            }
        }
        groups.sort_by(|a, b| b.0.total_cmp(&a.0));
        groups.into_iter().map(|(_, group)| group).collect()
    }

    #[test]
    fn places_agree_with_their_naive_twin() {
        let mut rng = Rng::new(2, &[]);
        for (n, levels, share) in
            [(1, 1, 1), (5, 2, 2), (100, 9, 7), (500, 1 << 20, 2), (999, 300, 2)]
        {
            let mut scores: Vec<f32> = (0..n).map(|_| rng.below(levels) as f32 - 3.0).collect();
            let relevant: Vec<u32> =
                (0..n as u32).filter(|&i| i == 0 || rng.below(share) == 0).collect();
            if n > 5 {
                scores[3] = f32::NAN;
                scores[n - 1] = f32::NAN;
            }
            let expected = naive(&scores, &relevant);
            assert_eq!(place(&scores, &relevant, Ties::Expected), expected);
            for (ties, spread) in [(Ties::Worst, 1), (Ties::Best, 0)] {
                for (group, e) in place(&scores, &relevant, ties).iter().zip(&expected) {
                    let before = e.before + spread * (e.size - e.hits);
                    assert_eq!(*group, Group { before, size: e.hits, hits: e.hits });
                }
            }
            let mut order: Vec<usize> = (0..n).filter(|&i| !scores[i].is_nan()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            let ranks = (0..order.len()).filter(|&r| relevant.contains(&(order[r] as u32)));
            let by_index: Vec<Group> =
                ranks.map(|before| Group { before, size: 1, hits: 1 }).collect();
            assert_eq!(place(&scores, &relevant, Ties::Index), by_index);
        }
    }

    #[test]
    fn what_is_not_a_number_is_worst() {
        let mut scores = [f32::NAN, f32::NEG_INFINITY, 1.0, f32::INFINITY, -1e38];
        make_finite(&mut scores);
        assert_eq!(scores, [f32::MIN, f32::MIN, 1.0, f32::INFINITY, -1e38]);
    }
}

//! From scores to lists: the best k items, for one user or for all, and items like an item.

use crate::data::Row;
use crate::math::{Matrix, parallel, vector};
use crate::model::{Model, User};

/// The `k` best of `scores` as (item, score), best first, equal scores by item. Items in `excluded`
/// (rising) are left out, and so is every score that is not a number.
pub fn top_k(scores: &[f32], k: usize, excluded: &[u32]) -> Vec<(u32, f32)> {
    let mut excluded = excluded.iter().copied().peekable();
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(scores.len());
    for (item, &score) in scores.iter().enumerate() {
        let item = item as u32;
        while excluded.next_if(|&e| e < item).is_some() {}
        if excluded.peek() != Some(&item) && !score.is_nan() {
            best.push((item, score));
        }
    }
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if k > 0 && k < best.len() {
        best.select_nth_unstable_by(k - 1, order);
    }
    best.truncate(k);
    best.sort_unstable_by(order);
    best
}

/// [`top_k`] for many users, blocks of them in parallel; with `unseen`, nobody is given what is in
/// their history.
pub fn top_k_all(
    model: &dyn Model,
    users: &[User<'_>],
    k: usize,
    unseen: bool,
) -> Vec<Vec<(u32, f32)>> {
    let blocks = parallel::map(users.len(), model.block_size(), |range| {
        let users = &users[range];
        let mut scores = Matrix::zeros(users.len(), model.items());
        model.score_block(users, &mut scores);
        let list = |(r, user): (usize, &User<'_>)| {
            let excluded = if unseen { user.history.columns } else { &[] };
            top_k(scores.row(r), k, excluded)
        };
        users.iter().enumerate().map(list).collect::<Vec<_>>()
    });
    blocks.into_iter().flatten().collect()
}

/// The `n` items most like `item`: by cosine of item vectors where the model has them, else by
/// [`Model::similarities`].
pub fn similar(model: &dyn Model, item: u32, n: usize) -> Vec<(u32, f32)> {
    let mut scores = vec![0.0; model.items()];
    match model.item_vectors() {
        Some(vectors) => {
            let target = vectors.row(item as usize);
            let length = vector::norm(target);
            for (i, score) in scores.iter_mut().enumerate() {
                let other = vectors.row(i);
                let lengths = length * vector::norm(other);
                *score = if lengths > 0.0 { vector::dot(target, other) / lengths } else { 0.0 };
            }
        }
        None => model.similarities(item, &mut scores),
    }
    top_k(&scores, n, &[item])
}

/// Why `item` is recommended to somebody with `history`: the `n` entries that add most to its score,
/// as (item, contribution). Entries that count against it are left out.
pub fn explain(model: &dyn Model, history: Row<'_>, item: u32, n: usize) -> Vec<(u32, f32)> {
    let best = top_k(&model.contributions(history, item), n, &[]);
    let for_it = best.into_iter().filter(|&(_, contribution)| contribution > 0.0);
    for_it.map(|(at, contribution)| (history.columns[at as usize], contribution)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn top_k_is_sort_and_cut() {
        let mut rng = Rng::new(1, &[]);
        for n in [0usize, 1, 5, 100] {
            let scores: Vec<f32> = (0..n).map(|_| rng.below(10) as f32).collect();
            let excluded: Vec<u32> = (0..n as u32).filter(|i| i % 3 == 1).collect();
            let mut naive: Vec<(u32, f32)> =
                (0..n as u32).filter(|i| i % 3 != 1).map(|i| (i, scores[i as usize])).collect();
            naive.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for k in [0, 1, 4, 10, 200] {
                let expected = &naive[..k.min(naive.len())];
                assert_eq!(top_k(&scores, k, &excluded), expected, "{k} of {n}");
            }
        }
        assert_eq!(top_k(&[f32::NAN, 1.0], 2, &[]), [(1, 1.0)]);
    }
}

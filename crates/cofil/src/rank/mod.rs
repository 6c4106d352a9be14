//! Ranking: the best k items for one user or many, reranking, and similar items.
//!
//! ```
//! use cofil::rank::top_k;
//!
//! // The two best of four items, without item 2, which the user has.
//! assert_eq!(top_k(&[0.3, 0.9, 1.0, 0.5], 2, &[2]), [(1, 0.9), (3, 0.5)]);
//! ```

mod best;
mod graph;
mod index;
mod rerank;

use best::Best;
pub use index::Index;
pub use rerank::Rerank;
pub(crate) use rerank::Reranker;

use crate::data::{Csr, Row};
use crate::error::Result;
use crate::math::product::for_tiles;
use crate::math::{Matrix, parallel, vector};
use crate::memory::check_room;
use crate::model::{Contributions, Model, Products, User};
use crate::watch::{self, Stage};

/// Returns the `k` best of `scores` as (item, score), best first, ties broken by item. Items in `excluded`
/// (ascending) and scores that are NaN are left out.
pub fn top_k(scores: &[f32], k: usize, excluded: &[u32]) -> Vec<(u32, f32)> {
    let mut best = Best::new(k);
    best.scan(0, scores, f32::MIN, |_, score| score, |item| excluded.binary_search(&item).is_err());
    best.finish()
}

/// [`top_k`] for many users, in parallel blocks; with `unseen`, items in a user's history are left out.
pub fn top_k_all(
    model: &dyn Model,
    users: &[User<'_>],
    k: usize,
    unseen: bool,
) -> Vec<Vec<(u32, f32)>> {
    let stage = watch::stage(RECOMMENDING, users.len());
    top_k_among(model, users, k, unseen, None, &stage)
}

/// Name of the progress stage while lists are made.
pub(crate) const RECOMMENDING: &str = "recommending";

/// [`top_k_all`] for some of the users that `stage` counts. `allowed`, if given, says for each item whether it may be
/// recommended.
pub(crate) fn top_k_among(
    model: &dyn Model,
    users: &[User<'_>],
    k: usize,
    unseen: bool,
    allowed: Option<&[bool]>,
    stage: &Stage,
) -> Vec<Vec<(u32, f32)>> {
    if k == 0 {
        return vec![Vec::new(); users.len()];
    }
    let choice = Choice { k, unseen, allowed };
    let Some(products) = model.products().filter(|_| users.len() >= FEW) else {
        return scored(model, users, choice, stage);
    };
    let blocks = parallel::map(users.len(), products_block(users.len(), model.items()), |range| {
        scanned(model, &products, &users[range], choice, stage)
    });
    blocks.into_iter().flatten().collect()
}

/// For fewer users than this, rearranging the item vectors takes longer than writing down all scores.
const FEW: usize = 8;

/// Which items are listed.
#[derive(Clone, Copy)]
struct Choice<'a> {
    /// Number of items, at least 1.
    k: usize,
    unseen: bool,
    allowed: Option<&'a [bool]>,
}

/// Number of users whose products are scanned in one piece: enough to make rearranging the item vectors cheap, few
/// enough for their vectors to stay in cache, for pieces of a moment, and for some pieces in all.
fn products_block(users: usize, items: usize) -> usize {
    const MOST: usize = 768;
    const LEAST: usize = 24;
    let moment = ((1 << 24) / items.max(1)).clamp(4 * LEAST, MOST);
    users.div_ceil(32).next_multiple_of(LEAST).min(moment)
}

/// [`top_k_among`] for one block of users, from products.
fn scanned(
    model: &dyn Model,
    products: &Products<'_>,
    users: &[User<'_>],
    choice: Choice<'_>,
    stage: &Stage,
) -> Vec<Vec<(u32, f32)>> {
    let Products { items, bias, of_user, score, floor } = products;
    let Choice { k, unseen, allowed } = choice;
    let (mut vectors, mut base, mut known, mut others) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, user) in users.iter().enumerate() {
        match of_user(*user) {
            Some((vector, start)) => {
                vectors.extend(vector);
                base.push(start);
                known.push(at);
            }
            None => others.push(at),
        }
    }
    let mut best: Vec<Best> = known.iter().map(|_| Best::new(k)).collect();
    // How much of each history is below the items of the next tile.
    let mut passed = vec![0; known.len()];
    for_tiles((&vectors, &base), (items.data(), bias), items.cols(), |r, from, numbers| {
        let history = users[known[r]].history.columns;
        if unseen {
            // NaN is never taken: cheaper than checking every good score.
            for &item in &history[passed[r]..] {
                let Some(number) = numbers.get_mut(item as usize - from) else { break };
                *number = f32::NAN;
                passed[r] += 1;
            }
        }
        best[r].scan(from, numbers, *floor, score, |item| {
            allowed.is_none_or(|allowed| allowed[item as usize])
                && !(unseen && history.binary_search(&item).is_ok())
        });
    });
    stage.add(known.len());
    let new_users: Vec<User<'_>> = others.iter().map(|&at| users[at]).collect();
    let mut lists = vec![Vec::new(); users.len()];
    known.into_iter().zip(best).for_each(|(at, best)| lists[at] = best.finish());
    let of_new_users = scored(model, &new_users, choice, stage);
    others.into_iter().zip(of_new_users).for_each(|(at, list)| lists[at] = list);
    lists
}

/// [`top_k_among`] for any model, from the scores of all items.
fn scored(
    model: &dyn Model,
    users: &[User<'_>],
    choice: Choice<'_>,
    stage: &Stage,
) -> Vec<Vec<(u32, f32)>> {
    let Choice { k, unseen, allowed } = choice;
    let scratch = || Matrix::zeros(0, model.items());
    let blocks = parallel::map_with(users.len(), model.block_size(), scratch, |scores, range| {
        let users = &users[range];
        stage.add(users.len());
        scores.set_rows(users.len());
        model.score_block(users, scores);
        let list = |(r, user): (usize, &User<'_>)| {
            let scores = scores.row_mut(r);
            // NaN is never taken: cheaper than checking every good score.
            if let Some(allowed) = allowed {
                let barred = scores.iter_mut().zip(allowed).filter(|(_, allowed)| !**allowed);
                barred.for_each(|(score, _)| *score = f32::NAN);
            }
            if unseen {
                user.history.columns.iter().for_each(|&i| scores[i as usize] = f32::NAN);
            }
            top_k(scores, k, &[])
        };
        users.iter().enumerate().map(list).collect::<Vec<_>>()
    });
    blocks.into_iter().flatten().collect()
}

/// Returns the `n` items most similar to `item`: by the cosine of item vectors if the model has them, otherwise by
/// [`Model::similarities`].
pub(crate) fn similar(model: &dyn Model, item: u32, n: usize) -> Vec<(u32, f32)> {
    match model.item_vectors() {
        Some(vectors) => nearest(vectors, item, n),
        None => {
            let mut scores = vec![0.0; model.items()];
            model.similarities(item, &mut scores);
            top_k(&scores, n, &[item])
        }
    }
}

/// [`similar`] for every item, in parallel. With `exact`, or up to [`EXACT`] items, all pairs are compared; otherwise
/// an [`Index`] finds near vectors.
///
/// # Errors
/// If the lists or an index do not fit into memory.
pub(crate) fn similar_all(
    model: &dyn Model,
    n: usize,
    exact: bool,
) -> Result<Vec<Vec<(u32, f32)>>> {
    // An item and a number for each.
    check_room("n", 2, (model.items(), "items"), n.min(model.items()))?;
    match model.item_vectors().filter(|_| !exact && model.items() > EXACT) {
        Some(vectors) => {
            let index = Index::new(vectors)?;
            Ok(for_all(model.items(), |item| index.nearest(item, n)))
        }
        None => Ok(for_all(model.items(), |item| similar(model, item, n))),
    }
}

/// Returns `answer` for each item.
fn for_all<T: Send>(items: usize, answer: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let answers =
        |items: std::ops::Range<usize>| items.map(|item| answer(item as u32)).collect::<Vec<_>>();
    let stage = watch::stage("comparing items", items);
    let lists = parallel::map(items, 64, |items| {
        stage.add(items.len());
        answers(items)
    });
    lists.into_iter().flatten().collect()
}

/// Largest number of items for which all pairs are compared.
pub(crate) const EXACT: usize = 100_000;

/// Returns the `n` rows of `vectors` whose cosine with row `target` is largest; the cosine of rows of zeros is 0.
pub fn nearest(vectors: &Matrix, target: u32, n: usize) -> Vec<(u32, f32)> {
    let of_target = vectors.row(target as usize);
    let length = vector::norm(of_target);
    let cosine = |other: usize| {
        let other = vectors.row(other);
        let lengths = length * vector::norm(other);
        if lengths > 0.0 { vector::dot(of_target, other) / lengths } else { 0.0 }
    };
    let scores =
        parallel::map(vectors.rows(), NEAREST_PIECE, |rows| rows.map(cosine).collect::<Vec<_>>());
    top_k(&scores.concat(), n, &[target])
}

/// Number of rows compared in one piece.
const NEAREST_PIECE: usize = 1 << 13;

/// [`nearest`] for sparse rows.
pub(crate) fn nearest_row(rows: &Csr, target: u32, n: usize) -> Vec<(u32, f32)> {
    let mut of_target = vec![0f32; rows.cols()];
    rows.row(target as usize).iter().for_each(|(c, value)| of_target[c as usize] = value);
    let length = vector::norm(&of_target);
    let cosine = |row: usize| {
        let row = rows.row(row);
        let lengths = length * vector::norm(row.values);
        let product = row.iter().map(|(c, value)| value * of_target[c as usize]).sum::<f32>();
        if lengths > 0.0 { product / lengths } else { 0.0 }
    };
    let scores =
        parallel::map(rows.rows(), NEAREST_PIECE, |rows| rows.map(cosine).collect::<Vec<_>>());
    top_k(&scores.concat(), n, &[target])
}

/// Explains why each of `items` is recommended to a user with `history`: the `n` entries that add most to its score,
/// as (item, contribution). Entries that count against it are left out.
pub(crate) fn reasons(
    model: &dyn Model,
    history: Row<'_>,
    items: &[u32],
    n: usize,
) -> Vec<Vec<(u32, f32)>> {
    if history.is_empty() {
        return vec![Vec::new(); items.len()];
    }
    let of_item = |told: Contributions| {
        let best = top_k(&told.finite().parts, n, &[]);
        let for_it = best.into_iter().filter(|&(_, contribution)| contribution > 0.0);
        for_it.map(|(at, contribution)| (history.columns[at as usize], contribution)).collect()
    };
    model.contributions(history, items).into_iter().map(of_item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    /// The lists of products are those of all scores, whatever the model does with a product, and whoever else is asked
    /// for.
    #[test]
    fn lists_of_products_are_those_of_scores() {
        use crate::preference::Preference;
        use crate::shapes::{Factors, FactorsSettings, FoldIn, ScoreFunction};
        let mut rng = Rng::new(7, &[]);
        let (n, items, factors) = (61, 150, 5);
        let histories = Csr::from_rows(
            items,
            (0..n).map(|u| {
                let row = (0..items as u32).filter(|_| u % 7 != 0 && rng.uniform() < 0.2);
                row.map(|i| (i, if i % 5 == 0 { -1.0 } else { 1.0 })).collect::<Vec<_>>()
            }),
        );
        let (offset, link) = (0.5, ScoreFunction::Identity);
        let settings = FactorsSettings { offset, link, fold_in: FoldIn::Biases };
        // Whole numbers, so that many scores are equal, and some are 0; those of the last items are below any filler.
        let mut whole = |rows| Matrix::from_fn(rows, factors, |_, _| rng.below(5) as f32 - 2.0);
        let (p, q) = (whole(n), whole(items));
        let popular = (0..items).map(|i| (i % 4) as f32).collect();
        let mut model = Factors::new(p, q, popular, settings);
        model.user_bias.iter_mut().enumerate().for_each(|(u, b)| *b = (u % 2) as f32 - 0.5);
        model.item_bias[50..].fill(-3e9);
        model.item_bias[3] = f32::MAX;
        let users: Vec<User<'_>> = (0..n)
            .map(|u| User { index: (u % 3 != 1).then_some(u as u32), history: histories.row(u) })
            .collect();
        let allowed: Vec<bool> = (0..items).map(|i| i % 11 != 2).collect();
        let plain: Box<dyn Model> = Box::new(model.clone());
        let ranking = |trained| Preference::new(Box::new(model.clone()), None, trained);
        let models = [plain, Box::new(ranking(true)), Box::new(ranking(false))];
        let stage = watch::stage(RECOMMENDING, 0);
        for model in &models {
            assert!(model.products().is_some());
            for (k, unseen, allowed) in [
                (1, false, None),
                (10, true, None),
                (10, true, Some(&*allowed)),
                (140, false, None),
            ] {
                let choice = Choice { k, unseen, allowed };
                let bits = |lists: Vec<Vec<(u32, f32)>>| -> Vec<Vec<(u32, u32)>> {
                    let list = |list: Vec<(u32, f32)>| {
                        list.into_iter().map(|(item, score)| (item, score.to_bits())).collect()
                    };
                    lists.into_iter().map(list).collect()
                };
                let expected = bits(scored(&**model, &users, choice, &stage));
                let found = top_k_among(&**model, &users, k, unseen, allowed, &stage);
                assert_eq!(bits(found), expected, "{k} items");
                for (user, expected) in users.iter().zip(expected) {
                    let user = std::slice::from_ref(user);
                    let alone = top_k_among(&**model, user, k, unseen, allowed, &stage);
                    assert_eq!(bits(alone), [expected]);
                }
            }
        }
    }

    #[test]
    fn top_k_is_sort_and_cut() {
        let mut rng = Rng::new(1, &[]);
        for n in [0usize, 1, 5, 16, 100, 1000] {
            let scores: Vec<f32> = (0..n).map(|_| rng.below(10) as f32).collect();
            let excluded: Vec<u32> = (0..n as u32).filter(|i| i % 3 == 1).collect();
            let mut naive: Vec<(u32, f32)> =
                (0..n as u32).filter(|i| i % 3 != 1).map(|i| (i, scores[i as usize])).collect();
            naive.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for k in [0, 1, 4, 10, 200, usize::MAX] {
                let expected = &naive[..k.min(naive.len())];
                assert_eq!(top_k(&scores, k, &excluded), expected, "{k} of {n}");
            }
        }
        assert_eq!(top_k(&[f32::NAN, 1.0], 2, &[]), [(1, 1.0)]);
        // Ties go to the first items, wherever the threshold was when they came.
        let equal: Vec<(u32, f32)> = (0..10).map(|i| (i, 1.0)).collect();
        assert_eq!(top_k(&[1.0; 500], 10, &[]), equal);
        assert_eq!(top_k(&[0.0, -0.0, 0.0], 2, &[]), [(0, 0.0), (1, -0.0)]);
        let infinite = [f32::NEG_INFINITY, f32::INFINITY, f32::NAN];
        assert_eq!(top_k(&infinite, 3, &[]), [(1, f32::INFINITY), (0, f32::NEG_INFINITY)]);
    }
}

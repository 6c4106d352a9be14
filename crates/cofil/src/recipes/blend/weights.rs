//! The choice of a blend's weights.

use crate::data::{Csr, Ratings};
use crate::math::real::{log2, square};
use crate::math::{Matrix, Rng, parallel};
use crate::model::{Model, User};
use crate::rank;

/// Number of users, at most, that weights are chosen on.
const USERS: usize = 5_000;
/// Number of each model's best items among a user's candidates.
const BEST: usize = 100;
/// Length of the lists.
const LENGTH: usize = 10;
/// Number of users in one piece of work.
const PIECE: usize = 32;
/// Values a weight can take, beside 1 for the best model alone.
const GRID: [f64; 12] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.4, 2.0, 4.0];
/// Factors by which the weights found are changed last.
const STEPS: [f64; 6] = [0.7, 0.85, 0.95, 1.05, 1.2, 1.4];
/// Number of passes over all weights, at most.
const PASSES: usize = 4;

/// The items of a user that can be in the lists, ascending.
struct Candidates {
    /// By item, the scores of all models.
    scores: Vec<f32>,
    /// Whether the item was held out.
    held_out: Vec<bool>,
}

/// Returns the weights of the models with the highest NDCG@10 on `valid`; equal weights if nobody has an item there.
pub(super) fn for_ranking(
    models: &[Box<dyn Model>],
    train: &Ratings,
    valid: &Csr,
    seed: u64,
) -> Vec<f32> {
    let mut users: Vec<u32> = (0..train.users.len() as u32)
        .filter(|&u| {
            let held_out = (u as usize) < valid.rows() && !valid.row(u as usize).is_empty();
            held_out && !train.by_user.row(u as usize).is_empty()
        })
        .collect();
    if users.len() > USERS {
        Rng::new(seed, &[u64::from(u32::MAX), 1]).shuffle(&mut users);
        users.truncate(USERS);
        users.sort_unstable();
    }
    let candidates = candidates(models, train, valid, &users);
    let spreads: Vec<f64> =
        (0..models.len()).map(|m| spread(&candidates, models.len(), m)).collect();
    let in_units = |weights: &[f64]| -> Vec<f64> {
        weights.iter().zip(&spreads).map(|(w, spread)| w / spread).collect()
    };
    let value = |weights: &[f64]| ndcg(&candidates, &in_units(weights));
    let mut weights = vec![1.0; models.len()];
    if !candidates.is_empty() {
        let single = |m: usize| (0..models.len()).map(|n| f64::from(u8::from(n == m))).collect();
        weights = best((0..models.len()).map(single), &value).1;
        let mut found = value(&weights);
        for pass in 0..PASSES {
            for m in 0..models.len() {
                let steps: Vec<f64> = match pass + 1 < PASSES {
                    true => GRID.to_vec(),
                    false => STEPS.iter().map(|step| step * weights[m]).collect(),
                };
                let with = |w: f64| {
                    let mut weights = weights.clone();
                    weights[m] = w;
                    weights
                };
                let (value, better) = best(steps.into_iter().map(with), &value);
                if value > found {
                    (found, weights) = (value, better);
                }
            }
        }
    }
    in_units(&weights).into_iter().map(|w| w as f32).collect()
}

/// The first of the best weights that are not all 0, with their value.
fn best(all: impl Iterator<Item = Vec<f64>>, value: &dyn Fn(&[f64]) -> f64) -> (f64, Vec<f64>) {
    let mut best = (f64::NEG_INFINITY, Vec::new());
    for weights in all.filter(|weights| weights.iter().any(|&w| w > 0.0)) {
        let value = value(&weights);
        if value > best.0 {
            best = (value, weights);
        }
    }
    best
}

fn candidates(
    models: &[Box<dyn Model>],
    train: &Ratings,
    valid: &Csr,
    users: &[u32],
) -> Vec<Candidates> {
    let items = train.items.len();
    let pieces = parallel::map(users.len(), PIECE, |piece| {
        let piece = &users[piece];
        let asked: Vec<User<'_>> = piece.iter().map(|&u| User::of(train, u)).collect();
        let scores: Vec<Matrix> = models
            .iter()
            .map(|model| {
                let mut scores = Matrix::zeros(piece.len(), items);
                model.score_block(&asked, &mut scores);
                scores
            })
            .collect();
        let of_user = |(r, &u): (usize, &u32)| {
            let (seen, held_out) = (train.by_user.row(u as usize).columns, valid.row(u as usize));
            let mut chosen = held_out.columns.to_vec();
            for scores in &scores {
                chosen.extend(rank::top_k(scores.row(r), BEST, seen).into_iter().map(|(i, _)| i));
            }
            chosen.sort_unstable();
            chosen.dedup();
            Candidates {
                scores: chosen
                    .iter()
                    .flat_map(|&i| scores.iter().map(move |scores| scores.row(r)[i as usize]))
                    .collect(),
                held_out: chosen.iter().map(|&i| held_out.get(i).is_some()).collect(),
            }
        };
        piece.iter().enumerate().map(of_user).collect::<Vec<_>>()
    });
    pieces.into_iter().flatten().collect()
}

/// The standard deviation of a model's scores among a user's candidates, over all users; 1 if they are all equal.
fn spread(candidates: &[Candidates], models: usize, m: usize) -> f64 {
    let (mut sum, mut count) = (0f64, 0usize);
    for Candidates { scores, .. } in candidates {
        let own = || scores.iter().skip(m).step_by(models).map(|&x| f64::from(x));
        let n = scores.len() / models;
        let mean = own().sum::<f64>() / n as f64;
        sum += own().map(|x| square(x - mean)).sum::<f64>();
        count += n;
    }
    let spread = (sum / count.max(1) as f64).sqrt();
    if spread > 0.0 && spread.is_finite() { spread } else { 1.0 }
}

/// Mean NDCG@10 of the lists by the weighted scores; ties are ordered by item.
fn ndcg(candidates: &[Candidates], weights: &[f64]) -> f64 {
    let gain = |place: usize| 1.0 / log2(place as f64 + 2.0);
    let gains: Vec<f64> = (0..LENGTH).map(gain).collect();
    let of_user = |Candidates { scores, held_out }: &Candidates| {
        let score = |own: &[f32]| own.iter().zip(weights).map(|(&s, w)| f64::from(s) * w).sum();
        let scores: Vec<f64> = scores.chunks_exact(weights.len()).map(score).collect();
        let hits: Vec<usize> = (0..scores.len()).filter(|&at| held_out[at]).collect();
        let place = |&at: &usize| {
            let above = scores[..at].iter().filter(|&&s| s >= scores[at]).count();
            above + scores[at + 1..].iter().filter(|&&s| s > scores[at]).count()
        };
        let found: f64 = hits.iter().filter_map(|at| gains.get(place(at))).sum();
        found / gains[..hits.len().min(LENGTH)].iter().sum::<f64>()
    };
    let sums = parallel::map(candidates.len(), 8 * PIECE, |piece| {
        candidates[piece].iter().map(of_user).sum::<f64>()
    });
    sums.iter().sum::<f64>() / candidates.len().max(1) as f64
}

/// Number of rounds over all weights. Many, because the predictions of all models are alike.
const ROUNDS: usize = 20_000;

/// Returns the weights with the least squared error of the weighted predictions of `valid`, approached from equal
/// weights by one weight after the other.
pub(super) fn for_values(models: &[Box<dyn Model>], train: &Ratings, valid: &Csr) -> Vec<f32> {
    let n = models.len();
    let sums = parallel::map(valid.rows().min(train.users.len()), 8 * PIECE, |users| {
        let mut sums = vec![0f64; n * (n + 1)];
        for u in users {
            let row = valid.row(u);
            let mut scores = vec![vec![0f32; row.len()]; n];
            for (model, scores) in models.iter().zip(&mut scores) {
                model.score(User::of(train, u as u32), row.columns, scores);
            }
            for (at, &value) in row.values.iter().enumerate() {
                let own = |m: usize| f64::from(scores[m][at]);
                for (a, sums) in sums.chunks_exact_mut(n + 1).enumerate() {
                    (0..n).for_each(|b| sums[b] += own(a) * own(b));
                    sums[n] += own(a) * f64::from(value);
                }
            }
        }
        sums
    });
    let mut total = vec![0f64; n * (n + 1)];
    for sums in sums {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    let mut weights = vec![1.0 / n as f64; n];
    for _ in 0..ROUNDS {
        for (a, sums) in total.chunks_exact(n + 1).enumerate() {
            if sums[a] > 0.0 {
                let explained: f64 = sums[..n].iter().zip(&weights).map(|(s, w)| s * w).sum();
                weights[a] += (sums[n] - explained) / sums[a];
            }
        }
    }
    weights.into_iter().map(|w| w as f32).collect()
}

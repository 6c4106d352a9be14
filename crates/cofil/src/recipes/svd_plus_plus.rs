//! SVD++: matrix factorization that also uses which items a user rated, whatever the rating.
//!
//! Predicts r̂ = μ + b_u + b_i + q_i · (p_u + |N|^−½ Σ_{j∈N} y_j), where N is the set of items user u has rated. Each
//! known rating r, in the unit of [`Scale`], contributes (r − r̂)² + λ (‖p_u‖² + ‖q_i‖² + Σ_{j∈N} ‖y_j‖² + b_u² +
//! b_i²) to the objective, and a step of stochastic gradient descent follows. Koren, "Factorization meets the
//! neighborhood: a multifaceted collaborative filtering model", KDD 2008, equations 15 and 16, with one λ and one
//! rate for all.
//!
//! Koren's step moves the y of all |N| items for each of the |N| ratings. This implementation gives the same numbers
//! with only |N| moves in all: ratings are visited user by user, and during a user's turn all their y shrink by the
//! same factor and move by the same a. So s = |N|^−½ Σ y follows s ← (1 − 2ηλ) s + 2η e q with e = r − r̂, and a
//! likewise from 0. At the end of the turn, y_j ← (1 − 2ηλ)^n y_j + |N|^−½ a.
//!
//! A turn touches all of a user's items, and the next one starts where it ended, so there is nothing to share among
//! threads. The trained model has the shape `Factors`, where a user's vector is p_u + |N|^−½ Σ y_j. A new user's
//! vector is fitted to their ratings by ridge regression, without y.
//!
//! # When to use
//!
//! To predict ratings when most users have rated many items: which items they chose to rate says something too. Where
//! users have few ratings, `biased-mf` is as good and several times as fast.

use super::suit::{Rule, Traits};
use super::{Range, Recipe, Target, check_vectors};
use crate::check::{check_count, check_descent};
use crate::data::{Csr, Ratings};
use crate::error::Result;
use crate::math::real::whole_power;
use crate::math::vector::LANES;
use crate::math::{Matrix, Rng, vector};
use crate::recipes::scale::Scale;
use crate::recipes::settings::settings;
use crate::recipes::sgd::part::{Fixed, Part, Scratch, Vectors, Wide, dot, lanes};
use crate::shapes::Factors;
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::train::{Fitted, Learner, Loss, Run};
use crate::watch;
use multiversion::multiversion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

settings! {
    /// Settings of `svd-plus-plus`. Steps follow the whole gradient, so `learning_rate` is half that of authors who
    /// drop the 2 of the squared error. All y start at 0.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct SvdPlusPlus: vectors, descent {
    }
}

impl Default for SvdPlusPlus {
    fn default() -> Self {
        Self {
            factors: 32,
            epochs: 25,
            learning_rate: 0.02,
            decay: 0.85,
            reg: 0.07,
            init_scale: 0.1,
        }
    }
}

impl Recipe for SvdPlusPlus {
    fn target(&self) -> Target {
        Target::Rating
    }

    fn ranges(&self) -> Vec<Range> {
        vec![
            Range::log_whole("factors", 8, 128),
            Range::whole("epochs", 5, 60),
            Range::log("learning_rate", 0.003, 0.05),
            Range::real("decay", 0.7, 1.0),
            Range::log("reg", 0.01, 0.2),
        ]
    }

    fn rules(&self) -> &'static [Rule] {
        &[Rule {
            setting: "reg",
            rule: "0.085 v, or 0.15 v if the residuals of user and item biases show no structure, where v is their \
                   variance in units of the scale; from 0.01 to 0.2",
        }]
    }

    fn suit(&mut self, data: &Traits<'_>) {
        self.reg = data.penalty(0.085, 0.15, 0.2).unwrap_or(self.reg);
    }

    fn fit(&self, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
        check_count("factors", self.factors)?;
        check_vectors("factors", 2, train, self.factors)?;
        check_count("epochs", self.epochs)?;
        check_descent(self.learning_rate, self.decay, self.reg, self.init_scale)?;
        let mut learner = Descent::new(self, train, run);
        Ok(run.learn(&mut learner, train, self.epochs)?.boxed())
    }
}

/// The state of training [`SvdPlusPlus`].
struct Descent<'a> {
    settings: &'a SvdPlusPlus,
    /// In the unit of `scale`.
    data: Cow<'a, Csr>,
    popular: Vec<f32>,
    scale: Scale,
    users: Part,
    items: Part,
    /// The vectors y, without biases.
    implied: Part,
}

/// Constants of all steps in an epoch.
#[derive(Clone, Copy)]
struct Step {
    /// 2η.
    pull: f32,
    /// 1 − 2ηλ.
    keep: f32,
    /// μ.
    mean: f32,
}

impl<'a> Descent<'a> {
    fn new(settings: &'a SvdPlusPlus, train: &'a Ratings, run: &Run<'_>) -> Self {
        let width = settings.factors.next_multiple_of(LANES);
        let part = |rows: usize, side: u64, scale: f32| {
            let mut factors = vec![0.0; rows * width];
            for (row, vector) in factors.chunks_exact_mut(width).enumerate() {
                let mut rng = Rng::new(run.seed, &[0, side, row as u64]);
                vector[..settings.factors].fill_with(|| scale * rng.normal());
            }
            Part { factors, bias: vec![0.0; rows] }
        };
        let (users, items) = (train.users.len(), train.items.len());
        let scale = Scale::of(train);
        Self {
            settings,
            data: scale.matrix(&train.by_user),
            popular: run.popularity(train),
            scale,
            users: part(users, 0, settings.init_scale),
            items: part(items, 1, settings.init_scale),
            implied: part(items, 2, 0.0),
        }
    }

    /// p_u + |N|^−½ Σ y_j for every user.
    fn vectors(&self) -> Matrix {
        let (k, width) = (self.settings.factors, self.users.width() * LANES);
        let mut vectors = Matrix::zeros(self.data.rows(), k);
        for (u, row) in self.data.iter().enumerate() {
            let vector = vectors.row_mut(u);
            vector.copy_from_slice(&self.users.factors[u * width..u * width + k]);
            let weight = root(row.len());
            for &j in row.columns {
                let j = j as usize * width;
                vector::add_scaled(vector, weight, &self.implied.factors[j..j + k]);
            }
        }
        vectors
    }
}

/// |N|^−½.
#[inline(always)]
fn root(items: usize) -> f32 {
    1.0 / (items.max(1) as f32).sqrt()
}

impl Descent<'_> {
    /// The learning rate of epoch `number`, from 1.
    fn rate(&self, number: usize) -> f32 {
        let passed = i32::try_from(number - 1).unwrap_or(i32::MAX);
        self.settings.learning_rate * whole_power(self.settings.decay, passed)
    }
}

impl Learner for Descent<'_> {
    type Model = Factors;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let settings = self.settings;
        let pull = 2.0 * self.rate(number);
        let step = Step { pull, keep: 1.0 - pull * settings.reg, mean: self.scale.mean() };
        let mut turns: Vec<u32> = (0..self.data.rows() as u32).collect();
        rng.piece(0).shuffle(&mut turns);
        let parts = [&mut self.users, &mut self.items, &mut self.implied];
        let data = learn(&self.data, &turns, &mut rng.piece(1), parts, step);
        let parts = [&self.users, &self.items, &self.implied];
        let squares = parts
            .map(|part| vector::sum_of_squares(&part.factors) + vector::sum_of_squares(&part.bias));
        let penalty = f64::from(settings.reg) * squares.iter().sum::<f64>();
        self.scale.loss(Loss { data, penalty })
    }

    fn model(&self) -> Factors {
        let (k, width) = (self.settings.factors, self.items.width() * LANES);
        let items = Matrix::from_fn(self.data.cols(), k, |i, l| self.items.factors[i * width + l]);
        let settings = FactorsSettings {
            offset: self.scale.mean(),
            link: ScoreFunction::Identity,
            fold_in: self.scale.fold_in(self.settings.reg, 1.0, true),
        };
        self.scale.restored(Factors {
            user_bias: self.users.bias.clone(),
            item_bias: self.items.bias.clone(),
            ..Factors::new(self.vectors(), items, self.popular.clone(), settings)
        })
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        let parts = [&mut self.users, &mut self.items, &mut self.implied];
        parts.into_iter().flat_map(|part| [&mut part.factors[..], &mut part.bias[..]]).collect()
    }

    fn remedy(&self) -> String {
        format!("lower `learning_rate`, now {}", self.settings.learning_rate)
    }
}

/// Runs the turns of all users in the order of `turns`; returns Σ (r − r̂)², each error taken before its step.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn learn(data: &Csr, turns: &[u32], rng: &mut Rng, parts: [&mut Part; 3], step: Step) -> f64 {
    let [users, items, implied] = parts;
    let width = users.width();
    let ((p, b), (q, d), y) = (users.split(), items.split(), implied.split().0);
    // Common widths get a loop of their own.
    match width {
        1 => walk(data, turns, rng, fixed::<1>(p, q, y), (b, d), step, width),
        2 => walk(data, turns, rng, fixed::<2>(p, q, y), (b, d), step, width),
        4 => walk(data, turns, rng, fixed::<4>(p, q, y), (b, d), step, width),
        8 => walk(data, turns, rng, fixed::<8>(p, q, y), (b, d), step, width),
        _ => walk(data, turns, rng, (p, q, y), (b, d), step, width),
    }
}

#[inline(always)]
fn fixed<'a, const C: usize>(
    p: Wide<'a>,
    q: Wide<'a>,
    y: Wide<'a>,
) -> (Fixed<'a, C>, Fixed<'a, C>, Fixed<'a, C>) {
    (p.fixed(), q.fixed(), y.fixed())
}

#[inline(always)]
fn walk(
    data: &Csr,
    turns: &[u32],
    rng: &mut Rng,
    (mut users, mut items, mut implied): (impl Vectors, impl Vectors, impl Vectors),
    (user_bias, item_bias): (&mut [f32], &mut [f32]),
    step: Step,
    width: usize,
) -> f64 {
    let mut scratch = Scratch::default();
    // Keeps the compiler from dropping the stores.
    let scratch = std::hint::black_box(&mut scratch);
    let Step { pull, keep, mean } = step;
    let mut loss = 0f64;
    // s, then p + s, and a.
    let (mut sum, mut both) = (vec![[0f32; LANES]; width], vec![[0f32; LANES]; width]);
    let mut moved = both.clone();
    let mut order: Vec<(u32, f32)> = Vec::new();
    for &u in turns {
        watch::check();
        let u = u as usize;
        let row = data.row(u);
        if row.is_empty() {
            continue;
        }
        order.clear();
        order.extend(row.iter());
        rng.shuffle(&mut order);
        let weight = root(row.len());
        sum.fill([0.0; LANES]);
        moved.fill([0.0; LANES]);
        for &j in row.columns {
            for (s, y) in sum.iter_mut().zip(implied.row(j as usize)) {
                *s = lanes(|l| weight.mul_add(y[l], s[l]));
            }
        }
        let p = users.row(u);
        let b = &mut user_bias[u];
        for &(i, value) in &order {
            let q = items.row(i as usize);
            let d = &mut item_bias[i as usize];
            for ((z, p), s) in both.iter_mut().zip(&*p).zip(&sum) {
                *z = lanes(|l| p[l] + s[l]);
            }
            let error = value - mean - *b - *d - dot(&both, q, scratch);
            loss += f64::from(error) * f64::from(error);
            let along = pull * error;
            let rows = p.iter_mut().zip(q).zip(&mut sum).zip(&mut moved).zip(&both);
            for ((((p, q), s), a), z) in rows {
                let (old_p, old_q, old_s, old_a) = (*p, *q, *s, *a);
                *p = lanes(|l| old_p[l].mul_add(keep, along * old_q[l]));
                *q = lanes(|l| old_q[l].mul_add(keep, along * z[l]));
                *s = lanes(|l| old_s[l].mul_add(keep, along * old_q[l]));
                *a = lanes(|l| old_a[l].mul_add(keep, along * old_q[l]));
            }
            *b = b.mul_add(keep, along);
            *d = d.mul_add(keep, along);
        }
        let kept = whole_power(keep, row.len() as i32);
        for &j in row.columns {
            for (y, a) in implied.row(j as usize).iter_mut().zip(&moved) {
                let old = *y;
                *y = lanes(|l| old[l].mul_add(kept, weight * a[l]));
            }
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objective of the module's doc at one rating; x holds p, q, y, b, d.
    fn objective(x: &[f64], data: &Csr, k: usize, u: usize, i: usize, value: f64) -> f64 {
        let (users, items) = (data.rows(), data.cols());
        let row = |at: usize| &x[at * k..(at + 1) * k];
        let biases = &x[(users + 2 * items) * k..];
        let (p, q) = (row(u), row(users + i));
        let own = data.row(u).columns;
        let implied = |l: usize| {
            let y = own.iter().map(|&j| row(users + items + j as usize)[l]);
            y.sum::<f64>() / (own.len() as f64).sqrt()
        };
        let product: f64 = (0..k).map(|l| q[l] * (p[l] + implied(l))).sum();
        let error = value - 0.3 - biases[u] - biases[users + i] - product;
        let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let squares = square(p)
            + square(q)
            + own.iter().map(|&j| square(row(users + items + j as usize))).sum::<f64>()
            + square(&[biases[u], biases[users + i]]);
        error * error + f64::from(0.1f32) * squares
    }

    #[test]
    fn turns_are_steps_of_single_ratings() {
        for k in [16, 48] {
            let rows = [vec![(0, 1.0), (2, -1.0), (3, 0.5)], vec![], vec![(2, 1.5), (4, 0.2)]];
            let data = Csr::from_rows(5, rows);
            let mut rng = Rng::new(4, &[]);
            let mut part = |rows: usize| Part {
                factors: (0..rows * k).map(|_| 0.3 * rng.normal()).collect(),
                bias: vec![0.0; rows],
            };
            let (mut users, mut items, mut implied) = (part(3), part(5), part(5));
            let all = |users: &Part, items: &Part, implied: &Part| -> Vec<f64> {
                let parts =
                    [&users.factors, &items.factors, &implied.factors, &users.bias, &items.bias];
                parts.into_iter().flatten().map(|&x| f64::from(x)).collect()
            };
            let mut x = all(&users, &items, &implied);
            let (turns, rng) = ([2, 1, 0], Rng::new(9, &[]));
            let step = Step { pull: 0.1, keep: 1.0 - 0.1 * 0.1, mean: 0.3 };
            let parts = [&mut users, &mut items, &mut implied];
            let loss = learn(&data, &turns, &mut rng.clone(), parts, step);
            let (mut rng, mut sum) = (rng.clone(), 0.0);
            for u in turns.map(|u| u as usize).into_iter().filter(|u| !data.row(*u).is_empty()) {
                let mut order: Vec<(u32, f32)> = data.row(u).iter().collect();
                rng.shuffle(&mut order);
                for (i, value) in order {
                    let at = |x: &[f64]| objective(x, &data, k, u, i as usize, f64::from(value));
                    sum += at(&x);
                    let slope = |l: usize| {
                        let moved = |by: f64| {
                            let mut x = x.clone();
                            x[l] += by;
                            at(&x)
                        };
                        (moved(1e-5) - moved(-1e-5)) / 2e-5
                    };
                    let slopes: Vec<f64> = (0..x.len()).map(slope).collect();
                    x.iter_mut().zip(slopes).for_each(|(x, slope)| *x -= 0.05 * slope);
                }
            }
            for (l, (found, x)) in all(&users, &items, &implied).iter().zip(&x).enumerate() {
                assert!((found - x).abs() < 2e-5, "{l}: {found} for {x}");
            }
            // The loss without the penalty.
            assert!(loss > 0.0 && loss < sum, "{loss}, {sum}");
        }
    }
}

//! Computes a new user's vector, for each [`FoldIn`].

use super::Factors;
use super::factors::ScoreFunction;
use super::fold_in::FoldIn;
use super::ridge::{Ridge, add_outer, solve_with_penalty};
use super::sampled::OfUser;
use crate::data::{Csr, Row};
use crate::math::real::{exp, power};
use crate::math::{parallel, vector};

/// Maximum number of steps of [`FoldIn::Logistic`]; usually about ten.
const LOGISTIC_STEPS: usize = 50;

impl Factors {
    /// Gives known users with fewer than `few` interactions the vector of a new user with the same history.
    pub(crate) fn fold_in_short(&mut self, seen: &Csr, few: usize) {
        let this = &*self;
        let folded = parallel::map(seen.rows(), 16, |users| {
            let short = users.filter(|&u| (1..few).contains(&seen.row(u).len()));
            short.map(|u| (u, this.fold_in(seen.row(u)))).collect::<Vec<_>>()
        });
        for (u, (p, b)) in folded.into_iter().flatten() {
            self.users.row_mut(u).copy_from_slice(&p);
            self.user_bias[u] = b;
        }
    }

    /// Returns vector and bias for `history`, always finite: zeros if there is no solution.
    pub(super) fn fold_in(&self, history: Row<'_>) -> (Vec<f32>, f32) {
        let solution = match self.settings.fold_in {
            FoldIn::Biases => None,
            FoldIn::Ridge { .. } | FoldIn::Implicit { .. } => {
                self.ridge(history).and_then(Ridge::solve)
            }
            FoldIn::Logistic { reg, reg_exponent, bias } => {
                let penalty = reg * power(history.len() as f32, reg_exponent);
                self.logistic(history, penalty, bias)
            }
            FoldIn::Projection { fill, bias } => Some(self.project(history, fill, bias)),
            FoldIn::Sampled(sampled) => {
                let response = self.settings.link.response();
                let start = vec![0.0; self.factors() + usize::from(sampled.bias)];
                // In units, as in training.
                let unit = self.unit();
                let one = OneProduct { model: self, unit };
                let pool = self.pool.get_or_init(|| sampled.pool(&self.popular));
                let items = self.popular.len();
                let mut vector = sampled.vector(history, items, pool, response, &start, one);
                vector.iter_mut().for_each(|x| *x *= unit);
                let b = vector.split_off(self.factors()).pop();
                Some((vector, b.unwrap_or(0.0)))
            }
        };
        solution
            .filter(|(p, b)| b.is_finite() && p.iter().all(|x| x.is_finite()))
            .unwrap_or_else(|| (vec![0.0; self.factors()], 0.0))
    }

    /// The factor by which μ, biases and user vectors were multiplied after training.
    pub(super) fn unit(&self) -> f32 {
        match (self.settings.fold_in, self.settings.link) {
            (FoldIn::Ridge { unit, .. }, _) => unit,
            (FoldIn::Sampled(sampled), ScoreFunction::Identity) => sampled.unit,
            _ => 1.0,
        }
    }

    /// The residual of a value after μ and b_i. If the link is a network's last layer, the value is first mapped to
    /// the output that predicts it.
    pub(super) fn residual(&self, item: u32, value: f32) -> f32 {
        let value = match self.settings.link {
            ScoreFunction::Output(output) => output.inverse(value),
            _ => value,
        };
        value - self.settings.offset - self.item_bias[item as usize]
    }

    fn logistic(&self, history: Row<'_>, penalty: f32, bias: bool) -> Option<(Vec<f32>, f32)> {
        let ScoreFunction::Sigmoid { low, high } = self.settings.link else { return None };
        let k = self.factors();
        let n = k + usize::from(bias);
        let mut at = vec![0.0; n];
        let mut q = vec![1.0; n];
        for _ in 0..LOGISTIC_STEPS {
            let (mut a, mut step) = (vec![0.0; n * n], vec![0.0; n]);
            for (item, value) in history.iter() {
                q[..k].copy_from_slice(self.items.row(item as usize));
                let x = self.settings.offset + self.item_bias[item as usize] + vector::dot(&q, &at);
                let sigmoid = 1.0 / (1.0 + exp(-x));
                let target = ((value - low) / (high - low)).clamp(0.0, 1.0);
                vector::add_scaled(&mut step, target - sigmoid, &q);
                // A quadratic bound on the loss (Jaakkola & Jordan, Statistics and Computing 2000) in place of the
                // curvature, so that a step never overshoots.
                let bound = if x.abs() < 1e-3 { 0.25 } else { (sigmoid - 0.5) / x };
                add_outer(&mut a, bound, &q);
            }
            vector::add_scaled(&mut step, -2.0 * penalty, &at);
            solve_with_penalty(&mut a, &mut step, 2.0 * penalty)?;
            vector::add_scaled(&mut at, 1.0, &step);
            if vector::norm(&step) <= 1e-6 * vector::norm(&at) {
                break;
            }
        }
        let b = if bias { at.pop()? } else { 0.0 };
        Some((at, b))
    }

    fn project(&self, history: Row<'_>, fill: f32, bias: bool) -> (Vec<f32>, f32) {
        let deviations = history.iter().map(|(i, value)| f64::from(self.residual(i, value)));
        let b = match bias && !history.is_empty() {
            true => (deviations.sum::<f64>() / history.len() as f64) as f32,
            false => 0.0,
        };
        let k = self.factors();
        let (mut p, mut squares) = (vec![0f64; k], vec![0f64; k]);
        for i in 0..self.items.rows() {
            for (l, &q) in self.items.row(i).iter().enumerate() {
                p[l] += f64::from(fill * q);
                squares[l] += f64::from(q * q);
            }
        }
        for (i, value) in history.iter() {
            let rest = self.residual(i, value) - b - fill;
            for (p, &q) in p.iter_mut().zip(self.items.row(i as usize)) {
                *p += f64::from(rest * q);
            }
        }
        let project =
            |(p, square): (f64, f64)| if square > 0.0 { (p / square) as f32 } else { 0.0 };
        (p.into_iter().zip(squares).map(project).collect(), b)
    }
}

/// The model before its link, in units, as a function of one user's vector, optionally followed by a bias.
struct OneProduct<'a> {
    model: &'a Factors,
    unit: f32,
}

impl OfUser for OneProduct<'_> {
    fn scores(&mut self, vector: &[f32], items: &[u32], scores: &mut [f32]) {
        let Self { model, unit } = *self;
        let (p, b) = vector.split_at(model.factors());
        let base = model.settings.offset / unit + b.first().unwrap_or(&0.0);
        for (&i, score) in items.iter().zip(scores) {
            let i = i as usize;
            *score = base + model.item_bias[i] / unit + vector::dot(p, model.items.row(i));
        }
    }

    fn gradient(&mut self, _: &[f32], items: &[u32], slopes: &[f32], gradient: &mut [f32]) {
        gradient.fill(0.0);
        let (p, b) = gradient.split_at_mut(self.model.factors());
        for (&i, &slope) in items.iter().zip(slopes) {
            vector::add_scaled(p, slope, self.model.items.row(i as usize));
        }
        b.iter_mut().for_each(|b| *b = slopes.iter().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::super::factors::FactorsSettings;
    use super::*;
    use crate::math::{Matrix, Rng};
    use crate::model::{Model, User};

    fn model(fold_in: FoldIn) -> Factors {
        let mut rng = Rng::new(2, &[]);
        let items = Matrix::from_fn(6, 3, |_, _| rng.normal());
        let mut model = Factors::new(
            Matrix::zeros(0, 3),
            items,
            vec![1.0; 6],
            FactorsSettings { offset: 0.5, link: ScoreFunction::Identity, fold_in },
        );
        model.item_bias = vec![0.1, -0.2, 0.3, 0.0, 0.4, -0.1];
        model
    }

    const COLUMNS: [u32; 4] = [0, 2, 3, 5];
    const VALUES: [f32; 4] = [2.0, -1.0, 0.5, 3.0];
    const HISTORY: Row<'_> = Row { columns: &COLUMNS, values: &VALUES };

    /// Asserts that (p, b) minimises the objective in `f64`: no step lowers it.
    fn assert_minimum(objective: impl Fn(&[f64]) -> f64, at: &[f32]) {
        let at: Vec<f64> = at.iter().map(|&x| f64::from(x)).collect();
        for l in 0..at.len() {
            let moved = |step: f64| {
                let mut x = at.clone();
                x[l] += step;
                objective(&x)
            };
            let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!(slope.abs() < 1e-3, "slope {slope} in direction {l}");
        }
    }

    #[test]
    fn ridge_solves_its_objective() {
        let m = model(FoldIn::Ridge { reg: 0.3, reg_exponent: 0.5, bias: true, unit: 1.0 });
        let (mut p, b) = m.fold_in(HISTORY);
        p.push(b);
        let objective = |x: &[f64]| {
            let square = |(i, v): (u32, f32)| {
                let q = m.items.row(i as usize);
                let product: f64 = q.iter().zip(x).map(|(q, p)| f64::from(*q) * p).sum();
                (f64::from(m.residual(i, v)) - x[3] - product).powi(2)
            };
            HISTORY.iter().map(square).sum::<f64>()
                + 0.3 * 2.0 * x.iter().map(|x| x * x).sum::<f64>()
        };
        assert_minimum(objective, &p);
    }

    #[test]
    fn logistic_solves_its_objective() {
        for reg in [0.02, 3.0] {
            let mut m = model(FoldIn::Logistic { reg, reg_exponent: 1.0, bias: true });
            m.settings.link = ScoreFunction::Sigmoid { low: -1.0, high: 3.0 };
            let (mut p, b) = m.fold_in(HISTORY);
            p.push(b);
            let objective = |x: &[f64]| {
                let loss = |(i, value): (u32, f32)| {
                    let q = m.items.row(i as usize);
                    let product: f64 = q.iter().zip(x).map(|(q, p)| f64::from(*q) * p).sum();
                    let x = f64::from(0.5 + m.item_bias[i as usize]) + x[3] + product;
                    (1.0 + x.exp()).ln() - f64::from((value + 1.0) / 4.0) * x
                };
                HISTORY.iter().map(loss).sum::<f64>()
                    + f64::from(reg) * 4.0 * x.iter().map(|x| x * x).sum::<f64>()
            };
            assert_minimum(objective, &p);
        }
    }

    #[test]
    fn implicit_solves_its_objective() {
        let fold_in =
            FoldIn::Implicit { reg: 0.1, reg_exponent: 1.0, unobserved_weight: 0.2, alpha: 0.5 };
        let m = model(fold_in);
        let (p, b) = m.fold_in(HISTORY);
        assert_eq!(b, 0.0);
        let objective = |x: &[f64]| {
            let score = |i: u32| -> f64 {
                let q = m.items.row(i as usize);
                q.iter().zip(x).map(|(q, p)| f64::from(*q) * p).sum()
            };
            let seen = HISTORY.iter().map(|(i, v)| {
                let target = if v > 0.0 { 1.0 } else { 0.0 };
                (1.0 + 0.5 * f64::from(v.abs())) * (score(i) - target).powi(2)
            });
            seen.sum::<f64>()
                + 0.2 * (0..6).map(|i| score(i).powi(2)).sum::<f64>()
                + 0.1 * (4.0 + 0.2 * 6.0) * x.iter().map(|x| x * x).sum::<f64>()
        };
        assert_minimum(objective, &p);
    }

    #[test]
    fn odd_histories_give_finite_scores() {
        let ways = [
            FoldIn::Biases,
            FoldIn::Ridge { reg: 0.0, reg_exponent: 0.0, bias: true, unit: 1.0 },
            FoldIn::Ridge { reg: 0.0, reg_exponent: 1.0, bias: false, unit: 1.0 },
            FoldIn::Logistic { reg: 0.0, reg_exponent: 1.0, bias: true },
            FoldIn::Implicit { reg: 0.0, reg_exponent: 0.0, unobserved_weight: 0.0, alpha: 1.0 },
            FoldIn::Projection { fill: 0.5, bias: true },
        ];
        for fold_in in ways {
            for value in [0.0, 1.0, -1.0, 1e-38, 3e38, -3e38] {
                for columns in [&[][..], &[1], &[0, 1, 2, 3, 4, 5]] {
                    let values = vec![value; columns.len()];
                    let history = Row { columns, values: &values };
                    let mut scores = [f32::NAN; 6];
                    let all = [0, 1, 2, 3, 4, 5];
                    let mut model = model(fold_in);
                    if matches!(fold_in, FoldIn::Logistic { .. }) {
                        model.settings.link = ScoreFunction::Sigmoid { low: 0.0, high: 1.0 };
                    }
                    model.score(User::new_user(history), &all, &mut scores);
                    assert!(scores.iter().all(|s| s.is_finite()), "{fold_in:?} {value} {scores:?}");
                }
            }
        }
    }
}

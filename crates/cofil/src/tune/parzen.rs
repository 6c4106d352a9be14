//! Tree-structured Parzen estimators, one setting at a time.
//!
//! Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter Optimization", NIPS 2011, §4: the best trials
//! give a density l, the others a density g, and of some draws from l that with the greatest l/g is tried next.

use crate::math::Rng;
use crate::math::real::{exp, square};

/// Fraction of the trials, rounded up, that counts as the best.
const BEST: f64 = 0.1;
/// Number of draws to choose from.
const DRAWS: usize = 24;

/// What a setting's position can be.
#[derive(Clone, Copy)]
pub enum Domain {
    /// A number in [0, 1).
    Interval,
    /// One of this many choices, as a whole number.
    Choices(usize),
}

/// Returns the position to try next. `past` are the positions of the trials that have ended, from best to worst;
/// `None` for a trial without a position, such as a default outside the range.
pub fn next(domain: Domain, past: &[Option<f64>], rng: &mut Rng) -> f64 {
    let (best, rest) = past.split_at((BEST * past.len() as f64).ceil() as usize);
    let [best, rest] = [best, rest].map(|part| Density::new(domain, part.iter().flatten()));
    let draws = (0..DRAWS).map(|_| best.draw(rng));
    let ratio = |&x: &f64| best.at(x) / rest.at(x);
    draws.max_by(|a, b| ratio(a).total_cmp(&ratio(b))).expect("at least one draw")
}

/// A density, up to a constant factor.
enum Density {
    /// A mixture of normal distributions with mean and standard deviation, cut off at 0 and 1.
    Normals(Vec<(f64, f64)>),
    /// The weight of each choice.
    Weights(Vec<f64>),
}

impl Density {
    fn new<'a>(domain: Domain, positions: impl Iterator<Item = &'a f64>) -> Self {
        match domain {
            Domain::Choices(n) => {
                let mut weights = vec![1.0; n];
                positions.for_each(|&p| weights[p as usize] += 1.0);
                Self::Weights(weights)
            }
            Domain::Interval => {
                let mut means: Vec<f64> = positions.copied().collect();
                means.sort_by(f64::total_cmp);
                let least = 1.0 / 100f64.min(2.0 + means.len() as f64);
                let deviation = |at: usize| {
                    // The ends of the range count as neighbours only where there is no other on either side.
                    let below = at.checked_sub(1).map(|i| means[at] - means[i]);
                    let above = means.get(at + 1).map(|next| next - means[at]);
                    let farther = match (below, above) {
                        (None, None) => means[at].max(1.0 - means[at]),
                        (below, above) => below.unwrap_or(0.0).max(above.unwrap_or(0.0)),
                    };
                    (means[at], farther.clamp(least, 1.0))
                };
                // The prior covers the whole range, so that no density is 0.
                let prior = (0.5, 1.0);
                Self::Normals((0..means.len()).map(deviation).chain([prior]).collect())
            }
        }
    }

    /// Returns the density at `x`.
    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Normals(normals) => {
                let normal = |&(mean, sd): &(f64, f64)| exp(-0.5 * square((x - mean) / sd)) / sd;
                normals.iter().map(normal).sum::<f64>() / normals.len() as f64
            }
            Self::Weights(weights) => weights[x as usize] / weights.iter().sum::<f64>(),
        }
    }

    fn draw(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Normals(normals) => loop {
                let (mean, sd) = normals[rng.below(normals.len() as u32) as usize];
                let x = mean + sd * f64::from(rng.normal());
                if (0.0..1.0).contains(&x) {
                    return x;
                }
            },
            Self::Weights(weights) => {
                let mut left = f64::from(rng.uniform()) * weights.iter().sum::<f64>();
                let passed = weights.iter().position(|weight| {
                    left -= weight;
                    left < 0.0
                });
                passed.unwrap_or(weights.len() - 1) as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_of_hand_computed_cases() {
        // Two trials at .2 and .5: both have the standard deviation .3.
        let density = Density::new(Domain::Interval, [0.5, 0.2].iter());
        let Density::Normals(normals) = &density else { panic!("an interval has normals") };
        let near =
            |(a, b): (f64, f64), (c, d): (f64, f64)| (a - c).abs() < 1e-12 && (b - d).abs() < 1e-12;
        assert_eq!(normals.len(), 3);
        for (found, expected) in normals.iter().zip([(0.2, 0.3), (0.5, 0.3), (0.5, 1.0)]) {
            assert!(near(*found, expected), "{normals:?}");
        }
        // At .5: (e^(−½) / .3 + 1 / .3 + 1) / 3 = 2.1184.
        assert!((density.at(0.5) - 2.118_367).abs() < 1e-5, "{}", density.at(0.5));
        let choices = Density::new(Domain::Choices(3), [1.0, 1.0].iter());
        assert_eq!([0.0, 1.0, 2.0].map(|x| choices.at(x)), [0.2, 0.6, 0.2]);
    }

    #[test]
    fn draws_follow_the_density() {
        let mut rng = Rng::new(7, &[]);
        let density = Density::new(Domain::Choices(3), [1.0, 1.0].iter());
        let mut counts = [0; 3];
        (0..10_000).for_each(|_| counts[density.draw(&mut rng) as usize] += 1);
        assert!((5_800..6_200).contains(&counts[1]), "{counts:?}");
        let density = Density::new(Domain::Interval, [0.9, 0.91, 0.9].iter());
        let draws: Vec<f64> = (0..10_000).map(|_| density.draw(&mut rng)).collect();
        assert!(draws.iter().all(|x| (0.0..1.0).contains(x)));
        let high = draws.iter().filter(|&&x| x > 0.5).count();
        assert!((7_500..9_500).contains(&high), "{high}");
    }

    #[test]
    fn it_finds_the_minimum() {
        let loss = |x: f64| (x - 0.83).abs();
        let mut rng = Rng::new(1, &[]);
        let mut tried: Vec<f64> = (0..8).map(|_| f64::from(rng.uniform())).collect();
        for _ in 0..40 {
            tried.sort_by(|a, b| loss(*a).total_cmp(&loss(*b)));
            let past: Vec<_> = tried.iter().copied().map(Some).chain([None]).collect();
            tried.push(next(Domain::Interval, &past, &mut rng));
        }
        let best = tried.into_iter().map(loss).fold(1.0, f64::min);
        assert!(best < 0.01, "{best}");
        let tried: Vec<_> = [2.0, 0.0, 1.0, 0.0].map(Some).into_iter().chain([None]).collect();
        let chosen: Vec<_> = (0..20).map(|_| next(Domain::Choices(3), &tried, &mut rng)).collect();
        assert!(chosen.iter().filter(|&&x| x == 2.0).count() > 15, "{chosen:?}");
    }
}

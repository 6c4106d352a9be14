//! Which items to ask a new user about.
//!
//! In a model of vectors a user is a place p, and what is believed of somebody new is a distribution over places:
//! at first N(m, Σ) with mean and covariance of the users of the training data. An answer y on item i with
//! vector q says q · p + noise, whose variance v_i is what the model misses of the item in training:
//!
//! k = Σ q / (v_i + qᵀ Σ q),  m ← m + k (y − q · m),  Σ ← Σ − k qᵀ Σ
//!
//! The next question is the one whose answer, whatever it is, shrinks the trace of Σ most, by
//! ‖Σ q‖² / (v_i + qᵀ Σ q). This is greedy A-optimal design, which Anava et al., "Budget-constrained item cold-start
//! handling in collaborative filtering recommenders via optimal design" (WWW 2015), do for new items; here users and
//! items have changed places, and the prior is that of the users and not N(0, I / λ), so that nobody is thought to
//! dislike what was not asked. Items are recommended by m. Beside it stand popularity, the order of Rashid et al.,
//! "Getting to know you: learning new user preferences in recommender systems" (IUI 2002), popularity × entropy, and
//! chance.

use crate::data::Row;
use crate::error::{Error, Result};
use crate::math::{Matrix, Rng, parallel, vector};
use crate::model::{Places, User};
use crate::models::Target;
use crate::rank;
use crate::recommender::{Recommender, Scored};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Items that are weighed in one piece.
const PIECE: usize = 512;
/// Answers' worth of the noise of all items in the noise of each.
const FEW: f64 = 5.0;

/// How the next question is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// What shrinks the variance of the user's vector most.
    Variance,
    /// The same, times the share of users who have the item.
    PopularVariance,
    /// The logarithm of how many users have the item, times the entropy of their values; where all values
    /// are the same, times that of having it.
    PopularEntropy,
    /// How many users have the item.
    Popularity,
    /// Chance.
    Random,
}

/// What somebody says when asked about an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// They like it, or rate it so.
    Value(f32),
    /// They do not have it, and might have.
    No,
    /// They cannot say.
    Unknown,
}

/// A conversation with a new user.
#[derive(Clone)]
pub struct Interview<'a> {
    recommender: &'a Recommender,
    strategy: Strategy,
    /// Where the user may be, if the model has places for users.
    belief: Option<Belief>,
    /// What the worth of a question is multiplied with.
    weight: Vec<f32>,
    /// Items that may still be asked about.
    open: Vec<bool>,
    /// By item.
    history: Vec<(u32, f32)>,
}

impl<'a> Interview<'a> {
    /// Begins; `seed` is for [`Strategy::Random`]. Questions are about items that somebody has.
    ///
    /// # Errors
    /// If the strategy looks at variances, and the model has no places for users.
    pub fn new(recommender: &'a Recommender, strategy: Strategy, seed: u64) -> Result<Self> {
        let seen = recommender.seen();
        let counts = seen.column_counts();
        let users = seen.iter().filter(|row| !row.is_empty()).count().max(1) as f32;
        let weight: Vec<f32> = match strategy {
            Strategy::Variance => vec![1.0; counts.len()],
            Strategy::PopularVariance => counts.iter().map(|&c| c as f32 / users).collect(),
            Strategy::Popularity => counts.iter().map(|&c| c as f32).collect(),
            Strategy::PopularEntropy => {
                let entropies = entropies(recommender, users);
                let product = |(&c, entropy): (&u32, f32)| (c as f32).ln_1p() * entropy;
                counts.iter().zip(entropies).map(product).collect()
            }
            Strategy::Random => {
                let mut rng = Rng::new(seed, &[]);
                counts.iter().map(|_| 1.0 + rng.uniform()).collect()
            }
        };
        let belief = Belief::prior(recommender);
        let looks = matches!(strategy, Strategy::Variance | Strategy::PopularVariance);
        if looks && belief.is_none() {
            let message = "this model cannot say how sure it is of a user; choose another strategy, such as \
                           popular-entropy, or a model of als or ials that knows what its users have";
            return Err(Error::Unfit(message.into()));
        }
        // Without histories in the file anything may be asked.
        let open = counts.iter().map(|&c| c > 0 || seen.nnz() == 0).collect();
        Ok(Self { recommender, strategy, belief, weight, open, history: Vec::new() })
    }

    /// Asks about `items` alone.
    #[must_use]
    pub fn only(mut self, items: &[u32]) -> Self {
        let mut open = vec![false; self.open.len()];
        items.iter().for_each(|&i| open[i as usize] = self.open[i as usize]);
        self.open = open;
        self
    }

    /// The item to ask about next; `None` if all have been.
    pub fn question(&self) -> Option<u32> {
        let looks = matches!(self.strategy, Strategy::Variance | Strategy::PopularVariance);
        let belief = self.belief.as_ref().filter(|_| looks);
        let blocks = parallel::map(self.open.len(), PIECE, |range| {
            let worth = |i: usize| match self.open[i] {
                true => self.weight[i] * belief.map_or(1.0, |belief| belief.shrinks(i)),
                false => f32::NAN,
            };
            range.map(worth).collect::<Vec<_>>()
        });
        rank::top_k(&blocks.concat(), 1, &[]).first().map(|best| best.0)
    }

    /// What was said about `item`. Of an item asked twice the first answer counts.
    pub fn answer(&mut self, item: u32, answer: Answer) {
        self.open[item as usize] = false;
        let value = match answer {
            Answer::Value(value) => value,
            Answer::No => 0.0,
            Answer::Unknown => return,
        };
        let Err(at) = self.history.binary_search_by_key(&item, |entry| entry.0) else { return };
        self.history.insert(at, (item, value));
        if let Some(belief) = &mut self.belief {
            belief.learn(item as usize, value);
        }
    }

    /// What is known of the user: what they like or rate with its value, what they do not have with 0.
    /// [`Recommender::recommend_for`] takes it.
    pub fn history(&self) -> Vec<(&'a str, f32)> {
        let items = self.recommender.items();
        self.history.iter().map(|&(item, value)| (items.name(item), value)).collect()
    }

    /// Scores of all items by what is known now: by the place believed in where there is one, else by fold-in.
    pub fn scores(&self) -> Vec<f32> {
        if let Some(belief) = &self.belief {
            return belief.scores();
        }
        let items: Vec<u32> = (0..self.recommender.items().len() as u32).collect();
        let mut scores = vec![0.0; items.len()];
        let (columns, values): (Vec<u32>, Vec<f32>) = self.history.iter().copied().unzip();
        let user = User::stranger(Row { columns: &columns, values: &values });
        self.recommender.model().score(user, &items, &mut scores);
        scores
    }

    /// The `n` best items that were not asked about.
    pub fn recommend(&self, n: usize) -> Vec<Scored<'a>> {
        let answered: Vec<u32> = self.history.iter().map(|entry| entry.0).collect();
        let items = self.recommender.items();
        let scored = |(item, score)| Scored { item: items.name(item), score };
        rank::top_k(&self.scores(), n, &answered).into_iter().map(scored).collect()
    }
}

/// A distribution over places.
#[derive(Clone)]
struct Belief {
    mean: Vec<f32>,
    covariance: Matrix,
    places: Arc<Places>,
    /// v by item.
    noise: Arc<Vec<f32>>,
    /// Whether answers are yes or no, 1 or 0.
    choices: bool,
}

impl Belief {
    /// That of the users of the training data.
    fn prior(recommender: &Recommender) -> Option<Self> {
        let places = recommender.model().places()?;
        let known = recommender.seen().iter().enumerate().filter(|(_, row)| !row.is_empty());
        let users: Vec<usize> = known.map(|(u, _)| u).collect();
        let n = places.items.cols();
        if users.is_empty() {
            return None;
        }
        let (mut mean, mut gram) = (vec![0f64; n], vec![0f64; n * n]);
        for &u in &users {
            let p = places.users.row(u);
            for (a, &x) in p.iter().enumerate() {
                mean[a] += f64::from(x);
                p.iter().zip(&mut gram[a * n..]).for_each(|(&y, g)| *g += f64::from(x * y));
            }
        }
        let count = users.len() as f64;
        mean.iter_mut().for_each(|m| *m /= count);
        gram.iter_mut().for_each(|g| *g /= count);
        let choices = recommender.card().algorithm.target() == Target::Preference;
        let noise = noise(recommender, &places, &gram, choices, count);
        let mut covariance =
            Matrix::from_fn(n, n, |a, b| (gram[a * n + b] - mean[a] * mean[b]) as f32);
        // Directions in which no two users differ are not certain either.
        let trace: f32 = (0..n).map(|a| covariance.row(a)[a]).sum();
        (0..n).for_each(|a| covariance.row_mut(a)[a] += 1e-4 * trace / n as f32);
        let mean = mean.into_iter().map(|m| m as f32).collect();
        Some(Self { mean, covariance, places: places.into(), noise: noise.into(), choices })
    }

    /// Σ q.
    fn spread(&self, q: &[f32]) -> Vec<f32> {
        (0..q.len()).map(|a| vector::dot(self.covariance.row(a), q)).collect()
    }

    /// By how much an answer lowers the trace of Σ.
    fn shrinks(&self, item: usize) -> f32 {
        let q = self.places.items.row(item);
        let sq = self.spread(q);
        vector::dot(&sq, &sq) / (self.noise[item] + vector::dot(q, &sq))
    }

    fn learn(&mut self, item: usize, value: f32) {
        let places = self.places.clone();
        let q = places.items.row(item);
        let y = match self.choices {
            true => f32::from(value > 0.0),
            false => value,
        };
        let sq = self.spread(q);
        let scale = 1.0 / (self.noise[item] + vector::dot(q, &sq));
        let surprise = y - places.base[item] - vector::dot(q, &self.mean);
        vector::add_scaled(&mut self.mean, scale * surprise, &sq);
        for (a, &s) in sq.iter().enumerate() {
            vector::add_scaled(self.covariance.row_mut(a), -scale * s, &sq);
        }
    }

    fn scores(&self) -> Vec<f32> {
        let score =
            |(i, base): (usize, &f32)| base + vector::dot(self.places.items.row(i), &self.mean);
        self.places.base.iter().enumerate().map(score).collect()
    }
}

/// The mean square of what the model misses of each item: of the choices of all users, or of the values
/// given, of which few are taken together with all others. `gram` is Σ p pᵀ / users.
fn noise(
    recommender: &Recommender,
    places: &Places,
    gram: &[f64],
    choices: bool,
    users: f64,
) -> Vec<f32> {
    let by_item = recommender.seen().transposed();
    let n = places.items.cols();
    let missed = |(i, row): (usize, Row<'_>)| -> (f64, f64) {
        let q = places.items.row(i);
        let place = |u: u32| f64::from(vector::dot(q, places.users.row(u as usize)));
        let base = f64::from(places.base[i]);
        if !choices {
            let square = |(u, r): (u32, f32)| (f64::from(r) - base - place(u)).powi(2);
            return (row.iter().map(square).sum(), row.len() as f64);
        }
        // Σ (x − s)² = Σ s² − 2 Σ_has s + Σ_has 1, where the first is q · gram q.
        let by_gram = |a: usize| -> f64 {
            q.iter().zip(&gram[a * n..]).map(|(&x, g)| f64::from(x) * g).sum::<f64>()
        };
        let all: f64 = q.iter().enumerate().map(|(a, &x)| f64::from(x) * by_gram(a)).sum();
        let has: f64 = row.columns.iter().map(|&u| 1.0 - 2.0 * place(u)).sum();
        (all * users + has, users)
    };
    let missed: Vec<(f64, f64)> = by_item.iter().enumerate().map(missed).collect();
    let (sum, count) = missed.iter().fold((0.0, 0.0), |(s, c), m| (s + m.0, c + m.1));
    let usual = (sum / f64::max(count, 1.0)).max(1e-6);
    let of = |(sum, count): (f64, f64)| (sum.max(0.0) + FEW * usual) / (count + FEW);
    missed.into_iter().map(|m| of(m) as f32).collect()
}

/// For each item the entropy of its values; of having it, where all values are the same.
fn entropies(recommender: &Recommender, users: f32) -> Vec<f32> {
    let by_item = recommender.seen().transposed();
    let (low, high) = recommender.card().data.scale;
    let term = |share: f32| if share > 0.0 { -share * share.ln() } else { 0.0 };
    let entropy = |row: Row<'_>| {
        if low == high {
            let share = row.len() as f32 / users;
            return term(share) + term(1.0 - share);
        }
        let mut values = row.values.to_vec();
        values.sort_unstable_by(f32::total_cmp);
        let same = values.chunk_by(|a, b| a == b);
        same.map(|same| term(same.len() as f32 / values.len() as f32)).sum()
    };
    by_item.iter().map(entropy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::data::Ratings;
    use crate::models::Ials;
    use crate::train::Run;

    fn trained() -> Recommender {
        let mut rng = Rng::new(3, &[]);
        let triples: Vec<(String, String)> = (0..40)
            .flat_map(|u| (0..30).map(move |i| (u, i)))
            .filter(|(u, i)| (u + i) % 3 == 0 && rng.uniform() < 0.7)
            .map(|(u, i)| (format!("u{u}"), format!("i{i}")))
            .collect();
        let triples = triples.iter().map(|(u, i)| (&**u, &**i, 1.0));
        let ratings = Ratings::from_triples(triples).unwrap();
        let ials = Algorithm::Ials(Ials { factors: 5, ..Ials::default() });
        Recommender::train(&ials, &ratings, &mut Run::default()).unwrap()
    }

    /// A⁻¹ b for each row b of `right`.
    fn solved(a: &Matrix, right: &Matrix) -> Matrix {
        let mut x = right.clone();
        for r in 0..x.rows() {
            assert!(crate::math::solve::solve_spd(&mut a.data().to_vec(), x.row_mut(r)));
        }
        x
    }

    fn inverse(a: &Matrix) -> Matrix {
        let one = Matrix::from_fn(a.rows(), a.rows(), |r, c| f32::from(r == c));
        solved(a, &one)
    }

    #[test]
    fn the_question_is_the_one_that_shrinks_the_trace_most() {
        let recommender = trained();
        let trace = |m: &Matrix| (0..m.rows()).map(|l| m.row(l)[l]).sum::<f32>();
        let mut interview = Interview::new(&recommender, Strategy::Variance, 0).unwrap();
        let belief = |interview: &Interview<'_>| interview.belief.clone().unwrap();
        let prior = belief(&interview);
        // The naive twin: Σ = (Σ₀⁻¹ + Σ_asked q qᵀ / v)⁻¹, m = Σ (Σ₀⁻¹ m₀ + Σ_asked q y / v).
        let mut precision = inverse(&prior.covariance);
        let mut pull: Vec<f32> =
            (0..5).map(|a| vector::dot(precision.row(a), &prior.mean)).collect();
        let with = |mut a: Matrix, item: usize| {
            let q = prior.places.items.row(item);
            (0..5).for_each(|l| vector::add_scaled(a.row_mut(l), q[l] / prior.noise[item], q));
            a
        };
        for step in 0..4 {
            let next = interview.question().unwrap();
            let after = |item: usize| trace(&inverse(&with(precision.clone(), item)));
            let best = (0..30).filter(|&i| interview.open[i]).map(after).fold(f32::MAX, f32::min);
            assert!(after(next as usize) <= best * (1.0 + 1e-3));
            let answer = if step % 2 == 0 { Answer::Value(1.0) } else { Answer::No };
            interview.answer(next, answer);
            precision = with(precision, next as usize);
            let y = if step % 2 == 0 { 1.0 } else { 0.0 };
            let v = prior.noise[next as usize];
            vector::add_scaled(&mut pull, y / v, prior.places.items.row(next as usize));
            let now = belief(&interview);
            let naive = inverse(&precision);
            assert!((trace(&now.covariance) - trace(&naive)).abs() < 1e-2 * trace(&naive));
            let mean = solved(&precision, &Matrix::from_vec(1, 5, pull.clone()));
            for (ours, naive) in now.mean.iter().zip(mean.row(0)) {
                assert!((ours - naive).abs() < 1e-2 * naive.abs().max(1.0), "{ours} for {naive}");
            }
        }
        let list = interview.recommend(5);
        assert_eq!(list.len(), 5);
        assert!(list.iter().all(|s| s.score.is_finite()));
    }

    #[test]
    fn nothing_is_asked_twice_and_everything_once() {
        let recommender = trained();
        for strategy in [
            Strategy::Variance,
            Strategy::PopularVariance,
            Strategy::PopularEntropy,
            Strategy::Popularity,
            Strategy::Random,
        ] {
            let mut interview = Interview::new(&recommender, strategy, 1).unwrap();
            let mut asked = Vec::new();
            while let Some(item) = interview.question() {
                asked.push(item);
                let answers = [Answer::Value(1.0), Answer::No, Answer::Unknown];
                interview.answer(item, answers[item as usize % 3]);
            }
            asked.sort_unstable();
            assert_eq!(asked, (0..recommender.items().len() as u32).collect::<Vec<_>>());
            let history = interview.history();
            assert!(interview.scores().iter().all(|score| score.is_finite()));
            assert_eq!(history.iter().filter(|entry| entry.1 == 1.0).count(), 10, "{strategy:?}");
            assert_eq!(history.len(), 20);
            let only = Interview::new(&recommender, strategy, 1).unwrap().only(&[4]);
            assert_eq!(only.question(), Some(4));
        }
    }
}

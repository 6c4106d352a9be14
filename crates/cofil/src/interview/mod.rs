//! Interviews: which items to ask a new user about.
//!
//! In a vector model a user is a vector p. The belief about a new user is a distribution over vectors, at first N(m, Σ)
//! with the mean and covariance of the users in the training data. An answer y about item i with vector q is taken as
//! q · p + noise, where the noise variance v_i is the model's mean squared error on the item in training:
//!
//! k = Σ q / (v_i + qᵀ Σ q),  m ← m + k (y − q · m),  Σ ← Σ − k qᵀ Σ
//!
//! The next question is the one whose answer, whatever it is, reduces the trace of Σ most, by
//! ‖Σ q‖² / (v_i + qᵀ Σ q). This is greedy A-optimal design, which Anava et al., "Budget-constrained item cold-start
//! handling in collaborative filtering recommenders via optimal design" (WWW 2015), use for new items. Here users and
//! items are swapped, and the prior is that of the users instead of N(0, I / λ), so that new users are not assumed to
//! dislike items they were not asked about. Items are recommended by m. The other strategies are popularity;
//! popularity × entropy, of Rashid et al., "Getting to know you: learning new user preferences in recommender systems"
//! (IUI 2002); and random items.
//!
//! In a model that ranks, "no" and dislikes raise no item: they lower the scores of similar items, and the scores that
//! they would raise stay.
//!
//! ```
//! use cofil::data::{Clean, sample_set};
//! use cofil::interview::{InterviewQuestion, Interviewer, Replied, Reply};
//! use cofil::{Algorithm, Ials, Recommender, Run};
//! use std::sync::Arc;
//!
//! let (ratings, _) = Clean::default().ratings(sample_set()?)?;
//! let ials = Algorithm::Ials(Ials { factors: 8, epochs: 3, ..Ials::default() });
//! let recommender = Recommender::train(&ials, &ratings, &Run::default())?;
//! let interviewer = Interviewer::new(Arc::new(recommender));
//! let first = interviewer.ask(&InterviewQuestion::default())?;
//! let item = first.questions[0].item.clone();
//! // Calls are stateless: all answers so far go in, the next questions and a list come out.
//! let answers = vec![Replied { item, answer: Reply::Yes }];
//! let second = interviewer.ask(&InterviewQuestion { answers, ..InterviewQuestion::default() })?;
//! assert_ne!(second.questions[0].item, first.questions[0].item);
//! # Ok::<(), cofil::Error>(())
//! ```

mod belief;
mod question;
mod reply;

use crate::math::real::{ln, ln_1p};
pub use question::{Asked, InterviewAnswer, InterviewQuestion, Replied};
pub use reply::Reply;

use crate::data::Row;
use crate::error::{Error, Result};
use crate::math::real::finite;
use crate::math::{Matrix, Rng, parallel};
use crate::model::User;
use crate::rank;
use crate::recipes::Target;
use crate::recommender::Recommender;
use crate::watch;
use belief::Belief;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Number of items evaluated per block.
const PIECE: usize = 512;

/// How the next question is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The largest reduction of the variance of the user's vector.
    Variance,
    /// The same, times the share of users who have the item.
    PopularVariance,
    /// The logarithm of the number of users who have the item, times the entropy of their values. If all values are the
    /// same, the entropy of having the item is used.
    PopularEntropy,
    /// The number of users who have the item.
    Popularity,
    /// Random items.
    Random,
}

impl Strategy {
    /// Returns whether the strategy uses variances, which only models with user vectors have.
    fn looks(self) -> bool {
        matches!(self, Self::Variance | Self::PopularVariance)
    }
}

/// Interviews any number of new users about the items of one model. The prior, before the first answer, is computed
/// once.
pub struct Interviewer {
    recommender: Arc<Recommender>,
    /// The prior over user vectors, if the model has user vectors.
    prior: Option<Belief>,
    /// Number of users who have each item.
    counts: Vec<u32>,
    /// Number of users with a history.
    users: f32,
    entropies: OnceLock<Vec<f32>>,
}

impl Interviewer {
    /// Creates an interviewer for new users of `recommender`.
    pub fn new(recommender: Arc<Recommender>) -> Self {
        let chosen = recommender.model().liked(recommender.seen());
        let counts = chosen.column_counts();
        let users = chosen.iter().filter(|row| !row.is_empty()).count().max(1) as f32;
        let prior = Belief::prior(&recommender);
        Self { recommender, prior, counts, users, entropies: OnceLock::new() }
    }

    /// Returns the recommender.
    pub fn recommender(&self) -> &Arc<Recommender> {
        &self.recommender
    }

    /// Returns the default strategy: by variances if the model has them.
    pub fn usual_strategy(&self) -> Strategy {
        match self.prior {
            Some(_) => Strategy::PopularVariance,
            None => Strategy::PopularEntropy,
        }
    }

    /// Starts an interview with a new user. `seed` is for [`Strategy::Random`]. Questions are about items that at least
    /// one user has.
    ///
    /// # Errors
    /// If the strategy uses variances and the model has no user vectors.
    pub fn begin(&self, strategy: Strategy, seed: u64) -> Result<Interview<'_>> {
        if strategy.looks() && self.prior.is_none() {
            let message = "this model has no variances for users; choose another strategy, such as \
                           popular-entropy, or an als or ials model that holds user histories";
            return Err(Error::Unsupported(message.into()));
        }
        let counts = &self.counts;
        let weight: Vec<f32> = match strategy {
            Strategy::Variance => vec![1.0; counts.len()],
            Strategy::PopularVariance => counts.iter().map(|&c| c as f32 / self.users).collect(),
            Strategy::Popularity => counts.iter().map(|&c| c as f32).collect(),
            Strategy::PopularEntropy => {
                let entropies =
                    self.entropies.get_or_init(|| entropies(&self.recommender, self.users));
                let product = |(&c, entropy): (&u32, &f32)| ln_1p(c as f32) * entropy;
                counts.iter().zip(entropies).map(product).collect()
            }
            Strategy::Random => {
                let mut rng = Rng::new(seed, &[]);
                counts.iter().map(|_| 1.0 + rng.uniform()).collect()
            }
        };
        // Without histories in the file, all items may be asked about.
        let all = self.recommender.seen().nnz() == 0;
        let open = counts.iter().map(|&c| c > 0 || all).collect();
        let belief = self.prior.clone();
        let scores = belief.as_ref().map_or_else(Vec::new, Belief::scores);
        let history = Vec::new();
        Ok(Interview { interviewer: self, strategy, belief, scores, weight, open, history })
    }
}

/// An interview with a new user.
#[derive(Clone)]
pub struct Interview<'a> {
    interviewer: &'a Interviewer,
    strategy: Strategy,
    /// The belief about the user's vector, if the model has user vectors.
    belief: Option<Belief>,
    /// The scores of all items, if there is a belief.
    scores: Vec<f32>,
    /// Factor on the value of a question, by item.
    weight: Vec<f32>,
    /// Whether each item may still be asked about.
    open: Vec<bool>,
    /// The history so far, by item.
    history: Vec<(u32, f32)>,
}

impl Interview<'_> {
    /// Limits questions to `items`.
    #[must_use]
    pub fn only(mut self, items: &[u32]) -> Self {
        let mut open = vec![false; self.open.len()];
        items.iter().for_each(|&i| open[i as usize] = self.open[i as usize]);
        self.open = open;
        self
    }

    /// Returns the item to ask about next; `None` if there are no more.
    pub fn question(&self) -> Option<u32> {
        self.questions(1).first().copied()
    }

    /// Returns the `n` most informative items to ask about now, best first. They can change after each answer.
    pub fn questions(&self, n: usize) -> Vec<u32> {
        let belief = self.belief.as_ref().filter(|_| self.strategy.looks());
        let blocks = parallel::map(self.open.len(), PIECE, |range| {
            let worth = |i: usize| match self.open[i] {
                true => self.weight[i] * belief.map_or(1.0, |belief| belief.shrinks(i)),
                false => f32::NAN,
            };
            range.map(worth).collect::<Vec<_>>()
        });
        rank::top_k(&blocks.concat(), n, &[]).into_iter().map(|best| best.0).collect()
    }

    /// Records the answer about `item`. If an item is answered twice, the first answer counts.
    pub fn answer(&mut self, item: u32, reply: Reply) {
        let recommender = &self.interviewer.recommender;
        self.open[item as usize] = false;
        let value = match (reply, recommender.card().target()) {
            (Reply::Yes, _) => recommender.usual_value(),
            (Reply::Value(value), _) => value,
            // An unrated item may still be liked, so for rating models "no" says nothing; for ranking models it counts.
            (Reply::No, Target::Preference) => recommender.card().data.scale.0.min(0.0),
            (Reply::No, Target::Rating) | (Reply::Unknown, _) => return,
        };
        let Err(at) = self.history.binary_search_by_key(&item, |entry| entry.0) else { return };
        self.history.insert(at, (item, value));
        let Some(belief) = &mut self.belief else { return };
        let reading = recommender.model().reading();
        let weight = reading.map_or(value, |reading| reading.weight(value));
        let before = belief.scores();
        belief.learn(item as usize, weight);
        let after = belief.scores();
        if recommender.card().target() == Target::Rating {
            self.scores = after;
            return;
        }
        for ((score, before), after) in self.scores.iter_mut().zip(before).zip(after) {
            let moved = finite(*score + (after - before));
            *score = if weight > 0.0 { moved } else { score.min(moved) };
        }
    }

    /// Returns the user's history in ascending order of items: items they like or rate with their value, items they do
    /// not have with 0.
    pub fn history(&self) -> &[(u32, f32)] {
        &self.history
    }

    /// Returns the scores of all items after the answers so far: from the expected user vector if the model has user
    /// vectors, else by fold-in.
    pub fn scores(&self) -> Vec<f32> {
        if self.belief.is_some() {
            return self.scores.clone();
        }
        let model = self.interviewer.recommender.model();
        let (columns, values): (Vec<u32>, Vec<f32>) = self.history.iter().copied().unzip();
        let user = User::new_user(Row { columns: &columns, values: &values });
        let mut scores = Matrix::zeros(1, model.items());
        model.score_block(&[user], &mut scores);
        scores.into_data()
    }

    /// Returns the `n` best items that were not asked about, as (item, score).
    pub fn list(&self, n: usize) -> Vec<(u32, f32)> {
        let answered: Vec<u32> = self.history.iter().map(|entry| entry.0).collect();
        rank::top_k(&self.scores(), n, &answered)
    }
}

/// Returns for each item the entropy of its values, or of having the item if all values are the same.
fn entropies(recommender: &Recommender, users: f32) -> Vec<f32> {
    let by_item = recommender.model().liked(recommender.seen()).transposed();
    let (low, high) = recommender.card().data.scale;
    let term = |share: f32| if share > 0.0 { -share * ln(share) } else { 0.0 };
    let entropy = |row: Row<'_>| {
        watch::check();
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
mod tests;

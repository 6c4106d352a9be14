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
//! // Nothing is kept between questions: all answers so far go in, the next questions and a list come out.
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
use crate::math::{Matrix, Rng, parallel};
use crate::model::User;
use crate::rank;
use crate::recipes::Target;
use crate::recommender::Recommender;
use belief::Belief;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Items that are weighed in one piece.
const PIECE: usize = 512;

/// How the next question is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

impl Strategy {
    /// Whether it looks at variances, which only models with places for users have.
    fn looks(self) -> bool {
        matches!(self, Self::Variance | Self::PopularVariance)
    }
}

/// Asks new users about items of one model, any number of them at once: what is known before the first answer is
/// computed once.
pub struct Interviewer {
    recommender: Arc<Recommender>,
    /// Where a user may be, if the model has places for users.
    prior: Option<Belief>,
    /// To how many users each item belongs.
    counts: Vec<u32>,
    /// Users who have anything.
    users: f32,
    entropies: OnceLock<Vec<f32>>,
}

impl Interviewer {
    /// An interviewer for the users of `recommender`.
    pub fn new(recommender: Arc<Recommender>) -> Self {
        let chosen = recommender.model().liked(recommender.seen());
        let counts = chosen.column_counts();
        let users = chosen.iter().filter(|row| !row.is_empty()).count().max(1) as f32;
        let prior = Belief::prior(&recommender);
        Self { recommender, prior, counts, users, entropies: OnceLock::new() }
    }

    /// The model.
    pub fn recommender(&self) -> &Arc<Recommender> {
        &self.recommender
    }

    /// The strategy where none is named: by variances if the model has them.
    pub fn usual_strategy(&self) -> Strategy {
        match self.prior {
            Some(_) => Strategy::PopularVariance,
            None => Strategy::PopularEntropy,
        }
    }

    /// Begins with somebody new; `seed` is for [`Strategy::Random`]. Questions are about items that somebody has.
    ///
    /// # Errors
    /// If the strategy looks at variances, and the model has no places for users.
    pub fn begin(&self, strategy: Strategy, seed: u64) -> Result<Interview<'_>> {
        if strategy.looks() && self.prior.is_none() {
            let message = "this model cannot say how sure it is of a user; choose another strategy, such as \
                           popular-entropy, or a model of als or ials that knows what its users have";
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
        // Without histories in the file anything may be asked.
        let all = self.recommender.seen().nnz() == 0;
        let open = counts.iter().map(|&c| c > 0 || all).collect();
        let belief = self.prior.clone();
        Ok(Interview { interviewer: self, strategy, belief, weight, open, history: Vec::new() })
    }
}

/// A conversation with a new user.
#[derive(Clone)]
pub struct Interview<'a> {
    interviewer: &'a Interviewer,
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

impl Interview<'_> {
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
        self.questions(1).first().copied()
    }

    /// The `n` items that are most worth asking about now, the best first. After an answer to one of them others may
    /// be.
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

    /// What was said about `item`. Of an item asked twice the first answer counts.
    pub fn answer(&mut self, item: u32, reply: Reply) {
        let recommender = &self.interviewer.recommender;
        self.open[item as usize] = false;
        let value = match (reply, recommender.card().target()) {
            (Reply::Yes, _) => recommender.usual_value(),
            (Reply::Value(value), _) => value,
            // What was not rated may be liked all the same; what was not chosen was not.
            (Reply::No, Target::Preference) => recommender.card().data.scale.0.min(0.0),
            (Reply::No, Target::Rating) | (Reply::Unknown, _) => return,
        };
        let Err(at) = self.history.binary_search_by_key(&item, |entry| entry.0) else { return };
        self.history.insert(at, (item, value));
        if let Some(belief) = &mut self.belief {
            let reading = recommender.model().reading();
            belief.learn(item as usize, reading.map_or(value, |reading| reading.weight(value)));
        }
    }

    /// What is known of the user by item, rising: what they like or rate with its value, what they do not have
    /// with 0.
    pub fn history(&self) -> &[(u32, f32)] {
        &self.history
    }

    /// Scores of all items by what is known now: by the place believed in where there is one, else by fold-in.
    pub fn scores(&self) -> Vec<f32> {
        if let Some(belief) = &self.belief {
            return belief.scores();
        }
        let model = self.interviewer.recommender.model();
        let (columns, values): (Vec<u32>, Vec<f32>) = self.history.iter().copied().unzip();
        let user = User::stranger(Row { columns: &columns, values: &values });
        let mut scores = Matrix::zeros(1, model.items());
        model.score_block(&[user], &mut scores);
        scores.into_data()
    }

    /// The `n` best items that were not asked about, as (item, score).
    pub fn list(&self, n: usize) -> Vec<(u32, f32)> {
        let answered: Vec<u32> = self.history.iter().map(|entry| entry.0).collect();
        rank::top_k(&self.scores(), n, &answered)
    }
}

/// For each item the entropy of its values; of having it, where all values are the same.
fn entropies(recommender: &Recommender, users: f32) -> Vec<f32> {
    let by_item = recommender.model().liked(recommender.seen()).transposed();
    let (low, high) = recommender.card().data.scale;
    let term = |share: f32| if share > 0.0 { -share * ln(share) } else { 0.0 };
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
mod tests;

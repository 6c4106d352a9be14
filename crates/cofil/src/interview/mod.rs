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

mod belief;

use crate::data::Row;
use crate::error::{Error, Result};
use crate::math::{Rng, parallel};
use crate::model::User;
use crate::rank;
use crate::recommender::{Recommender, Scored};
use belief::Belief;
use serde::{Deserialize, Serialize};

/// Items that are weighed in one piece.
const PIECE: usize = 512;

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
            return Err(Error::Unsupported(message.into()));
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
mod tests;

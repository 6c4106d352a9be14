//! Predicted ratings of user–item pairs.

use super::Unknown;
use super::query::Skipped;
use crate::data::Finding;
use crate::data::filler;
use crate::data::levels::{self, Levels};
use crate::error::{Error, Remedy, Result};
use crate::math::elementary::sigmoid;
use crate::math::parallel;
use crate::recipes::Target;
use crate::recommender::Recommender;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user–item pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Id of the user.
    pub user: String,
    /// Id of the item.
    pub item: String,
}

/// Predictions for pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Predictions {
    /// One prediction for each pair, in the order of the pairs.
    pub predictions: Vec<Predicted>,
    /// Ids that the model does not know.
    pub unknown: Vec<String>,
}

/// The prediction for a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Predicted {
    /// Id of the user.
    pub user: String,
    /// Id of the item.
    pub item: String,
    /// The true value, if the pair came with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
    /// Time of the interaction in seconds since 1970, if the pair came with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// The predicted rating, within the range of the training data; if the user or the item is unknown, from the
    /// biases of what is known. If the algorithm ranks, the score; none if the user or the item is unknown, or no user
    /// likes the item.
    pub prediction: Option<f32>,
}

impl Recommender {
    /// Predicts the rating of an item by a user in the training data, clipped to the smallest and largest value in
    /// that data. If the algorithm ranks, returns the score instead.
    ///
    /// # Errors
    /// If the user or the item is unknown, or the algorithm ranks and no user likes the item.
    pub fn predict(&self, user: &str, item: &str) -> Result<f32> {
        let mut score = [0.0];
        self.model().score(self.user(user)?, &[self.item(item)?], &mut score);
        self.told(score[0]).ok_or_else(|| {
            let name = self.card().name();
            Error::Unsupported(format!(
                "no user likes item `{item}` in the training data, so {name} has no score for it"
            ))
        })
    }

    /// Clips `score` to the range of the training data if scores are ratings; else returns the score to show, if there
    /// is one: an item that no user likes comes last in lists, but nothing says how far behind the others it is.
    fn told(&self, score: f32) -> Option<f32> {
        let (low, high) = self.card().data.scale;
        match self.card().target() {
            Target::Rating => Some(score.clamp(low, high)),
            Target::Preference => (score != filler::NOBODY).then(|| filler::alone(score)),
        }
    }

    /// Returns a note that predictions are scores, which look like ratings, if the training data had ratings and the
    /// algorithm ranks.
    ///
    /// ```
    /// use cofil::{Algorithm, Ease, Ratings, Recommender, Run};
    ///
    /// let ratings = Ratings::from_triples([("ann", "tea", 5.0), ("ann", "jam", 1.5), ("bob", "tea", 4.0)])?;
    /// let ease = Recommender::train(&Algorithm::Ease(Ease::default()), &ratings, &Run::default())?;
    /// assert!(ease.note_on_scores().is_some_and(|note| note.text.starts_with("ease only ranks items")));
    /// # Ok::<(), cofil::Error>(())
    /// ```
    pub fn note_on_scores(&self) -> Option<Finding> {
        self.scale()?;
        let told = Finding::from(format!("{}.", self.only_ranks()?));
        Some(told.with(Remedy::PredictRatings))
    }

    /// Says that scores are not ratings, if the algorithm ranks.
    pub(super) fn only_ranks(&self) -> Option<String> {
        let ranks = self.card().target() == Target::Preference;
        ranks.then(|| {
            let name = self.card().name();
            format!("{name} only ranks items: its scores are not on the rating scale")
        })
    }

    /// Calls [`predict`](Self::predict) for each pair.
    ///
    /// # Errors
    /// If an id is unknown and `unknown` is [`Unknown::Refuse`].
    pub fn predict_pairs(&self, pairs: &[Pair], unknown: Unknown) -> Result<Predictions> {
        let mut skipped = Skipped::none(self, unknown);
        let (mut users, mut items) = (Vec::new(), Vec::new());
        for Pair { user, item } in pairs {
            users.push(skipped.user(user)?.unwrap_or(u32::MAX));
            items.push(skipped.item(item)?.unwrap_or(u32::MAX));
        }
        let predicted = |(pair, prediction): (&Pair, Option<f32>)| {
            let Pair { user, item } = pair.clone();
            Predicted { user, item, value: None, time: None, prediction }
        };
        let predictions = self.predict_many(&users, &items);
        let predictions = pairs.iter().zip(predictions).map(predicted).collect();
        Ok(Predictions { predictions, unknown: skipped.names() })
    }

    /// Checks that scores can be given as probabilities: that they are the log-odds of an interaction, as models that
    /// rank learn them by cross-entropy.
    ///
    /// # Errors
    /// If they are predicted values, or only order items.
    pub fn check_probabilities(&self) -> Result<()> {
        let name = self.card().name();
        let says = match (self.card().algorithm(), self.card().target()) {
            (Some(algorithm), _) if algorithm.scores_log_odds() => return Ok(()),
            (_, Target::Rating) => {
                "predicts values on the scale of the data, not probabilities of an interaction"
            }
            (None, _) => "was imported, and its scores may not be log-odds",
            _ => "ranks items, and its scores are not probabilities",
        };
        Err(Error::Unsupported(format!(
            "{name} {says}; probabilities come from models trained by cross-entropy: gmf, mlp and neumf with `loss` = \
             `bce`, and logistic-mf"
        )))
    }

    /// Returns σ(score) for each pair of indices: the probability that the user interacts with the item, at the
    /// training ratio of sampled negatives to interactions. Among all pairs it is smaller. None if an index is not in
    /// the model, nothing is known of the user, or no user likes the item.
    ///
    /// # Errors
    /// As [`check_probabilities`](Self::check_probabilities).
    pub fn probabilities(&self, users: &[u32], items: &[u32]) -> Result<Vec<Option<f32>>> {
        self.check_probabilities()?;
        let known = |user: u32| {
            (user as usize) < self.users().len() && {
                let user = self.user_at(user);
                user.index.is_some() || !user.history.is_empty()
            }
        };
        let scores = self.scores(users, items).into_iter().zip(users);
        let is_told = |score: f32, user| score != filler::NOBODY && known(user);
        Ok(scores.map(|(score, &user)| score.filter(|&s| is_told(s, user)).map(sigmoid)).collect())
    }

    /// Calls [`predict`](Self::predict) for each pair of indices. Pairs of the same user are scored together, users in
    /// parallel. For an index that is not in the model, a rating is predicted from the biases of user and item, as in
    /// evaluation; there is no score.
    pub fn predict_many(&self, users: &[u32], items: &[u32]) -> Vec<Option<f32>> {
        let scores = self.scores(users, items);
        scores.into_iter().map(|score| score.and_then(|score| self.told(score))).collect()
    }

    /// Returns the predictions of [`predict_many`](Self::predict_many) as the model has them.
    fn scores(&self, users: &[u32], items: &[u32]) -> Vec<Option<f32>> {
        let (known_users, known_items) = (self.users().len(), self.items().len());
        let pairs = users.len().min(items.len());
        let known =
            |at: &usize| (users[*at] as usize) < known_users && (items[*at] as usize) < known_items;
        let mut order: Vec<usize> = (0..pairs).filter(known).collect();
        order.sort_by_key(|&at| users[at]);
        let groups: Vec<&[usize]> = order.chunk_by(|&a, &b| users[a] == users[b]).collect();
        let scores = parallel::map(groups.len(), 16, |range| {
            let scores = |group: &&[usize]| {
                let items: Vec<u32> = group.iter().map(|&at| items[at]).collect();
                let mut scores = vec![0.0; items.len()];
                self.model().score(self.user_at(users[group[0]]), &items, &mut scores);
                scores
            };
            groups[range].iter().flat_map(scores).collect::<Vec<f32>>()
        });
        let mut predictions = vec![None; pairs];
        for (&at, score) in order.iter().zip(scores.into_iter().flatten()) {
            predictions[at] = Some(score);
        }
        if let Some(levels) = (order.len() < pairs).then(|| self.levels()).flatten() {
            for at in (0..pairs).filter(|at| !known(at)) {
                let user = (users[at] as usize) < known_users;
                let bias =
                    if user { levels.user_bias(self.seen().row(users[at] as usize)) } else { 0.0 };
                predictions[at] = Some(levels.of(bias, items[at]));
            }
        }
        predictions
    }

    /// Returns the biases of items and users; none if the model ranks, or holds no histories.
    fn levels(&self) -> Option<Levels> {
        let rates = self.card().target() == Target::Rating && self.seen().nnz() > 0;
        let sum = || self.seen().values().iter().map(|&value| f64::from(value)).sum::<f64>();
        rates.then(|| {
            let mean = (sum() / self.seen().nnz() as f64) as f32;
            let (reg_user, reg_item) = (levels::REG_USER, levels::REG_ITEM);
            Levels::fit(self.seen(), mean, levels::EPOCHS, reg_user, reg_item)
        })
    }
}

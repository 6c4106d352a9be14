//! What users of the toolkit hold: names, what each user has seen, and a model.

use crate::algorithm::Algorithm;
use crate::data::{Csr, IdMap, Ratings, Row};
use crate::error::{Error, Result};
use crate::evaluate::Metric;
use crate::math::parallel;
use crate::model::{Model, User};
use crate::models;
use crate::rank;
use crate::store::{self, Archive, Tensor};
use crate::train::{Epoch, Run};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Names, seen items and a trained model in one piece, which is one file.
pub struct Recommender {
    users: Arc<IdMap>,
    items: Arc<IdMap>,
    seen: Csr,
    card: Card,
    model: Box<dyn Model>,
    fingerprint: Option<String>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Version of cofil that trained it.
    pub cofil: String,
    /// Recipe and settings.
    pub algorithm: Algorithm,
    /// Seed of everything random.
    pub seed: u64,
    /// The training data.
    pub data: DataCard,
    /// The epochs of training; none for closed forms.
    pub epochs: Vec<Epoch>,
    /// What the validation of the epochs measured, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_metric: Option<Metric>,
}

/// The training data of a model in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataCard {
    /// [`Ratings::fingerprint`].
    pub fingerprint: String,
    /// Number of users.
    pub users: usize,
    /// Number of items.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// Mean value.
    pub mean: f32,
    /// Smallest and largest value.
    pub scale: (f32, f32),
}

/// What to recommend.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// How many items; fewer come back when there are no more.
    pub n: usize,
    /// Items that must not come back.
    pub exclude: &'a [&'a str],
    /// The only items that may come back; all if `None`.
    pub candidates: Option<&'a [&'a str]>,
    /// Whether items of the user's history may come back.
    pub seen: bool,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self { n: 10, exclude: &[], candidates: None, seen: false }
    }
}

/// An item and its score; higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scored<'a> {
    /// Name of the item.
    pub item: &'a str,
    /// Its score, on the scale of the recipe.
    pub score: f32,
}

impl Recommender {
    /// Trains `algorithm` on `ratings`.
    ///
    /// # Errors
    /// As [`Algorithm::fit`].
    pub fn train(algorithm: &Algorithm, ratings: &Ratings, run: &mut Run<'_>) -> Result<Self> {
        let model = algorithm.fit(ratings, run)?;
        let card = Card {
            cofil: env!("CARGO_PKG_VERSION").into(),
            algorithm: algorithm.clone(),
            seed: run.seed,
            data: DataCard {
                fingerprint: ratings.fingerprint(),
                users: ratings.users.len(),
                items: ratings.items.len(),
                interactions: ratings.len(),
                mean: ratings.mean(),
                scale: ratings.scale(),
            },
            epochs: run.history.clone(),
            valid_metric: run.validation.as_ref().map(|validation| validation.metric),
        };
        Ok(Self {
            users: ratings.users.clone(),
            items: ratings.items.clone(),
            seen: ratings.by_user.clone(),
            card,
            model,
            fingerprint: None,
        })
    }

    /// Names of the users.
    pub fn users(&self) -> &Arc<IdMap> {
        &self.users
    }

    /// Names of the items.
    pub fn items(&self) -> &Arc<IdMap> {
        &self.items
    }

    /// What each user has interacted with; rows without entries where that was not saved.
    pub fn seen(&self) -> &Csr {
        &self.seen
    }

    /// Drops what users have interacted with, to keep it out of the file. Afterwards nothing is left
    /// out of anybody's list, and recipes that score by a user's history know their users no more.
    pub fn forget_seen(&mut self) {
        self.seen = Csr::empty(self.users.len(), self.items.len());
    }

    /// Where the model comes from.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The model itself.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The best items for a user of the training data.
    ///
    /// # Errors
    /// If the user, or an item of the query, is unknown.
    pub fn recommend(&self, user: &str, query: &Query<'_>) -> Result<Vec<Scored<'_>>> {
        self.answer(self.user(user)?, query)
    }

    /// The best items for anybody, from (item, value) pairs of their history; popular items if it
    /// is empty. Of a repeated item the last value counts.
    ///
    /// # Errors
    /// If an item is unknown.
    pub fn recommend_for(
        &self,
        history: &[(&str, f32)],
        query: &Query<'_>,
    ) -> Result<Vec<Scored<'_>>> {
        let (columns, values) = self.history(history)?;
        self.answer(User::stranger(Row { columns: &columns, values: &values }), query)
    }

    /// The score of one item for a user of the training data.
    ///
    /// # Errors
    /// If the user or the item is unknown.
    pub fn predict(&self, user: &str, item: &str) -> Result<f32> {
        let mut score = [0.0];
        self.model.score(self.user(user)?, &[self.item(item)?], &mut score);
        Ok(score[0])
    }

    /// The `n` items most like `item`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn similar(&self, item: &str, n: usize) -> Result<Vec<Scored<'_>>> {
        Ok(self.named(rank::similar(&*self.model, self.item(item)?, n)))
    }

    /// Why a user of the training data is recommended `item`: the `n` items of their history that
    /// add most to its score, each with what it adds.
    ///
    /// # Errors
    /// If the user or the item is unknown.
    pub fn explain(&self, user: &str, item: &str, n: usize) -> Result<Vec<Scored<'_>>> {
        let history = self.user(user)?.history;
        Ok(self.named(rank::explain(&*self.model, history, self.item(item)?, n)))
    }

    /// [`explain`](Self::explain) for anybody, from the history given to
    /// [`recommend_for`](Self::recommend_for).
    ///
    /// # Errors
    /// If an item is unknown.
    pub fn explain_for(
        &self,
        history: &[(&str, f32)],
        item: &str,
        n: usize,
    ) -> Result<Vec<Scored<'_>>> {
        let (columns, values) = self.history(history)?;
        let history = Row { columns: &columns, values: &values };
        Ok(self.named(rank::explain(&*self.model, history, self.item(item)?, n)))
    }

    /// The best items for each of `users`, by their numbers: blocks of users in parallel.
    ///
    /// # Errors
    /// If an item of the query is unknown.
    ///
    /// # Panics
    /// If a number is not one of a user.
    pub fn recommend_many(&self, users: &[u32], query: &Query<'_>) -> Result<Vec<Vec<(u32, f32)>>> {
        let users: Vec<User<'_>> = users.iter().map(|&u| self.user_at(u)).collect();
        if query.exclude.is_empty() && query.candidates.is_none() {
            return Ok(rank::top_k_all(&*self.model, &users, query.n, !query.seen));
        }
        let allowed = self.allowed(query)?;
        let lists = parallel::map(users.len(), 64, |range| {
            let list = |user: &User<'_>| self.best(*user, &allowed, query);
            users[range].iter().map(list).collect::<Vec<_>>()
        });
        Ok(lists.into_iter().flatten().collect())
    }

    /// The user called `name`, with their history.
    ///
    /// # Errors
    /// If the user is unknown.
    pub fn user(&self, name: &str) -> Result<User<'_>> {
        Ok(self.user_at(self.user_index(name)?))
    }

    /// The number of the user called `name`.
    ///
    /// # Errors
    /// If the user is unknown.
    pub fn user_index(&self, name: &str) -> Result<u32> {
        self.users.get(name).ok_or_else(|| self.unknown("user", name, &self.users))
    }

    /// User `u` by number, with their history.
    ///
    /// # Panics
    /// If `u` is not the number of a user.
    pub fn user_at(&self, u: u32) -> User<'_> {
        let history = self.seen.row(u as usize);
        // Somebody without interactions taught the model nothing; unless nobody's are in the file.
        let known = !history.is_empty() || self.seen.nnz() == 0;
        User { index: known.then_some(u), history }
    }

    /// The number of the item called `name`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn item(&self, name: &str) -> Result<u32> {
        self.items.get(name).ok_or_else(|| self.unknown("item", name, &self.items))
    }

    fn unknown(&self, kind: &'static str, name: &str, ids: &IdMap) -> Error {
        match ids.len() <= 100_000 {
            true => Error::unknown(kind, name, ids.names()),
            false => Error::unknown(kind, name, [""; 0]),
        }
    }

    /// A history by item index, columns rising.
    ///
    /// # Errors
    /// If an item is unknown or a value is not finite.
    pub fn history(&self, history: &[(&str, f32)]) -> Result<(Vec<u32>, Vec<f32>)> {
        let mut entries = std::collections::BTreeMap::new();
        for &(item, value) in history {
            if !value.is_finite() {
                return Err(Error::Unfit(format!("the value of item `{item}` is not finite")));
            }
            entries.insert(self.item(item)?, value);
        }
        Ok(entries.into_iter().unzip())
    }

    fn answer(&self, user: User<'_>, query: &Query<'_>) -> Result<Vec<Scored<'_>>> {
        Ok(self.named(self.best(user, &self.allowed(query)?, query)))
    }

    /// The items that `query` lets come back, whatever the user has seen, in rising order.
    fn allowed(&self, query: &Query<'_>) -> Result<Vec<u32>> {
        let named = |names: &[&str]| names.iter().map(|n| self.item(n)).collect::<Result<Vec<_>>>();
        let mut excluded = named(query.exclude)?;
        excluded.sort_unstable();
        let mut items: Vec<u32> = match query.candidates {
            Some(names) => named(names)?,
            None => (0..self.items.len() as u32).collect(),
        };
        items.sort_unstable();
        items.dedup();
        items.retain(|i| excluded.binary_search(i).is_err());
        Ok(items)
    }

    /// The best of `allowed` for `user`.
    fn best(&self, user: User<'_>, allowed: &[u32], query: &Query<'_>) -> Vec<(u32, f32)> {
        let seen = if query.seen { &[] } else { user.history.columns };
        let unseen = |item: &u32| seen.binary_search(item).is_err();
        let items: Vec<u32> = allowed.iter().copied().filter(unseen).collect();
        let mut scores = vec![0.0; items.len()];
        self.model.score(user, &items, &mut scores);
        let best = rank::top_k(&scores, query.n, &[]);
        best.into_iter().map(|(at, score)| (items[at as usize], score)).collect()
    }

    fn named(&self, list: impl IntoIterator<Item = (u32, f32)>) -> Vec<Scored<'_>> {
        let scored = |(item, score)| Scored { item: self.items.name(item), score };
        list.into_iter().map(scored).collect()
    }

    /// Writes everything to one file, atomically; returns its fingerprint.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn save(&self, path: &Path) -> Result<String> {
        let header = json!({
            "card": store::plain(&self.card).expect("a card is plain data"),
            "kind": self.model.kind(),
            "settings": self.model.settings(),
        });
        let mut tensors = self.model.tensors();
        for (names, text, ends) in
            [(&self.users, "users.text", "users.ends"), (&self.items, "items.text", "items.ends")]
        {
            tensors.push(Tensor::bytes(text, names.parts().0.as_bytes()));
            tensors.push(Tensor::sizes(ends, names.parts().1));
        }
        tensors.push(Tensor::sizes("seen.starts", self.seen.starts()));
        tensors.push(Tensor::u32("seen.columns", self.seen.columns()));
        tensors.push(Tensor::f32("seen.values", self.seen.values()));
        store::write(path, "model", &header, &tensors)
    }

    /// Reads what [`save`](Self::save) wrote. The file is checked whole before anything is used.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or is from a newer version.
    pub fn load(path: &Path) -> Result<Self> {
        let archive = store::read(path, "model")?;
        let part = |name: &str| archive.header.get(name).cloned().unwrap_or(Value::Null);
        let card: Card = serde_json::from_value(part("card"))
            .map_err(|e| archive.bad(format!("the model card is damaged: {e}")))?;
        let users = ids(&archive, "users.text", "users.ends")?;
        let items = ids(&archive, "items.text", "items.ends")?;
        let seen = Csr::from_parts(
            archive.sizes("seen.starts")?,
            archive.u32("seen.columns")?,
            archive.f32("seen.values")?,
            items.len(),
        )
        .filter(|seen| seen.rows() == users.len())
        .ok_or_else(|| archive.bad("the seen items are damaged"))?;
        let kind = part("kind");
        let model = models::load(
            kind.as_str().unwrap_or_default(),
            &part("settings"),
            &archive,
            users.len(),
            items.len(),
        )?;
        let fingerprint = Some(archive.checksum);
        Ok(Self { users: users.into(), items: items.into(), seen, card, model, fingerprint })
    }

    /// The fingerprint of the file this was loaded from.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }
}

fn ids(archive: &Archive, text: &str, ends: &str) -> Result<IdMap> {
    IdMap::from_parts(archive.text(text)?, archive.sizes(ends)?)
        .ok_or_else(|| archive.bad(format!("the names in `{text}` are damaged")))
}

//! What users of the toolkit hold: names, what each user has seen, and a model. What it is asked, and how it
//! answers, is in `ask`.

mod forget;
mod lists;
mod update;

pub use forget::Forgotten;
pub use lists::Selection;
pub use update::Updated;

use crate::algorithm::Algorithm;
use crate::data::{Audience, Csr, IdMap, Ratings};
use crate::error::{Error, Result};
use crate::evaluate::Metric;
use crate::model::{Model, User};
use crate::recipes::Target;
use crate::shapes;
use crate::store::{self, Archive, Tensor};
use crate::train::{Epoch, Fitted, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Names, seen items and a trained model in one piece, which is one file.
pub struct Recommender {
    users: Arc<IdMap>,
    items: Arc<IdMap>,
    seen: Csr,
    card: Card,
    model: Box<dyn Model>,
    fingerprint: Option<String>,
    /// Who has each item: made of `seen` when it is first asked for.
    audience: OnceLock<Audience>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    #[schemars(with = "Option<String>")]
    pub valid_metric: Option<Metric>,
    /// What was done to the model after training, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Changed>,
}

/// Something done to a model after training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// [`Recommender::update`].
    Updated {
        /// How many events.
        events: usize,
    },
    /// [`Recommender::forget`].
    Forgotten {
        /// How many users.
        users: usize,
    },
}

/// The training data of a model in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

impl DataCard {
    fn of(ratings: &Ratings) -> Self {
        Self {
            fingerprint: ratings.fingerprint(),
            users: ratings.users.len(),
            items: ratings.items.len(),
            interactions: ratings.len(),
            mean: ratings.mean(),
            scale: ratings.scale(),
        }
    }
}

impl Recommender {
    /// Trains `algorithm` on `ratings`.
    ///
    /// # Errors
    /// As [`Algorithm::fit`].
    pub fn train(algorithm: &Algorithm, ratings: &Ratings, run: &Run<'_>) -> Result<Self> {
        let Fitted { model, epochs } = algorithm.fit(ratings, run)?;
        let card = Card {
            cofil: env!("CARGO_PKG_VERSION").into(),
            algorithm: algorithm.clone(),
            seed: run.seed,
            data: DataCard::of(ratings),
            epochs,
            valid_metric: run.validation.as_ref().map(|validation| validation.metric),
            changes: Vec::new(),
        };
        Ok(Self {
            users: ratings.users.clone(),
            items: ratings.items.clone(),
            seen: ratings.by_user.clone(),
            card,
            model,
            fingerprint: None,
            audience: OnceLock::new(),
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
        self.audience = OnceLock::new();
    }

    /// Where the model comes from.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The model itself.
    pub fn model(&self) -> &dyn Model {
        &*self.model
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

    /// What an item counts in a history that says no value for it, so that somebody likes it: the top of the
    /// scale for recipes that predict values, 1 for those that learn from what was chosen.
    pub fn usual_value(&self) -> f32 {
        match self.card.algorithm.target() {
            Target::Rating => self.card.data.scale.1,
            Target::Preference => 1.0,
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
        let model = shapes::load(
            kind.as_str().unwrap_or_default(),
            &part("settings"),
            &archive,
            users.len(),
            items.len(),
        )?;
        let fingerprint = Some(archive.checksum);
        Ok(Self {
            users: users.into(),
            items: items.into(),
            seen,
            card,
            model,
            fingerprint,
            audience: OnceLock::new(),
        })
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

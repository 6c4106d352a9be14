//! The recommender: a trained model with the ids of its users and items and the users' histories. Queries and answers
//! are in `ask`.
//!
//! ```
//! use cofil::data::{Clean, sample_set};
//! use cofil::{Algorithm, Ease, Query, Recommender, Run, Who};
//!
//! let (ratings, _) = Clean::default().ratings(sample_set()?)?;
//! let ease = Algorithm::Ease(Ease { reg: 300.0, ..Ease::default() });
//! let recommender = Recommender::train(&ease, &ratings, &Run::default())?;
//! // One file from training to serving, or the same bytes without a file.
//! let served = Recommender::from_bytes(&recommender.to_bytes()?)?;
//! let who = Who::user(ratings.users.name(0));
//! assert_eq!(
//!     served.recommend(&who, &Query::default())?.items,
//!     recommender.recommend(&who, &Query::default())?.items
//! );
//! # Ok::<(), cofil::Error>(())
//! ```

mod card;
mod forget;
mod lists;
mod parts;
mod scale;
mod update;

pub use card::{Card, Changed, DataCard, Imported, Origin};
pub use forget::Forgotten;
pub(crate) use lists::Selection;
pub use parts::Parts;
pub use update::Updated;

use crate::algorithm::Algorithm;
use crate::data::twins::known_twin;
use crate::data::{Catalogue, Csr, Filter, IdKind, IdMap, ItemUsers, Ratings, sample};
use crate::error::{Error, Result};
use crate::model::{Model, User, check_whole};
use crate::preference::Preference;
use crate::recipes::Target;
use crate::shapes;
use crate::store::{self, Archive, Tensor};
use crate::train::{Fitted, Run};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Stands in for the path in errors about bytes that come from no file.
const IN_MEMORY: &str = "(bytes)";

/// A trained model with user and item ids and the users' histories. It is saved as one file.
pub struct Recommender {
    users: Arc<IdMap>,
    items: Arc<IdMap>,
    seen: Csr,
    card: Card,
    model: Box<dyn Model>,
    fingerprint: Option<String>,
    /// The users of each item, computed from `seen` on first use.
    item_users: OnceLock<ItemUsers>,
    /// Item attributes.
    catalogue: Option<Arc<Catalogue>>,
}

impl Recommender {
    /// Trains `algorithm` on `ratings`.
    ///
    /// # Errors
    /// As [`Algorithm::fit`].
    pub fn train(algorithm: &Algorithm, ratings: &Ratings, run: &Run<'_>) -> Result<Self> {
        let (data, run) = read(algorithm, ratings, run);
        let fitted = algorithm.fit(ratings, &run)?;
        Ok(Self::of_fitted(algorithm, &run, fitted, data, untimed(ratings)))
    }

    /// Trains like [`train`](Self::train) but takes the ratings: they become the users' histories without a copy, and
    /// their times are freed early if the algorithm does not need them.
    ///
    /// # Errors
    /// As [`Algorithm::fit`].
    pub fn train_from(algorithm: &Algorithm, mut ratings: Ratings, run: &Run<'_>) -> Result<Self> {
        let (data, run) = read(algorithm, &ratings, run);
        // A checkpoint identifies its data by a digest that includes times.
        if !algorithm.needs_times() && run.checkpoint.is_none() {
            ratings.times = None;
        }
        let fitted = algorithm.fit(&ratings, &run)?;
        Ok(Self::of_fitted(algorithm, &run, fitted, data, ratings))
    }

    fn of_fitted(
        algorithm: &Algorithm,
        run: &Run<'_>,
        fitted: Fitted,
        data: DataCard,
        ratings: Ratings,
    ) -> Self {
        let Fitted { model, epochs } = fitted;
        let card = Card {
            cofil: env!("CARGO_PKG_VERSION").into(),
            origin: Origin::Trained { algorithm: algorithm.clone(), seed: run.seed },
            data,
            epochs,
            valid_metric: run.validation.as_ref().map(|validation| validation.metric),
            negatives: run.negatives.map(sample::fingerprint),
            changes: Vec::new(),
        };
        let Ratings { users, items, by_user: seen, .. } = ratings;
        Self {
            users,
            items,
            seen,
            card,
            model,
            fingerprint: None,
            item_users: OnceLock::new(),
            catalogue: None,
        }
    }

    /// Sets the catalogue of items, which is saved with the model; `None` removes it. The catalogue may hold more or
    /// fewer items than the model.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Option<Arc<Catalogue>>) -> Self {
        self.set_catalogue(catalogue);
        self
    }

    /// In-place version of [`with_catalogue`](Self::with_catalogue).
    pub fn set_catalogue(&mut self, catalogue: Option<Arc<Catalogue>>) {
        (self.catalogue, self.fingerprint) = (catalogue, None);
    }

    /// Returns the catalogue of items, if there is one.
    pub fn catalogue(&self) -> Option<&Arc<Catalogue>> {
        self.catalogue.as_ref()
    }

    /// Returns the indices of the items that match `filter`, in ascending order.
    ///
    /// # Errors
    /// If there is no catalogue, or the filter does not suit its columns.
    pub fn matching(&self, filter: &Filter) -> Result<Vec<u32>> {
        let Some(catalogue) = &self.catalogue else {
            let message = "the model has no item attributes to filter by: give a catalogue of items, or train with \
                           one";
            return Err(Error::setting("filter", message));
        };
        catalogue.matching(filter, &self.items)
    }

    /// Returns the ids of the users.
    pub fn users(&self) -> &Arc<IdMap> {
        &self.users
    }

    /// Returns the ids of the items.
    pub fn items(&self) -> &Arc<IdMap> {
        &self.items
    }

    /// Returns the users' histories, one row per user. Rows are empty if histories were not saved.
    pub fn seen(&self) -> &Csr {
        &self.seen
    }

    /// Removes the users' histories, to keep them out of the file. Lists may then contain items a user already has.
    /// Algorithms that score by a user's history then treat every user as new.
    pub fn forget_seen(&mut self) {
        self.seen = Csr::empty(self.users.len(), self.items.len());
        self.item_users = OnceLock::new();
    }

    /// Returns the model card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Returns the model.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// Returns user `name` with their history.
    ///
    /// # Errors
    /// If the user is unknown.
    pub fn user(&self, name: &str) -> Result<User<'_>> {
        Ok(self.user_at(self.user_index(name)?))
    }

    /// Returns the index of user `name`.
    ///
    /// # Errors
    /// If the user is unknown.
    pub fn user_index(&self, name: &str) -> Result<u32> {
        self.users.get(name).ok_or_else(|| self.unknown("user", name, &self.users))
    }

    /// Returns the user at index `u` with their history.
    ///
    /// # Panics
    /// If `u` is not the index of a user.
    pub fn user_at(&self, u: u32) -> User<'_> {
        let history = self.seen.row(u as usize);
        // Users without interactions are unknown to the model, unless the file holds no histories at all.
        let known = !history.is_empty() || self.seen.nnz() == 0;
        User { index: known.then_some(u), history }
    }

    /// Returns the index of item `name`.
    ///
    /// # Errors
    /// If the item is unknown.
    pub fn item(&self, name: &str) -> Result<u32> {
        self.items.get(name).ok_or_else(|| self.unknown("item", name, &self.items))
    }

    fn unknown(&self, kind: &'static str, name: &str, ids: &IdMap) -> Error {
        let mut error = match ids.len() <= 100_000 {
            true => Error::unknown(kind, name, ids.names()),
            false => Error::unknown(kind, name, [""; 0]),
        };
        // `1.0` is rather `1` than a name of the same length.
        if let (Error::Unknown { nearest, .. }, Some(twin)) = (&mut error, known_twin(name, ids)) {
            *nearest = Some(twin);
        }
        error
    }

    /// Returns the value of a history item that is given without one, high enough to count as liked: the largest
    /// rating for algorithms that predict or read ratings, 1 for those that learn from interactions alone.
    pub fn usual_value(&self) -> f32 {
        match (self.card.target(), self.model.reading()) {
            (Target::Rating, _) => self.card.data.scale.1,
            (Target::Preference, Some(reading)) => reading.usual().min(self.card.data.scale.1),
            (Target::Preference, None) => 1.0,
        }
    }

    /// Saves everything to one file, atomically, and returns its fingerprint.
    ///
    /// # Errors
    /// If the model's shape cannot be saved, or writing fails.
    pub fn save(&self, path: &Path) -> Result<String> {
        let (header, tensors) = self.contents()?;
        store::write(path, "model", &header, &tensors)
    }

    /// Writes the contents of the file that [`save`](Self::save) creates to `out`, and returns its fingerprint.
    ///
    /// # Errors
    /// If the model's shape cannot be saved, or writing fails.
    pub fn write_to(&self, out: &mut impl Write) -> Result<String> {
        let (header, tensors) = self.contents()?;
        store::write_to(out, "model", &header, &tensors).map_err(|e| Error::io(IN_MEMORY, e))
    }

    /// Returns the bytes of the file that [`save`](Self::save) writes.
    ///
    /// # Errors
    /// If the model's shape cannot be saved.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let arrays = self.model.tensors().iter().map(Tensor::size).sum::<usize>();
        let mut bytes = Vec::with_capacity(arrays + 8 * self.seen.nnz());
        self.write_to(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the header and arrays of the file.
    fn contents(&self) -> Result<(Value, Vec<Tensor<'_>>)> {
        if !shapes::KINDS.contains(&self.model.kind()) {
            let why = format!(
                "a model of shape `{}` cannot be saved, because it could not be loaded again; shapes that can be \
                 saved are {}",
                self.model.kind(),
                shapes::KINDS.join(", ")
            );
            return Err(Error::Unfit(why));
        }
        check_whole(&*self.model)?;
        let mut header = json!({
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
        // The kind is written only where the ids would suggest another: texts that all read as integers, UUIDs, categories.
        for (names, entry) in [(&self.users, "user_ids"), (&self.items, "item_ids")] {
            let kind = names.kind();
            let seem_integers = names.all_integers().is_some_and(|ids| !ids.is_empty());
            let seems_so = match kind {
                IdKind::Text => !seem_integers,
                IdKind::Integer => true,
                IdKind::Uuid | IdKind::Category => false,
            };
            if !seems_so {
                header[entry] = json!(kind);
            }
        }
        if let Some(catalogue) = &self.catalogue {
            header["catalogue"] = catalogue.header();
            tensors.extend(catalogue.tensors());
        }
        tensors.push(Tensor::sizes("seen.starts", self.seen.starts()));
        tensors.push(Tensor::u32("seen.columns", self.seen.columns()));
        tensors.push(Tensor::f32("seen.values", self.seen.values()));
        Ok((header, tensors))
    }

    /// Loads a file written by [`save`](Self::save). The whole file is checked before any of it is used.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or was written by a newer version.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_archive(store::read(path, "model")?)
    }

    /// Loads from memory, with the same checks as [`load`](Self::load).
    ///
    /// # Errors
    /// If the bytes are damaged, are not a model, or were written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::from_archive(store::parse(Path::new(IN_MEMORY), bytes, "model")?)
    }

    fn from_archive(archive: Archive) -> Result<Self> {
        let part = |name: &str| archive.header.get(name).cloned().unwrap_or(Value::Null);
        let card: Card = serde_json::from_value(part("card"))
            .map_err(|e| archive.bad(format!("the model card is damaged: {e}")))?;
        check_card(&card).map_err(|e| archive.bad(format!("the model card is invalid: {e}")))?;
        let users = ids(&archive, "users.text", "users.ends", &part("user_ids"))?;
        let items = ids(&archive, "items.text", "items.ends", &part("item_ids"))?;
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
        let model = preferred(model, &card);
        let catalogue = match archive.header.get("catalogue") {
            Some(header) => Some(Catalogue::from_archive(header, &archive)?.into()),
            None => None,
        };
        let fingerprint = Some(archive.checksum);
        Ok(Self {
            users: users.into(),
            items: items.into(),
            seen,
            card,
            model,
            fingerprint,
            item_users: OnceLock::new(),
            catalogue,
        })
    }

    /// Returns the fingerprint of the file this was loaded from.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }
}

/// Returns the card of `ratings` with how `algorithm` reads their values, and the run that reads them so.
fn read<'a>(algorithm: &Algorithm, ratings: &Ratings, run: &Run<'a>) -> (DataCard, Run<'a>) {
    let reading = algorithm.reading(run.values, ratings);
    let data = DataCard { reading, ..DataCard::of(ratings) };
    (data, Run { values: reading.into(), ..run.clone() })
}

/// Wraps `model` so that it reads history values as `card` says, if it ranks.
fn preferred(model: Box<dyn Model>, card: &Card) -> Box<dyn Model> {
    let trained = matches!(card.origin, Origin::Trained { .. });
    match card.target() {
        Target::Preference => Box::new(Preference::new(model, card.data.reading, trained)),
        Target::Rating => model,
    }
}

/// Returns a copy without times.
fn untimed(ratings: &Ratings) -> Ratings {
    let Ratings { users, items, by_user, .. } = ratings;
    Ratings { users: users.clone(), items: items.clone(), by_user: by_user.clone(), times: None }
}

/// Rejects a card that training cannot have written, because later changes to the model train by it.
fn check_card(card: &Card) -> Result<()> {
    if let Some(algorithm) = card.algorithm() {
        algorithm.check_sizes()?;
    }
    if card.data.reading.is_some_and(|reading| !reading.is_sound()) {
        return Err(Error::Unfit("its reading of values is not a valid scale".into()));
    }
    let ((low, high), mean) = (card.data.scale, card.data.mean);
    match mean.is_finite() && low.is_finite() && high.is_finite() && low <= high {
        true => Ok(()),
        false => Err(Error::Unfit("the scale of its data is not a range of finite numbers".into())),
    }
}

fn ids(archive: &Archive, text: &str, ends: &str, kind: &Value) -> Result<IdMap> {
    let bad = || archive.bad(format!("the ids in `{text}` are damaged"));
    let mut names = IdMap::from_parts(archive.text(text)?, archive.sizes(ends)?).ok_or_else(bad)?;
    if let Some(kind) = Option::<IdKind>::deserialize(kind).map_err(|_| bad())? {
        match kind {
            IdKind::Text => names.set_text(),
            IdKind::Uuid => names.set_uuid(),
            IdKind::Category => names.set_category(),
            IdKind::Integer if names.kind() == IdKind::Integer => {}
            IdKind::Integer => return Err(bad()),
        }
    }
    Ok(names)
}

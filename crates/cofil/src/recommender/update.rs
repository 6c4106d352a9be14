//! Updates of a trained model with new events, users and items, without training again.

use super::scale::shown;
use super::{Changed, DataCard, Origin, Recommender};
use crate::algorithm::Algorithm;
use crate::data::read::Format;
use crate::data::{
    Clean, CleanReport, Csr, Duplicates, Finding, IdKind, IdMap, Interactions, Ratings, ReadValues,
    Reading, Table,
};
use crate::error::{Error, Remedy, Result};
use crate::model::{Change, Model};
use crate::preference::likes;
use crate::train::Run;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The result of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Updated {
    /// Number of events.
    pub events: usize,
    /// Number of users with events, including users without earlier interactions.
    pub users: usize,
    /// Number of users that the model did not know.
    pub new_users: usize,
    /// Number of items that the model did not know.
    pub new_items: usize,
    /// Number of interactions in the model after the update.
    pub interactions: usize,
    /// Number of events whose value is off the scale that the training data had until now.
    pub off_scale: usize,
}

impl Recommender {
    /// Adds `events` to the model. A user–item pair that is already there gets the value that `duplicates` makes of the
    /// old value and the new, in this order: with [`Duplicates::Last`] the new replaces the old, with
    /// [`Duplicates::Sum`] they are added, as training on all events would. The old value of a pair does not tell how
    /// many it is the mean of, so [`Duplicates::Mean`] refuses a pair that is already there.
    /// Users with events are folded in like new users. New items get vectors or weights from the users they share
    /// with known items. Everything else stays. Neighbour models, whose training is counting, are trained again.
    /// `docs/serving.md` describes the update of each model shape.
    ///
    /// # Errors
    /// If the model file does not hold user histories, the events have values but the training data had none, a value is
    /// far off the scale of the training data, a pair occurs twice and `duplicates` refuses that, or a model that has to
    /// be trained again cannot be. The recommender is then unchanged.
    pub fn update(&mut self, events: &Interactions, duplicates: Duplicates) -> Result<Updated> {
        if self.seen.nnz() == 0 {
            let why = "the model does not hold user histories";
            return Err(Error::Unsupported(why.into()).with(Remedy::KeepSeen));
        }
        let valued = events.value.iter().any(|&value| value != 1.0);
        if self.card.data.scale == (1.0, 1.0) && valued {
            let why = "the model was trained on interactions without values, but these have values";
            return Err(Error::Unfit(why.into()).with(Remedy::Implicit));
        }
        for ((&user, &item), &value) in events.user.iter().zip(&events.item).zip(&events.value) {
            let (users, items) = (&events.users, &events.items);
            self.check_on_scale(value, || {
                format!("user `{}` and item `{}`", users.name(user), items.name(item))
            })?;
        }
        let off_scale = self.off_scale(&events.value);
        let (ratings, mut touched) = self.with(events, duplicates)?;
        touched.sort_unstable();
        touched.dedup();
        let counts = |have: &Csr| likes(self.card.data.reading, have).into_iter();
        let before = counts(&self.seen).chain(std::iter::repeat(0));
        let now = counts(&ratings.by_user);
        let added: Vec<i32> =
            now.zip(before).map(|(now, before)| now as i32 - before as i32).collect();
        let change = Change { by_user: &ratings.by_user, users: &touched, added: &added };
        let model = match self.model.updated(&change) {
            Some(model) => model,
            None => self.fitted(&ratings)?,
        };
        let updated = Updated {
            events: events.len(),
            users: touched.len(),
            new_users: ratings.users.len() - self.users.len(),
            new_items: ratings.items.len() - self.items.len(),
            interactions: ratings.len(),
            off_scale,
        };
        self.model = model;
        self.take(ratings);
        self.card.changes.push(Changed::Updated { events: updated.events });
        Ok(updated)
    }

    /// Returns the events in `table`, cleaned. If it has no values, or cleaning ignores them, each event counts as liked
    /// ([`usual_value`](Self::usual_value)), which the notes of the report say, and pairs that the model has keep their
    /// value, unless values are added up.
    ///
    /// # Errors
    /// As [`Clean::events`], and if the model was trained on weights of events, but those of `table` were not read: a
    /// dislike would count as liked.
    pub fn events(&self, table: Table, clean: &Clean) -> Result<(Interactions, CleanReport)> {
        let is_weighed = self.card.data.scale != (1.0, 1.0)
            && matches!(self.card.data.reading, None | Some(Reading::Once));
        let counted = clean.implicit || clean.threshold.is_some();
        if let Some(kind) = table.report.unread_kinds.first()
            && is_weighed
            && !table.report.has_values()
            && !counted
        {
            return Err(Error::Unfit(format!(
                "the model was trained on weights, but the weights of the event types in {kind} are not known, and each \
                 event would count as liked: give `weights` such as view=1,buy=5, as in training, or `implicit`"
            )));
        }
        let (mut events, mut report) = clean.events(table.interactions)?;
        let bare = !table.report.has_values();
        if bare || counted {
            let usual = self.usual_value();
            let adds = clean.duplicates == Duplicates::Sum;
            for at in 0..events.len() {
                let had = if adds { None } else { self.value_of(&events, at) };
                events.value[at] = had.unwrap_or(usual);
            }
            // Where the data have values, this one is a guess.
            if usual != 1.0 {
                let why =
                    if bare { "the events have no values" } else { "the values are not counted" };
                let what = if adds { "event" } else { "event of a new pair" };
                report.notes.push(Finding::from(format!(
                    "{why}: each {what} counts as {}, the value of an item that is liked.",
                    shown(usual)
                )));
            }
        }
        Ok((events, report))
    }

    /// The value that the model has of the pair in row `at` of `events`.
    fn value_of(&self, events: &Interactions, at: usize) -> Option<f32> {
        let user = self.users.get(events.users.name(events.user[at]))?;
        let item = self.items.get(events.items.name(events.item[at]))?;
        (self.seen.nnz() > 0).then(|| self.seen.row(user as usize).get(item))?
    }

    /// Returns an error if users or items of `table` that are new to the model have another type than those of the model.
    /// For programs that hand ids out in their type: all of a model come back in one. Text and categories are one type;
    /// delimited text and JSON lines have no types, so ids fit if they are written as those of the model.
    ///
    /// # Errors
    /// As said.
    pub fn check_types(&self, table: &Table) -> Result<()> {
        let is_typed = matches!(table.report.format, Format::Parquet | Format::Arrow);
        let rows = &table.interactions;
        check_type("user", &self.users, &rows.users, is_typed)?;
        check_type("item", &self.items, &rows.items, is_typed)
    }

    /// Returns the histories with `events` added, new ids numbered after the known ones, and the user of each event.
    fn with(&self, events: &Interactions, how: Duplicates) -> Result<(Ratings, Vec<u32>)> {
        let (mut users, mut items) = ((*self.users).clone(), (*self.items).clone());
        let user = numbered(&mut users, &events.users, &events.user)?;
        let item = numbered(&mut items, &events.items, &events.item)?;
        let mut all = Interactions {
            users: Arc::new(users),
            items: Arc::new(items),
            ..Interactions::default()
        };
        for (u, row) in self.seen.iter().enumerate() {
            all.user.extend(std::iter::repeat_n(u as u32, row.len()));
        }
        all.item.extend_from_slice(self.seen.columns());
        all.value.extend_from_slice(self.seen.values());
        all.user.extend_from_slice(&user);
        all.item.extend(item);
        all.value.extend_from_slice(&events.value);
        let how = if how == Duplicates::Mean { Duplicates::Error } else { how };
        Ok((all.into_ratings(how)?, user))
    }

    /// Returns an error if the model was trained on given negatives, which are not in the file.
    pub(super) fn check_refit(&self) -> Result<()> {
        match self.card.negatives {
            None => Ok(()),
            Some(_) => Err(Error::Unsupported(
                "the model was trained on given negatives, which its file does not hold, so it cannot be trained \
                 again; train from the table"
                    .into(),
            )),
        }
    }

    /// Trains on `ratings` with the model's own algorithm, settings and seed.
    pub(super) fn fitted(&self, ratings: &Ratings) -> Result<Box<dyn Model>> {
        let (algorithm, seed) = self.recipe()?;
        let run = Run { seed, values: self.read_values(), ..Run::default() };
        Ok(algorithm.fit(ratings, &run)?.model)
    }

    /// Returns how the model reads values. Retraining reads them the same way, whatever they look like now.
    pub(crate) fn read_values(&self) -> ReadValues {
        self.card.data.reading.into()
    }

    /// Returns the algorithm and seed to train the model again.
    ///
    /// # Errors
    /// If the model was imported, or trained on given negatives, which are not in the file.
    pub(super) fn recipe(&self) -> Result<(&Algorithm, u64)> {
        self.check_refit()?;
        match &self.card.origin {
            Origin::Trained { algorithm, seed } => Ok((algorithm, *seed)),
            Origin::Imported(imported) => Err(Error::Unsupported(format!(
                "`{}` was imported, so there is no algorithm to train it again with; import it again, or train a \
                 model on the data",
                imported.name
            ))),
        }
    }

    /// Replaces the histories and ids by those of `ratings`.
    pub(super) fn take(&mut self, ratings: Ratings) {
        let data = DataCard { reading: self.card.data.reading, ..DataCard::of(&ratings) };
        self.card.data = match self.seen.nnz() {
            // Without histories only the sizes can be updated.
            0 => DataCard { users: data.users, ..self.card.data.clone() },
            _ => data,
        };
        self.fingerprint = None;
        self.item_users = std::sync::OnceLock::new();
        (self.users, self.items, self.seen) = (ratings.users, ratings.items, ratings.by_user);
    }
}

/// Returns an error if an id that is not `known` has another type than those.
fn check_type(role: &str, known: &IdMap, ids: &IdMap, is_typed: bool) -> Result<()> {
    let text = |kind| matches!(kind, IdKind::Text | IdKind::Category);
    let (kind, given) = (known.kind(), ids.kind());
    if kind == given || (text(kind) && (text(given) || !is_typed)) {
        return Ok(());
    }
    let fits = |number: u32| match kind {
        _ if is_typed => false,
        IdKind::Integer => ids.is_integer(number),
        _ => ids.uuid(number).is_some(),
    };
    let other = (0..ids.len() as u32).find(|&id| known.get(ids.name(id)).is_none() && !fits(id));
    let Some(other) = other else { return Ok(()) };
    let (one, name) = (given.words().0, ids.name(other));
    let all = kind.words().1;
    Err(Error::Unfit(format!(
        "the new {role} `{name}` is {one}, but the {role}s of the model are {all}, and all come back in one type; \
         convert the column, or train again"
    )))
}

/// Maps `rows`, indices into `names`, to indices into `into`; new ids are appended in their order.
fn numbered(into: &mut IdMap, names: &IdMap, rows: &[u32]) -> Result<Vec<u32>> {
    let mut known: Vec<Option<u32>> = vec![None; names.len()];
    let mut number = |&row: &u32| match known[row as usize] {
        Some(number) => Ok(number),
        None => {
            let number = into.insert_from(names, row)?;
            known[row as usize] = Some(number);
            Ok(number)
        }
    };
    rows.iter().map(&mut number).collect()
}

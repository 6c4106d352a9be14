//! Assembles a recommender from parts, for models trained elsewhere.

use super::{Card, DataCard, Origin, Recommender, preferred};
use crate::data::{Csr, IdMap, Ratings};
use crate::error::{Error, Result};
use crate::model::{Model, check_whole};
use crate::recipes::Target;
use std::sync::OnceLock;

/// The parts of a [`Recommender`].
///
/// ```
/// use cofil::math::Matrix;
/// use cofil::recipes::Target;
/// use cofil::recommender::{Imported, Origin, Parts};
/// use cofil::shapes::{Factors, FactorsSettings, FoldIn, ScoreFunction};
/// use cofil::{Query, Recommender, Who};
///
/// // Vectors of another program: two users, three items, two factors.
/// let users = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 1.0]);
/// let items = Matrix::from_vec(3, 2, vec![0.9, 0.1, 0.2, 0.8, 0.5, 0.4]);
/// let settings = FactorsSettings {
///     offset: 0.0,
///     link: ScoreFunction::Identity,
///     fold_in: FoldIn::Biases,
/// };
/// let recommender = Recommender::from_parts(Parts {
///     users: ["ann", "bob"].iter().collect(),
///     items: ["x", "y", "z"].iter().collect(),
///     seen: None,
///     model: Box::new(Factors::new(users, items, vec![0.0; 3], settings)),
///     origin: Origin::Imported(Imported {
///         name: "two-tower".into(),
///         description: Some("our ranking team".into()),
///         target: Target::Preference,
///     }),
///     data: None,
/// })?;
/// let answer = recommender.recommend(&Who::user("bob"), &Query::default())?;
/// assert_eq!(answer.items[0].item, "y");
/// # Ok::<(), cofil::Error>(())
/// ```
pub struct Parts {
    /// Ids of the users, in the model's order.
    pub users: IdMap,
    /// Ids of the items, in the model's order.
    pub items: IdMap,
    /// The users' histories, users × items. Without them, lists may contain items a user already has, and models
    /// that score by history treat every user as new.
    pub seen: Option<Csr>,
    /// The model.
    pub model: Box<dyn Model>,
    /// Where the model was trained.
    pub origin: Origin,
    /// Summary of the training data. Default: that of `seen`. Without `seen`, interactions without values are
    /// assumed, which does not suit models that predict ratings.
    pub data: Option<DataCard>,
}

impl Recommender {
    /// Assembles a recommender. It can be served, saved and loaded like any other. It can be trained again only if
    /// `origin` names an algorithm.
    ///
    /// # Errors
    /// If sizes do not match, a number is not finite, or the range of ratings is missing.
    pub fn from_parts(parts: Parts) -> Result<Self> {
        let Parts { users, items, seen, model, origin, data } = parts;
        let fits = |what: &str, found: usize, names: &str, expected: usize| match found == expected
        {
            true => Ok(()),
            false => Err(Error::Unfit(format!(
                "{what} has {found} {names}, but {expected} ids were given; give one id for each"
            ))),
        };
        fits("the model", model.items(), "items", items.len())?;
        if let Some(known) = model.users() {
            fits("the model", known, "users", users.len())?;
        }
        if let Some(seen) = &seen {
            fits("`seen`", seen.rows(), "users", users.len())?;
            fits("`seen`", seen.cols(), "items", items.len())?;
        }
        check_whole(&*model)?;
        let by_user = seen.unwrap_or_else(|| Csr::empty(users.len(), items.len()));
        let ratings = Ratings { users: users.into(), items: items.into(), by_user, times: None };
        let card = Card {
            cofil: env!("CARGO_PKG_VERSION").into(),
            data: match data {
                Some(data) => checked(data, &ratings)?,
                None => data_card(&ratings, &origin)?,
            },
            origin,
            epochs: Vec::new(),
            valid_metric: None,
            negatives: None,
            changes: Vec::new(),
        };
        Ok(Self {
            users: ratings.users,
            items: ratings.items,
            seen: ratings.by_user,
            model: preferred(model, &card),
            card,
            fingerprint: None,
            item_users: OnceLock::new(),
            catalogue: None,
        })
    }
}

fn checked(data: DataCard, ratings: &Ratings) -> Result<DataCard> {
    let (low, high) = data.scale;
    let sound = data.mean.is_finite() && low.is_finite() && high.is_finite() && low <= high;
    if !sound || (data.users, data.items) != (ratings.users.len(), ratings.items.len()) {
        let why = "the data card does not fit: it needs as many users and items as there are ids, and a finite mean \
                   and scale";
        return Err(Error::Unfit(why.into()));
    }
    Ok(data)
}

/// Derives the data card if none is given.
fn data_card(ratings: &Ratings, origin: &Origin) -> Result<DataCard> {
    if !ratings.is_empty() {
        return Ok(DataCard::of(ratings));
    }
    let target = match origin {
        Origin::Trained { algorithm, .. } => algorithm.target(),
        Origin::Imported(imported) => imported.target,
    };
    if target == Target::Rating {
        let why = "a model that predicts ratings needs their range: give `seen`, or `data` with a `scale`";
        return Err(Error::Unfit(why.into()));
    }
    Ok(DataCard {
        fingerprint: String::new(),
        users: ratings.users.len(),
        items: ratings.items.len(),
        interactions: 0,
        mean: 1.0,
        scale: (1.0, 1.0),
        reading: None,
    })
}

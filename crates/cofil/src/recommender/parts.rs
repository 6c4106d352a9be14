//! A recommender put together from parts: for models that were trained elsewhere.

use super::{Card, DataCard, Origin, Recommender, preferred};
use crate::data::{Csr, IdMap, Ratings};
use crate::error::{Error, Result};
use crate::model::{Model, check_whole};
use crate::recipes::Target;
use std::sync::OnceLock;

/// What a [`Recommender`] is made of.
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
    /// Names of the users, in the order of the model's numbers.
    pub users: IdMap,
    /// Names of the items, in the order of the model's numbers.
    pub items: IdMap,
    /// What users have, users × items. Without it nothing is left out of anybody's list, and models that score
    /// by histories know nobody.
    pub seen: Option<Csr>,
    /// The model.
    pub model: Box<dyn Model>,
    /// Who made its numbers.
    pub origin: Origin,
    /// The training data in numbers. Default: those of `seen`; without either, as of interactions without
    /// values, which does not do for models of ratings.
    pub data: Option<DataCard>,
}

impl Recommender {
    /// Puts a recommender together. It serves, is saved and loaded as any other; only training it again
    /// takes a recipe.
    ///
    /// # Errors
    /// If sizes do not fit together, a number is not finite, or the scale of ratings is not told.
    pub fn from_parts(parts: Parts) -> Result<Self> {
        let Parts { users, items, seen, model, origin, data } = parts;
        let fits = |what: &str, found: usize, names: &str, expected: usize| match found == expected
        {
            true => Ok(()),
            false => Err(Error::Unfit(format!(
                "{what} has {found} {names}, and there are names of {expected}; give one name to each"
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
        let why = "the card of the data does not fit: it needs as many users and items as there are names, and a \
                   finite mean and scale";
        return Err(Error::Unfit(why.into()));
    }
    Ok(data)
}

/// What can be said of data that is not told.
fn data_card(ratings: &Ratings, origin: &Origin) -> Result<DataCard> {
    if !ratings.is_empty() {
        return Ok(DataCard::of(ratings));
    }
    let target = match origin {
        Origin::Trained { algorithm, .. } => algorithm.target(),
        Origin::Imported(imported) => imported.target,
    };
    if target == Target::Rating {
        let why = "a model of ratings needs their scale: give `seen`, or `data` with it";
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

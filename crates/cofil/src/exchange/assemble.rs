//! From foreign factors to a recommender.

use super::{FoldInKind, Foreign, ImportOptions, ImportReport, Link};
use crate::data::prose::count;
use crate::data::{Duplicates, Interactions, Ratings};
use crate::error::{Error, Result};
use crate::model::{Change, Model};
use crate::recipes::Target;
use crate::recommender::{DataCard, Imported, Origin, Parts, Recommender};
use crate::shapes::{Factors, FactorsSettings, FoldIn, ScoreFunction};

/// L2 penalty of the vector of a new user, if nothing else is known.
const REG: f32 = 0.1;

impl Foreign {
    /// Makes a recommender of the factors. `seen` are the interactions it was trained on, or later ones, with ids
    /// numbered after [`users`](Self::users) and [`items`](Self::items): what users have, and how popular items are.
    /// If only items have vectors, the users in `seen` are folded in.
    ///
    /// # Errors
    /// If the meaning of the scores or the scale of ratings is neither in the file nor in `options`, or an option is
    /// outside its range.
    pub fn into_recommender(
        mut self,
        seen: Option<Interactions>,
        options: &ImportOptions,
    ) -> Result<(Recommender, ImportReport)> {
        let target = options.target.or(self.target).ok_or_else(|| {
            let says = "the arrays do not say what the scores mean: give `rating` if they are predicted values, \
                        `preference` if they only order items";
            Error::setting("target", says)
        })?;
        let reg = options.reg.or(self.reg).unwrap_or(REG);
        if !(reg.is_finite() && reg >= 0.0) {
            return Err(Error::setting("reg", format!("must be at least 0, got {reg}")));
        }
        let places_users = self.users.rows() == 0;
        let seen = seen.map(|seen| self.known(seen, places_users)).transpose()?;
        let scale = self.scale_of(target, seen.as_ref(), options)?;
        let link = options.link.or(self.link).unwrap_or(Link::None);
        let (kind, fold_in) = self.fold_in(target, link, options.fold_in, reg);
        let settings = FactorsSettings {
            offset: self.offset.unwrap_or(0.0),
            link: match (link, target) {
                (Link::None, _) => ScoreFunction::Identity,
                (Link::Sigmoid, Target::Preference) => {
                    ScoreFunction::Sigmoid { low: 0.0, high: 1.0 }
                }
                (Link::Sigmoid, Target::Rating) => {
                    ScoreFunction::Sigmoid { low: scale.0, high: scale.1 }
                }
            },
            fold_in,
        };
        if target == Target::Rating && self.offset.is_none() && link == Link::None {
            self.notes.push(
                "there is no offset (`offset`, `mu`): ratings are predicted without one".into(),
            );
        }
        let popular = self.popularity(seen.as_ref());
        let (factors, items) = (self.items.cols(), self.items.rows());
        let mut model: Box<dyn Model> = Box::new(Factors {
            user_bias: self.user_bias,
            item_bias: self.item_bias,
            ..Factors::new(self.users, self.items, popular, settings)
        });
        if let Some(seen) = seen.as_ref().filter(|_| places_users) {
            let users: Vec<u32> = (0..seen.by_user.rows() as u32).collect();
            // Popularity was counted above.
            let added = vec![0; items];
            let change = Change { by_user: &seen.by_user, users: &users, added: &added };
            model = model.updated(&change).unwrap_or(model);
            self.notes
                .push(format!("{} folded in from the interactions", count(users.len(), "user")));
            self.user_ids = (*seen.users).clone();
        }
        let interactions = seen.as_ref().map_or(0, Ratings::len);
        let name = options.name.clone().unwrap_or(self.name);
        let data = match &seen {
            Some(seen) => DataCard { scale, ..DataCard::of(seen) },
            None => DataCard {
                fingerprint: String::new(),
                users: self.user_ids.len(),
                items: self.item_ids.len(),
                interactions: 0,
                mean: match target {
                    Target::Rating => settings.offset.clamp(scale.0, scale.1),
                    Target::Preference => 1.0,
                },
                scale,
                reading: None,
            },
        };
        let report = ImportReport {
            format: self.format,
            name: name.clone(),
            target,
            users: self.user_ids.len(),
            items,
            factors,
            interactions,
            link,
            fold_in: kind,
            reg,
            notes: self.notes,
        };
        let recommender = Recommender::from_parts(Parts {
            users: self.user_ids,
            items: self.item_ids,
            seen: seen.map(|seen| seen.by_user),
            model,
            origin: Origin::Imported(Imported {
                name,
                description: options.description.clone(),
                target,
            }),
            data: Some(data),
        })?;
        Ok((recommender, report))
    }

    /// The interactions of known users and items; of all users if users have no vectors.
    fn known(&mut self, mut seen: Interactions, all_users: bool) -> Result<Ratings> {
        let (users, items) = (self.user_ids.len(), self.item_ids.len());
        let known = |at: usize| {
            (all_users || (seen.user[at] as usize) < users) && (seen.item[at] as usize) < items
        };
        let kept: Vec<usize> = (0..seen.len()).filter(|&at| known(at)).collect();
        let skipped = seen.len() - kept.len();
        if skipped > 0 {
            let rows = count(skipped, "interaction");
            self.notes.push(format!("skipped {rows} with unknown users or items"));
        }
        if !all_users {
            seen.users = std::sync::Arc::new(self.user_ids.clone());
        }
        seen.items = std::sync::Arc::new(self.item_ids.clone());
        seen.user = kept.iter().map(|&at| seen.user[at]).collect();
        seen.item = kept.iter().map(|&at| seen.item[at]).collect();
        seen.value = kept.iter().map(|&at| seen.value[at]).collect();
        seen.time = None;
        if seen.user.is_empty() {
            let why = "none of the interactions is of a user and an item of the model; ids must be written as in the \
                       model";
            return Err(Error::Unfit(why.into()));
        }
        seen.into_ratings(Duplicates::Last)
    }

    fn scale_of(
        &self,
        target: Target,
        seen: Option<&Ratings>,
        options: &ImportOptions,
    ) -> Result<(f32, f32)> {
        if let Some((low, high)) = options.scale {
            if !(low < high && (high - low).is_finite()) {
                let says = format!("must be a smaller and a larger rating, got {low} and {high}");
                return Err(Error::setting("scale", says));
            }
            return Ok((low, high));
        }
        match (target, self.scale, seen) {
            (Target::Rating, Some(scale), _) => Ok(scale),
            (_, _, Some(seen)) => Ok(seen.scale()),
            (Target::Preference, _, None) => Ok((1.0, 1.0)),
            (Target::Rating, None, None) => {
                let says = "the model does not say which ratings there are: give the smallest and the largest, or the \
                            interactions it was trained on";
                Err(Error::setting("scale", says))
            }
        }
    }

    fn fold_in(
        &self,
        target: Target,
        link: Link,
        kind: Option<FoldInKind>,
        reg: f32,
    ) -> (FoldInKind, FoldIn) {
        let kind = kind.unwrap_or(match target {
            Target::Rating => FoldInKind::Ridge,
            Target::Preference => FoldInKind::Implicit,
        });
        let bias = self.user_bias.iter().any(|&b| b != 0.0);
        let fold_in = match (kind, link) {
            // The penalty of a rating, as in training by stochastic gradient descent.
            (FoldInKind::Ridge, Link::None) => {
                FoldIn::Ridge { reg, reg_exponent: 1.0, bias, unit: 1.0 }
            }
            (FoldInKind::Ridge, Link::Sigmoid) => FoldIn::Logistic { reg, reg_exponent: 1.0, bias },
            (FoldInKind::Implicit, _) => FoldIn::Implicit {
                reg,
                reg_exponent: 0.0,
                unobserved_weight: 1.0,
                alpha: self.alpha.filter(|&alpha| alpha >= 0.0).unwrap_or(1.0),
            },
        };
        (kind, fold_in)
    }

    /// The scores of items for users about whom nothing is known.
    fn popularity(&mut self, seen: Option<&Ratings>) -> Vec<f32> {
        if let Some(seen) = seen {
            return seen.by_user.column_counts().into_iter().map(|n| n as f32).collect();
        }
        if let Some(popular) = self.popular.take() {
            return popular;
        }
        let biased = self.item_bias.iter().any(|&b| b != 0.0);
        let by = if biased { "by their biases" } else { "in the order of the model" };
        self.notes.push(format!(
            "without interactions, lists may hold items that a user already has, and unknown users get items {by}"
        ));
        self.item_bias.clone()
    }
}

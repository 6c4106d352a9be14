//! Defaults that depend on the data: the rules and the properties of the data they use.

use super::scale::Scale;
use crate::data::levels::{EPOCHS, Levels, REG_ITEM, REG_USER};
use crate::data::{Csr, Ratings};
use crate::math::Rng;
use crate::math::real::square;
use crate::math::svd::{Effort, Filled};
use std::borrow::Cow;

/// A setting whose default depends on the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name of the setting.
    pub setting: &'static str,
    /// The rule, in one line.
    pub rule: &'static str,
}

/// Properties of the data that rules use. Users and items without interactions do not count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits<'a> {
    train: &'a Ratings,
    /// Users.
    pub users: f64,
    /// Items.
    pub items: f64,
    /// Interactions n.
    pub interactions: f64,
}

impl<'a> Traits<'a> {
    /// Returns the traits of `train`; all are 1 if it has no interactions.
    pub fn of(train: &'a Ratings) -> Self {
        let counts = train.by_user.column_counts();
        let users = train.by_user.iter().filter(|row| !row.is_empty()).count();
        let items = counts.iter().filter(|&&n| n > 0).count();
        let interactions = (train.len() as f64).max(1.0);
        Self { train, users: (users as f64).max(1.0), items: (items as f64).max(1.0), interactions }
    }

    /// The share of user–item pairs that occur.
    pub fn density(&self) -> f64 {
        self.interactions / (self.users * self.items)
    }

    /// Mean number of interactions per item.
    pub fn per_item(&self) -> f64 {
        self.interactions / self.items
    }

    /// Returns the penalty of algorithms that predict values: in proportion to the noise, as in the estimate of the
    /// largest posterior probability, by the factor `structured`, or `unstructured` if vectors find nothing to learn;
    /// from [`LEAST`] to `most`. None if biases explain the values fully.
    pub fn penalty(&self, structured: f64, unstructured: f64, most: f64) -> Option<f32> {
        let residuals = Residuals::of(self.train);
        let factor = if residuals.structured { structured } else { unstructured };
        (residuals.variance > 0.0).then(|| setting(factor * residuals.variance, LEAST, most))
    }
}

/// What the biases of users and items leave of the values.
#[derive(Clone, Copy, Debug)]
struct Residuals {
    /// In squared units of [`Scale`].
    variance: f64,
    /// Whether users and items explain more of them. The largest singular value of the residuals is compared with
    /// that of the same numbers with random signs: Hong, Sheng and Dobriban, "Selecting the number of components in
    /// PCA via random signflips", 2020.
    structured: bool,
}

/// The least penalty of algorithms that predict values.
const LEAST: f64 = 0.01;
/// By which factor the largest squared singular value must exceed that of random signs.
const STRUCTURE: f64 = 1.05;

/// Number of values that suffice to measure the noise.
const ENOUGH: usize = 1 << 20;

/// Returns the rows of users evenly spaced, with about [`ENOUGH`] entries at most: copies of all would take more memory
/// than training.
fn some(by_user: &Csr) -> Cow<'_, Csr> {
    let every = by_user.nnz().div_ceil(ENOUGH);
    match every {
        0 | 1 => Cow::Borrowed(by_user),
        _ => {
            let rows = (0..by_user.rows()).step_by(every).map(|u| by_user.row(u).iter());
            Cow::Owned(Csr::from_rows(by_user.cols(), rows))
        }
    }
}

impl Residuals {
    fn of(train: &Ratings) -> Self {
        let scale = Scale::of(train);
        let some = some(&train.by_user);
        let matrix = scale.matrix(&some);
        let levels = Levels::fit(&matrix, scale.mean(), EPOCHS, REG_USER, REG_ITEM);
        let mut residuals = levels.rests(&matrix);
        let squares: f64 = residuals.values().iter().map(|&rest| square(f64::from(rest))).sum();
        let variance = squares / residuals.nnz().max(1) as f64;
        if variance == 0.0 {
            return Self { variance, structured: false };
        }
        let largest = |residuals: &Csr| {
            let by_item = residuals.transposed();
            let filled = Filled { rows: residuals.into(), columns: (&by_item).into(), fill: 0.0 };
            let effort = Effort { oversampling: 7, power_iterations: 5 };
            let values = filled.decompose(1, effort, &Rng::new(0, &[0])).values;
            square(f64::from(*values.first().unwrap_or(&0.0)))
        };
        let found = largest(&residuals);
        let mut signs = Rng::new(0, &[1]).piece(0);
        for rest in residuals.values_mut() {
            *rest *= if signs.below(2) == 0 { 1.0 } else { -1.0 };
        }
        Self { variance, structured: found > STRUCTURE * largest(&residuals) }
    }
}

/// Clamps `value` to `low`–`high` and rounds it to two significant digits, which are precise enough and easy to read.
pub(crate) fn setting(value: f64, low: f64, high: f64) -> f32 {
    let value = value.clamp(low, high);
    format!("{value:.1e}").parse().expect("a number was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_by_hand() {
        // x has 3 interactions, y 1, z none; dan has none.
        let rows = [("ann", "x"), ("bob", "x"), ("cat", "x"), ("cat", "y")];
        let mut train = Ratings::from_triples(rows.map(|(u, i)| (u, i, 1.0))).unwrap();
        let more = |names: &crate::data::IdMap, new: &str| {
            let names = names.names().map(|name| name.to_string());
            std::sync::Arc::new(names.chain([new.to_owned()]).collect::<crate::data::IdMap>())
        };
        train.users = more(&train.users, "dan");
        train.items = more(&train.items, "z");
        let rows: Vec<Vec<(u32, f32)>> =
            train.by_user.iter().map(|row| row.iter().collect()).chain([Vec::new()]).collect();
        train.by_user = Csr::from_rows(3, rows);
        let traits = Traits::of(&train);
        let numbers = |t: &Traits<'_>| [t.users, t.items, t.interactions];
        assert_eq!(numbers(&traits), [3.0, 2.0, 4.0]);
        assert_eq!((traits.density(), traits.per_item()), (4.0 / 6.0, 2.0));
        assert_eq!(numbers(&Traits::of(&Ratings::default())), [1.0; 3]);
    }

    /// Ratings of 300 users and 100 items: 3 + biases + `taste` for one group of items and less for the other, by half
    /// of the users, + noise of variance 1/3, in steps of `unit`.
    fn rated(taste: f32, unit: f32) -> Ratings {
        let mut draw = Rng::new(7, &[0]).piece(0);
        let mut rows = Vec::new();
        for user in 0..300 {
            let bias = draw.uniform() - 0.5;
            for item in (0..100).filter(|item| (user * 7 + item * 13) % 5 == 0) {
                let sides = if user % 2 == item % 2 { taste } else { -taste };
                let noise = 2.0 * draw.uniform() - 1.0;
                let value = 3.0 + bias + 0.01 * (item - 50) as f32 + sides + noise;
                rows.push((format!("u{user}"), format!("i{item}"), unit * value.clamp(1.0, 5.0)));
            }
        }
        // Both ends of the scale occur.
        rows[0].2 = unit;
        rows[1].2 = 5.0 * unit;
        Ratings::from_triples(rows.iter().map(|(u, i, v)| (u.as_str(), i.as_str(), *v))).unwrap()
    }

    #[test]
    fn residuals_are_noise_or_have_structure() {
        let none = Residuals::of(&rated(0.0, 1.0));
        assert!(!none.structured && (0.27..0.36).contains(&none.variance), "{none:?}");
        let some = Residuals::of(&rated(0.5, 1.0));
        assert!(some.structured && (0.5..0.62).contains(&some.variance), "{some:?}");
        // In units of the scale.
        let same = Residuals::of(&rated(0.5, 20.0));
        assert!(same.structured && (same.variance - some.variance).abs() < 1e-5, "{same:?}");
        let data = rated(0.0, 1.0);
        let penalty = |factor, most| Traits::of(&data).penalty(0.01, factor, most).unwrap();
        assert_eq!(penalty(0.5, 1.0), setting(0.5 * none.variance, 0.0, 1.0));
        assert_eq!((penalty(0.001, 1.0), penalty(0.5, 0.1)), (0.01, 0.1));
        for none in [vec![], vec![("ann", "x", 3.0)], vec![("ann", "x", 3.0), ("bob", "y", 3.0)]] {
            let none = Ratings::from_triples(none).unwrap();
            assert_eq!(Traits::of(&none).penalty(0.1, 1.0, 1.0), None);
        }
        let two = Ratings::from_triples([("ann", "x", 1.0), ("ann", "y", 5.0)]).unwrap();
        assert!(Traits::of(&two).penalty(0.1, 1.0, 1.0).is_some());
    }

    #[test]
    fn settings_are_short_and_inside_their_ends() {
        assert_eq!(setting(0.012_345, 0.0, 1.0), 0.012);
        assert_eq!(setting(7.0, 0.0, 1.0), 1.0);
        assert_eq!(setting(f64::MIN_POSITIVE, 0.5, 1.0), 0.5);
    }
}

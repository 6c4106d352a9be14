//! Defaults that depend on the data: the rules and the properties of the data they use.

use crate::data::Ratings;
use crate::math::real::square;

/// A setting whose default depends on the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name of the setting.
    pub setting: &'static str,
    /// The rule, in one line.
    pub rule: &'static str,
}

/// Properties of the data that rules use. Users and items without interactions do not count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Traits {
    /// Users.
    pub users: f64,
    /// Items.
    pub items: f64,
    /// Interactions n.
    pub interactions: f64,
    /// Σ n_i² / n over the items: the number of interactions of the item of an average interaction.
    pub popularity: f64,
}

impl Traits {
    /// Returns the traits of `train`; all are 1 if it has no interactions.
    pub fn of(train: &Ratings) -> Self {
        let counts = train.by_user.column_counts();
        let users = train.by_user.iter().filter(|row| !row.is_empty()).count();
        let items = counts.iter().filter(|&&n| n > 0).count();
        let interactions = (train.len() as f64).max(1.0);
        let squares: f64 = counts.iter().map(|&n| square(f64::from(n))).sum();
        Self {
            users: (users as f64).max(1.0),
            items: (items as f64).max(1.0),
            interactions,
            popularity: (squares / interactions).max(1.0),
        }
    }

    /// The share of user–item pairs that occur.
    pub fn density(&self) -> f64 {
        self.interactions / (self.users * self.items)
    }

    /// Mean number of interactions per item.
    pub fn per_item(&self) -> f64 {
        self.interactions / self.items
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
        train.by_user = crate::data::Csr::from_rows(3, rows);
        let traits = Traits::of(&train);
        let expected = Traits { users: 3.0, items: 2.0, interactions: 4.0, popularity: 2.5 };
        assert_eq!(traits, expected);
        assert_eq!((traits.density(), traits.per_item()), (4.0 / 6.0, 2.0));
        let none = Traits { users: 1.0, items: 1.0, interactions: 1.0, popularity: 1.0 };
        assert_eq!(Traits::of(&Ratings::default()), none);
    }

    #[test]
    fn settings_are_short_and_inside_their_ends() {
        assert_eq!(setting(0.012_345, 0.0, 1.0), 0.012);
        assert_eq!(setting(7.0, 0.0, 1.0), 1.0);
        assert_eq!(setting(f64::MIN_POSITIVE, 0.5, 1.0), 0.5);
    }
}

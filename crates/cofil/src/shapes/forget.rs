//! What trained models can forget about users, shape by shape: data stored per user, and counts. Parameters learned
//! from all users together remain, and are named.

use super::network::{Layers, Product};
use super::{AutoEncoder, Factors, ItemWeights, Network};
use crate::data::Csr;
use crate::math::Matrix;
use crate::model::Forgetting;

impl Factors {
    /// Forgets `users` (ascending), who like the items in `liked`.
    pub(super) fn without(&self, users: &[u32], liked: &Csr) -> Forgetting {
        let popular = uncounted(&self.popular, users, liked);
        // Counts without vectors are popularity; with time decay they are no longer counts.
        let counts = liked.column_counts();
        let counted = self.popular.iter().zip(&counts).all(|(&p, &c)| p == c as f32);
        let exact = self.factors() == 0 && self.item_bias == self.popular && counted;
        let model = Self {
            user_bias: kept(&self.user_bias, users),
            item_bias: if exact { popular.clone() } else { self.item_bias.clone() },
            singular_values: self.singular_values.clone(),
            ..Self::new(
                without_rows(&self.users, users),
                self.items.clone(),
                popular,
                self.settings,
            )
        };
        let remains = match (exact, self.factors()) {
            (true, _) => Vec::new(),
            (false, 0) => vec!["time-decayed counts"],
            (false, _) => vec!["item vectors and biases", "the mean", "vectors of other users"],
        };
        Forgetting { model: Box::new(model), remains }
    }
}

impl ItemWeights {
    pub(super) fn without(&self, users: &[u32], liked: &Csr) -> Forgetting {
        let popular = uncounted(&self.popular, users, liked);
        let model = Self { weights: self.weights.clone(), popular };
        Forgetting { model: Box::new(model), remains: vec!["item weights"] }
    }
}

impl AutoEncoder {
    pub(super) fn without(&self, users: &[u32], liked: &Csr) -> Forgetting {
        let popular = uncounted(&self.popular, users, liked);
        let model = Self { popular, ..self.clone() };
        Forgetting { model: Box::new(model), remains: vec!["encoder and decoder weights"] }
    }
}

impl Network {
    pub(super) fn without(&self, users: &[u32], liked: &Csr) -> Forgetting {
        let product = self
            .product
            .as_ref()
            .map(|half| Product { users: without_rows(&half.users, users), ..half.clone() });
        let tower = self
            .tower
            .as_ref()
            .map(|half| Layers { users: without_rows(&half.users, users), ..half.clone() });
        let popular = uncounted(&self.popular, users, liked);
        let model = Self::new(product, tower, popular, self.stranger.clone(), self.settings);
        let remains = vec!["item vectors", "layer weights", "vectors of other users"];
        Forgetting { model: Box::new(model), remains }
    }
}

/// Number of users who like each item, without `users`.
fn uncounted(popular: &[f32], users: &[u32], liked: &Csr) -> Vec<f32> {
    let mut popular = popular.to_vec();
    for &u in users {
        for &item in liked.row(u as usize).columns {
            popular[item as usize] = (popular[item as usize] - 1.0).max(0.0);
        }
    }
    popular
}

fn kept(numbers: &[f32], users: &[u32]) -> Vec<f32> {
    let stays = |(u, _): &(usize, &f32)| users.binary_search(&(*u as u32)).is_err();
    numbers.iter().enumerate().filter(stays).map(|(_, &x)| x).collect()
}

fn without_rows(matrix: &Matrix, users: &[u32]) -> Matrix {
    let stay: Vec<u32> =
        (0..matrix.rows() as u32).filter(|u| users.binary_search(u).is_err()).collect();
    matrix.gather(&stay)
}

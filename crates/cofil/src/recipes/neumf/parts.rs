//! The parameters of a network during training.

use super::{OutputWeights, Plan};
use crate::math::{Matrix, Rng, vector};
use crate::nn::layers::glorot;
use crate::nn::optimizer::Table;
use crate::shapes::network::{Layers, Product};

/// Embeddings of users and items.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    pub users: Table,
    pub items: Table,
}

/// All parameters. Those of a layer, and of an output, are one row, so that a step is one call.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    /// The embeddings that are multiplied.
    pub product: Option<Sides>,
    /// Embeddings at the input of the tower.
    pub tower: Option<Sides>,
    /// W (outputs × inputs) and b of each layer.
    pub layers: Vec<(Table, Table)>,
    /// h of the product and of the tower; empty if there is none.
    pub output: [Table; 2],
    /// b of the network, and of the tower while it is trained alone.
    pub bias: [Table; 2],
}

/// The halves of the network that are being trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Active {
    pub product: bool,
    pub tower: bool,
    /// Index of the bias in use.
    pub bias: usize,
}

impl Parts {
    /// Initial parameters: embeddings are normal, weights uniform, output weights within ± √(3 / inputs) or 1, the
    /// bias `bias`.
    pub fn new(plan: &Plan, users: usize, items: usize, bias: f32, seed: u64) -> Self {
        let training = &plan.training;
        let plain =
            |values| Table::new(values, training.optimizer).with_momentum(training.momentum);
        let table = |values, decay| plain(values).with_decay(decay);
        let row = |values: Vec<f32>| Matrix::from_vec(1, values.len(), values);
        let embeddings = |rows: usize, width: usize, place: u64, decay: f32| {
            let mut matrix = Matrix::zeros(rows, width);
            for r in 0..rows {
                let mut rng = Rng::new(seed, &[0, place, r as u64]);
                matrix.row_mut(r).fill_with(|| training.init_scale * rng.normal());
            }
            table(matrix, decay)
        };
        let sides = |width: usize, place: u64, decay: f32| {
            (width > 0).then(|| Sides {
                users: embeddings(users, width, place, decay),
                items: embeddings(items, width, place + 1, decay),
            })
        };
        let half = plan.layers.first().map_or(0, |inputs| inputs / 2);
        let mut rng = Rng::new(seed, &[0, 4]);
        let layer = |ends: &[usize]| {
            let weights = glorot(ends[0], ends[1], &mut rng);
            (
                table(row(weights.into_data()), plan.tower_weight_decay),
                plain(row(vec![0.0; ends[1]])),
            )
        };
        let layers = plan.layers.windows(2).map(layer).collect();
        let mut rng = Rng::new(seed, &[0, 5]);
        let last = if plan.layers.is_empty() { 0 } else { plan.layers[plan.layers.len() - 1] };
        let mut output = [plan.factors, last].map(|width| {
            let bound = (3.0 / width as f32).sqrt();
            plain(row((0..width).map(|_| bound * (2.0 * rng.uniform() - 1.0)).collect()))
        });
        if plan.output == OutputWeights::Ones {
            output[0].values.data_mut().fill(1.0);
        }
        Self {
            product: sides(plan.factors, 0, training.weight_decay),
            tower: sides(half, 2, plan.tower_weight_decay),
            layers,
            output,
            bias: [plain(row(vec![bias])), plain(row(vec![bias]))],
        }
    }

    fn tables(&mut self) -> impl Iterator<Item = &mut Table> {
        let sides = self.product.iter_mut().chain(&mut self.tower);
        let sides = sides.flat_map(|sides| [&mut sides.users, &mut sides.items]);
        let layers = self.layers.iter_mut().flat_map(|(weights, bias)| [weights, bias]);
        sides.chain(layers).chain(&mut self.output).chain(&mut self.bias)
    }

    /// All numbers that the next step depends on.
    pub fn state(&mut self) -> Vec<&mut [f32]> {
        self.tables().flat_map(Table::state).collect()
    }

    /// Frees everything that only training needs.
    pub fn finish(&mut self) {
        self.tables().for_each(Table::finish);
    }

    /// Joins halves trained alone into one network: h = [α h_product ; (1 − α) h_tower], biases likewise. Clears the
    /// optimizer's memory.
    pub fn join(&mut self, alpha: f32) {
        let weights = [alpha, 1.0 - alpha];
        for (output, weight) in self.output.iter_mut().zip(weights) {
            output.values.data_mut().iter_mut().for_each(|h| *h *= weight);
        }
        let biases = self.bias.each_ref().map(|bias| bias.values.data()[0]);
        self.bias[0].values.data_mut()[0] = weights[0] * biases[0] + weights[1] * biases[1];
        for table in self.tables() {
            // All but the values.
            table.state().skip(1).for_each(|memory| memory.fill(0.0));
        }
    }

    /// λ times the sum of the squares of the embeddings.
    pub fn penalty(&self, plan: &Plan) -> f64 {
        let penalty = |sides: &Option<Sides>, reg: f32| {
            let tables = sides.iter().flat_map(|sides| [&sides.users, &sides.items]);
            let squares = tables.map(|table| vector::sum_of_squares(table.values.data()));
            f64::from(reg) * squares.sum::<f64>()
        };
        penalty(&self.product, plan.training.reg) + penalty(&self.tower, plan.tower_reg)
    }

    /// The halves of the network; the output of an inactive one is zeros.
    pub fn halves(&self, active: Active) -> (Option<Product>, Option<Layers>) {
        let output = |half: usize, active: bool| {
            let weights = self.output[half].values.data();
            if active { weights.to_vec() } else { vec![0.0; weights.len()] }
        };
        let product = self.product.as_ref().map(|sides| Product {
            users: sides.users.values.clone(),
            items: sides.items.values.clone(),
            output: output(0, active.product),
        });
        let dense = |(weights, bias): &(Table, Table)| {
            let (weights, bias) = (weights.values.data(), bias.values.data());
            let (outputs, inputs) = (bias.len(), weights.len() / bias.len());
            (Matrix::from_vec(outputs, inputs, weights.to_vec()), bias.to_vec())
        };
        let tower = self.tower.as_ref().map(|sides| Layers {
            users: sides.users.values.clone(),
            items: sides.items.values.clone(),
            dense: self.layers.iter().map(dense).collect(),
            output: output(1, active.tower),
        });
        (product, tower)
    }
}

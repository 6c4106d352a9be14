//! Weighted sampling in constant time: Walker's alias method, built as by M. Vose ("A linear algorithm for generating
//! random numbers with a given distribution", IEEE Transactions on Software Engineering 17(9), 1991).

use crate::math::Rng;

/// Cells of equal probability, each shared by at most two numbers.
#[derive(Clone, Debug)]
pub struct Alias {
    /// For each cell, the share of its own number and the number that has the rest.
    cells: Vec<(f32, u32)>,
}

impl Alias {
    /// Creates a table for `weights`, which are not negative and not all zero.
    pub fn new(weights: &[f32]) -> Self {
        let total: f64 = weights.iter().map(|&w| f64::from(w)).sum();
        let scale = weights.len() as f64 / total;
        let mut share: Vec<f64> = weights.iter().map(|&w| f64::from(w) * scale).collect();
        let mut cells: Vec<(f32, u32)> = (0u32..).zip(weights).map(|(i, _)| (1.0, i)).collect();
        let numbers = 0..weights.len();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            numbers.partition(|&i| share[i] < 1.0);
        while let (Some(less), Some(more)) = (small.pop(), large.pop()) {
            cells[less] = (share[less] as f32, more as u32);
            share[more] -= 1.0 - share[less];
            if share[more] < 1.0 { small.push(more) } else { large.push(more) }
        }
        // The remaining cells have a share of 1 up to rounding, unless their weight is zero.
        for i in small.into_iter().filter(|&i| weights[i] == 0.0) {
            let heaviest = (0..weights.len()).max_by(|&a, &b| weights[a].total_cmp(&weights[b]));
            cells[i] = (0.0, heaviest.expect("there is a weight") as u32);
        }
        Self { cells }
    }

    /// Draws a number.
    pub fn draw(&self, rng: &mut Rng) -> u32 {
        let cell = rng.below(self.cells.len() as u32);
        let (share, other) = self.cells[cell as usize];
        if rng.uniform() < share { cell } else { other }
    }
}

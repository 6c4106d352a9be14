//! XᵀX, dense or sparse, whichever is smaller.

use crate::data::{Csr, Row};
use crate::math::{Matrix, vector};
use crate::similarity::{self, ItemColumns};

/// Data shared by all regressions.
pub struct Gram {
    pub products: Products,
    /// The diagonal of XᵀX.
    pub squares: Vec<f32>,
}

/// XᵀX.
pub enum Products {
    Dense(Matrix),
    Sparse(Csr),
}

impl Gram {
    pub fn new(x: &Csr) -> Self {
        let items = x.cols();
        if pairs(x) < items * items / 2 {
            return Self::sparse(x);
        }
        let mut products = similarity::gram(x);
        products.mirror();
        let squares = (0..items).map(|i| products.row(i)[i]).collect();
        Self { products: Products::Dense(products), squares }
    }

    pub fn sparse(x: &Csr) -> Self {
        let rows = similarity::map_products(&ItemColumns::new(x), |_, near, sums| {
            let product = |&j: &u32| Some((j, sums[j as usize])).filter(|(_, sum)| *sum != 0.0);
            near.iter().filter_map(product).collect::<Vec<_>>()
        });
        let products = Csr::from_rows(x.cols(), rows);
        let square = |i: usize| products.row(i).get(i as u32).unwrap_or(0.0);
        let squares = (0..x.cols()).map(square).collect();
        Self { products: Products::Sparse(products), squares }
    }

    /// Upper limit of the memory of the products.
    pub fn bytes(x: &Csr) -> usize {
        (4 * x.cols() * x.cols()).min(8 * pairs(x))
    }

    /// Adds `scale` times row `j` to `sums`.
    pub fn add(&self, sums: &mut [f32], scale: f32, j: u32) {
        match &self.products {
            Products::Dense(products) => vector::add_scaled(sums, scale, products.row(j as usize)),
            Products::Sparse(products) => {
                let row = products.row(j as usize);
                vector::add_scaled_sparse(sums, scale, row.columns, row.values);
            }
        }
    }

    /// Appends the products of item `j` with those of `set`.
    pub fn append(&self, into: &mut Vec<f32>, j: u32, set: &[u32]) {
        match &self.products {
            Products::Dense(products) => {
                let row = products.row(j as usize);
                into.extend(set.iter().map(|&l| row[l as usize]));
            }
            Products::Sparse(products) => {
                // The set consists of a few ascending runs: search for the next item from the last one, in doubling
                // steps.
                let Row { columns, values } = products.row(j as usize);
                let (mut from, mut last) = (0, 0);
                into.extend(set.iter().map(|&l| {
                    from = if l < last { 0 } else { from };
                    last = l;
                    let mut step = 1;
                    while columns.get(from + step).is_some_and(|&column| column < l) {
                        step *= 2;
                    }
                    let end = columns.len().min(from + step + 1);
                    from += step / 2;
                    from += columns[from..end].partition_point(|&column| column < l);
                    if columns.get(from) == Some(&l) { values[from] } else { 0.0 }
                }));
            }
        }
    }
}

/// Number of pairs of interactions of the same user: an upper limit of the number of nonzero products.
fn pairs(x: &Csr) -> usize {
    x.iter().map(|row| row.len() * row.len()).sum()
}

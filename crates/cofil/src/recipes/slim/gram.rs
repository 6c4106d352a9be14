//! XᵀX, dense or sparse, whichever is smaller.

use crate::data::prose::count;
use crate::data::{Csr, Row};
use crate::error::{Error, Result};
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

/// Refuses products of `items` items that may take `bytes` bytes if that is beyond `limit`, in GB, or beyond the `room`
/// bytes that are free.
pub fn check_size(items: usize, bytes: usize, limit: f32, room: u64) -> Result<()> {
    let (gigabytes, free) = (1e-9 * bytes as f64, 1e-9 * room as f64);
    let need = format!("the products of {} may take {gigabytes:.1} GB", count(items, "item"));
    let instead = "use `item-knn`, which keeps few of them";
    let says = if gigabytes > f64::from(limit) {
        format!("{need}, but the limit is {limit}; drop rare items, {instead}, or raise the limit")
    } else if gigabytes > free {
        format!("{need}, but only {free:.1} GB are free; drop rare items, or {instead}")
    } else {
        return Ok(());
    };
    Err(Error::setting("max_memory", says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_memory_has_no_room_for_is_refused_whatever_the_limit() {
        let check = |limit, room| check_size(7, 3_000_000_000, limit, room);
        assert!(check(3.5, 3_000_000_001).is_ok());
        let says = check(3.5, 2_900_000_000).unwrap_err().to_string();
        assert!(says.contains("7 items may take 3.0 GB, but only 2.9 GB are free"), "{says}");
        assert!(!says.contains("raise"), "{says}");
        let says = check(2.5, u64::MAX).unwrap_err().to_string();
        assert!(says.contains("the limit is 2.5;") && says.ends_with("raise the limit"), "{says}");
    }
}

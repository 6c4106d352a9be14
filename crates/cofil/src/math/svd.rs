//! Truncated singular value decomposition of a sparse matrix plus a constant.
//!
//! A = S + fill · 1 1ᵀ is only multiplied, never formed. The method is randomized subspace iteration (Halko,
//! Martinsson, Tropp, "Finding structure with randomness", SIAM Review 2011, algorithm 4.4): a basis of A Ω is
//! improved by power iterations, then the small matrix AᵀB is decomposed through the eigenvectors of its Gram matrix
//! in `f64`. A basis as wide as the smaller side makes it exact.

use super::real::{hypot, square};
use super::{Matrix, Rng, parallel, vector};
use crate::watch;

/// Compressed sparse rows: row r has entries `starts[r]..starts[r + 1]`.
#[derive(Clone, Copy, Debug)]
pub struct Sparse<'a> {
    /// Start of each row, followed by the number of entries.
    pub starts: &'a [usize],
    /// Columns of the entries.
    pub columns: &'a [u32],
    /// Values of the entries.
    pub values: &'a [f32],
}

/// A = S + fill · 1 1ᵀ, with S by rows and by columns.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// S.
    pub rows: Sparse<'a>,
    /// Sᵀ.
    pub columns: Sparse<'a>,
    /// The value added to every entry.
    pub fill: f32,
}

/// Settings of the approximation.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Extra columns of the basis.
    pub oversampling: usize,
    /// Number of multiplications by A Aᵀ that sharpen the basis.
    pub power_iterations: usize,
}

/// A ≈ U diag(s) Vᵀ.
#[derive(Clone, Debug)]
pub struct Decomposition {
    /// Singular values, descending; all of them if the decomposition is exact, otherwise k.
    pub values: Vec<f32>,
    /// V: columns of A × k.
    pub right: Matrix,
}

/// Up to this size of the smaller side, the decomposition is exact.
const SMALL: usize = 128;

impl Filled<'_> {
    /// A X.
    pub fn times(&self, x: &Matrix) -> Matrix {
        product(self.rows, self.fill, x)
    }

    /// Aᵀ X.
    pub fn transposed_times(&self, x: &Matrix) -> Matrix {
        product(self.columns, self.fill, x)
    }

    /// Returns the `k` largest singular values and their right vectors; k ≤ the smaller side.
    pub fn decompose(&self, k: usize, effort: Effort, rng: &Rng) -> Decomposition {
        let (m, n) = (self.rows.starts.len() - 1, self.columns.starts.len() - 1);
        let smaller = m.min(n);
        let width = match smaller <= SMALL {
            true => smaller,
            false => (k + effort.oversampling).min(smaller),
        };
        // The first product, two for each power iteration, and the last.
        let stage = watch::stage("singular vectors", 2 + 2 * effort.power_iterations);
        let mut draw = rng.piece(0);
        let mut basis = self.times(&Matrix::from_fn(n, width, |_, _| draw.normal()));
        orthonormalize(&mut basis);
        stage.add(1);
        for _ in 0..effort.power_iterations {
            let mut other = self.transposed_times(&basis);
            orthonormalize(&mut other);
            stage.add(1);
            basis = self.times(&other);
            orthonormalize(&mut basis);
            stage.add(1);
        }
        let image = self.transposed_times(&basis);
        let (squares, vectors) = eigen(gram(&image), width);
        let values: Vec<f64> = squares.iter().map(|s| s.max(0.0).sqrt()).collect();
        let right = Matrix::from_fn(n, k, |r, c| match values[c] > 1e-6 * values[0] {
            true => {
                let row = image.row(r).iter().enumerate();
                let sum: f64 = row.map(|(l, &x)| f64::from(x) * vectors[l * width + c]).sum();
                (sum / values[c]) as f32
            }
            false => 0.0,
        });
        stage.add(1);
        let keep = if width == smaller { width } else { k };
        Decomposition { values: values[..keep].iter().map(|&s| s as f32).collect(), right }
    }
}

/// (S + fill · 1 1ᵀ) X, rows of the result in parallel.
fn product(s: Sparse<'_>, fill: f32, x: &Matrix) -> Matrix {
    const PIECE: usize = 64;
    let (rows, k) = (s.starts.len() - 1, x.cols());
    // fill · 1ᵀX is the same for every row.
    let mut sums = vec![0f64; k];
    for r in 0..x.rows() {
        sums.iter_mut().zip(x.row(r)).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let filled: Vec<f32> = sums.iter().map(|sum| (f64::from(fill) * sum) as f32).collect();
    let mut out = Matrix::zeros(rows, k);
    parallel::for_each_chunk(out.data_mut(), PIECE * k, |piece, chunk| {
        for (r, out) in (piece * PIECE..).zip(chunk.chunks_exact_mut(k.max(1))) {
            out.copy_from_slice(&filled);
            for e in s.starts[r]..s.starts[r + 1] {
                vector::add_scaled(out, s.values[e], x.row(s.columns[e] as usize));
            }
        }
    });
    out
}

/// Makes the columns orthonormal (Gram–Schmidt, twice); a column that depends on earlier ones becomes zero.
fn orthonormalize(x: &mut Matrix) {
    let mut columns = x.transposed();
    let n = columns.cols();
    for c in 0..columns.rows() {
        watch::check();
        let (before, rest) = columns.data_mut().split_at_mut(c * n);
        let column = &mut rest[..n];
        let length = vector::norm(column);
        for _ in 0..2 {
            for other in before.chunks_exact(n.max(1)) {
                vector::add_scaled(column, -vector::dot(other, column), other);
            }
        }
        let left = vector::norm(column);
        let scale = if left > 1e-5 * length { 1.0 / left } else { 0.0 };
        column.iter_mut().for_each(|x| *x *= scale);
    }
    *x = columns.transposed();
}

/// XᵀX in `f64`.
fn gram(x: &Matrix) -> Vec<f64> {
    const PIECE: usize = 512;
    let k = x.cols();
    let parts = parallel::map(x.rows(), PIECE, |piece| {
        let mut part = vec![0f64; k * k];
        for r in piece {
            let row = x.row(r);
            for (sums, &a) in part.chunks_exact_mut(k.max(1)).zip(row) {
                let a = f64::from(a);
                sums.iter_mut().zip(row).for_each(|(sum, &b)| *sum += a * f64::from(b));
            }
        }
        part
    });
    let mut sum = vec![0f64; k * k];
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
    }
    sum
}

/// Returns the eigenvalues, descending, and eigenvectors (columns, row-major) of a symmetric n × n matrix, by cyclic
/// Jacobi rotations.
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    // Rows of `v` are the eigenvectors: rotations touch contiguous rows.
    let mut v = vec![0f64; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    for _ in 0..60 {
        let total: f64 = a.iter().map(|x| x * x).sum();
        let diagonal: f64 = (0..n).map(|i| square(a[i * n + i])).sum();
        if total - diagonal <= 1e-26 * total {
            break;
        }
        for p in 0..n {
            watch::check();
            for q in p + 1..n {
                let off = a[p * n + q];
                if off * off <= 1e-32 * (a[p * n + p] * a[q * n + q]).abs() || off == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
                let t = theta.signum() / (theta.abs() + hypot(theta, 1.0));
                let c = 1.0 / hypot(t, 1.0);
                let s = t * c;
                for l in 0..n {
                    let (x, y) = (a[l * n + p], a[l * n + q]);
                    (a[l * n + p], a[l * n + q]) = (c * x - s * y, s * x + c * y);
                }
                rotate(&mut a, n, p, q, c, s);
                rotate(&mut v, n, p, q, c, s);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j * n + j].total_cmp(&a[i * n + i]));
    let values = order.iter().map(|&i| a[i * n + i]).collect();
    let vectors = (0..n * n).map(|at| v[order[at % n] * n + at / n]).collect();
    (values, vectors)
}

/// Rotates rows p and q of `a` by the angle with cosine c and sine s.
fn rotate(a: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = a.split_at_mut(q * n);
    for (x, y) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compressed rows of a dense matrix.
    fn compress(a: &Matrix) -> (Vec<usize>, Vec<u32>, Vec<f32>) {
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for r in 0..a.rows() {
            for (c, &x) in a.row(r).iter().enumerate().filter(|(_, x)| **x != 0.0) {
                columns.push(c as u32);
                values.push(x);
            }
            starts.push(columns.len());
        }
        (starts, columns, values)
    }

    /// Decomposes dense `a` less `fill` where it is not `fill`.
    fn check(a: &Matrix, fill: f32, k: usize, expected: &[f32], tolerance: f32) {
        let rest = Matrix::from_fn(a.rows(), a.cols(), |r, c| a.row(r)[c] - fill);
        let (rows, columns) = (compress(&rest), compress(&rest.transposed()));
        fn view<'a>(p: &'a (Vec<usize>, Vec<u32>, Vec<f32>)) -> Sparse<'a> {
            Sparse { starts: &p.0, columns: &p.1, values: &p.2 }
        }
        let filled = Filled { rows: view(&rows), columns: view(&columns), fill };
        let effort = Effort { oversampling: 10, power_iterations: 6 };
        let found = filled.decompose(k, effort, &Rng::new(1, &[]));
        for (found, expected) in found.values.iter().zip(expected) {
            assert!((found - expected).abs() < tolerance, "{found} for {expected}");
        }
        // A v = s u with |u| = 1, and the v are orthonormal.
        let image = filled.times(&found.right);
        for c in 0..k {
            let column = |m: &Matrix| (0..m.rows()).map(|r| m.row(r)[c]).collect::<Vec<_>>();
            assert!((vector::norm(&column(&image)) - found.values[c]).abs() < tolerance);
            assert!((vector::norm(&column(&found.right)) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn known_spectra_are_found() {
        check(&Matrix::from_vec(2, 2, vec![3.0, 0.0, 4.0, 5.0]), 0.0, 2, &[6.7082, 2.2361], 1e-4);
        check(
            &Matrix::from_vec(2, 3, vec![3.0, 2.0, 2.0, 2.0, 3.0, -2.0]),
            0.5,
            2,
            &[5.0, 3.0],
            1e-4,
        );
        // Larger than SMALL: two orthogonal directions above noise of a third of the size.
        let mut rng = Rng::new(3, &[]);
        let (m, n) = (300, 200);
        let unit = |n: usize, at: usize, odd: bool| {
            let sign = if odd && at % 2 == 1 { -1.0 } else { 1.0 };
            sign / (n as f32).sqrt()
        };
        let a = Matrix::from_fn(m, n, |r, c| {
            50.0 * unit(m, r, false) * unit(n, c, false)
                + 30.0 * unit(m, r, true) * unit(n, c, true)
                + 0.001 * rng.normal()
        });
        check(&a, 0.1, 2, &[50.0, 30.0], 2e-2);
    }
}

//! Truncated singular value decomposition of a sparse matrix plus a constant.
//!
//! A = S + fill · 1 1ᵀ is only multiplied, never formed. The method is randomized subspace iteration (Halko,
//! Martinsson, Tropp, "Finding structure with randomness", SIAM Review 2011, algorithm 4.4): a basis of A Ω is
//! improved by power iterations, then the small matrix AᵀB is decomposed through the eigenvectors of its Gram matrix
//! in `f64`. A basis as wide as the smaller side makes it exact.

use super::product::{Right, Write, multiply};
use super::real::hypot;
use super::{Matrix, Rng, parallel, vector};
use crate::watch;
use multiversion::multiversion;

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
        let (squares, vectors) = eigen(&gram(&image), width);
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

/// Makes the columns orthonormal: X ← X R⁻¹ with RᵀR = XᵀX, twice, because the first pass is only as exact as X is well
/// conditioned (Fukaya et al., "CholeskyQR2", ScalA 2014). A column that depends on earlier ones becomes zero.
fn orthonormalize(x: &mut Matrix) {
    const PIECE: usize = 256;
    let k = x.cols();
    for _ in 0..2 {
        watch::check();
        let root = inverse(&root(&gram(x), k, 1e-10), k);
        // Row i of L⁻¹ is column i of R⁻¹.
        let columns: Vec<f32> = root.into_iter().map(|x| x as f32).collect();
        let mut product = Matrix::zeros(x.rows(), k);
        parallel::for_each_chunk(product.data_mut(), PIECE * k, |piece, out| {
            let (rows, right) = (&x.data()[piece * PIECE * k..], Right::Columns(&columns));
            multiply(out, k, Write::Replace, rows, right, (out.len() / k, k, k));
        });
        *x = product;
    }
}

/// XᵀX in `f64`, k × k.
fn gram(x: &Matrix) -> Vec<f64> {
    const ROWS: usize = 32;
    let k = x.cols();
    let mut sum = vec![0f64; k * k];
    parallel::for_each_chunk(&mut sum, ROWS * k, |piece, sums| {
        (0..x.rows()).for_each(|r| add_square(sums, piece * ROWS, x.row(r)));
    });
    for r in 0..k {
        (r + 1..k).for_each(|c| sum[r * k + c] = sum[c * k + r]);
    }
    sum
}

/// Adds the lower triangle of x xᵀ to `sums`, whose rows begin with row `from`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_square(sums: &mut [f64], from: usize, x: &[f32]) {
    for (r, sums) in (from..).zip(sums.chunks_exact_mut(x.len().max(1))) {
        let factor = f64::from(x[r]);
        sums[..=r].iter_mut().zip(&x[..=r]).for_each(|(sum, &x)| *sum += factor * f64::from(x));
    }
}

/// L, lower triangular, with L Lᵀ = A, for A positive semidefinite (n × n). Rows that depend on earlier ones, up to the
/// share `least` of their square, have a zero on the diagonal.
fn root(a: &[f64], n: usize, least: f64) -> Vec<f64> {
    let mut l = vec![0f64; n * n];
    for i in 0..n {
        let (before, row) = l.split_at_mut(i * n);
        for j in 0..i {
            let other = &before[j * n..][..=j];
            if other[j] > 0.0 {
                row[j] = (a[i * n + j] - dot(&row[..j], &other[..j])) / other[j];
            }
        }
        let rest = a[i * n + i] - dot(&row[..i], &row[..i]);
        row[i] = if rest > least * a[i * n + i] { rest.sqrt() } else { 0.0 };
    }
    l
}

/// L⁻¹; rows with a zero on the diagonal become zero.
fn inverse(l: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0f64; n * n];
    for i in 0..n {
        let diagonal = l[i * n + i];
        if diagonal == 0.0 {
            continue;
        }
        let (before, row) = inverse.split_at_mut(i * n);
        for (j, other) in before.chunks_exact(n).enumerate() {
            add_scaled(&mut row[..=j], -l[i * n + j], &other[..=j]);
        }
        row[i] = 1.0;
        row[..=i].iter_mut().for_each(|x| *x /= diagonal);
    }
    inverse
}

/// Returns the eigenvalues, descending, and eigenvectors (columns, row-major) of a positive semidefinite n × n matrix,
/// by one-sided Jacobi rotations: the rows of its root are rotated until they are orthogonal.
fn eigen(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut b = root(a, n, 1e-14);
    let mut v = vec![0f64; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    let norms =
        |b: &[f64]| -> Vec<f64> { b.chunks_exact(n.max(1)).map(|row| dot(row, row)).collect() };
    for _ in 0..60 {
        watch::check();
        let (mut squares, mut rotated) = (norms(&b), false);
        for p in 0..n {
            for q in p + 1..n {
                let product = dot(&b[p * n..][..n], &b[q * n..][..n]);
                if product * product <= 1e-30 * squares[p] * squares[q] {
                    continue;
                }
                rotated = true;
                let theta = (squares[q] - squares[p]) / (2.0 * product);
                let t = theta.signum() / (theta.abs() + hypot(theta, 1.0));
                let c = 1.0 / hypot(t, 1.0);
                rotate(&mut b, n, p, q, c, t * c);
                rotate(&mut v, n, p, q, c, t * c);
                squares[p] -= t * product;
                squares[q] += t * product;
            }
        }
        if !rotated {
            break;
        }
    }
    let squares = norms(&b);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| squares[j].total_cmp(&squares[i]));
    let values = order.iter().map(|&i| squares[i]).collect();
    let vectors = (0..n * n).map(|at| v[order[at % n] * n + at / n]).collect();
    (values, vectors)
}

/// x · y, in eight sums side by side.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    let mut sums = [0f64; 8];
    for (x, y) in x.0.iter().zip(y.0) {
        (0..8).for_each(|l| sums[l] += x[l] * y[l]);
    }
    sums.iter().sum::<f64>() + x.1.iter().zip(y.1).map(|(x, y)| x * y).sum::<f64>()
}

/// out ← out + factor · x.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_scaled(out: &mut [f64], factor: f64, x: &[f64]) {
    out.iter_mut().zip(x).for_each(|(out, x)| *out += factor * x);
}

/// Rotates rows p and q of `a` by the angle with cosine c and sine s.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
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
    fn dependent_columns_become_zero_and_the_others_orthonormal() {
        let mut rng = Rng::new(9, &[]);
        let mut x = Matrix::from_fn(700, 20, |_, _| rng.normal());
        for r in 0..700 {
            let row = x.row_mut(r);
            row[7] = 2.0 * row[3] - row[5];
            // Almost dependent: it needs the second pass.
            row[11] = row[2] + 1e-3 * row[11];
        }
        orthonormalize(&mut x);
        let gram = gram(&x);
        for r in 0..20 {
            for c in 0..20 {
                let expected = f64::from(u8::from(r == c && r != 7));
                assert!(
                    (gram[r * 20 + c] - expected).abs() < 1e-5,
                    "{r}, {c}: {}",
                    gram[r * 20 + c]
                );
            }
        }
    }

    #[test]
    fn eigenvectors_reproduce_the_matrix() {
        let mut rng = Rng::new(4, &[]);
        let x = Matrix::from_fn(60, 25, |r, c| {
            if c == 9 { 0.0 } else { rng.normal() + 3.0 * ((r % 2) as f32) }
        });
        let a = gram(&x);
        let (values, vectors) = eigen(&a, 25);
        assert!(values.is_sorted_by(|a, b| a >= b) && values[24].abs() < 1e-9);
        for r in 0..25 {
            for c in 0..25 {
                let back: f64 =
                    (0..25).map(|l| vectors[r * 25 + l] * values[l] * vectors[c * 25 + l]).sum();
                assert!(
                    (back - a[r * 25 + c]).abs() < 1e-9 * values[0],
                    "{back} for {}",
                    a[r * 25 + c]
                );
            }
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

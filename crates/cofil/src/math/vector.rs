//! Kernels on slices of `f32`.
//!
//! Each is compiled for several vector widths and picks one at run time. Sums run in
//! [`LANES`] interleaved partial sums with fused multiply-add, so every width gives the same bits.

use multiversion::multiversion;

/// Number of partial sums of a reduction: one AVX-512 register, or two of AVX2.
pub const LANES: usize = 16;

/// Inner product Σ aᵢ bᵢ.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    dot_kernel(a, b)
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn dot_kernel(a: &[f32], b: &[f32]) -> f32 {
    dot_lanes(a, b)
}

/// [`dot`] for use inside a kernel that is itself compiled for several widths.
#[inline(always)]
pub fn dot_lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a.remainder().iter().zip(b.remainder()).fold(0f32, |s, (x, y)| x.mul_add(*y, s));
    for (x, y) in a.zip(b) {
        for l in 0..LANES {
            lanes[l] = x[l].mul_add(y[l], lanes[l]);
        }
    }
    sum_lanes(lanes) + tail
}

/// Adds the partial sums as a tree, which fixes the order.
#[inline(always)]
pub fn sum_lanes(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// y ← y + α x.
pub fn add_scaled(y: &mut [f32], alpha: f32, x: &[f32]) {
    debug_assert_eq!(x.len(), y.len());
    add_scaled_kernel(y, alpha, x);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_scaled_kernel(y: &mut [f32], alpha: f32, x: &[f32]) {
    add_scaled_lanes(y, alpha, x);
}

/// [`add_scaled`] for use inside a kernel that is itself compiled for several widths.
#[inline(always)]
pub fn add_scaled_lanes(y: &mut [f32], alpha: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = alpha.mul_add(*x, *y);
    }
}

/// Adds `alpha` times a sparse vector to `y`.
pub fn add_scaled_sparse(y: &mut [f32], alpha: f32, columns: &[u32], values: &[f32]) {
    debug_assert_eq!(columns.len(), values.len());
    add_scaled_sparse_kernel(y, alpha, columns, values);
}

// Nothing here is wide; the versions are for fused products, which are function calls on a generic processor.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_scaled_sparse_kernel(y: &mut [f32], alpha: f32, columns: &[u32], values: &[f32]) {
    for (&column, value) in columns.iter().zip(values) {
        let y = &mut y[column as usize];
        *y = alpha.mul_add(*value, *y);
    }
}

/// Euclidean norm.
pub fn norm(a: &[f32]) -> f32 {
    dot(a, a).sqrt()
}

/// Σ aᵢ² in `f64`, for penalties and tests of finiteness.
pub fn sum_of_squares(a: &[f32]) -> f64 {
    sum_of_squares_kernel(a)
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn sum_of_squares_kernel(a: &[f32]) -> f64 {
    let mut lanes = [0f64; LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for x in whole {
        for l in 0..LANES {
            lanes[l] += f64::from(x[l]) * f64::from(x[l]);
        }
    }
    let rest = rest.iter().map(|&x| f64::from(x) * f64::from(x));
    lanes.iter().copied().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    #[test]
    fn kernels_agree_with_their_naive_twins() {
        let mut rng = Rng::new(1, &[]);
        for n in [0, 1, 3, 15, 16, 17, 31, 64, 100, 257] {
            let a: Vec<f32> = (0..n).map(|_| rng.normal()).collect();
            let b: Vec<f32> = (0..n).map(|_| rng.normal()).collect();
            let naive: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            assert!((f64::from(dot(&a, &b)) - naive).abs() < 1e-4, "dot of length {n}");
            assert_eq!(dot(&a, &b).to_bits(), dot_lanes(&a, &b).to_bits(), "width of length {n}");
            let squares: f64 = a.iter().map(|&x| f64::from(x).powi(2)).sum();
            assert!((sum_of_squares(&a) - squares).abs() < 1e-9, "squares of length {n}");
            let mut y = b.clone();
            add_scaled(&mut y, 0.5, &a);
            for i in 0..n {
                assert!((y[i] - (b[i] + 0.5 * a[i])).abs() < 1e-6);
            }
        }
    }
}

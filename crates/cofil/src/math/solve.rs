//! Symmetric positive definite systems.

/// Solves A x = b in place: `b` becomes x. `a` (n × n, row-major; the lower triangle is read) becomes its Cholesky
/// factor. Returns false if A is not positive definite; `b` is then unspecified.
#[must_use]
pub fn solve_spd(a: &mut [f32], b: &mut [f32]) -> bool {
    let n = b.len();
    debug_assert_eq!(a.len(), n * n);
    // A = L Lᵀ, row by row (Cholesky–Banachiewicz): rows are contiguous.
    for i in 0..n {
        for j in 0..=i {
            let (head, tail) = a.split_at_mut(i * n);
            let partial = match i == j {
                true => super::vector::dot(&tail[..j], &tail[..j]),
                false => super::vector::dot(&tail[..j], &head[j * n..j * n + j]),
            };
            let rest = tail[j] - partial;
            tail[j] = match i == j {
                true if rest > 0.0 => rest.sqrt(),
                true => return false,
                false => rest / head[j * n + j],
            };
        }
    }
    // L y = b, then Lᵀ x = y.
    for i in 0..n {
        b[i] = (b[i] - super::vector::dot(&a[i * n..i * n + i], &b[..i])) / a[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] /= a[i * n + i];
        let (head, tail) = b.split_at_mut(i);
        super::vector::add_scaled(head, -tail[0], &a[i * n..i * n + i]);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Rng};

    fn spd(n: usize) -> Matrix {
        let mut rng = Rng::new(7, &[n as u64]);
        let root = Matrix::from_fn(n, n + 3, |_, _| rng.normal());
        Matrix::from_fn(n, n, |r, c| {
            root.row(r).iter().zip(root.row(c)).map(|(x, y)| x * y).sum::<f32>()
                + if r == c { 0.5 } else { 0.0 }
        })
    }

    #[test]
    fn solution_reproduces_the_right_side() {
        for n in [1, 2, 5, 16, 33] {
            let a = spd(n);
            let b: Vec<f32> = (0..n).map(|i| i as f32 - 1.5).collect();
            let mut x = b.clone();
            assert!(solve_spd(&mut a.clone().into_data(), &mut x));
            for r in 0..n {
                let back: f32 = a.row(r).iter().zip(&x).map(|(a, x)| a * x).sum();
                assert!((back - b[r]).abs() < 2e-2, "{n}: {back} for {}", b[r]);
            }
        }
        assert!(!solve_spd(&mut [1.0, 0.0, 2.0, 1.0], &mut [1.0, 1.0]));
    }
}

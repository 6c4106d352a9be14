//! Parameter vectors as the kernels of stochastic gradient descent need them: in whole registers, those of one group
//! of rows together.

use crate::math::vector::LANES;
use crate::math::{Matrix, parallel};
use crate::recipes::sgd::grid::Groups;

/// The parameters of one group of rows.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Vectors of a whole number of [`LANES`]; numbers beyond the number of factors stay 0.
    pub factors: Vec<f32>,
    /// One bias per row.
    pub bias: Vec<f32>,
}

/// A vector as whole [`LANES`].
pub type Lanes = [[f32; LANES]];

impl Part {
    /// Returns one part per group, with rows of `factors` numbers filled by `init` and biases of 0.
    pub fn of_groups(
        groups: &Groups,
        factors: usize,
        init: impl Fn(u32, &mut [f32]) + Sync,
    ) -> Vec<Self> {
        let width = factors.next_multiple_of(LANES);
        let part = |rows: &Vec<u32>| {
            let mut values = vec![0.0; rows.len() * width];
            for (&row, target) in rows.iter().zip(values.chunks_exact_mut(width)) {
                init(row, &mut target[..factors]);
            }
            Self { factors: values, bias: vec![0.0; rows.len()] }
        };
        parallel::map_all(&groups.rows, part)
    }

    /// Returns vectors and biases in the order of the data.
    pub fn gather(parts: &[Self], groups: &Groups, factors: usize) -> (Matrix, Vec<f32>) {
        let width = factors.next_multiple_of(LANES);
        let rows = parts.iter().map(|part| part.bias.len()).sum();
        let mut vectors = Matrix::zeros(rows, factors);
        let mut bias = vec![0.0; rows];
        for (part, group) in parts.iter().zip(&groups.rows) {
            let values = part.factors.chunks_exact(width).zip(&part.bias);
            for (&row, (vector, &b)) in group.iter().zip(values) {
                vectors.row_mut(row as usize).copy_from_slice(&vector[..factors]);
                bias[row as usize] = b;
            }
        }
        (vectors, bias)
    }

    /// Concatenates the rows of several parts.
    pub fn join<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let (factors, bias): (Vec<&[f32]>, Vec<&[f32]>) =
            parts.map(|part| (&part.factors[..], &part.bias[..])).unzip();
        Self { factors: factors.concat(), bias: bias.concat() }
    }

    /// Splits into parts with these numbers of rows; the inverse of `join`.
    pub fn part(self, rows: impl Iterator<Item = usize>) -> impl Iterator<Item = Self> {
        let width = self.width() * LANES;
        let mut start = 0;
        rows.map(move |rows| {
            let end = start + rows;
            let factors = self.factors[start * width..end * width].to_vec();
            let bias = self.bias[start..end].to_vec();
            start = end;
            Self { factors, bias }
        })
    }

    /// Length of a row in [`LANES`].
    pub fn width(&self) -> usize {
        self.factors.len() / self.bias.len().max(1) / LANES
    }

    /// Vectors and biases.
    pub fn split(&mut self) -> (Wide<'_>, &mut [f32]) {
        let width = self.width();
        (Wide { rows: self.factors.as_chunks_mut().0, width }, &mut self.bias)
    }
}

/// The vectors of a group.
pub trait Vectors {
    /// The vector of row `r`.
    fn row(&mut self, r: usize) -> &mut Lanes;
    /// The vectors of two different rows.
    fn two(&mut self, a: usize, b: usize) -> [&mut Lanes; 2];
}

/// Vectors of any number of lanes.
pub struct Wide<'a> {
    rows: &'a mut Lanes,
    width: usize,
}

/// Vectors of `C` lanes, so that the compiler unrolls loops.
pub struct Fixed<'a, const C: usize>(&'a mut [[[f32; LANES]; C]]);

impl<'a> Wide<'a> {
    /// The same vectors with a width known to the compiler.
    #[inline(always)]
    pub fn fixed<const C: usize>(self) -> Fixed<'a, C> {
        Fixed(self.rows.as_chunks_mut().0)
    }
}

impl Vectors for Wide<'_> {
    #[inline(always)]
    fn row(&mut self, r: usize) -> &mut Lanes {
        &mut self.rows[r * self.width..(r + 1) * self.width]
    }

    #[inline(always)]
    fn two(&mut self, a: usize, b: usize) -> [&mut Lanes; 2] {
        let range = |r: usize| r * self.width..(r + 1) * self.width;
        self.rows.get_disjoint_mut([range(a), range(b)]).expect("two rows of the group")
    }
}

impl<const C: usize> Vectors for Fixed<'_, C> {
    #[inline(always)]
    fn row(&mut self, r: usize) -> &mut Lanes {
        &mut self.0[r]
    }

    #[inline(always)]
    fn two(&mut self, a: usize, b: usize) -> [&mut Lanes; 2] {
        let [a, b] = self.0.get_disjoint_mut([a, b]).expect("two rows of the group");
        [a, b]
    }
}

/// Inner product in interleaved partial sums, added as a tree: 16, 8, 4, 1.
#[inline(always)]
pub fn dot(p: &Lanes, q: &Lanes, scratch: &mut Scratch) -> f32 {
    let mut sum = [0f32; LANES];
    for (p, q) in p.iter().zip(q) {
        let (p, q) = (*p, *q);
        sum = lanes(|l| p[l].mul_add(q[l], sum[l]));
    }
    total(sum, scratch)
}

/// The inner product p·(a − b), summed like [`dot`].
#[inline(always)]
pub fn dot_difference(p: &Lanes, a: &Lanes, b: &Lanes, scratch: &mut Scratch) -> f32 {
    let mut sum = [0f32; LANES];
    for ((p, a), b) in p.iter().zip(a).zip(b) {
        let (p, a, b) = (*p, *a, *b);
        sum = lanes(|l| p[l].mul_add(a[l] - b[l], sum[l]));
    }
    total(sum, scratch)
}

/// One step that moves p towards q and away from r by its `own` pull, q towards p, and r away from p, each shrunk by
/// `keep`, p by its own.
#[inline(always)]
pub fn pull_apart(
    p: &mut Lanes,
    q: &mut Lanes,
    r: &mut Lanes,
    own: (f32, f32),
    (pull, keep): (f32, f32),
) {
    for ((p, q), r) in p.iter_mut().zip(q).zip(r) {
        // Whole registers, because the compiler cannot know that the rows are disjoint.
        let (old_p, old_q, old_r) = (*p, *q, *r);
        *p = lanes(|l| old_p[l].mul_add(own.1, own.0 * (old_q[l] - old_r[l])));
        *q = lanes(|l| old_q[l].mul_add(keep, pull * old_p[l]));
        *r = lanes(|l| old_r[l].mul_add(keep, -pull * old_p[l]));
    }
}

/// One step that moves p along q by its `own` pull and q along p, each shrunk by `keep`, p by its own.
#[inline(always)]
pub fn pull_together(p: &mut Lanes, q: &mut Lanes, own: (f32, f32), (pull, keep): (f32, f32)) {
    for (p, q) in p.iter_mut().zip(q) {
        // Whole registers, because the compiler cannot know that p and q are disjoint.
        let (old_p, old_q) = (*p, *q);
        *p = lanes(|l| old_p[l].mul_add(own.1, own.0 * old_q[l]));
        *q = lanes(|l| old_q[l].mul_add(keep, pull * old_p[l]));
    }
}

/// Adds up partial sums.
///
/// Storing the sums of 8 and of 4 keeps the compiler on vector instructions. Without the stores it sees a tree of
/// scalars that ends in one number and computes all of it with scalar instructions, three times slower.
#[inline(always)]
fn total(sum: [f32; LANES], scratch: &mut Scratch) -> f32 {
    let eight: [f32; 8] = lanes(|l| sum[l] + sum[l + 8]);
    scratch.eight = eight;
    let four: [f32; 4] = lanes(|l| eight[l] + eight[l + 4]);
    scratch.four = four;
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Receives intermediate sums; used behind `black_box` so that the compiler cannot drop the stores.
#[derive(Default)]
pub struct Scratch {
    eight: [f32; 8],
    four: [f32; 4],
}

/// Evaluates a function of the lane for all lanes.
#[inline(always)]
pub fn lanes<const N: usize>(f: impl Fn(usize) -> f32) -> [f32; N] {
    let mut lanes = [0f32; N];
    for l in 0..N {
        lanes[l] = f(l);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_rows() {
        let x: Vec<f32> = (0..96).map(|i| ((i * 37) % 19) as f32 - 9.0).collect();
        let mut part = Part { factors: x.clone(), bias: vec![0.0; 3] };
        assert_eq!(part.width(), 2);
        let naive = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let (p, a, b) = (&x[..32], &x[32..64], &x[64..]);
        let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let mut scratch = Scratch::default();
        let check = |rows: &mut dyn FnMut(usize) -> Vec<[f32; LANES]>, scratch: &mut Scratch| {
            let [p, a, b] = [0, 1, 2].map(rows);
            (dot(&p, &a, scratch), dot_difference(&p, &a, &b, scratch))
        };
        let expected = (naive(p, &x[32..64]), naive(p, &difference));
        let mut wide = part.split().0;
        assert_eq!(check(&mut |r| wide.row(r).to_vec(), &mut scratch), expected);
        let mut fixed = part.split().0.fixed::<2>();
        assert_eq!(check(&mut |r| fixed.row(r).to_vec(), &mut scratch), expected);
        let [last, first] = fixed.two(2, 0);
        assert_eq!((last[0][0], first[0][0]), (x[64], x[0]));
        let mut wide = part.split().0;
        let [last, first] = wide.two(2, 0);
        assert_eq!((last[0][0], first[0][0]), (x[64], x[0]));
    }
}

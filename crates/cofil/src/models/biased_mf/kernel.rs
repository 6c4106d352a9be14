//! The inner loop of per-sample SGD: one pass over one block.
//!
//! Compiled for several vector widths; [`LANES`] interleaved partial sums and fused multiply-add
//! give the same bits for all of them.

use super::Link;
use super::grid::Entry;
use crate::math::vector::LANES;
use multiversion::multiversion;

/// The parameters of one group of rows.
#[derive(Clone, Debug)]
pub struct Part {
    /// Rows of a whole number of [`LANES`]; what is beyond the number of factors stays 0.
    pub factors: Vec<f32>,
    /// One number per row.
    pub bias: Vec<f32>,
}

/// What a step does, the same for all values of an epoch.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// From μ + b_u + b_i + p·q to ŷ.
    pub link: Link,
    /// η.
    pub rate: f32,
    /// λ.
    pub reg: f32,
    /// Whether there are biases; 0 if not.
    pub biases: bool,
    /// Whether μ is learned. Each value then waits for the one before.
    pub offset: bool,
}

/// Learns from every entry of `block`, chunk after chunk of `order`. Answers the loss met on the
/// way and where μ, which starts at `offset`, ends.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn learn(
    block: &[Entry],
    order: &(usize, Vec<u32>),
    users: &mut Part,
    items: &mut Part,
    step: Step,
    offset: f32,
) -> (f64, f32) {
    let biases = (&mut users.bias[..], &mut items.bias[..]);
    let width = users.factors.len() / biases.0.len().max(1) / LANES;
    let p = users.factors.as_chunks_mut().0;
    let q = items.factors.as_chunks_mut().0;
    let wide = Wide { p, q, width };
    // The common widths, and a fixed offset, are worth a loop of their own.
    match (width, step.offset) {
        (_, true) => walk::<true>(block, order, wide, biases, step, offset),
        (1, _) => walk::<false>(block, order, wide.fixed::<1>(), biases, step, offset),
        (2, _) => walk::<false>(block, order, wide.fixed::<2>(), biases, step, offset),
        (4, _) => walk::<false>(block, order, wide.fixed::<4>(), biases, step, offset),
        (8, _) => walk::<false>(block, order, wide.fixed::<8>(), biases, step, offset),
        _ => walk::<false>(block, order, wide, biases, step, offset),
    }
}

/// A vector as whole [`LANES`].
type Lanes = [[f32; LANES]];

/// The vectors of two groups.
trait Rows {
    /// Those of `entry`.
    fn pair(&mut self, entry: &Entry) -> (&mut Lanes, &mut Lanes);
}

/// Vectors of any number of lanes.
struct Wide<'a> {
    p: &'a mut Lanes,
    q: &'a mut Lanes,
    width: usize,
}

/// Vectors of `C` lanes: the compiler unrolls.
struct Fixed<'a, const C: usize> {
    p: &'a mut [[[f32; LANES]; C]],
    q: &'a mut [[[f32; LANES]; C]],
}

impl<'a> Wide<'a> {
    #[inline(always)]
    fn fixed<const C: usize>(self) -> Fixed<'a, C> {
        Fixed { p: self.p.as_chunks_mut().0, q: self.q.as_chunks_mut().0 }
    }
}

impl Rows for Wide<'_> {
    #[inline(always)]
    fn pair(&mut self, entry: &Entry) -> (&mut Lanes, &mut Lanes) {
        let (u, i) = (entry.user as usize * self.width, entry.item as usize * self.width);
        (&mut self.p[u..u + self.width], &mut self.q[i..i + self.width])
    }
}

impl<const C: usize> Rows for Fixed<'_, C> {
    #[inline(always)]
    fn pair(&mut self, entry: &Entry) -> (&mut Lanes, &mut Lanes) {
        (&mut self.p[entry.user as usize], &mut self.q[entry.item as usize])
    }
}

#[inline(always)]
fn walk<const OFFSET: bool>(
    block: &[Entry],
    (size, chunks): &(usize, Vec<u32>),
    mut rows: impl Rows,
    (user_bias, item_bias): (&mut [f32], &mut [f32]),
    step: Step,
    mut offset: f32,
) -> (f64, f32) {
    let keep = 1.0 - 2.0 * step.rate * step.reg;
    let pull = step.rate * step.link.slope();
    let bias_pull = if step.biases { pull } else { 0.0 };
    let mut loss = 0f64;
    let mut scratch = Scratch::default();
    // So that the compiler cannot drop the stores.
    let scratch = std::hint::black_box(&mut scratch);
    for &chunk in chunks {
        let start = chunk as usize * size;
        for entry in &block[start..(start + size).min(block.len())] {
            let (p, q) = rows.pair(entry);
            let b = &mut user_bias[entry.user as usize];
            let d = &mut item_bias[entry.item as usize];
            let x = offset + *b + *d + dot(p, q, scratch);
            let (error, part) = step.link.error(x, entry.value);
            loss += part;
            let pull_error = pull * error;
            for (p, q) in p.iter_mut().zip(q) {
                // Whole registers: the compiler cannot know that p and q are apart.
                let (old_p, old_q) = (*p, *q);
                *p = lanes(|l| old_p[l].mul_add(keep, pull_error * old_q[l]));
                *q = lanes(|l| old_q[l].mul_add(keep, pull_error * old_p[l]));
            }
            *b = b.mul_add(keep, bias_pull * error);
            *d = d.mul_add(keep, bias_pull * error);
            if OFFSET {
                offset = offset.mul_add(keep, pull_error);
            }
        }
    }
    (loss, offset)
}

/// Inner product in interleaved partial sums, which are then added as a tree: 16, 8, 4, 1.
///
/// Storing the sums of 8 and of 4 is what keeps the compiler on vectors: without it, it sees a tree
/// of scalars that ends in one number and computes all of it with scalar instructions, three times
/// slower.
#[inline(always)]
fn dot(p: &Lanes, q: &Lanes, scratch: &mut Scratch) -> f32 {
    let mut sum = [0f32; LANES];
    for (p, q) in p.iter().zip(q) {
        let (p, q) = (*p, *q);
        sum = lanes(|l| p[l].mul_add(q[l], sum[l]));
    }
    let eight: [f32; 8] = lanes(|l| sum[l] + sum[l + 8]);
    scratch.eight = eight;
    let four: [f32; 4] = lanes(|l| eight[l] + eight[l + 4]);
    scratch.four = four;
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Where [`dot`] leaves its sums on the way.
#[derive(Default)]
struct Scratch {
    eight: [f32; 8],
    four: [f32; 4],
}

#[inline(always)]
fn lanes<const N: usize>(f: impl Fn(usize) -> f32) -> [f32; N] {
    let mut lanes = [0f32; N];
    for l in 0..N {
        lanes[l] = f(l);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    /// [`learn`] in `f64`, one number after the other.
    fn naive(block: &[Entry], width: usize, parts: [&Part; 2], step: Step) -> Vec<f64> {
        let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let [mut p, mut q] = parts.map(|part| wide(&part.factors));
        let [mut b, mut d] = parts.map(|part| wide(&part.bias));
        let (mut offset, rate, reg) = (0.5, f64::from(step.rate), f64::from(step.reg));
        for entry in block {
            let (u, i) = (entry.user as usize, entry.item as usize);
            let product: f64 = (0..width).map(|l| p[u * width + l] * q[i * width + l]).sum();
            let error = f64::from(entry.value) - offset - b[u] - d[i] - product;
            for l in 0..width {
                let (x, y) = (p[u * width + l], q[i * width + l]);
                p[u * width + l] += 2.0 * rate * (error * y - reg * x);
                q[i * width + l] += 2.0 * rate * (error * x - reg * y);
            }
            if step.biases {
                b[u] += 2.0 * rate * (error - reg * b[u]);
                d[i] += 2.0 * rate * (error - reg * d[i]);
            }
            if step.offset {
                offset += 2.0 * rate * (error - reg * offset);
            }
        }
        [p, q, b, d, vec![offset]].concat()
    }

    #[test]
    fn agrees_with_its_naive_twin() {
        let mut rng = Rng::new(8, &[]);
        for width in [16, 32, 48, 64, 128] {
            for (biases, offset) in [(true, false), (true, true), (false, false)] {
                let mut part = |rows: usize| Part {
                    factors: (0..rows * width).map(|_| 0.2 * rng.normal()).collect(),
                    bias: vec![0.0; rows],
                };
                let (mut users, mut items) = (part(7), part(5));
                let block: Vec<Entry> = (0..203)
                    .map(|_| Entry {
                        user: rng.below(7) as u16,
                        item: rng.below(5) as u16,
                        value: rng.normal(),
                    })
                    .collect();
                let step = Step { link: Link::Linear, rate: 0.01, reg: 0.1, biases, offset };
                // Chunks of 10 in order; the last has 3.
                let order = (10, (0..21).collect());
                let expected = naive(&block, width, [&users, &items], step);
                let (loss, end) = learn(&block, &order, &mut users, &mut items, step, 0.5);
                let found =
                    [users.factors, items.factors, users.bias, items.bias, vec![end]].concat();
                for (f, e) in found.iter().zip(&expected) {
                    assert!((f64::from(*f) - e).abs() < 1e-4, "width {width}: {f} for {e}");
                }
                assert!(loss > 0.0);
            }
        }
    }
}

//! The inner loop of per-sample SGD: one pass over one block.
//!
//! Compiled for several vector widths; sixteen interleaved partial sums and fused multiply-add give the same bits for
//! all of them.

use crate::recipes::Link;
use crate::recipes::sgd::grid::Entry;
use crate::recipes::sgd::part::{Fixed, Part, Scratch, Vectors, Wide, dot, pull_together};
use multiversion::multiversion;

/// Constants of all steps in an epoch.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// From μ + b_u + b_i + p·q to ŷ.
    pub link: Link,
    /// Learning rate η.
    pub rate: f32,
    /// Regularisation λ.
    pub reg: f32,
    /// Whether there are biases; 0 if not.
    pub biases: bool,
    /// Whether μ is learned; each value then waits for the previous one.
    pub offset: bool,
}

/// Learns from every entry of `block`, chunk after chunk of `order`. Returns the loss before each step, summed, and
/// the final μ, which starts at `offset`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn learn(
    block: &[Entry],
    order: &(usize, Vec<u32>),
    users: &mut Part,
    items: &mut Part,
    step: Step,
    offset: f32,
) -> (f64, f32) {
    let width = users.width();
    let ((p, b), (q, d)) = (users.split(), items.split());
    // Common widths and a fixed offset get a loop of their own.
    match (width, step.offset) {
        (_, true) => walk::<true>(block, order, (p, q), (b, d), step, offset),
        (1, _) => walk::<false>(block, order, fixed::<1>(p, q), (b, d), step, offset),
        (2, _) => walk::<false>(block, order, fixed::<2>(p, q), (b, d), step, offset),
        (4, _) => walk::<false>(block, order, fixed::<4>(p, q), (b, d), step, offset),
        (8, _) => walk::<false>(block, order, fixed::<8>(p, q), (b, d), step, offset),
        _ => walk::<false>(block, order, (p, q), (b, d), step, offset),
    }
}

#[inline(always)]
fn fixed<'a, const C: usize>(p: Wide<'a>, q: Wide<'a>) -> (Fixed<'a, C>, Fixed<'a, C>) {
    (p.fixed(), q.fixed())
}

#[inline(always)]
fn walk<const OFFSET: bool>(
    block: &[Entry],
    (size, chunks): &(usize, Vec<u32>),
    (mut users, mut items): (impl Vectors, impl Vectors),
    (user_bias, item_bias): (&mut [f32], &mut [f32]),
    step: Step,
    mut offset: f32,
) -> (f64, f32) {
    let keep = 1.0 - 2.0 * step.rate * step.reg;
    let pull = step.rate * step.link.slope();
    let bias_pull = if step.biases { pull } else { 0.0 };
    let mut loss = 0f64;
    let mut scratch = Scratch::default();
    // Keeps the compiler from dropping the stores.
    let scratch = std::hint::black_box(&mut scratch);
    for &chunk in chunks {
        let start = chunk as usize * size;
        for entry in &block[start..(start + size).min(block.len())] {
            let (p, q) = (users.row(entry.user as usize), items.row(entry.item as usize));
            let b = &mut user_bias[entry.user as usize];
            let d = &mut item_bias[entry.item as usize];
            let x = offset + *b + *d + dot(p, q, scratch);
            let (error, part) = step.link.error(x, entry.value);
            loss += part;
            let pull_error = pull * error;
            pull_together(p, q, (pull_error, keep), (pull_error, keep));
            *b = b.mul_add(keep, bias_pull * error);
            *d = d.mul_add(keep, bias_pull * error);
            if OFFSET {
                offset = offset.mul_add(keep, pull_error);
            }
        }
    }
    (loss, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;

    /// [`learn`] in `f64`, one number at a time.
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

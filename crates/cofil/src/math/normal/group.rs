//! Conjugate gradients for several rows at once, so that their common B is multiplied with a matrix instead of one
//! vector at a time: at k = 512 this is bound by arithmetic, not by reading B.

use super::kernels::{add_combination, add_normal_product, gather};
use super::{Half, Objective};
use crate::math::Matrix;
use crate::math::product::{Right, Write, multiply};
use crate::math::vector::{add_scaled, dot};
use std::ops::Range;

/// Number of rows solved together.
pub(super) const ROWS: usize = 16;
/// Maximum count of numbers of copied table rows kept from step to step: 1 MiB, a second-level cache. Larger groups
/// copy them again at each step.
const KEPT: usize = 1 << 18;
/// Count of numbers copied at once if they are not kept.
const BLOCK: usize = 1 << 13;

/// Working memory of one thread.
pub(super) struct Group {
    width: usize,
    /// √w of each entry.
    roots: Vec<f32>,
    /// √w t of each entry.
    targets: Vec<f32>,
    /// Copied table rows, scaled by √w.
    copied: Vec<f32>,
    // Each has one row per row of the group.
    right: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    image: Vec<f32>,
}

impl Group {
    pub(super) fn new(width: usize) -> Self {
        let vectors = || vec![0.0; ROWS * width];
        Self {
            width,
            roots: Vec::new(),
            targets: Vec::new(),
            copied: Vec::new(),
            right: vectors(),
            residual: vectors(),
            direction: vectors(),
            image: vectors(),
        }
    }
}

impl<W, P> Half<'_, W, P>
where
    W: Fn(usize, u32, f32) -> (f32, f32) + Sync,
    P: Fn(usize, usize) -> f32 + Sync,
{
    /// Solves for `rows`, at most [`ROWS`]; `xs` holds the starting point.
    pub(super) fn solve_group(
        &self,
        g: &mut Group,
        rows: Range<usize>,
        xs: &mut [f32],
        base: &Matrix,
        steps: usize,
    ) -> Objective {
        let (width, count) = (g.width, rows.len());
        let Group { roots, targets, copied, right, residual, direction, image, .. } = g;
        let first = self.starts[rows.start];
        let columns = &self.columns[first..self.starts[rows.end]];
        // The entries of a row, counted from the first of the group.
        let entries = |i: usize| {
            let row = rows.start + i;
            self.starts[row] - first..self.starts[row + 1] - first
        };
        roots.clear();
        targets.clear();
        for i in 0..count {
            for e in entries(i) {
                let (weight, target) =
                    (self.weigh)(rows.start + i, columns[e], self.value(first + e));
                roots.push(weight.sqrt());
                targets.push(weight.sqrt() * target);
            }
        }
        let kept = columns.len() * width <= KEPT;
        let block = if kept { columns.len() } else { (BLOCK / width).max(1) };
        copied.resize(block * width, 0.0);
        if kept {
            gather(copied, self.table.data(), columns, roots);
        }
        // Passes the copied rows of some entries to `work`, block by block.
        let mut for_each_block =
            |range: Range<usize>, work: &mut dyn FnMut(Range<usize>, &[f32])| {
                if kept {
                    work(range.clone(), &copied[range.start * width..range.end * width]);
                    return;
                }
                for start in range.clone().step_by(block) {
                    let part = start..range.end.min(start + block);
                    let copy = &mut copied[..part.len() * width];
                    gather(copy, self.table.data(), &columns[part.clone()], &roots[part.clone()]);
                    work(part, copy);
                }
            };
        let penalties: Vec<f32> =
            (0..count).map(|i| (self.penalty)(rows.start + i, entries(i).len())).collect();
        let row = |i: usize| i * width..(i + 1) * width;
        right.fill(0.0);
        for i in 0..count {
            for_each_block(entries(i), &mut |part, copy| {
                add_combination(&mut right[row(i)], &targets[part], copy);
            });
            if entries(i).is_empty() {
                xs[row(i)].fill(0.0);
            }
        }
        let mut apply = |vs: &[f32], out: &mut [f32]| {
            for i in 0..count {
                let both = out[row(i)].iter_mut().zip(&vs[row(i)]);
                both.for_each(|(out, v)| *out = penalties[i] * v);
            }
            let base = Right::Rows(base.data());
            multiply(out, width, Write::Add, vs, base, (count, width, width));
            for i in 0..count {
                for_each_block(entries(i), &mut |_, copy| {
                    add_normal_product(&mut out[row(i)], copy, &vs[row(i)]);
                });
            }
        };
        let used = count * width;
        let (right, residual) = (&right[..used], &mut residual[..used]);
        let (direction, image) = (&mut direction[..used], &mut image[..used]);
        apply(xs, image);
        for ((residual, right), image) in residual.iter_mut().zip(right).zip(&*image) {
            *residual = right - image;
        }
        direction.copy_from_slice(residual);
        let norm = |vs: &[f32], i: usize| dot(&vs[row(i)], &vs[row(i)]);
        let mut squares: Vec<f32> = (0..count).map(|i| norm(residual, i)).collect();
        for _ in 0..steps {
            apply(direction, image);
            for i in 0..count {
                let curvature = dot(&direction[row(i)], &image[row(i)]);
                // A solution that is exact to the precision of its numbers stays as it is.
                let done = squares[i] <= 1e-20 * f32::MIN_POSITIVE.max(norm(right, i));
                if done || curvature <= 0.0 {
                    direction[row(i)].fill(0.0);
                    continue;
                }
                let step = squares[i] / curvature;
                add_scaled(&mut xs[row(i)], step, &direction[row(i)]);
                add_scaled(&mut residual[row(i)], -step, &image[row(i)]);
                let next = norm(residual, i);
                let ratio = next / squares[i];
                for (d, r) in direction[row(i)].iter_mut().zip(&residual[row(i)]) {
                    *d = r + ratio * *d;
                }
                squares[i] = next;
            }
        }
        let objective = |i: usize| {
            // With A x = right − residual: xᵀAx − 2 rightᵀx = −(right + residual)ᵀx.
            let product = |a: &[f32]| f64::from(dot(&a[row(i)], &xs[row(i)]));
            let targets = &targets[entries(i)];
            let total = f64::from(dot(targets, targets)) - product(right) - product(residual);
            let penalty = f64::from(penalties[i]) * product(xs);
            Objective { data: total - penalty, penalty }
        };
        (0..count).map(objective).sum()
    }
}

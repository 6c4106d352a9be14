//! Draws from N(0, 1) by the ziggurat method.
//!
//! 256 layers of equal area cover half of the bell curve; nearly every draw needs one random number, one product and
//! one comparison (Marsaglia & Tsang, Journal of Statistical Software 2000; Doornik, "An improved ziggurat method to
//! generate normal random samples", 2005). It consumes random numbers as the crate `rand_distr` does and so draws the
//! same numbers, but calls the functions of [`real`](super::real), so that it does so on every machine.

use super::real::{exp, ln};
use std::sync::OnceLock;

/// Number of layers.
const LAYERS: usize = 256;
/// Start of the tail for this number of layers.
const TAIL: f64 = 3.654_152_885_361_009;
/// Area of each layer, with as many digits as Doornik gives; determines all tables.
const AREA: f64 = 4.928_673_233_99e-3;

/// Right ends of the layers, from the lowest on, and heights of the curve there. The first is the width of a
/// rectangle with the area of the lowest layer, whose tail is infinite.
struct Layers {
    ends: [f64; LAYERS + 1],
    heights: [f64; LAYERS + 1],
}

/// e^(−x²/2).
fn density(x: f64) -> f64 {
    exp(-x * x / 2.0)
}

fn layers() -> &'static Layers {
    static TABLE: OnceLock<Layers> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut ends = [0.0; LAYERS + 1];
        ends[0] = AREA / density(TAIL);
        ends[1] = TAIL;
        for l in 2..LAYERS {
            ends[l] = (-2.0 * ln(AREA / ends[l - 1] + density(ends[l - 1]))).sqrt();
        }
        Layers { ends, heights: ends.map(density) }
    })
}

/// A draw from N(0, 1); `bits` gives 64 random bits.
pub fn normal(mut bits: impl FnMut() -> u64) -> f64 {
    let Layers { ends, heights } = layers();
    loop {
        // The low bits choose a layer, the high bits a position in it, in [−1, 1).
        let drawn = bits();
        let layer = drawn as usize % LAYERS;
        let place = (drawn >> 12) as f64 / (1u64 << 51) as f64 - 1.0;
        let x = place * ends[layer];
        if x.abs() < ends[layer + 1] {
            return x;
        }
        if layer == 0 {
            return tail(&mut bits).copysign(x);
        }
        let height = (bits() >> 11) as f64 / (1u64 << 53) as f64;
        if heights[layer + 1] + (heights[layer] - heights[layer + 1]) * height < density(x) {
            return x;
        }
    }
}

/// A draw from beyond [`TAIL`] (Marsaglia 1964).
fn tail(bits: &mut impl FnMut() -> u64) -> f64 {
    // In (0, 1): the midpoints of 2⁵² pieces.
    let mut logarithm = || ln(((bits() >> 12) as f64 + 0.5) / (1u64 << 52) as f64);
    loop {
        let (beyond, y) = (-logarithm() / TAIL, -logarithm());
        if 2.0 * y >= beyond * beyond {
            return TAIL + beyond;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng as _, SeedableRng};

    #[test]
    fn layers_have_one_area() {
        let Layers { ends, heights } = layers();
        for l in 1..LAYERS {
            let area = ends[l] * (heights[l + 1] - heights[l]);
            assert!((area - AREA).abs() < 1e-11, "layer {l}: {area:e}");
        }
        // The lowest layer: a rectangle and the tail, summed up to where it vanishes.
        let steps = (0..1_000_000).map(|i| TAIL + (f64::from(i) + 0.5) * 1e-5);
        let area = TAIL * density(TAIL) + steps.map(|x| density(x) * 1e-5).sum::<f64>();
        assert!((area - AREA).abs() < 1e-13, "lowest layer: {area:e}");
    }

    #[test]
    fn draws_are_those_of_another_generator() {
        let (mut ours, mut theirs) =
            (Xoshiro256PlusPlus::seed_from_u64(3), Xoshiro256PlusPlus::seed_from_u64(3));
        let mut tails = 0;
        for _ in 0..2_000_000 {
            let (a, b) = (normal(|| ours.next_u64()), StandardNormal.sample(&mut theirs));
            let b: f64 = b;
            assert!((a - b).abs() <= 1e-14 * b.abs(), "{a} and {b}");
            tails += u32::from(a.abs() > TAIL);
        }
        // 2.6 · 10⁻⁴ of them.
        assert!((400..640).contains(&tails), "{tails} draws from the tails");
    }
}

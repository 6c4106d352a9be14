//! Random numbers that depend only on (seed, place).
//!
//! A generator is created where it is used: `Rng::new(seed, &[epoch, piece])`. Nothing is carried from epoch to
//! epoch, so a resumed run equals an uninterrupted one without saving a generator.

use super::ziggurat;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng};

/// A seeded generator (xoshiro256++).
#[derive(Clone, Debug)]
pub struct Rng {
    root: u64,
    generator: Xoshiro256PlusPlus,
}

impl Rng {
    /// Returns the generator of `seed` at `place`, such as `[epoch, piece]`; different places give independent
    /// streams.
    pub fn new(seed: u64, place: &[u64]) -> Self {
        place.iter().fold(Self::at(mix(seed)), |parent, &p| parent.piece(p))
    }

    /// Returns the generator of piece `p` of this generator's work, whatever has been drawn so far:
    /// `Rng::new(s, &[e]).piece(p)` equals `Rng::new(s, &[e, p])`.
    pub fn piece(&self, p: u64) -> Self {
        Self::at(mix(self.root ^ mix(p)))
    }

    fn at(root: u64) -> Self {
        Self { root, generator: Xoshiro256PlusPlus::seed_from_u64(root) }
    }

    /// Returns 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Returns a whole number in `0..n`, without bias (Lemire's method); 0 if `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        loop {
            let product = (self.bits() >> 32) * u64::from(n);
            // The low half shows whether this draw falls into the part that would favour small numbers.
            if (product as u32) >= n.wrapping_neg().checked_rem(n).unwrap_or(0) {
                return (product >> 32) as u32;
            }
        }
    }

    /// Returns a number in [0, 1) with 24 random bits.
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Returns a draw from N(0, 1).
    pub fn normal(&mut self) -> f32 {
        ziggurat::normal(|| self.bits()) as f32
    }

    /// Shuffles `items` (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = match u32::try_from(i + 1) {
                Ok(n) => self.below(n) as usize,
                Err(_) => (self.bits() % (i as u64 + 1)) as usize,
            };
            items.swap(i, j);
        }
    }
}

/// SplitMix64's finalizer: every input bit reaches every output bit.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_differ_and_repeat() {
        let draw = |seed, place: &[u64]| Rng::new(seed, place).bits();
        assert_eq!(draw(1, &[2, 3]), draw(1, &[2, 3]));
        assert_ne!(draw(1, &[2, 3]), draw(1, &[3, 2]));
        assert_ne!(draw(1, &[2]), draw(2, &[2]));
        assert_ne!(draw(1, &[]), draw(1, &[0]));
    }

    #[test]
    fn draws_have_their_moments() {
        let mut rng = Rng::new(5, &[]);
        let n = 100_000;
        let uniform = (0..n).map(|_| f64::from(rng.uniform())).sum::<f64>() / f64::from(n);
        assert!((uniform - 0.5).abs() < 0.005);
        let square = (0..n).map(|_| f64::from(rng.normal()).powi(2)).sum::<f64>() / f64::from(n);
        assert!((square - 1.0).abs() < 0.02);
        let mut counts = [0u32; 7];
        (0..n).for_each(|_| counts[rng.below(7) as usize] += 1);
        assert!(counts.iter().all(|&c| c.abs_diff(n as u32 / 7) < 500), "{counts:?}");
        let mut order: Vec<u32> = (0..50).collect();
        rng.shuffle(&mut order);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(order != sorted && sorted == (0..50).collect::<Vec<_>>());
    }
}

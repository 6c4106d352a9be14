//! Sixteen numbers at a time: what the register-blocked kernels are written in.
//!
//! Inside a function compiled for AVX-512 a [`Lanes`] is one register, with AVX2 two. Tables that
//! these kernels read have rows padded with zeros to a multiple of [`LANES`] ([`padded`]).

use super::vector::LANES;

/// Sixteen numbers.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    /// Sixteen zeros.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// self ← self + x y.
    #[inline(always)]
    pub fn add_scaled(&mut self, x: f32, y: &[f32; LANES]) {
        for l in 0..LANES {
            self.0[l] = x.mul_add(y[l], self.0[l]);
        }
    }

    /// self ← self + x ∘ y.
    #[inline(always)]
    pub fn add_product(&mut self, x: &[f32; LANES], y: &[f32; LANES]) {
        for l in 0..LANES {
            self.0[l] = x[l].mul_add(y[l], self.0[l]);
        }
    }

    /// out ← out + sign · self, for a sign of 1 or −1.
    #[inline(always)]
    pub fn add_to(&self, sign: f32, out: &mut [f32; LANES]) {
        for l in 0..LANES {
            out[l] = sign.mul_add(self.0[l], out[l]);
        }
    }
}

/// The next multiple of [`LANES`].
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// The sixteen numbers of `data` from `at` on.
#[inline(always)]
pub fn lanes(data: &[f32], at: usize) -> &[f32; LANES] {
    data[at..at + LANES].first_chunk().expect("sixteen numbers")
}

/// The sixteen numbers of `data` from `at` on, to write.
#[inline(always)]
pub fn lanes_mut(data: &mut [f32], at: usize) -> &mut [f32; LANES] {
    data[at..at + LANES].first_chunk_mut().expect("sixteen numbers")
}

//! Sixteen numbers at a time: the unit of the register-blocked kernels.
//!
//! Inside a function compiled for AVX-512 a [`Lanes`] is one register, with AVX2 two. Tables that
//! these kernels read have rows padded with zeros to a multiple of [`LANES`] ([`padded`]).

#![allow(unsafe_code, reason = "AVX-512 by name, where the compiler does not find it")]

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

/// out ← out + Σ_r x_r · row_r, where row r is `rows[r * stride + at..]`.
#[inline(always)]
pub fn combine(out: &mut [f32], x: &[f32], rows: &[f32], stride: usize, at: usize) {
    let width = out.len();
    let mut j = 0;
    while j + 4 * LANES <= width {
        let mut sums = [Lanes::ZERO; 4];
        for (x, row) in x.iter().zip(rows.chunks_exact(stride)) {
            let row = &row[at + j..at + j + 4 * LANES];
            sums[0].add_scaled(*x, lanes(row, 0));
            sums[1].add_scaled(*x, lanes(row, LANES));
            sums[2].add_scaled(*x, lanes(row, 2 * LANES));
            sums[3].add_scaled(*x, lanes(row, 3 * LANES));
        }
        for (l, sum) in sums.iter().enumerate() {
            sum.add_to(1.0, lanes_mut(out, j + l * LANES));
        }
        j += 4 * LANES;
    }
    while j < width {
        let mut sum = Lanes::ZERO;
        for (x, row) in x.iter().zip(rows.chunks_exact(stride)) {
            sum.add_scaled(*x, lanes(row, at + j));
        }
        sum.add_to(1.0, lanes_mut(out, j));
        j += LANES;
    }
}

/// The inner products of sixteen rows with v, as partial sums.
#[inline(always)]
pub fn products_16(block: &[f32], v: &[f32]) -> [Lanes; LANES] {
    let width = v.len();
    let block = &block[..LANES * width];
    let mut a = [Lanes::ZERO; LANES];
    for j in (0..width).step_by(LANES) {
        let v = lanes(v, j);
        // Spelt out so that the sums stay in registers.
        a[0].add_product(lanes(block, j), v);
        a[1].add_product(lanes(block, width + j), v);
        a[2].add_product(lanes(block, 2 * width + j), v);
        a[3].add_product(lanes(block, 3 * width + j), v);
        a[4].add_product(lanes(block, 4 * width + j), v);
        a[5].add_product(lanes(block, 5 * width + j), v);
        a[6].add_product(lanes(block, 6 * width + j), v);
        a[7].add_product(lanes(block, 7 * width + j), v);
        a[8].add_product(lanes(block, 8 * width + j), v);
        a[9].add_product(lanes(block, 9 * width + j), v);
        a[10].add_product(lanes(block, 10 * width + j), v);
        a[11].add_product(lanes(block, 11 * width + j), v);
        a[12].add_product(lanes(block, 12 * width + j), v);
        a[13].add_product(lanes(block, 13 * width + j), v);
        a[14].add_product(lanes(block, 14 * width + j), v);
        a[15].add_product(lanes(block, 15 * width + j), v);
    }
    a
}

/// The sum of each of sixteen partial sums, in the order of `sum_lanes`; halves of two are added
/// at once, which the compiler does not find by itself.
///
/// # Safety
/// The processor must have AVX-512F.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
pub fn sums_avx512(a: &[Lanes; LANES]) -> [f32; LANES] {
    use std::arch::x86_64::*;
    // SAFETY: both types are sixteen f32 without padding, and every bit pattern is valid.
    let register = |l: usize| unsafe { std::mem::transmute::<[f32; LANES], __m512>(a[l].0) };
    // Quarters of a register are named 0..4; two rows per register, then four, then eight.
    let two = |l: usize| {
        let (a, b) = (register(l), register(l + 1));
        _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xEE>(a, b))
    };
    let four = |l: usize| {
        let (a, b) = (two(l), two(l + 2));
        _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xDD>(a, b))
    };
    let eight = |l: usize| {
        let (a, b) = (_mm512_castps_pd(four(l)), _mm512_castps_pd(four(l + 4)));
        let (low, high) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
        _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high))
    };
    let (a, b) = (eight(0), eight(8));
    let mixed = _mm512_add_ps(_mm512_shuffle_ps::<0x88>(a, b), _mm512_shuffle_ps::<0xDD>(a, b));
    // Quarter q now holds rows q, q + 4, q + 8, q + 12.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let sorted = _mm512_permutexvar_ps(order, mixed);
    // SAFETY: as above.
    unsafe { std::mem::transmute::<__m512, [f32; LANES]>(sorted) }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::math::Rng;
    use crate::math::vector::sum_lanes;

    #[test]
    fn sums_of_sixteen_are_those_of_one() {
        let mut rng = Rng::new(6, &[]);
        let a = [(); LANES].map(|()| Lanes([(); LANES].map(|()| rng.normal())));
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has what the function needs.
            let sums = unsafe { sums_avx512(&a) };
            assert_eq!(sums, a.map(|a| sum_lanes(a.0)));
        }
    }
}

//! Exponential function and logarithm without branches, for kernels that apply them to many numbers.
//!
//! Compiled inside a kernel for wide registers, they work on all lanes at once, and every width gives the same bits.
//! Polynomials are from S. Moshier's Cephes library (expf, logf); results are within two units in the last place
//! unless stated otherwise. NaN is treated as one end of the range: check for it elsewhere.

/// eˣ; arguments outside [−87, 88] are clamped, so the result is a positive number.
#[inline(always)]
#[allow(clippy::manual_clamp, reason = "clamp lets NaN through, and its bits would be anything")]
pub fn exp(x: f32) -> f32 {
    // ln 2 in two parts: n times the first is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding it leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0).min(88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let p = 1.987_569_1e-4f32
        .mul_add(r, 1.398_2e-3)
        .mul_add(r, 8.333_452e-3)
        .mul_add(r, 4.166_579_6e-2)
        .mul_add(r, 1.666_666_5e-1)
        .mul_add(r, 0.5);
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    p.mul_add(r * r, r + 1.0) * f32::from_bits(power)
}

/// The natural logarithm of a positive normal number.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // √½: mantissas are reduced to [√½, √2).
    const LOW: u32 = 0x3f35_04f3;
    let above = x.to_bits().wrapping_sub(LOW);
    let exponent = (above as i32 >> 23) as f32;
    let f = f32::from_bits((above & 0x007f_ffff).wrapping_add(LOW)) - 1.0;
    let p = 7.037_683_6e-2f32
        .mul_add(f, -1.151_461e-1)
        .mul_add(f, 1.167_699_9e-1)
        .mul_add(f, -1.242_014_1e-1)
        .mul_add(f, 1.424_932_3e-1)
        .mul_add(f, -1.666_805_8e-1)
        .mul_add(f, 2.000_071_5e-1)
        .mul_add(f, -2.499_999_4e-1)
        .mul_add(f, 3.333_333e-1);
    let square = f * f;
    let rest = exponent.mul_add(-2.121_944_4e-4, (p * f).mul_add(square, -0.5 * square));
    exponent.mul_add(0.693_359_4, f + rest)
}

/// The logistic function σ(x) = 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// ln(1 + eˣ) = −ln σ(−x), to an absolute error of 10⁻⁷ (relative if the value is above 1).
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    x.max(0.0) + ln(1.0 + exp(-x.abs()))
}

/// Σ ln(1 + eˣ). Uses loops: a closure of this size given to an iterator may become a function of its own, compiled
/// without the instruction set of the surrounding kernel, and then takes longer than the kernel.
#[inline(always)]
pub fn softplus_sum<const N: usize>(mut numbers: [f32; N]) -> f64 {
    for x in &mut numbers {
        *x = softplus(*x);
    }
    let mut sum = 0.0;
    for x in numbers {
        sum += f64::from(x);
    }
    sum
}

/// The hyperbolic tangent, to an absolute error of 10⁻⁷.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    2.0f32.mul_add(sigmoid(2.0 * x), -1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers over the whole relevant range, many of them near zero.
    fn arguments() -> impl Iterator<Item = f32> {
        let fine = (-2000..=2000).map(|i| i as f32 * 1e-3);
        fine.chain((-870..=880).map(|i| i as f32 * 0.1))
    }

    #[test]
    fn they_agree_with_double_precision() {
        for x in arguments() {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.4e-7, "exp({x}): relative error {error:e}");
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            let error = (f64::from(sigmoid(x)) - exact).abs() / exact;
            assert!(error < 4e-7, "sigmoid({x}): relative error {error:e}");
            let exact = f64::from(x).exp().ln_1p();
            let error = (f64::from(softplus(x)) - exact).abs() / exact.max(1.0);
            assert!(error < 2e-7, "softplus({x}): error {error:e}");
            let error = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            assert!(error < 2e-7, "tanh({x}): error {error:e}");
        }
        for x in arguments().filter(|&x| x > 0.0).flat_map(|x| [x, exp(x), 1.0 + 1e-3 * x]) {
            let exact = f64::from(x).ln();
            let error = (f64::from(ln(x)) - exact).abs() / exact.abs().max(0.1);
            assert!(error < 2.4e-7, "ln({x}): error {error:e}");
        }
    }

    #[test]
    fn the_ends_are_finite() {
        for x in [f32::MAX, f32::INFINITY, 1e10, 90.0] {
            assert!(exp(x).is_finite() && exp(-x) > 0.0);
            assert_eq!((sigmoid(x), tanh(x), tanh(-x)), (1.0, 1.0, -1.0));
            assert!(sigmoid(-x) < 1e-37);
            assert_eq!((softplus(x), softplus(-x)), (x, 0.0));
        }
        assert_eq!((exp(0.0), ln(1.0), sigmoid(0.0), tanh(0.0)), (1.0, 0.0, 0.5, 0.0));
    }
}

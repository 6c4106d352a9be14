//! Elementary functions of single numbers, with the same bits on every machine.
//!
//! The functions of `std` call the C library, and every C library and version rounds differently. These are computed
//! by Rust code alone. `clippy.toml` refuses the others. Square roots and fused products are allowed, because every
//! machine rounds them correctly. Functions of `f32` are computed in `f64` and rounded once. Kernels that need them
//! for many numbers use [`elementary`](super::elementary).

/// `f32` or `f64`.
pub trait Real: Copy + Into<f64> {
    /// Rounds to the nearest number of this type.
    fn nearest(x: f64) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn nearest(x: f64) -> Self {
        x as f32
    }
}

impl Real for f64 {
    #[inline(always)]
    fn nearest(x: f64) -> Self {
        x
    }
}

/// Clips numbers too large for `f32` to the largest, and NaN (∞ − ∞) to the smallest.
#[inline(always)]
#[allow(clippy::manual_clamp, reason = "clamp lets NaN through")]
pub fn finite(x: f32) -> f32 {
    x.max(f32::MIN).min(f32::MAX)
}

/// eˣ.
pub fn exp<T: Real>(x: T) -> T {
    T::nearest(libm::exp(x.into()))
}

/// 2ˣ.
pub fn exp2<T: Real>(x: T) -> T {
    T::nearest(libm::exp2(x.into()))
}

/// The natural logarithm.
pub fn ln<T: Real>(x: T) -> T {
    T::nearest(libm::log(x.into()))
}

/// ln(1 + x), precise for small x too.
pub fn ln_1p<T: Real>(x: T) -> T {
    T::nearest(libm::log1p(x.into()))
}

/// The logarithm to base 2.
pub fn log2<T: Real>(x: T) -> T {
    T::nearest(libm::log2(x.into()))
}

/// The logarithm to base 10.
pub fn log10<T: Real>(x: T) -> T {
    T::nearest(libm::log10(x.into()))
}

/// xʸ.
pub fn power<T: Real>(x: T, y: T) -> T {
    T::nearest(libm::pow(x.into(), y.into()))
}

/// xⁿ by repeated squaring, in the numbers' own precision.
pub fn whole_power<T: Real + std::ops::Mul<Output = T> + std::ops::Div<Output = T>>(
    x: T,
    n: i32,
) -> T {
    let one = T::nearest(1.0);
    let (mut product, mut square, mut rest) = (one, x, n.unsigned_abs());
    loop {
        if rest % 2 == 1 {
            product = product * square;
        }
        rest /= 2;
        if rest == 0 {
            break;
        }
        square = square * square;
    }
    if n < 0 { one / product } else { product }
}

/// The square of a number.
pub fn square<T: std::ops::Mul<Output = T> + Copy>(x: T) -> T {
    x * x
}

/// The cosine of an angle in radians.
pub fn cos<T: Real>(x: T) -> T {
    T::nearest(libm::cos(x.into()))
}

/// The number whose hyperbolic tangent is x.
pub fn atanh<T: Real>(x: T) -> T {
    T::nearest(libm::atanh(x.into()))
}

/// √(x² + y²).
pub fn hypot<T: Real>(x: T, y: T) -> T {
    T::nearest(libm::hypot(x.into(), y.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two results are at most two units in the last place apart.
    fn close(a: f64, b: f64) -> bool {
        a == b || (a.is_nan() && b.is_nan()) || a.to_bits().abs_diff(b.to_bits()) <= 2
    }

    #[test]
    fn they_agree_with_the_c_library() {
        let numbers = (1..=4000).map(|i| f64::from(i) * f64::from(i) * 1e-5);
        for x in numbers.flat_map(|x| [x, -x]) {
            let pairs = [
                (exp(x), x.exp(), "exp"),
                (exp2(x), x.exp2(), "exp2"),
                (ln(x), x.ln(), "ln"),
                (ln_1p(x), x.ln_1p(), "ln_1p"),
                (log2(x), x.log2(), "log2"),
                (log10(x), x.log10(), "log10"),
                (power(x.abs(), 0.75), x.abs().powf(0.75), "power"),
                (power(x.abs(), -x), x.abs().powf(-x), "power"),
                (whole_power(x, 7), x.powf(7.0), "whole_power"),
                (cos(x), x.cos(), "cos"),
                (atanh(x * 1e-2), (x * 1e-2).atanh(), "atanh"),
                (hypot(x, 3.0), x.hypot(3.0), "hypot"),
            ];
            for (ours, theirs, name) in pairs {
                // Three products are rounded in turn, and the identity behind std's atanh loses digits of small
                // numbers.
                let far = name == "whole_power" || name == "atanh";
                let near = (ours - theirs).abs() <= 1e-13 * theirs.abs();
                assert!(close(ours, theirs) || far && near, "{name}({x}): {ours} or {theirs}");
            }
        }
    }

    /// Recorded once, so that a machine with different bits is noticed.
    #[test]
    fn bits_are_these() {
        let bits = |x: f64| x.to_bits();
        let found = [
            bits(exp(-1.37)),
            bits(exp2(0.61)),
            bits(ln(7.3)),
            bits(ln_1p(0.013)),
            bits(log2(11.7)),
            bits(log10(0.37)),
            bits(power(17.3, -0.45)),
            bits(whole_power(0.97, 31)),
            bits(cos(1.21)),
            bits(atanh(0.43)),
            bits(hypot(1.3, 0.7)),
        ];
        let known = [
            0x3fd04349d63dc704,
            0x3ff86b8ec6bb455a,
            0x3fffce55551e156e,
            0x3f8a73d268dc55b7,
            0x400c6332bdb7fc2a,
            0xbfdba2953c667e00,
            0x3fd1be8b6602ce06,
            0x3fd8e4ff2f60c3fa,
            0x3fd697deafc5cb30,
            0x3fdd6ef27d563bab,
            0x3ff79fabe917e2f5,
        ];
        assert_eq!(found, known);
    }

    #[test]
    fn single_precision_is_rounded_once() {
        assert_eq!(exp(1.5f32), 1.5f64.exp() as f32);
        assert_eq!(ln(0.3f32), f64::from(0.3f32).ln() as f32);
        assert_eq!(power(3.7f32, 0.4), f64::from(3.7f32).powf(f64::from(0.4f32)) as f32);
        assert_eq!(whole_power(0.9f32, 3), 0.9f32 * (0.9 * 0.9));
        assert_eq!((whole_power(2.0, -3), whole_power(5.0, 0), square(3.0)), (0.125, 1.0, 9.0));
    }
}

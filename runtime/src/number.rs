//! Arithmetic on words: integers saturate, numbers are never NaN, infinite or -0.0, and nothing ever makes
//! [`crate::image::MISSING`].

use crate::image::{Arith, Word};

/// The least integer that is a value; one below it is [`crate::image::MISSING`].
pub const LEAST: i64 = i64::MIN + 1;

/// The word of a number: NaN becomes 0, infinities the largest number, -0.0 becomes 0.0.
pub fn number(value: f64) -> Word {
    if value == 0.0 || value.is_nan() { 0 } else { value.clamp(f64::MIN, f64::MAX).to_bits() }
}

/// Saturating sum.
pub fn add_int(a: i64, b: i64) -> i64 {
    a.saturating_add(b).max(LEAST)
}

/// One arithmetic operation.
pub fn arith(op: Arith, a: Word, b: Word) -> Word {
    let (i, j) = (a as i64, b as i64);
    let (x, y) = (f64::from_bits(a), f64::from_bits(b));
    match op {
        Arith::AddInt => add_int(i, j) as Word,
        Arith::SubInt => i.saturating_sub(j).max(LEAST) as Word,
        Arith::MulInt => i.saturating_mul(j).max(LEAST) as Word,
        Arith::AddNum => number(x + y),
        Arith::SubNum => number(x - y),
        Arith::MulNum => number(x * y),
        Arith::DivNum => {
            if y == 0.0 {
                0
            } else {
                number(x / y)
            }
        }
        Arith::MulMoney => scale(i, y) as Word,
        Arith::DivMoney => divide(i, y) as Word,
        Arith::RatioMoney => {
            if j == 0 {
                0
            } else {
                number(i as f64 / j as f64)
            }
        }
    }
}

/// A finite number as `mantissa * 2^exponent`, exactly.
fn parts(value: f64) -> (i128, i32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
    (if bits >> 63 == 1 { -mantissa } else { mantissa }, exponent.max(1) - 1075)
}

/// `amount * factor`, exact and then rounded half to even.
fn scale(amount: i64, factor: f64) -> i64 {
    if !factor.is_finite() {
        return 0;
    }
    let (mantissa, exponent) = parts(factor);
    // At most 63 and 53 bits.
    let product = i128::from(amount) * mantissa;
    if product == 0 {
        0
    } else if exponent >= 0 {
        shift_left(product, exponent).map_or(saturated(product), narrow)
    } else if exponent <= -120 {
        0
    } else {
        narrow(divide_half_even(product, 1 << -exponent))
    }
}

/// `amount / divisor`, exact and then rounded half to even; 0 when the divisor is 0.
fn divide(amount: i64, divisor: f64) -> i64 {
    if !divisor.is_finite() || divisor == 0.0 {
        return 0;
    }
    let (mantissa, exponent) = parts(divisor);
    let sign = i128::from(amount) * mantissa.signum();
    if exponent > 0 {
        // The divisor has more bits than any amount when its mantissa cannot be shifted.
        shift_left(mantissa, exponent).map_or(0, |whole| narrow(divide_half_even(i128::from(amount), whole)))
    } else {
        // What cannot be shifted is, divided by 53 bits, still more than 64.
        shift_left(i128::from(amount), -exponent).map_or(saturated(sign), |a| narrow(divide_half_even(a, mantissa)))
    }
}

fn shift_left(value: i128, by: i32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    let room = value.unsigned_abs().leading_zeros() as i32 - 1;
    (by < room).then(|| value << by)
}

fn divide_half_even(a: i128, b: i128) -> i128 {
    let (quotient, rest) = (a / b, a % b);
    let twice = rest.unsigned_abs() * 2;
    let away = twice > b.unsigned_abs() || twice == b.unsigned_abs() && quotient % 2 != 0;
    if away { quotient + if (a < 0) == (b < 0) { 1 } else { -1 } } else { quotient }
}

fn narrow(value: i128) -> i64 {
    value.clamp(i128::from(LEAST), i128::from(i64::MAX)) as i64
}

fn saturated(sign: i128) -> i64 {
    if sign < 0 { LEAST } else { i64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::MISSING;
    use proptest::prelude::*;

    #[test]
    fn integers_saturate_and_never_become_missing() {
        let most = i64::MAX as Word;
        assert_eq!(arith(Arith::AddInt, most, 1), most);
        assert_eq!(arith(Arith::AddInt, LEAST as Word, -1i64 as Word), LEAST as Word);
        assert_eq!(arith(Arith::SubInt, LEAST as Word, 1), LEAST as Word);
        assert_eq!(arith(Arith::MulInt, most, -2i64 as Word), LEAST as Word);
    }

    #[test]
    fn nothing_divided_by_nothing_is_nothing() {
        let x = 3.0f64.to_bits();
        assert_eq!(arith(Arith::DivNum, x, 0), 0);
        assert_eq!(arith(Arith::DivNum, 0, 0), 0);
        assert_eq!(arith(Arith::DivMoney, 5, 0), 0);
        assert_eq!(arith(Arith::RatioMoney, 5, 0), 0);
        assert_eq!(arith(Arith::RatioMoney, 0, -5i64 as Word), 0);
        assert_eq!(arith(Arith::MulNum, 0, (-1.0f64).to_bits()), 0);
    }

    #[test]
    fn money_is_rounded_half_to_even() {
        let scaled = |amount: i64, factor: f64| arith(Arith::MulMoney, amount as Word, factor.to_bits()) as i64;
        assert_eq!([scaled(1, 0.5), scaled(3, 0.5), scaled(5, 0.5)], [0, 2, 2]);
        assert_eq!([scaled(-1, 0.5), scaled(-3, 0.5), scaled(-5, 0.5)], [0, -2, -2]);
        assert_eq!(scaled(i64::MAX, 1.0), i64::MAX);
        assert_eq!(scaled(i64::MAX, -1.0), LEAST);
        assert_eq!(scaled(i64::MAX, 1e300), i64::MAX);
        assert_eq!(scaled(-1, 1e300), LEAST);
        assert_eq!(scaled(i64::MAX, 1e-300), 0);
        assert_eq!(scaled(i64::MAX, f64::from_bits(1)), 0);
        let divided = |amount: i64, by: f64| arith(Arith::DivMoney, amount as Word, by.to_bits()) as i64;
        assert_eq!([divided(1, 2.0), divided(3, 2.0), divided(5, -2.0)], [0, 2, -2]);
        assert_eq!(divided(1, 1e-300), i64::MAX);
        assert_eq!(divided(-1, 1e-300), LEAST);
        assert_eq!(divided(i64::MAX, 1e300), 0);
        assert_eq!(divided(i64::MAX, 1.0), i64::MAX);
        assert_eq!(divided(100, 0.0001), 1_000_000);
    }

    fn any_word() -> impl Strategy<Value = Word> {
        prop_oneof![
            any::<i64>().prop_map(|i| i as Word),
            any::<f64>().prop_map(f64::to_bits),
            prop::sample::select(vec![0, 1, i64::MAX as Word, LEAST as Word, u64::MAX, f64::MAX.to_bits(), 1]),
        ]
    }

    proptest! {
        #[test]
        fn nothing_makes_missing_nan_or_infinity(a in any_word(), b in any_word()) {
            use Arith::{AddInt, AddNum, DivMoney, DivNum, MulInt, MulMoney, MulNum, RatioMoney, SubInt, SubNum};
            for op in [AddInt, SubInt, MulInt, MulMoney, DivMoney] {
                prop_assert_ne!(arith(op, a, b), MISSING);
            }
            for op in [AddNum, SubNum, MulNum, DivNum, RatioMoney] {
                let result = arith(op, a, b);
                prop_assert_ne!(result, MISSING);
                prop_assert!(f64::from_bits(result).is_finite());
            }
        }

        #[test]
        fn small_money_is_exact(amount in -1_000_000_000_000i64..1_000_000_000_000, percent in 0u32..400) {
            // Factors with few bits: the product has no rounding in f64 either.
            let factor = f64::from(percent) / 4.0;
            let exact = i128::from(amount) * i128::from(percent);
            let expected = divide_half_even(exact, 4) as i64;
            prop_assert_eq!(arith(Arith::MulMoney, amount as Word, factor.to_bits()) as i64, expected);
        }
    }
}

//! JSON numbers, exactly: a number is read as decimal digits, so that no amount passes through a binary fraction.

/// The JSON number `text` times ten to the power of `scale`, rounded half to even, and whether rounding lost anything.
/// None: it does not fit (`i64::MIN` is not a value either).
pub(crate) fn scaled(text: &str, scale: u8) -> Option<(i64, bool)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (magnitude, lost) = short(digits, scale).or_else(|| long(digits, scale))?;
    Some((if negative { -magnitude } else { magnitude }, lost))
}

/// Numbers as people write them: no exponent, few digits, none of them beyond the scale.
fn short(digits: &str, scale: u8) -> Option<(i64, bool)> {
    if digits.len() > 17 {
        return None;
    }
    let mut value = 0i64;
    let mut after_point = None;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                after_point = after_point.map(|n: u8| n + 1);
            }
            b'.' => after_point = Some(0),
            _ => return None,
        }
    }
    let zeros = scale.checked_sub(after_point.unwrap_or(0))?;
    Some((value.checked_mul(10i64.checked_pow(u32::from(zeros))?)?, false))
}

/// All others.
fn long(text: &str, scale: u8) -> Option<(i64, bool)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], exponent(&text[at + 1..])),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|d| d - b'0').collect();
    let Some(first) = digits.iter().position(|&d| d != 0) else { return Some((0, false)) };
    // Where the point stands among the digits, once it is moved by the exponent and the scale.
    let point = whole.len() as i64 + exponent + i64::from(scale);
    // 19 digits hold every i64.
    if point - first as i64 > 19 {
        return None;
    }
    let Ok(point) = usize::try_from(point) else { return Some((0, true)) };
    let mut value: i128 = 0;
    for i in first..point {
        value = value * 10 + i128::from(digits.get(i).copied().unwrap_or(0));
    }
    let next = digits.get(point).copied().unwrap_or(0);
    let beyond = digits.iter().skip(point + 1).any(|&d| d != 0);
    let up = next > 5 || (next == 5 && (beyond || value % 2 == 1));
    Some((i64::try_from(value + i128::from(up)).ok()?, next != 0 || beyond))
}

/// The exponent of a JSON number; one beyond an `i32` stands for "far away".
fn exponent(text: &str) -> i64 {
    let far = if text.starts_with('-') { i32::MIN } else { i32::MAX };
    i64::from(text.strip_prefix('+').unwrap_or(text).parse::<i32>().unwrap_or(far))
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn amounts_are_exact_to_the_millionth() {
        assert_eq!(scaled("0.1", 6), Some((100_000, false)));
        assert_eq!(scaled("49.99", 6), Some((49_990_000, false)));
        assert_eq!(scaled("-5", 6), Some((-5_000_000, false)));
        assert_eq!(scaled("1e3", 6), Some((1_000_000_000, false)));
        assert_eq!(scaled("12.5E-1", 6), Some((1_250_000, false)));
        assert_eq!(scaled("9007199254.740993", 6), Some((9_007_199_254_740_993, false)));
        assert_eq!(scaled("0", 6), Some((0, false)));
        assert_eq!(scaled("-0.0", 6), Some((0, false)));
    }

    #[test]
    fn what_lies_beyond_is_rounded_half_to_even() {
        assert_eq!(scaled("0.0000005", 6), Some((0, true)));
        assert_eq!(scaled("0.0000015", 6), Some((2, true)));
        assert_eq!(scaled("0.0000025", 6), Some((2, true)));
        assert_eq!(scaled("0.00000250000000000000000001", 6), Some((3, true)));
        assert_eq!(scaled("-0.0000015", 6), Some((-2, true)));
        assert_eq!(scaled("0.00000049", 6), Some((0, true)));
        assert_eq!(scaled("1e-400", 6), Some((0, true)));
        assert_eq!(scaled("1e-99999999999", 6), Some((0, true)));
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(scaled("9223372036854775807", 0), Some((i64::MAX, false)));
        assert_eq!(scaled("9223372036854775808", 0), None);
        assert_eq!(scaled("-9223372036854775808", 0), None);
        assert_eq!(scaled("1e19", 0), None);
        assert_eq!(scaled("1e99999999999", 0), None);
        assert_eq!(scaled("0e99999999999", 0), Some((0, false)));
        assert_eq!(scaled("9223372036854.775808", 6), None);
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        assert_eq!(scaled("3.0", 0), Some((3, false)));
        assert_eq!(scaled("300e-2", 0), Some((3, false)));
        assert_eq!(scaled("3.5", 0), Some((4, true)));
    }
}

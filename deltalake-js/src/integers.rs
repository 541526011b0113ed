//! Integers for JavaScript, whose numbers hold 53 bits.

use crate::error::Failure;

/// `Number.MAX_SAFE_INTEGER`
const LARGEST: u64 = (1 << 53) - 1;

/// Fails with LOG_DAMAGED where the number would be rounded.
pub fn exact(value: i64, name: &str) -> Result<f64, Failure> {
    if value.unsigned_abs() <= LARGEST {
        return Ok(value as f64);
    }
    Err(Failure::contradiction(format!(
        "{name} is {value}, which a JavaScript number can't hold exactly"
    )))
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn only_what_is_exact_passes() {
        let largest = (1 << 53) - 1;
        assert_eq!(exact(largest, "n"), Ok(largest as f64));
        assert_eq!(exact(-largest, "n"), Ok(-largest as f64));
        assert!(exact(largest + 1, "n").is_err());
        assert!(exact(i64::MIN, "n").is_err());
    }
}

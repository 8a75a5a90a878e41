//! A number as it was written.

use serde_json::Value;

use crate::json::strict;

/// A JSON number, of any size and precision. Two are equal if they mean the same number, however
/// they are written: `1`, `1.0` and `10e-1`.
#[derive(Debug, Clone)]
pub struct Number(Box<str>);

/// A number as `0.digits` times a power of ten, without zeros on either side of the digits.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Number {
    /// Takes text that is known to be a JSON number.
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }

    /// Whether it is written without fraction and exponent.
    pub fn is_spelt_whole(&self) -> bool {
        !self.0.contains(['.', 'e', 'E'])
    }

    /// The same without fraction and exponent, where it is a whole number of at most so many digits.
    pub fn whole(&self, most_digits: usize) -> Option<Self> {
        let decimal = self.decimal()?;
        if decimal.digits.is_empty() {
            return Some(Self::new("0".to_owned()));
        }
        let length = usize::try_from(decimal.exponent).ok()?;
        if length < decimal.digits.len() || length > most_digits {
            return None;
        }
        let sign = if decimal.negative { "-" } else { "" };
        Some(Self::new(format!("{sign}{:0<length$}", decimal.digits)))
    }

    /// Whether it is above zero.
    pub fn is_positive(&self) -> bool {
        let significand = self.0.split(['e', 'E']).next().unwrap_or_default();
        !significand.starts_with('-') && significand.contains(|digit| ('1'..='9').contains(&digit))
    }

    /// The same to look at, maybe rounded or clamped.
    pub(super) fn to_value(&self) -> Value {
        strict::parse(&self.0).unwrap_or_default()
    }

    /// `None` if the exponent is beyond all reason.
    fn decimal(&self) -> Option<Decimal> {
        let (significand, exponent) = self.0.split_once(['e', 'E']).unwrap_or((&self.0, "0"));
        let unsigned = significand.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Decimal {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let leading =
            i64::try_from(whole.len()).ok()? - i64::try_from(all.len() - digits.len()).ok()?;
        Some(Decimal {
            negative: significand.starts_with('-'),
            digits: digits.trim_end_matches('0').to_owned(),
            exponent: exponent.parse::<i64>().ok()?.checked_add(leading)?,
        })
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
            || matches!((self.decimal(), other.decimal()), (Some(one), Some(two)) if one == two)
    }
}

impl Eq for Number {}

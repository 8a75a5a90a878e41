//! Sizes: `64KiB`, `16MiB`, or a number of bytes.

use std::fmt;
use std::str::FromStr;

use crate::config::value::InvalidValue;

const KIB: u64 = 1024;
const MIN: u64 = KIB;
const MAX: u64 = 4 * KIB * KIB * KIB;

/// A number of bytes from 1 KiB to 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// The number of bytes.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes % (KIB * KIB) == 0 => write!(formatter, "{}MiB", bytes / (KIB * KIB)),
            bytes if bytes % KIB == 0 => write!(formatter, "{}KiB", bytes / KIB),
            bytes => write!(formatter, "{bytes}"),
        }
    }
}

impl FromStr for Size {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => KIB,
            "kb" => 1000,
            "m" | "mib" => KIB * KIB,
            "mb" => 1_000_000,
            "g" | "gib" => KIB * KIB * KIB,
            "gb" => 1_000_000_000,
            _ => return Err(InvalidValue::Size),
        };
        if number.is_empty() {
            return Err(InvalidValue::Size);
        }
        match number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
        {
            Some(bytes) if (MIN..=MAX).contains(&bytes) => Ok(Self(bytes)),
            _ => Err(InvalidValue::SizeRange),
        }
    }
}

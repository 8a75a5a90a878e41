//! Durations: `250ms`, `30s`, `5m`, `1h`, `1m30s`, or a number of seconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::config::value::InvalidValue;

/// Far beyond any sense here, and far below what clocks can add.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// A duration that may be nothing: how long something is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Patience(Duration);

/// A duration that is longer than nothing: a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeout(Duration);

impl Patience {
    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl Timeout {
    /// The duration.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Patience {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Patience {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        parse(text.trim()).map(Self)
    }
}

impl FromStr for Timeout {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match parse(text.trim())? {
            Duration::ZERO => Err(InvalidValue::NoDuration),
            duration => Ok(Self(duration)),
        }
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

fn parse(text: &str) -> Result<Duration, InvalidValue> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let whole_text = number.len() == text.len();
        let unit = match unit {
            "ms" => 0.001,
            "" if whole_text => 1.0,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return Err(InvalidValue::Duration),
        };
        let number: f64 = number.parse().map_err(|_| InvalidValue::Duration)?;
        let part =
            Duration::try_from_secs_f64(number * unit).map_err(|_| InvalidValue::LongDuration)?;
        sum = sum.checked_add(part).ok_or(InvalidValue::LongDuration)?;
        rest = after.trim_start();
    }
    if text.is_empty() {
        Err(InvalidValue::Duration)
    } else if sum > LONGEST {
        Err(InvalidValue::LongDuration)
    } else {
        Ok(sum)
    }
}

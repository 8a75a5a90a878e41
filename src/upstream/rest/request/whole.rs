//! Whole numbers outside of JSON, as every server reads them.

use crate::json::tree::{Number, Tree};

/// A number with more digits is none that anybody counts with.
const MOST_DIGITS: usize = 40;

/// Writes a number, or those in a list, without fraction and exponent (`10` for `10.0` and `1e1`,
/// which are the same in JSON, but not where text is read as a number). What is no whole number, and
/// what is no number, stays as it came.
pub(super) fn spelt(tree: Tree) -> Tree {
    match tree {
        Tree::Number(number) => Tree::Number(spelt_number(number)),
        Tree::Array(items) => Tree::Array(items.into_iter().map(spelt).collect()),
        other => other,
    }
}

fn spelt_number(number: Number) -> Number {
    if number.is_spelt_whole() {
        return number;
    }
    number.whole(MOST_DIGITS).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_exactly_and_others_stay() {
        for (came, sent) in [
            ("10.0", "10"),
            ("1e1", "10"),
            ("1E+1", "10"),
            ("-1.50e2", "-150"),
            ("120e-1", "12"),
            ("0.0", "0"),
            ("-0.0", "0"),
            ("12345678901234567890.0", "12345678901234567890"),
            ("1e39", "1000000000000000000000000000000000000000"),
            ("7", "7"),
            ("-0", "-0"),
            ("10.5", "10.5"),
            ("1e-1", "1e-1"),
            ("1e40", "1e40"),
            ("1e99999999999999999999", "1e99999999999999999999"),
            (r#""10.0""#, r#""10.0""#),
            ("[1.0,2,3.5]", "[1,2,3.5]"),
        ] {
            assert_eq!(
                spelt(Tree::parse(came).unwrap()).to_string(),
                sent,
                "{came}"
            );
        }
    }
}

//! A tool with an output schema: statistics of a list of numbers.

use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::schemars::JsonSchema;
use rmcp::{tool, tool_router};
use serde::{Deserialize, Serialize};

use super::DemoServer;

const MOST_NUMBERS: usize = 10_000;

#[derive(Deserialize, JsonSchema)]
struct StatisticsArguments {
    /// The numbers, in any order.
    #[schemars(length(min = 1, max = 10_000), example = [3.5, 1.0, 4.5])]
    numbers: Vec<f64>,
}

/// Statistics of a list of numbers.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Statistics {
    /// How many numbers there are.
    #[schemars(range(min = 1))]
    count: usize,
    /// Their arithmetic mean.
    mean: f64,
    /// The middle one in order of size, or the mean of the two in the middle.
    median: f64,
    /// The smallest one.
    min: f64,
    /// The largest one.
    max: f64,
}

#[tool_router(router = statistics_tools, vis = "pub(super)")]
impl DemoServer {
    /// Gives count, mean, median, minimum and maximum of a list of numbers, as structured output.
    #[tool(
        title = "Structured output",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn structured(
        Parameters(arguments): Parameters<StatisticsArguments>,
    ) -> Result<Json<Statistics>, String> {
        statistics(arguments.numbers).map(Json)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of at most 10,000 is exact"
)]
fn statistics(mut numbers: Vec<f64>) -> Result<Statistics, String> {
    let count = numbers.len();
    if count > MOST_NUMBERS {
        return Err(format!(
            "{count} numbers are too many: give at most {MOST_NUMBERS}."
        ));
    }
    numbers.sort_by(f64::total_cmp);
    let (Some(&min), Some(&max), Some(&upper), Some(&lower)) = (
        numbers.first(),
        numbers.last(),
        numbers.get(count / 2),
        numbers.get(count.saturating_sub(1) / 2),
    ) else {
        return Err("The list of numbers is empty: give at least one.".to_owned());
    };
    // Dividing before summing keeps sums of very large numbers finite.
    let mean = numbers.iter().map(|number| number / count as f64).sum();
    Ok(Statistics {
        count,
        mean,
        median: lower / 2.0 + upper / 2.0,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_right_in_any_order() {
        let expected = Statistics {
            count: 4,
            mean: 2.5,
            median: 2.0,
            min: 1.0,
            max: 5.0,
        };
        assert_eq!(statistics(vec![2.0, 5.0, 1.0, 2.0]), Ok(expected));
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        let statistics = statistics(vec![f64::MAX, f64::MAX]).unwrap();
        assert!(statistics.mean.is_finite() && statistics.median.is_finite());
    }

    #[test]
    fn an_empty_or_overlong_list_is_refused() {
        assert!(statistics(Vec::new()).unwrap_err().contains("at least one"));
        assert!(statistics(vec![0.0; 10_001]).unwrap_err().contains("10000"));
    }
}

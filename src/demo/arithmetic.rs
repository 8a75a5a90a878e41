//! Arithmetic on two numbers.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::schemars::JsonSchema;
use rmcp::{tool, tool_router};
use serde::Deserialize;

use super::DemoServer;

#[derive(Deserialize, JsonSchema)]
struct AddArguments {
    /// The first number.
    #[schemars(example = 2)]
    a: f64,
    /// The second number.
    #[schemars(example = 3)]
    b: f64,
}

#[derive(Deserialize, JsonSchema)]
struct CalculateArguments {
    /// What to do with the two numbers.
    operation: Operation,
    /// The first number.
    #[schemars(example = 84)]
    a: f64,
    /// The second number; not 0 in a division.
    #[schemars(example = 2)]
    b: f64,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[tool_router(router = arithmetic_tools, vis = "pub(super)")]
impl DemoServer {
    /// Adds two numbers.
    #[tool(
        title = "Add",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn add(Parameters(arguments): Parameters<AddArguments>) -> Result<String, String> {
        calculate(Operation::Add, arguments.a, arguments.b)
    }

    /// Adds, subtracts, multiplies or divides two numbers.
    #[tool(
        title = "Calculate",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn calculate(Parameters(arguments): Parameters<CalculateArguments>) -> Result<String, String> {
        calculate(arguments.operation, arguments.a, arguments.b)
    }
}

fn calculate(operation: Operation, a: f64, b: f64) -> Result<String, String> {
    let result = match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide if b == 0.0 => {
            return Err("A number can't be divided by 0: give another `b`.".to_owned());
        }
        Operation::Divide => a / b,
    };
    if result.is_finite() {
        Ok(plain_number(result))
    } else {
        Err("The result is beyond what a 64-bit float holds: use smaller numbers.".to_owned())
    }
}

/// The number as JSON text, whole numbers without a fraction.
fn plain_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        // Adding 0 turns a negative zero into a plain one.
        format!("{:.0}", number + 0.0)
    } else {
        serde_json::Value::from(number).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_json_numbers() {
        let cases = [
            (Operation::Add, 2.0, 3.0, "5"),
            (Operation::Add, 0.1, 0.2, "0.30000000000000004"),
            (Operation::Subtract, 2.0, 5.0, "-3"),
            (Operation::Multiply, -0.0, 7.0, "0"),
            (Operation::Multiply, 1e200, 1e100, "1e+300"),
            (Operation::Divide, 1.0, 8.0, "0.125"),
        ];
        for (operation, a, b, expected) in cases {
            let text = calculate(operation, a, b).unwrap();
            assert_eq!(text, expected);
            serde_json::from_str::<f64>(&text).unwrap();
        }
    }

    #[test]
    fn a_division_by_zero_is_refused() {
        assert!(calculate(Operation::Divide, 1.0, -0.0).is_err());
    }

    #[test]
    fn an_overflow_is_refused() {
        assert!(calculate(Operation::Multiply, 1e300, 1e300).is_err());
    }
}

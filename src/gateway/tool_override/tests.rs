use super::*;

fn changed(arguments: &[(&str, ArgumentOverride)]) -> ToolOverride {
    let arguments = arguments.iter().cloned();
    ToolOverride {
        arguments: arguments
            .map(|(name, argument)| (name.to_owned(), argument))
            .collect(),
        ..ToolOverride::default()
    }
}

fn fixed(value: &'static str) -> ArgumentOverride {
    ArgumentOverride::Fixed(Raw::from_static(value))
}

#[test]
fn a_tool_without_changes_stays_as_it_came() {
    let definition = Raw::from_static(r#" {"name" : "t", "x": 1.50 } "#);
    let overridden = ToolOverride::default().apply(&definition).unwrap();
    assert_eq!(overridden.definition, definition);
    assert!(overridden.warnings.is_empty());
}

#[test]
fn fixed_arguments_are_added_to_those_of_the_caller() {
    let arguments = Raw::from_static(r#"{"a": 1.0 }"#);
    let fixed = changed(&[("zone", fixed(r#""UTC""#))]).fix_arguments(&arguments);
    assert_eq!(fixed.unwrap().get(), r#"{"a": 1.0,"zone":"UTC" }"#);
}

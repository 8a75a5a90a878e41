//! Schemas that would cost more than anybody can pay.

use super::*;

#[test]
fn a_schema_that_nobody_can_afford_to_validate_with_is_refused() {
    let definitions = |count: usize, one: &dyn Fn(String) -> Value| -> Value {
        let all = (0..count).map(|n| (format!("d{n}"), one(format!("#/$defs/d{}", n + 1))));
        let mut all: serde_json::Map<_, _> = all.collect();
        all.insert(format!("d{count}"), json!({"type": "object"}));
        json!({"$ref": "#/$defs/d0", "$defs": all})
    };
    let error = |schema: &Value| ArgumentSchema::compile(&schema.to_string()).unwrap_err();
    let twice = |next: String| json!({"allOf": [{"$ref": next}, {"$ref": next}]});
    assert_eq!(error(&definitions(20, &twice)), SchemaError::TooCostly);
    let twice_inside = |next: String| json!({"anyOf": [{"properties": {"a": {"$ref": next}}}, {"properties": {"a": {"$ref": next}}}]});
    assert_eq!(
        error(&definitions(20, &twice_inside)),
        SchemaError::TooCostly
    );
    let chain = |next: String| json!({"allOf": [{"$ref": next}]});
    assert_eq!(error(&definitions(5000, &chain)), SchemaError::TooCostly);
    let itself = json!({"type": "object", "allOf": [{"$ref": "#"}], "anyOf": [{"$ref": "#"}]});
    assert_eq!(error(&itself), SchemaError::Endless);
    // Long is not costly: a value meets one of these after the other.
    let down = |next: String| json!({"properties": {"a": {"$ref": next}}});
    assert_eq!(prepare(&definitions(2000, &down), "{}").unwrap(), "{}");
}

#[test]
fn what_is_wrong_deep_in_choices_costs_no_more_than_can_be_paid() {
    let again = json!({"properties": {"a": {"$ref": "#/$defs/n"}}});
    let choice = json!({
        "$ref": "#/$defs/n",
        "$defs": {"n": {"type": "object", "anyOf": [again, again]}},
    });
    let deep =
        |depth: usize, end: &str| format!("{}{end}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let schema = compile(&choice);
    let prepare = |text: String| {
        let raw = Raw::parse(text.into()).unwrap();
        schema.prepare(&raw, Validation::Coerce, Defaults::Fill)
    };
    assert!(prepare(deep(120, "{}")).is_ok());
    // Explained as a whole, this would take longer than the universe is old.
    let violations = prepare(deep(120, "1")).unwrap_err();
    assert_eq!(violations.len(), 1);
    assert!(violations[0].msg.contains("too deep"), "{violations:?}");
    let violations = prepare(deep(2, "1")).unwrap_err();
    assert!(!violations[0].msg.contains("too deep"), "{violations:?}");
}

#[test]
fn the_stack_is_deep_enough_for_all_that_is_admitted() {
    let count = 19;
    let steps: [fn(Value) -> Value; 3] = [
        |next| json!({"anyOf": [next]}),
        |next| json!({"oneOf": [next, false]}),
        |next| json!({"if": true, "then": next}),
    ];
    for step in steps {
        let one = |n: usize| {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            (format!("d{n}"), step(next))
        };
        let mut all: serde_json::Map<_, _> = (0..count).map(one).collect();
        let end = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}});
        all.insert(format!("d{count}"), end);
        let schema = json!({"$ref": "#/$defs/d0", "$defs": all});
        // The deepest arguments, and the deepest that are still explained.
        for (depth, end, fits) in [(126, "{}", true), (126, "1", false), (12, "1", false)] {
            let text = format!("{}{end}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
            assert_eq!(prepare(&schema, &text).is_ok(), fits, "{depth} {end}");
        }
    }
}

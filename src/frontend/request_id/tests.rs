use super::*;

fn of_header(value: &str) -> HeaderValue {
    let mut headers = HeaderMap::new();
    headers.insert(X_REQUEST_ID, HeaderValue::from_str(value).unwrap());
    of(&headers)
}

#[test]
fn a_sane_name_is_kept() {
    assert_eq!(of_header("Job-1.2_x"), "Job-1.2_x");
}

#[test]
fn what_could_forge_a_log_line_is_replaced() {
    for value in ["", "a b", "a\"b", "é", &"x".repeat(129)] {
        assert_ne!(of_header(value).as_bytes(), value.as_bytes());
    }
}

#[test]
fn new_names_differ() {
    assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
}

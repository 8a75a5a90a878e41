//! stub
pub fn is_wrapped_result(_: &str) -> bool {
    false
}

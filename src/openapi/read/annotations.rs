//! What a method says of a tool (RFC 9110 section 9.2).

use crate::openapi::read::text::{Fragment, ObjectText};

/// Whether the method only reads.
pub(super) fn is_read_only(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "QUERY" | "TRACE")
}

/// A tool's `annotations`.
pub(super) fn write(method: &str, out: &mut Fragment) {
    let mut object = ObjectText::begin(out);
    let is_read_only = is_read_only(method);
    let truth = |value: bool| if value { "true" } else { "false" };
    object.member("readOnlyHint").push(truth(is_read_only));
    // What the method changes may be lost; a POST mostly adds. Methods of others may do anything.
    if !is_read_only {
        object
            .member("destructiveHint")
            .push(truth(method != "POST"));
    }
    let is_idempotent = is_read_only || matches!(method, "PUT" | "DELETE");
    object.member("idempotentHint").push(truth(is_idempotent));
    object.member("openWorldHint").push("true");
    object.end();
}

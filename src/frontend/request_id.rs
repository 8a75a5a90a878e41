//! The name by which a request is found in logs, ours and the caller's.

#[cfg(test)]
mod tests;

use std::{
    fmt::Write as _,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the caller calls its request, if that is fit for logs and headers; else a new name,
/// unique among processes by a random beginning and within this one by a counter.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    headers
        .get(&X_REQUEST_ID)
        .filter(|value| is_sane(value.as_bytes()))
        .cloned()
        .unwrap_or_else(next)
}

fn is_sane(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

fn next() -> HeaderValue {
    static PROCESS: LazyLock<String> = LazyLock::new(|| {
        let random = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
        format!("{random:016x}-")
    });
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let mut id = String::with_capacity(32);
    id.push_str(&PROCESS);
    // Writing to a string does not fail.
    let _ = write!(id, "{:x}", COUNTER.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

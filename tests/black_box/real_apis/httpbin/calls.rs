//! What is called of httpbin: each operation at least once.

use std::time::Duration;

use crate::real_apis::alike::{Ask, Headers};

/// One call.
pub struct Call {
    /// As the document has it.
    pub operation: &'static str,
    pub arguments: &'static str,
    pub ask: Ask,
    pub differs: Differs,
}

/// In what two answers differ, beside the headers that tell of the client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Differs {
    Nothing,
    /// In the client's name.
    Client,
    /// In a UUID, new each time.
    Uuid,
    /// In each byte, but not in their number: they are of chance, and the document has no
    /// parameter for the seed.
    Bytes,
}

impl Call {
    /// The name of its tool: no operation of httpbin has an `operationId`.
    pub fn tool(&self) -> String {
        let (method, path) = self.operation.split_once(' ').unwrap();
        let path = path.replace(['{', '}'], "").replace(['/', '.'], "_");
        format!("{}{path}", method.to_lowercase())
    }

    /// How long httpbin is asked to take.
    pub fn takes(&self) -> Option<Duration> {
        let seconds = self.ask.target.strip_prefix("/delay/")?;
        Some(Duration::from_secs_f32(seconds.parse().unwrap()))
    }

    const fn differing(self, differs: Differs) -> Self {
        Self { differs, ..self }
    }

    const fn with_headers(mut self, headers: Headers) -> Self {
        self.ask.headers = headers;
        self
    }

    const fn with_form(mut self, form: &'static str) -> Self {
        self.ask.body = Some(("application/x-www-form-urlencoded", form));
        self
    }
}

const fn call(operation: &'static str, arguments: &'static str, target: &'static str) -> Call {
    Call {
        operation,
        arguments,
        ask: Ask::new(operation, target),
        differs: Differs::Nothing,
    }
}

const ANYTHING: &str = r#"{"anything":"a b/ü?#%"}"#;
const ANYTHING_TARGET: &str = "/anything/a%20b%2F%C3%BC%3F%23%25";
const TEAPOT: &str = r#"{"codes":418}"#;
const DELAY: &str = r#"{"delay":0.2}"#;
const DIGEST_SHORT: &str = r#"{"qop":"auth","user":"ann","passwd":"s3cret"}"#;
const DIGEST_MIDDLE: &str = r#"{"qop":"auth","user":"ann","passwd":"s3cret","algorithm":"MD5"}"#;
const DIGEST: &str =
    r#"{"qop":"auth","user":"ann","passwd":"s3cret","algorithm":"SHA-256","stale_after":"never"}"#;

pub const ALL: &[Call] = &[
    call(
        "GET /absolute-redirect/{n}",
        r#"{"n":2}"#,
        "/absolute-redirect/2",
    ),
    call("DELETE /anything", "{}", "/anything"),
    call("GET /anything", "{}", "/anything"),
    call("PATCH /anything", "{}", "/anything"),
    call("POST /anything", "{}", "/anything"),
    call("PUT /anything", "{}", "/anything"),
    call("TRACE /anything", "{}", "/anything"),
    call("DELETE /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call("GET /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call("PATCH /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call("POST /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call("PUT /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call("TRACE /anything/{anything}", ANYTHING, ANYTHING_TARGET),
    call(
        "GET /base64/{value}",
        r#"{"value":"w7x0ZjE2"}"#,
        "/base64/w7x0ZjE2",
    ),
    call(
        "GET /basic-auth/{user}/{passwd}",
        r#"{"user":"ann","passwd":"s3cret"}"#,
        "/basic-auth/ann/s3cret",
    ),
    call("GET /bearer", "{}", "/bearer"),
    call("GET /brotli", "{}", "/brotli"),
    call("GET /bytes/{n}", r#"{"n":40}"#, "/bytes/40").differing(Differs::Bytes),
    call("GET /cache", "{}", "/cache"),
    call("GET /cache", r#"{"If-None-Match":"\"x\""}"#, "/cache")
        .with_headers(&[("If-None-Match", "\"x\"")]),
    call("GET /cache/{value}", r#"{"value":60}"#, "/cache/60"),
    call("GET /cookies", "{}", "/cookies"),
    call(
        "GET /cookies/delete",
        r#"{"freeform":{"a":"1"}}"#,
        "/cookies/delete?a=1",
    ),
    call(
        "GET /cookies/set",
        r#"{"freeform":{"a":"1","b":"2"}}"#,
        "/cookies/set?a=1&b=2",
    ),
    call(
        "GET /cookies/set/{name}/{value}",
        r#"{"name":"a","value":"1"}"#,
        "/cookies/set/a/1",
    ),
    call("GET /deflate", "{}", "/deflate"),
    call("DELETE /delay/{delay}", DELAY, "/delay/0.2"),
    call("GET /delay/{delay}", DELAY, "/delay/0.2"),
    call("PATCH /delay/{delay}", DELAY, "/delay/0.2"),
    call("POST /delay/{delay}", DELAY, "/delay/0.2"),
    call("PUT /delay/{delay}", DELAY, "/delay/0.2"),
    call("TRACE /delay/{delay}", DELAY, "/delay/0.2"),
    call("DELETE /delete", "{}", "/delete"),
    call("GET /deny", "{}", "/deny"),
    call(
        "GET /digest-auth/{qop}/{user}/{passwd}",
        DIGEST_SHORT,
        "/digest-auth/auth/ann/s3cret",
    ),
    call(
        "GET /digest-auth/{qop}/{user}/{passwd}/{algorithm}",
        DIGEST_MIDDLE,
        "/digest-auth/auth/ann/s3cret/MD5",
    ),
    call(
        "GET /digest-auth/{qop}/{user}/{passwd}/{algorithm}/{stale_after}",
        DIGEST,
        "/digest-auth/auth/ann/s3cret/SHA-256/never",
    ),
    call(
        "GET /drip",
        r#"{"duration":0.2,"numbytes":5,"code":206,"delay":0}"#,
        "/drip?duration=0.2&numbytes=5&code=206&delay=0",
    ),
    call("GET /encoding/utf8", "{}", "/encoding/utf8"),
    call("GET /etag/{etag}", r#"{"etag":"v1"}"#, "/etag/v1"),
    call(
        "GET /etag/{etag}",
        r#"{"etag":"v1","If-Match":"\"v2\""}"#,
        "/etag/v1",
    )
    .with_headers(&[("If-Match", "\"v2\"")]),
    call("GET /get", "{}", "/get"),
    call("GET /gzip", "{}", "/gzip"),
    call("GET /headers", "{}", "/headers"),
    call(
        "GET /hidden-basic-auth/{user}/{passwd}",
        r#"{"user":"ann","passwd":"s3cret"}"#,
        "/hidden-basic-auth/ann/s3cret",
    ),
    call("GET /html", "{}", "/html"),
    call("GET /image", "{}", "/image").with_headers(&[("Accept", "image/webp")]),
    call("GET /image/jpeg", "{}", "/image/jpeg"),
    call("GET /image/png", "{}", "/image/png"),
    call("GET /image/svg", "{}", "/image/svg"),
    call("GET /image/webp", "{}", "/image/webp"),
    call("GET /ip", "{}", "/ip"),
    call("GET /json", "{}", "/json"),
    call(
        "GET /links/{n}/{offset}",
        r#"{"n":3,"offset":1}"#,
        "/links/3/1",
    ),
    call("PATCH /patch", "{}", "/patch"),
    call("POST /post", "{}", "/post"),
    call("PUT /put", "{}", "/put"),
    call("GET /range/{numbytes}", r#"{"numbytes":30}"#, "/range/30"),
    call("DELETE /redirect-to", "{}", "/redirect-to"),
    call(
        "GET /redirect-to",
        r#"{"url":"/get?a=1","status_code":307}"#,
        "/redirect-to?url=%2Fget%3Fa%3D1&status_code=307",
    ),
    call("PATCH /redirect-to", "{}", "/redirect-to"),
    call(
        "POST /redirect-to",
        r#"{"url":"/get","status_code":303}"#,
        "/redirect-to",
    )
    .with_form("url=%2Fget&status_code=303"),
    call("PUT /redirect-to", r#"{"url":"/get"}"#, "/redirect-to").with_form("url=%2Fget"),
    call("TRACE /redirect-to", "{}", "/redirect-to"),
    call("GET /redirect/{n}", r#"{"n":3}"#, "/redirect/3"),
    call(
        "GET /relative-redirect/{n}",
        r#"{"n":1}"#,
        "/relative-redirect/1",
    ),
    call(
        "GET /response-headers",
        r#"{"freeform":{"X-A":"b c","Etag":"1"}}"#,
        "/response-headers?X-A=b%20c&Etag=1",
    ),
    call(
        "POST /response-headers",
        r#"{"freeform":{"X-A":"b"}}"#,
        "/response-headers?X-A=b",
    ),
    call("GET /robots.txt", "{}", "/robots.txt"),
    call("DELETE /status/{codes}", TEAPOT, "/status/418"),
    call("GET /status/{codes}", TEAPOT, "/status/418"),
    call("GET /status/{codes}", r#"{"codes":204}"#, "/status/204"),
    call("GET /status/{codes}", r#"{"codes":302}"#, "/status/302"),
    call("GET /status/{codes}", r#"{"codes":401}"#, "/status/401"),
    call("GET /status/{codes}", r#"{"codes":406}"#, "/status/406"),
    call("GET /status/{codes}", r#"{"codes":503}"#, "/status/503"),
    call("PATCH /status/{codes}", r#"{"codes":500}"#, "/status/500"),
    call("POST /status/{codes}", r#"{"codes":201}"#, "/status/201"),
    call("PUT /status/{codes}", r#"{"codes":429}"#, "/status/429"),
    call("TRACE /status/{codes}", r#"{"codes":200}"#, "/status/200"),
    call(
        "GET /stream-bytes/{n}",
        r#"{"n":3000}"#,
        "/stream-bytes/3000",
    )
    .differing(Differs::Bytes),
    call("GET /stream/{n}", r#"{"n":3}"#, "/stream/3"),
    call("GET /user-agent", "{}", "/user-agent").differing(Differs::Client),
    call("GET /uuid", "{}", "/uuid").differing(Differs::Uuid),
    call("GET /xml", "{}", "/xml"),
];

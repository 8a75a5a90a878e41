use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, HeaderMap},
};

use super::*;

/// The credentials, region and time of the signature test suite that AWS published
/// (aws-sig-v4-test-suite): 2015-08-30T12:36:00Z.
fn identity(session_token: Option<&str>) -> Identity {
    Identity {
        credentials: Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session_token.map(str::to_owned),
            None,
            "test",
        ),
        region: "us-east-1".to_owned(),
    }
}

fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_mins(24_015_636)
}

fn request(method: Method, url: &str) -> OutgoingRequest {
    OutgoingRequest {
        method,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        first_byte_timeout: Duration::from_secs(1),
    }
}

fn authorization(request: &OutgoingRequest) -> &str {
    request.headers[AUTHORIZATION].to_str().unwrap()
}

#[test]
fn requests_are_signed_as_in_the_published_suite() {
    // get-vanilla, post-vanilla and get-vanilla-query-order-key-case.
    for (method, url, signature) in [
        (
            Method::GET,
            "https://example.amazonaws.com/",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            Method::POST,
            "https://example.amazonaws.com/",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            Method::GET,
            "https://example.amazonaws.com/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ] {
        let mut request = request(method, url);
        sign(&mut request, &identity(None), "service", at()).unwrap();
        assert_eq!(
            authorization(&request),
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={signature}"
            )
        );
        assert_eq!(request.headers["x-amz-date"], "20150830T123600Z");
        assert_eq!(request.headers.len(), 2);
    }
}

#[test]
fn a_signature_replaces_an_earlier_one() {
    let mut signed_once = request(Method::POST, "https://example.amazonaws.com/");
    signed_once.body = Bytes::from_static(b"{}");
    let mut signed_twice = request(Method::POST, "https://example.amazonaws.com/");
    let earlier = UNIX_EPOCH + Duration::from_hours(400_000);
    sign(&mut signed_twice, &identity(Some("t0ken")), "s3", earlier).unwrap();
    signed_twice.body = Bytes::from_static(b"{}");
    sign(&mut signed_twice, &identity(None), "service", at()).unwrap();
    sign(&mut signed_once, &identity(None), "service", at()).unwrap();
    assert_eq!(signed_twice.headers, signed_once.headers);
}

#[test]
fn what_may_change_on_the_way_is_not_signed() {
    let mut request = request(Method::POST, "https://user:word@example.amazonaws.com/#x");
    for (name, value) in [
        ("user-agent", "x"),
        ("accept", "y"),
        ("traceparent", "z"),
        ("content-type", "application/json"),
        ("x-amz-target", "List"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
    ] {
        request
            .headers
            .insert(name, HeaderValue::from_static(value));
    }
    sign(&mut request, &identity(Some("t0ken")), "service", at()).unwrap();
    let authorization = authorization(&request);
    let names = "SignedHeaders=content-md5;content-type;host;x-amz-date;x-amz-security-token;\
                 x-amz-target,";
    assert!(authorization.contains(names), "{authorization}");
    assert!(request.headers["x-amz-security-token"].is_sensitive());
    assert!(request.headers[AUTHORIZATION].is_sensitive());
}

#[test]
fn a_query_is_sent_as_it_is_signed() {
    for (query, expected) in [
        ("a=b+c&d=%2B%7e", "a=b%20c&d=%2B~"),
        (
            "ids[]=1,2&at=12:30&path=/a",
            "ids%5B%5D=1%2C2&at=12%3A30&path=%2Fa",
        ),
        ("a&b=&c=d=e&%ff", "a&b=&c=d%3De&%FF"),
        ("", ""),
    ] {
        let mut request = request(
            Method::GET,
            &format!("https://example.amazonaws.com/?{query}"),
        );
        sign(&mut request, &identity(None), "service", at()).unwrap();
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[test]
fn services_that_want_it_are_told_the_hash_of_the_body() {
    let hash = |service: &str| {
        let mut request = request(Method::GET, "https://example.amazonaws.com/");
        sign(&mut request, &identity(None), service, at()).unwrap();
        let hash = request.headers.get("x-amz-content-sha256");
        hash.map(|hash| hash.to_str().unwrap().to_owned())
    };
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hash("s3").as_deref(), Some(empty));
    assert_eq!(hash("aoss").as_deref(), Some(empty));
    assert_eq!(
        hash("vpc-lattice-svcs").as_deref(),
        Some("UNSIGNED-PAYLOAD")
    );
    assert_eq!(hash("execute-api"), None);
}

#[test]
fn a_header_that_can_not_be_signed_is_named() {
    let mut request = request(Method::GET, "https://example.amazonaws.com/");
    let value = HeaderValue::from_bytes(b"\xff").unwrap();
    request.headers.insert("x-amz-meta", value);
    let error = sign(&mut request, &identity(None), "service", at()).unwrap_err();
    assert!(error.to_string().contains("x-amz-meta"), "{error}");
}

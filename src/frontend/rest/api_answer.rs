//! What an HTTP API answered, given back as it is.
//!
//! `X-Upstream-Status` repeats the status: where it stands, the answer is the API's own, and
//! where it does not, the gateway's. So a 401 or 503 of one is not taken for that of the other.
//! What the API says of its own credentials and connections was never passed on to here.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use base64::Engine as _;
use serde_json::value::RawValue;

use super::{Failure, json_string, tools::confine};
use crate::gateway::ApiAnswer;

/// The status of the API's own answer.
const UPSTREAM_STATUS: HeaderName = HeaderName::from_static("x-upstream-status");

/// The answer. Its body may be a page with scripts: none of them can reach our origin.
pub(super) fn response(answer: ApiAnswer) -> HttpResponse {
    let ApiAnswer {
        status: code,
        headers,
        body,
    } = answer;
    // Those below are no answers by themselves.
    let Some(status) = StatusCode::from_u16(code).ok().filter(|_| code >= 200) else {
        let message = format!("the API answered with the status {code}, which is none");
        return Failure::message(StatusCode::BAD_GATEWAY, &message).response();
    };
    let mut response = if body.is_empty() || has_no_body(status) {
        HttpResponse::new(status)
    } else {
        HttpResponse::with_body(status, body).map_into_boxed_body()
    };
    let own = response.headers_mut();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::from_bytes(&value),
        ) {
            own.append(name, value);
        }
    }
    own.insert(UPSTREAM_STATUS, HeaderValue::from(code));
    confine(own);
    response
}

/// The data of the `error` event that ends a stream, whose own status was sent before the API had
/// answered. `upstreamStatus` says, as the header does elsewhere, that it is the API's answer.
pub(super) fn event_data(answer: &ApiAnswer) -> String {
    let ApiAnswer { status, .. } = answer;
    let detail = detail(answer);
    format!(r#"{{"status":{status},"upstreamStatus":{status},"detail":{detail}}}"#)
}

/// A body as JSON: what is JSON as it came, other text as a string, bytes as a `data:` URI.
fn detail(answer: &ApiAnswer) -> Cow<'_, str> {
    if answer.body.is_empty() {
        return "null".into();
    }
    let Ok(text) = std::str::from_utf8(&answer.body) else {
        let mut headers = answer.headers.iter();
        let media_type = headers
            .find(|(name, _)| name == header::CONTENT_TYPE.as_str())
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .unwrap_or("application/octet-stream");
        let bytes = base64::prelude::BASE64_STANDARD.encode(&answer.body);
        return json_string(&format!("data:{media_type};base64,{bytes}")).into();
    };
    match serde_json::from_str::<&RawValue>(text) {
        Ok(json) => json.get().into(),
        Err(_) => json_string(text).into(),
    }
}

/// RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
fn has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &'static str)], body: &'static str) -> ApiAnswer {
        let headers = headers.iter();
        ApiAnswer {
            status,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), Bytes::from_static(value.as_bytes())))
                .collect(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[actix_web::test]
    async fn an_answer_is_given_back_with_its_status_headers_and_body() {
        let page = "<script>alert(1)</script>";
        let headers = [
            ("content-type", "text/html"),
            ("link", "<a>"),
            ("link", "<b>"),
        ];
        let response = response(answer(401, &headers, page));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let text = |name: &str| {
            let values = response.headers().get_all(name);
            values
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(text("content-type"), "text/html");
        assert_eq!(text("link"), "<a>|<b>");
        assert_eq!(text("x-upstream-status"), "401");
        assert_eq!(text("x-content-type-options"), "nosniff");
        assert!(text("content-security-policy").starts_with("sandbox"));
        let body = actix_web::body::to_bytes(response.into_body()).await;
        assert_eq!(body.unwrap(), page);
    }

    #[test]
    fn the_last_event_of_a_stream_has_the_status_and_the_body_as_json() {
        let json = [("content-type", "application/problem+json")];
        let data = |answer| event_data(&answer);
        assert_eq!(
            data(answer(404, &json, "{\"a\":\n 1.10}\n")),
            "{\"status\":404,\"upstreamStatus\":404,\"detail\":{\"a\":\n 1.10}}"
        );
        assert_eq!(
            data(answer(401, &[], "who \"are\" you?")),
            r#"{"status":401,"upstreamStatus":401,"detail":"who \"are\" you?"}"#
        );
        assert_eq!(
            data(answer(500, &[], "")),
            r#"{"status":500,"upstreamStatus":500,"detail":null}"#
        );
        let mut bytes = answer(400, &[("content-type", "image/png")], "");
        bytes.body = Bytes::from_static(&[0x89, 0xff]);
        assert_eq!(
            data(bytes),
            r#"{"status":400,"upstreamStatus":400,"detail":"data:image/png;base64,if8="}"#
        );
    }

    #[actix_web::test]
    async fn what_has_no_body_gets_none_and_what_is_no_status_is_an_error() {
        let empty = response(answer(204, &[], "x"));
        assert_eq!(empty.status(), StatusCode::NO_CONTENT);
        let body = actix_web::body::to_bytes(empty.into_body()).await.unwrap();
        assert!(body.is_empty());
        assert_eq!(
            response(answer(101, &[], "")).status(),
            StatusCode::BAD_GATEWAY
        );
    }
}

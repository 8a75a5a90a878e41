//! AWS Signature Version 4 (AWS IAM user guide, Signature Version 4 for API requests).

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign as calculate,
    },
    sign::v4,
};
use percent_encoding::{percent_decode_str, percent_encode};
use reqwest::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};

use super::{CredentialsError, aws::Identity};
use crate::{http_client::OutgoingRequest, upstream::rest::request::UNRESERVED};

/// What a signature puts into a request, and what an earlier one may have left there.
const OURS: [&str; 4] = [
    "authorization",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// Whether a header is part of a signature: what a request has under its name is replaced.
pub fn is_of_signature(header: &HeaderName) -> bool {
    OURS.contains(&header.as_str())
}

/// Services that take a path as it is sent, where all others want it encoded once more and free
/// of empty segments and dots.
const PLAIN_PATHS: [&str; 4] = ["s3", "s3express", "s3-outposts", "s3-object-lambda"];

/// Services, beside those, that want the hash of the body in a header too.
const WANT_HASH: [&str; 2] = ["aoss", "vpc-lattice-svcs"];

/// The service that takes no signed bodies.
const VPC_LATTICE: &str = "vpc-lattice-svcs";

/// Signs a request as it is now, for this moment. An earlier signature is replaced.
///
/// What is signed of the headers is what must be, and what says how the body is to be read: all
/// others may be changed on the way.
pub(super) fn sign(
    request: &mut OutgoingRequest,
    identity: &Identity,
    service: &str,
    at: SystemTime,
) -> Result<(), CredentialsError> {
    let failed = |problem: String| CredentialsError::Signing(problem);
    for name in OURS {
        request.headers.remove(name);
    }
    write_query_as_signed(request);
    let mut url = request.url.clone();
    // Neither is sent, or not as a part of the URL.
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);

    let mut headers = Vec::new();
    for (name, value) in &request.headers {
        if is_signed(name) {
            let text = value
                .to_str()
                .map_err(|_| failed(format!("its header {name} is not ASCII")))?;
            headers.push((name.as_str(), text));
        }
    }
    let body = if service == VPC_LATTICE {
        SignableBody::UnsignedPayload
    } else {
        SignableBody::Bytes(&request.body)
    };
    let signable = SignableRequest::new(
        request.method.as_str(),
        url.as_str(),
        headers.into_iter(),
        body,
    )
    .map_err(|error| failed(error.to_string()))?;
    let credentials = identity.credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&credentials)
        .region(&identity.region)
        .name(service)
        .time(at)
        .settings(settings(service))
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let (instructions, _) = calculate(signable, &parameters)
        .map_err(|error| failed(error.to_string()))?
        .into_parts();
    let (signed, _) = instructions.into_parts();
    for header in signed {
        let mut value = HeaderValue::try_from(header.value())
            .map_err(|_| failed("its signature can't stand in a header".to_owned()))?;
        value.set_sensitive(true);
        request
            .headers
            .insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}

fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    let has_plain_path = PLAIN_PATHS.contains(&service);
    if has_plain_path {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if has_plain_path || WANT_HASH.contains(&service) {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

fn is_signed(name: &HeaderName) -> bool {
    *name == HOST
        || *name == CONTENT_TYPE
        || name == "content-md5"
        || name.as_str().starts_with("x-amz-")
}

/// Writes the query as it is signed: with all but unreserved characters encoded, and spaces as
/// `%20`. What a server reads stays the same, and it does not matter then whether that server
/// encodes what it read once more, as AWS does, or takes it as it came.
fn write_query_as_signed(request: &mut OutgoingRequest) {
    let Some(query) = request.url.query() else {
        return;
    };
    let mut written = String::with_capacity(query.len());
    for pair in query.split('&') {
        if !written.is_empty() {
            written.push('&');
        }
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        encode_again(name, &mut written);
        if let Some(value) = value {
            written.push('=');
            encode_again(value, &mut written);
        }
    }
    if written != query {
        request.url.set_query(Some(&written));
    }
}

fn encode_again(text: &str, written: &mut String) {
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    written.extend(percent_encode(&bytes, UNRESERVED));
}

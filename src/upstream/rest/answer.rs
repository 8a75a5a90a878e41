//! What the answers of an API are to MCP, and to callers that speak HTTP themselves.
//!
//! - [`content`]: bodies as structured content and content blocks;
//! - [`failure`]: answers that are no success, in words;
//! - [`headers`]: which headers are worth telling, and to whom.
//!
//! `_meta` of a result tells what of the answer has no place elsewhere, under
//! `viceversa/http`: `{"status": 201, "headers": {"location": "…"}}`. It is there where the answer
//! was no success, or had another status than 200, or headers that matter. What does not fit the
//! tool's `outputSchema` is told under `viceversa/warnings`, a list of sentences.

mod content;
mod failure;
mod headers;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap},
};

pub(super) use content::resource_contents;
pub(super) use failure::words;

use super::{api::Prepared, media_type, request::Draft, settings::ValidateOutput};
use crate::{
    gateway::{ApiAnswer, ApiAnswers, End, SessionError},
    json::Raw,
    openapi::api::Output,
    secrets::Secret,
};

/// What is a whole result of a tool, as this program's own REST frontend gives it.
const MCP_RESULT: &str = "application/vnd.mcp.result+json";

/// Bodies larger than this, in bytes, are checked on a thread where nobody waits.
const CHECKED_ASIDE: usize = 64 * 1024;

/// Of bodies larger than this, in bytes, the text is made on a thread where nobody waits: Base64 and
/// the escapes of JSON take time by their size. Where handing over begins to pay was not measured.
const WRITTEN_ASIDE: usize = 256 * 1024;

/// How many complaints about an answer are told.
const MAX_COMPLAINTS: usize = 5;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Where it came from in the end.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, not compressed.
    pub body: Bytes,
    /// Pairs of the request's query that are nobody's business: where an answer repeats its URL,
    /// as `Location` and `Link` do, they are left out.
    pub hidden: Vec<Secret>,
    /// Where it is a redirect: why that was not followed.
    pub unfollowed: Option<String>,
}

impl Answer {
    /// A text of the API's without what is nobody's business.
    fn without_hidden(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for pair in self.hidden.iter().map(Secret::reveal) {
            if text.contains(pair) {
                text = text
                    .replace(&format!("{pair}&"), "")
                    .replace(&format!("&{pair}"), "")
                    .replace(pair, "");
            }
        }
        text
    }

    /// The media type that it says it has.
    fn media_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// The same without parameters; empty for none.
    fn essence(&self) -> String {
        self.media_type()
            .map(media_type::essence)
            .unwrap_or_default()
    }

    /// Whether it is a whole result of a tool.
    fn mcp_result(&self) -> Option<Raw> {
        if !self.status.is_success() || self.essence() != MCP_RESULT {
            return None;
        }
        content::json(&self.body).filter(|raw| raw.get().starts_with('{'))
    }
}

/// How a call ends that got this answer.
pub(super) async fn end(
    answer: Answer,
    draft: Draft,
    prepared: &Prepared,
    validate: ValidateOutput,
    as_they_are: ApiAnswers,
) -> Result<End, SessionError> {
    if let Some(result) = answer.mcp_result() {
        return Ok(End::Result(result));
    }
    if !answer.status.is_success() {
        return Ok(match as_they_are {
            ApiAnswers::None => End::Result(failure::result(&answer, &draft)),
            ApiAnswers::Failures | ApiAnswers::All => given_back(answer),
        });
    }
    let is_given_back = as_they_are == ApiAnswers::All;
    let structured = content::structured(&answer, prepared.operation.output);
    let is_declared = prepared.operation.output != Output::Undeclared;
    // There is no place for a warning in what is given back as it is.
    let is_checked = match validate {
        ValidateOutput::Off => false,
        ValidateOutput::Warn => !is_given_back,
        ValidateOutput::Strict => true,
    };
    let complaint = if is_checked && is_declared {
        complaint(&answer, structured.as_ref(), prepared).await
    } else {
        None
    };
    if let (ValidateOutput::Strict, Some(complaint)) = (validate, &complaint) {
        return Err(SessionError::Failed {
            reason: complaint.clone(),
            may_have_run: true,
        });
    }
    if is_given_back {
        return Ok(given_back(answer));
    }
    let make = move |answer: &Answer| content::blocks(answer, &draft.public_url);
    let (answer, content) = aside(answer, make).await?;
    let mut text = format!(r#"{{"content":[{content}]"#);
    if let Some(structured) = structured {
        text.push_str(r#","structuredContent":"#);
        text.push_str(structured.get());
    }
    text.push_str(&meta(&answer, complaint.as_deref()));
    text.push('}');
    Ok(End::Result(Raw::assume_valid(text.into())))
}

/// Makes text of an answer, which comes back with it: where nobody waits for the thread, if that
/// takes a while.
pub(super) async fn aside<T: Send + 'static>(
    answer: Answer,
    make: impl FnOnce(&Answer) -> T + Send + 'static,
) -> Result<(Answer, T), SessionError> {
    let is_short = answer.body.len() <= WRITTEN_ASIDE;
    let make = move || {
        let text = make(&answer);
        (answer, text)
    };
    if is_short {
        return Ok(make());
    }
    let written = tokio::task::spawn_blocking(make).await;
    written.map_err(|error| SessionError::Unusable(error.to_string()))
}

/// What is wrong with an answer, by the tool's schema. One without a body has nothing to check.
async fn complaint(
    answer: &Answer,
    structured: Option<&Raw>,
    prepared: &Prepared,
) -> Option<String> {
    if answer.body.is_empty() {
        return None;
    }
    let Some(structured) = structured else {
        return Some(
            "the answer does not fit the tool's outputSchema: it is not the JSON that is declared"
                .to_owned(),
        );
    };
    let unchecked = |problem: String| {
        format!("the answer can't be checked by the tool's outputSchema: {problem}")
    };
    let schema = match prepared.output_schema().await {
        Ok(schema) => schema?,
        Err(problem) => return Some(unchecked(problem)),
    };
    let checked = structured.clone();
    let check = move || schema.prepare_strictly(&checked);
    let violations = if answer.body.len() > CHECKED_ASIDE {
        match tokio::task::spawn_blocking(check).await {
            Ok(checked) => checked,
            Err(error) => return Some(unchecked(error.to_string())),
        }
    } else {
        check()
    };
    let violations = violations.err()?;
    let more = violations.len().saturating_sub(MAX_COMPLAINTS);
    let mut told: Vec<String> = violations
        .iter()
        .take(MAX_COMPLAINTS)
        .map(|violation| {
            // The path begins with `body`.
            let place: Vec<String> = violation.loc.iter().skip(1).map(segment).collect();
            if place.is_empty() {
                violation.msg.clone().into_owned()
            } else {
                format!("{}: {}", place.join("."), violation.msg)
            }
        })
        .collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    Some(format!(
        "the answer does not fit the tool's outputSchema: {}",
        told.join("; ")
    ))
}

fn segment(segment: &crate::json::strict::Segment) -> String {
    match segment {
        crate::json::strict::Segment::Name(name) => name.clone(),
        crate::json::strict::Segment::Index(index) => index.to_string(),
    }
}

/// The `_meta` member with a comma before it, or nothing.
fn meta(answer: &Answer, warning: Option<&str>) -> String {
    let http = headers::http_meta(answer);
    let mut members = Vec::new();
    members.extend(http.map(|http| format!(r#""viceversa/http":{http}"#)));
    members.extend(warning.map(|warning| {
        format!(
            r#""viceversa/warnings":[{}]"#,
            Raw::from_value(&warning).get()
        )
    }));
    if members.is_empty() {
        return String::new();
    }
    format!(r#","_meta":{{{}}}"#, members.join(","))
}

/// What a caller gets that speaks HTTP itself.
fn given_back(answer: Answer) -> End {
    End::Api(Box::new(ApiAnswer {
        status: answer.status.as_u16(),
        headers: headers::given_back(&answer),
        body: answer.body,
    }))
}

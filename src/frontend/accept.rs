//! What a caller wants to get (RFC 9110, section 12.5.1).

#[cfg(test)]
mod tests;

use actix_web::http::header::{self, HeaderMap};

/// The media type of a whole MCP result.
pub use crate::openapi::read::MCP_RESULT as RESULT;
/// The media type of a stream of events.
pub const EVENT_STREAM: &str = "text/event-stream";
const JSON: &str = "application/json";

/// The `Accept` headers of a request, read in place.
#[derive(Clone, Copy)]
pub struct Accept<'a> {
    headers: &'a HeaderMap,
    /// Whether JSON will do without looking further.
    plain: bool,
}

impl<'a> Accept<'a> {
    /// Reads a request's headers.
    pub fn of(headers: &'a HeaderMap) -> Self {
        let plain = headers
            .get_all(header::ACCEPT)
            .all(|value| matches!(value.as_bytes(), b"*/*" | b"application/json"));
        Self { headers, plain }
    }

    /// Whether the caller asks for a whole MCP result, rather than for its value.
    pub fn wants_result(self) -> bool {
        self.wants(RESULT, true)
    }

    /// Whether the caller asks for a stream of events. MCP clients name it beside JSON with
    /// every request, so that JSON wins a tie.
    pub fn wants_events(self) -> bool {
        self.wants(EVENT_STREAM, false)
    }

    /// Whether the caller asks for content of this type as its bytes. `*/*` does not ask for
    /// anything in particular.
    pub fn wants_bytes(self, media_type: &str) -> bool {
        let media_type = media_type
            .split_once(';')
            .map_or(media_type, |(essence, _)| essence)
            .trim();
        if self.plain || media_type.eq_ignore_ascii_case(JSON) {
            return false;
        }
        let family = match media_type.split_once('/') {
            Some((family, _))
                if family.eq_ignore_ascii_case("image") || family.eq_ignore_ascii_case("audio") =>
            {
                Some(family)
            }
            _ => None,
        };
        let wanted = self.quality(media_type).or_else(|| {
            self.ranges()
                .find(|(range, _)| {
                    range
                        .strip_suffix("/*")
                        .zip(family)
                        .is_some_and(|(range, family)| range.eq_ignore_ascii_case(family))
                })
                .map(|(_, quality)| quality)
        });
        self.beats_json(wanted, true)
    }

    fn wants(self, media_type: &str, wins_ties: bool) -> bool {
        !self.plain && self.beats_json(self.quality(media_type), wins_ties)
    }

    fn beats_json(self, wanted: Option<u16>, wins_ties: bool) -> bool {
        let json = self.quality(JSON).unwrap_or(0);
        wanted.is_some_and(|wanted| wanted > json || (wins_ties && wanted == json && wanted > 0))
    }

    /// The quality of a type that is named, in thousandths.
    fn quality(self, media_type: &str) -> Option<u16> {
        self.ranges()
            .find(|(range, _)| range.eq_ignore_ascii_case(media_type))
            .map(|(_, quality)| quality)
    }

    fn ranges(self) -> impl Iterator<Item = (&'a str, u16)> {
        self.headers
            .get_all(header::ACCEPT)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|range| {
                let mut parameters = range.split(';').map(str::trim);
                let name = parameters.next().unwrap_or_default();
                let quality = parameters
                    .filter_map(|parameter| parameter.split_once('='))
                    .find(|(key, _)| key.trim().eq_ignore_ascii_case("q"))
                    .map_or(1000, |(_, quality)| thousandths(quality.trim()));
                (name, quality)
            })
    }
}

/// A quality value in thousandths; what is malformed counts as most wanted.
fn thousandths(text: &str) -> u16 {
    match text.split_once('.') {
        Some(("0", digits)) => format!("{digits:0<3.3}").parse().unwrap_or(1000),
        None if text == "0" => 0,
        _ => 1000,
    }
}

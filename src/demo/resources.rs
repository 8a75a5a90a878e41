//! The demo's resources: a text, a JSON document, a picture, and the time in any zone by a
//! template.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};

use super::media::PICTURE;
use super::time;

pub(super) const README_URI: &str = "demo://readme";
pub(super) const FACTS_URI: &str = "demo://facts.json";
pub(super) const PICTURE_URI: &str = "demo://picture.png";
pub(super) const TIME_TEMPLATE: &str = "time://{zone}";

const README: &str = "\
# The viceversa demo

This text is an MCP resource. Over MCP it is read with `resources/read`, over REST with
`GET /resources/read?uri=demo://readme`.
";

const FACTS: &str = r#"{
  "name": "viceversa",
  "meaning": "with position turned",
  "directions": ["MCP to REST", "REST to MCP"],
  "large number": 123456789012345678901234567890
}
"#;

/// The resources that stand in the list.
pub(super) fn list() -> Vec<Resource> {
    vec![
        Resource::new(README_URI, "readme")
            .with_title("About the demo")
            .with_description("A short text in Markdown")
            .with_mime_type("text/markdown")
            .with_size(README.len() as u64),
        Resource::new(FACTS_URI, "facts")
            .with_title("Facts")
            .with_description("A JSON document, with a number that is larger than 64 bits")
            .with_mime_type("application/json")
            .with_size(FACTS.len() as u64),
        Resource::new(PICTURE_URI, "picture")
            .with_title("Picture")
            .with_description("The picture of the tool `image`, as a binary resource")
            .with_mime_type("image/png")
            .with_size(PICTURE.len() as u64),
    ]
}

/// The templates of the resources that are made on demand.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(TIME_TEMPLATE, "time")
            .with_title("Time in a zone")
            .with_description(
                "The current time; `zone` is an IANA name, as in time://Europe%2FBerlin",
            )
            .with_mime_type("application/json"),
    ]
}

/// Answers `resources/read`.
pub(super) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    Ok(ReadResourceResult::new(vec![contents(uri)?]))
}

/// The contents of the resource at that URI.
pub(super) fn contents(uri: &str) -> Result<ResourceContents, ErrorData> {
    match uri {
        README_URI => Ok(ResourceContents::text(README, uri).with_mime_type("text/markdown")),
        FACTS_URI => Ok(ResourceContents::text(FACTS, uri).with_mime_type("application/json")),
        PICTURE_URI => Ok(ResourceContents::blob(BASE64_STANDARD.encode(PICTURE), uri)
            .with_mime_type("image/png")),
        _ => match uri.strip_prefix("time://") {
            Some(zone) => time_contents(uri, zone),
            None => Err(not_found(uri)),
        },
    }
}

/// The error for a URI that no resource has.
pub(super) fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(
        format!("No resource has the URI {uri}: resources/list names those there are"),
        Some(serde_json::json!({ "uri": uri })),
    )
}

/// RFC 6570 encodes the slash of `Europe/Berlin` in a simple expansion; a plain one is taken too.
fn time_contents(uri: &str, encoded_zone: &str) -> Result<ResourceContents, ErrorData> {
    let zone = percent_decode_str(encoded_zone)
        .decode_utf8()
        .map_err(|_| not_found(uri))?;
    let time = time::current_time(&zone).map_err(|message| {
        ErrorData::resource_not_found(message, Some(serde_json::json!({ "uri": uri })))
    })?;
    let text = serde_json::to_string(&time)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(ResourceContents::text(text, uri).with_mime_type("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_resource_can_be_read() {
        for resource in list() {
            contents(&resource.uri).unwrap();
        }
    }

    #[test]
    fn the_template_takes_a_zone_with_or_without_an_encoded_slash() {
        for uri in [
            "time://Europe%2FBerlin",
            "time://Europe/Berlin",
            "time://UTC",
        ] {
            contents(uri).unwrap();
        }
    }

    #[test]
    fn an_unknown_uri_is_not_found() {
        for uri in ["demo://nothing", "time://Nowhere", "time://%FF", ""] {
            let error = contents(uri).unwrap_err();
            assert_eq!(error.code.0, -32002);
        }
    }
}

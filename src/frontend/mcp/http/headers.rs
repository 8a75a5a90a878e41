//! Whether the headers of a request repeat what its body says (MCP 2026-07-28, Streamable HTTP,
//! server validation), and whether the body says what it must.

use actix_web::HttpRequest;
use serde_json::{json, value::RawValue};

use super::super::{conversation::Conversation, identify, message::Request, outcome::RpcError};
use crate::{
    gateway::Discovery,
    mcp::{STATELESS_VERSION, codes, parameter_headers},
};

const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// Refuses a request whose headers and body differ, or that does not say what it must.
pub(super) async fn check(
    http: &HttpRequest,
    conversation: &Conversation,
    request: &Request,
) -> Result<(), RpcError> {
    check_version(http, request)?;
    let method = header(http, METHOD)?;
    match method {
        Some(method) if method == request.method => {}
        Some(method) => return Err(mismatch("Mcp-Method", &method, &request.method)),
        None => return Err(missing("Mcp-Method")),
    }
    let source = match request.method.as_str() {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    };
    if let Some(source) = source {
        let named = request.params.string(source)?;
        match header(http, NAME)? {
            Some(name) if name == named => {}
            Some(name) => return Err(mismatch("Mcp-Name", &name, &named)),
            None => return Err(missing("Mcp-Name")),
        }
    }
    if request.method == "tools/call" {
        check_parameters(http, conversation, request).await?;
    }
    Ok(())
}

/// What a request of the stateless era must say in its body, where no headers repeat it.
pub(in crate::frontend::mcp) fn check_stateless(request: &Request) -> Result<(), RpcError> {
    let meta = &request.params.meta;
    let version = meta.version.as_deref();
    check_supported(version.ok_or_else(|| incomplete("protocolVersion"))?)?;
    if meta.capabilities.is_none() {
        return Err(incomplete("clientCapabilities"));
    }
    Ok(())
}

fn check_version(http: &HttpRequest, request: &Request) -> Result<(), RpcError> {
    let named = header(http, super::PROTOCOL_VERSION.as_str())?;
    let version = request.params.meta.version.as_deref();
    match (named.as_deref(), version) {
        (Some(named), None) => {
            check_supported(named)?;
            return Err(incomplete("protocolVersion"));
        }
        (None, _) => return Err(missing("MCP-Protocol-Version")),
        (Some(named), Some(version)) if named != version => {
            return Err(mismatch("MCP-Protocol-Version", named, version));
        }
        (Some(_), Some(version)) => check_supported(version)?,
    }
    if request.params.meta.capabilities.is_none() {
        return Err(incomplete("clientCapabilities"));
    }
    Ok(())
}

/// Refuses a version that is not spoken here, and names those that are.
fn check_supported(version: &str) -> Result<(), RpcError> {
    if version == STATELESS_VERSION {
        return Ok(());
    }
    let data = json!({"supported": identify::supported_versions(), "requested": version});
    Err(RpcError::new(
        codes::UNSUPPORTED_PROTOCOL_VERSION,
        "Unsupported protocol version",
    )
    .with_data(&data))
}

/// A member of `_meta` that each request must have.
fn incomplete(member: &str) -> RpcError {
    RpcError::new(
        codes::INVALID_PARAMS,
        format!(
            "params._meta lacks io.modelcontextprotocol/{member}, or it is not what it should be"
        ),
    )
}

/// The arguments that the tool wants to see repeated.
async fn check_parameters(
    http: &HttpRequest,
    conversation: &Conversation,
    request: &Request,
) -> Result<(), RpcError> {
    if conversation.discovery() == Discovery::Search {
        return Ok(());
    }
    // What can't be found is somebody else's to say.
    let (Ok(members), Ok(name)) = (conversation.members().await, request.params.string("name"))
    else {
        return Ok(());
    };
    let Some(tool) = members.view().tools.get(&name) else {
        return Ok(());
    };
    let Ok((_, annotations)) = parameter_headers::read(&tool.definition) else {
        return Ok(());
    };
    if annotations.is_empty() {
        return Ok(());
    }
    let arguments = request.params.get("arguments");
    let arguments: &RawValue = match arguments.map(|it| serde_json::from_str(it.get())) {
        Some(Ok(arguments)) => arguments,
        _ => return Ok(()),
    };
    let repeated = parameter_headers::repeated(arguments, &annotations);
    for annotation in &annotations {
        let said = header(http, annotation.header.as_str())?;
        let own = repeated
            .iter()
            .find(|(header, _)| *header == annotation.header);
        match (said, own) {
            (None, None) => {}
            (Some(said), Some((_, own))) if is_same(&said, own) => {}
            (Some(said), own) => {
                let own = own.map_or("no value", |(_, own)| own);
                return Err(mismatch(annotation.header.as_str(), &said, own));
            }
            (None, Some(_)) => return Err(missing(annotation.header.as_str())),
        }
    }
    Ok(())
}

/// Whether a header says what an argument does. An integer may be written otherwise, such as `42.0`
/// for 42, but none beyond what all readers hold exactly (RFC 8259, section 6).
fn is_same(said: &str, own: &str) -> bool {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let number = |text: &str| {
        let is_number = serde_json::from_str::<serde_json::Number>(text).is_ok();
        text.parse::<f64>()
            .ok()
            .filter(|number| is_number && number.abs() <= EXACT)
    };
    said == own
        || matches!((number(said), number(own)), (Some(said), Some(own)) if said.to_bits() == own.to_bits())
}

/// The value of a header that may be encoded; nothing where there is none.
fn header(http: &HttpRequest, name: &str) -> Result<Option<String>, RpcError> {
    let mut values = http.headers().get_all(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(RpcError::new(
            codes::HEADER_MISMATCH,
            format!("Header mismatch: {name} stands there more than once"),
        ));
    }
    match parameter_headers::decode(value.as_bytes()) {
        Some(text) => Ok(Some(text)),
        None => Err(RpcError::new(
            codes::HEADER_MISMATCH,
            format!("Header mismatch: the value of {name} is not encoded as it should be"),
        )),
    }
}

fn mismatch(header: &str, said: &str, own: &str) -> RpcError {
    let shown = |text: &str| text.chars().take(100).collect::<String>();
    RpcError::new(
        codes::HEADER_MISMATCH,
        format!(
            "Header mismatch: {header} header value {:?} does not match body value {:?}",
            shown(said),
            shown(own)
        ),
    )
}

fn missing(header: &str) -> RpcError {
    RpcError::new(
        codes::HEADER_MISMATCH,
        format!("Header mismatch: the header {header} is missing"),
    )
}

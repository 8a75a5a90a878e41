//! What is wrong with an entry of the type openapi.

use std::path::PathBuf;

use crate::config::value::InvalidValue;

/// What is wrong with an entry of the type openapi.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenApiProblem {
    /// No document.
    #[error(
        "a server of the type openapi needs a `spec`, its OpenAPI document; write for example \"spec\": \"https://api.example.com/openapi.json\", or the path of a file"
    )]
    NoSpec,
    /// A folder in the place of a document.
    #[error("{} is a folder; give the path of the document in it, such as openapi.json", .0.display())]
    Folder(PathBuf),
    /// A document in the config of which no host is known.
    #[error(
        "this document does not say at which host its API is: put `url` beside it, or a whole URL into its `servers`"
    )]
    NoHost,
    /// A document in the config that can't be read.
    #[error("this document can't be read: {0}")]
    Unreadable(String),
    /// A list of no documents.
    #[error("there is no document in this list; write for example [\"openapi.json\"]")]
    NoSpecs,
    /// A document over plain HTTP.
    #[error(
        "this document would come over plain HTTP, and whoever is on the way could change what the tools are; write https, or \"allowInsecureHttp\": true beside it"
    )]
    Insecure,
    /// What is for programs.
    #[error("a server of the type openapi is no program; remove `{0}`")]
    OfProgram(&'static str),
    /// A document of a server of another type.
    #[error("only a server of the type openapi has a `spec`; remove one of the two")]
    SpecOfOther,
    /// A filter that says nothing.
    #[error(
        "says nothing of the operations; write for example {{\"tag\": \"pets\"}} or {{\"method\": \"GET\", \"path\": \"/pets/*\"}}"
    )]
    EmptyFilter,
    /// Credentials of no kind.
    #[error("`auth` needs a `type`; write for example {{\"type\": \"bearer\", \"token\": \"…\"}}")]
    NoAuthType,
    /// A kind of credentials without what belongs to it.
    #[error("`auth` of the type {auth_type} needs {needs}")]
    Incomplete {
        /// The kind.
        auth_type: &'static str,
        /// What is missing.
        needs: &'static str,
    },
    /// A kind of credentials of an additional API without what belongs to it.
    #[error("`auth_type` is {auth_type}, which needs `{member}` beside it")]
    MissingMember {
        /// The kind.
        auth_type: &'static str,
        /// What is missing.
        member: &'static str,
    },
    /// A member of an additional API that can't be used; its value may be a secret.
    #[error("`{member}` can't be used: {problem}")]
    Member {
        /// The member.
        member: &'static str,
        /// Why.
        problem: InvalidValue,
    },
    /// A URL of an additional API, which may hold a secret.
    #[error("can't be used: {0}")]
    Url(InvalidValue),
    /// An additional API without a document.
    #[error("this API has no document; write a `spec_url`, or a `spec_path`")]
    NoAdditionalSpec,
    /// A document over plain HTTP.
    #[error(
        "the document would come over plain HTTP, and whoever is on the way could change what the tools are; give an https URL, or --allow-insecure-http (ALLOW_INSECURE_HTTP=true)"
    )]
    InsecureSpec,
    /// A document that is not where documents may be.
    #[error(
        "{} is in none of the folders of --allowed-spec-dirs (ALLOWED_SPEC_DIRS); add its folder there", .0.display()
    )]
    OutsideFolders(PathBuf),
    /// Two `Authorization` headers.
    #[error("`auth` makes the header `Authorization` by itself; remove it from `headers`")]
    AuthorizationTwice,
}

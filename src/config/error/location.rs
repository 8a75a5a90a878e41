//! Why something is not where a config can stand.

/// Why something is not where a config can stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationProblem {
    /// Nothing.
    #[error("it is empty; name a file or a folder")]
    Empty,
    /// Not the URL of a config.
    #[error("it is not the URL of a config; write for example `https://example.com/config.json`")]
    Url,
    /// Plain HTTP from elsewhere.
    #[error(
        "{0} would come over plain HTTP, and whoever is on the way could change what runs here; write https"
    )]
    Insecure(String),
    /// Not an object of S3.
    #[error("it is not an object of S3; write for example `s3://my-bucket/config.json`")]
    Object,
    /// Not a parameter.
    #[error("it is not a parameter of AWS Systems Manager; write for example `ssm:/my/config`")]
    Parameter,
    /// Of another kind.
    #[error(
        "a config can't be read from `{0}:`; name a file, a folder, `https://…`, `s3://bucket/key` or `ssm:/parameter`"
    )]
    Scheme(String),
}

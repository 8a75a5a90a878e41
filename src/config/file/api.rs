//! What is said of a REST API alone: which operations are served, and how we identify ourselves.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::keys;
use super::written::Written;
use crate::config::json_schema::{
    self,
    values::{HttpUrl, Words},
};
use crate::config::openapi::KeyPlace;
use crate::config::server_entry::openapi::auth::AuthType;

keys! {
    /// Which operations of a REST API are served.
    #[schemars(rename = "Operations", extend("additionalProperties" = false))]
    pub struct OperationsEntry {
        /// Operations that any of these filters matches are served [default: all]
        #[schemars(example = serde_json::json!(["list*", {"tag": "pets"}]))]
        include: Vec<Written<OperationFilter>> = "include",
        /// Of those, what any of these filters matches is not.
        #[schemars(example = serde_json::json!([{"method": "DELETE"}]))]
        exclude: Vec<Written<OperationFilter>> = "exclude",
    }
}

keys! {
    /// All that it names must match. `*` stands for any text.
    #[schemars(rename = "OperationFilter", extend("additionalProperties" = false, "minProperties" = 1))]
    pub struct OperationFilterEntry {
        /// A tag of the operation.
        #[schemars(length(min = 1), example = &"pets")]
        tag: Written<String> = "tag",
        /// The method, in any case.
        #[schemars(length(min = 1), example = &"GET")]
        method: Written<String> = "method",
        /// The path as the document writes it.
        #[schemars(length(min = 1), example = &"/pets/*")]
        path: Written<String> = "path",
        /// The `operationId`.
        #[schemars(length(min = 1), example = &"list*")]
        operation_id: Written<String> = "operationId",
    }
}

/// A filter, or the pattern of an `operationId` alone.
#[derive(Debug)]
pub struct OperationFilter;

impl JsonSchema for OperationFilter {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OperationFilterOrId".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let filter = generator.subschema_for::<OperationFilterEntry>();
        schemars::json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, filter] })
    }
}

keys! {
    /// How the gateway identifies itself to a REST API. Which other keys there are depends on
    /// `type`.
    #[schemars(rename = "Auth", extend("additionalProperties" = false, "required" = ["type"]), transform = json_schema::auth::by_type)]
    pub struct ApiAuth {
        /// `none`: not at all. `basic`: with `username` and `password`. `bearer`: with `token`.
        /// `apiKey`: with `key` as the header, query parameter or cookie `name`. `oauth2`: as a
        /// client of an authorization server. `cognito`: by a user pool of Amazon Cognito. `sigv4`:
        /// with AWS's signature.
        auth_type: Written<AuthType> = "type",
        /// The user, of `basic` and `cognito`.
        #[schemars(length(min = 1))]
        username: Written<String> = "username",
        /// The user's password. Rather write a reference than the password itself.
        #[schemars(length(min = 1), example = &"${API_PASSWORD}")]
        password: Written<String> = "password",
        /// The token of `bearer`, without `Bearer` before it. Rather write a reference than the
        /// token itself.
        #[schemars(length(min = 1), example = &"${file:/run/secrets/token}")]
        token: Written<String> = "token",
        /// Where the key of `apiKey` stands in requests [default: header]
        place: Written<KeyPlace> = "in",
        /// What the header, query parameter or cookie of `apiKey` is called.
        #[schemars(length(min = 1), example = &"X-API-Key")]
        name: Written<String> = "name",
        /// The key of `apiKey`. Rather write a reference than the key itself.
        #[schemars(length(min = 1), example = &"${aws-secret:api#key}")]
        key: Written<String> = "key",
        /// Where `oauth2` gets its tokens.
        #[schemars(example = &"https://login.example.com/token")]
        token_url: Written<HttpUrl> = "tokenUrl",
        /// The client of `oauth2` and `cognito`.
        #[schemars(length(min = 1))]
        client_id: Written<String> = "clientId",
        /// The client's secret. Rather write a reference than the secret itself.
        #[schemars(length(min = 1), example = &"${file:/run/secrets/client}")]
        client_secret: Written<String> = "clientSecret",
        /// The scopes to ask for, as a list or separated by spaces.
        #[schemars(example = ["read", "write"])]
        scopes: Written<Words> = "scopes",
        /// Whom the tokens of `oauth2` are for, where its server wants to know.
        #[schemars(length(min = 1))]
        audience: Written<String> = "audience",
        /// The user pool of `cognito`.
        #[schemars(length(min = 1), example = &"eu-west-1_AbCdEf")]
        user_pool_id: Written<String> = "userPoolId",
        /// The domain of the user pool: its prefix, or its host name.
        #[schemars(length(min = 1), example = &"my-domain")]
        domain: Written<String> = "domain",
        /// The region of AWS, of `cognito` and `sigv4` [default: that of the environment]
        #[schemars(length(min = 1), example = &"eu-west-1")]
        region: Written<String> = "region",
        /// The service of AWS that `sigv4` signs for.
        #[schemars(length(min = 1), example = &"execute-api")]
        service: Written<String> = "service",
    }
}

//! What a user pool answers.

use std::fmt;

use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;

use crate::telemetry::untrusted::readable;

/// How much of what it says is repeated, in characters.
const EXCERPT: usize = 200;

/// The answer of `InitiateAuth`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Initiated {
    pub authentication_result: Option<AuthenticationResult>,
    pub challenge_name: Option<String>,
}

/// Tokens (`AuthenticationResultType`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthenticationResult {
    pub id_token: Option<String>,
    pub access_token: Option<String>,
    pub refresh_token: Option<String>,
    /// How long the tokens last, in seconds.
    pub expires_in: Option<u64>,
}

/// An answer that refuses.
pub(super) struct Exception {
    status: StatusCode,
    name: String,
    message: String,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default, rename = "__type")]
    name: String,
    #[serde(default, alias = "Message")]
    message: String,
}

impl Exception {
    /// Reads the type of an error and its message (AWS JSON 1.1 protocol, operation error
    /// serialization): in a header, or as `__type`, with a name space before it or a URL behind.
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        let header = headers.get("x-amzn-errortype");
        let name = header
            .and_then(|header| header.to_str().ok())
            .unwrap_or(&body.name);
        let name = name.split(':').next().unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default();
        Self {
            status,
            name: excerpt(name),
            message: excerpt(&body.message),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self.name.as_str() {
            "NotAuthorizedException" => {
                "check the user name, the password and the client's secret, if it has one"
            }
            "UserNotFoundException" => "check the user name and the user pool",
            "UserNotConfirmedException" => "confirm the user in the user pool",
            "PasswordResetRequiredException" => "set a new password for the user",
            "ResourceNotFoundException" => "check the client id and the region",
            "InvalidParameterException" => {
                "allow ALLOW_USER_PASSWORD_AUTH and ALLOW_REFRESH_TOKEN_AUTH in the app client"
            }
            "TooManyRequestsException" | "LimitExceededException" => {
                "it is asked again in a few seconds"
            }
            "ForbiddenException" => "look at the firewall (AWS WAF) of the user pool",
            _ if self.status.is_server_error() => "it is asked again in a few seconds",
            _ => "check the client, the user and the endpoint",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it answers {}", self.status)?;
        if !self.name.is_empty() {
            write!(formatter, ": {}", self.name)?;
        }
        if !self.message.is_empty() {
            // More words follow in the same sentence.
            write!(formatter, ", {}", self.message.trim_end_matches('.'))?;
        }
        Ok(())
    }
}

/// That there is one more step before tokens.
pub(super) fn challenged(challenge: &str) -> String {
    format!("it answers the password with {}", excerpt(challenge))
}

/// What to do about a challenge (`ChallengeName`).
pub(super) fn advice_on_challenge(challenge: &str) -> &'static str {
    match challenge {
        "NEW_PASSWORD_REQUIRED" => {
            "the user must choose a password first: log in as the user once, or set it with `aws \
             cognito-idp admin-set-user-password --permanent`"
        }
        "SMS_MFA" | "SOFTWARE_TOKEN_MFA" | "EMAIL_OTP" | "SMS_OTP" | "MFA_SETUP"
        | "SELECT_MFA_TYPE" | "SELECT_CHALLENGE" => {
            "the gateway can't give a second factor: take a user without one, or client \
             credentials"
        }
        _ => "the gateway can't answer that: take a user who needs no more than a password",
    }
}

fn excerpt(text: &str) -> String {
    readable(&text.chars().take(EXCERPT).collect::<String>())
}

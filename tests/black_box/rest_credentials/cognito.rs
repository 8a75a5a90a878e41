//! Users of a pool in moto's Cognito.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};
use viceversa::{
    http_client::OutgoingRequest,
    secrets::Secret,
    upstream::rest::{
        credentials::{Attached, Authenticator},
        settings::{Cognito, Credentials},
    },
};

use super::{
    authenticator, authorization, client,
    moto::{Facts, Moto, on_user},
    request,
};

const API: &str = "https://api.test/";

fn pool(facts: &Facts, user: &str, password: &str) -> Cognito {
    Cognito {
        client_id: facts.get("public_client").to_owned(),
        client_secret: None,
        user: Some((user.to_owned(), Secret::new(password))),
        user_pool_id: Some(facts.get("pool").to_owned()),
        domain: None,
        scopes: Vec::new(),
        region: None,
    }
}

fn confidential(facts: &Facts, user: &str) -> Cognito {
    Cognito {
        client_id: facts.get("confidential_client").to_owned(),
        client_secret: Some(Secret::new(facts.get("confidential_secret"))),
        // So that it is the access token that is sent.
        scopes: vec!["aws.cognito.signin.user.admin".to_owned()],
        ..pool(facts, user, facts.get("password"))
    }
}

async fn bearer(authenticator: &Authenticator) -> (Attached, String) {
    let mut request = request(Method::GET, API);
    let attached = authenticator.apply(&mut request).await.unwrap();
    let header = authorization(&request);
    (attached, header.strip_prefix("Bearer ").unwrap().to_owned())
}

async fn failure(settings: Cognito) -> String {
    let authenticator = authenticator(&Credentials::Cognito(Box::new(settings)), API);
    let mut request = request(Method::GET, API);
    let error = authenticator.apply(&mut request).await.unwrap_err();
    error.to_string()
}

/// What a token claims.
pub fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims);
    serde_json::from_slice(&claims.unwrap()).unwrap()
}

/// Whose access token this is, as the pool says.
async fn owner(facts: &Facts, access_token: &str) -> Value {
    let mut request: OutgoingRequest = request(Method::POST, facts.get("origin"));
    let get_user = "AWSCognitoIdentityProviderService.GetUser";
    let target = HeaderValue::from_static(get_user);
    request.headers.insert("x-amz-target", target);
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    request.headers.insert(CONTENT_TYPE, json);
    request.body = json!({ "AccessToken": access_token }).to_string().into();
    let answer = client().send(request).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["Username"].clone()
}

/// Runs a test again where the environment leads to a moto; none in that process.
fn facts(test: &str) -> Option<Facts> {
    let facts = Facts::of_this_process();
    if facts.is_none() {
        let moto = Moto::start();
        let origin = moto.facts.get("origin");
        let elsewhere = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", origin);
        moto.facts.run_again(
            &format!("rest_credentials::cognito::{test}"),
            &[elsewhere, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
        );
    }
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_known_by_the_id_token() {
    let Some(facts) = facts("a_user_is_known_by_the_id_token") else {
        return;
    };
    let settings = pool(&facts, "jane", facts.get("password"));
    let authenticator = authenticator(&Credentials::Cognito(Box::new(settings)), API);
    let (_, token) = bearer(&authenticator).await;
    let claims = claims(&token);
    assert_eq!(claims["token_use"], "id", "{claims}");
    assert_eq!(claims["cognito:username"], "jane", "{claims}");
    assert_eq!(bearer(&authenticator).await.1, token);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_refreshed_without_the_password() {
    let Some(facts) = facts("a_refused_token_is_refreshed_without_the_password") else {
        return;
    };
    let settings = Credentials::Cognito(Box::new(confidential(&facts, "jane")));
    let authenticator = authenticator(&settings, API);
    let (attached, first) = bearer(&authenticator).await;
    assert_eq!(owner(&facts, &first).await, "jane");

    // A login by the password that we know is no longer possible.
    let mut parameters = on_user(&facts, "jane");
    parameters["Password"] = "An0ther-word!".into();
    parameters["Permanent"] = true.into();
    facts.administrate("AdminSetUserPassword", &parameters);
    assert!(authenticator.refused(&attached).await);
    let (_, second) = bearer(&authenticator).await;
    assert_ne!(first, second);
    assert_eq!(owner(&facts, &second).await, "jane");

    let message = failure(confidential(&facts, "jane")).await;
    assert!(message.contains("NotAuthorizedException"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_refresh_token_is_worth_nothing_logs_in_again() {
    let Some(facts) = facts("a_user_whose_refresh_token_is_worth_nothing_logs_in_again") else {
        return;
    };
    let settings = Credentials::Cognito(Box::new(confidential(&facts, "jane")));
    let authenticator = authenticator(&settings, API);
    let (attached, first) = bearer(&authenticator).await;
    facts.administrate("AdminUserGlobalSignOut", &on_user(&facts, "jane"));
    assert!(authenticator.refused(&attached).await);
    let (_, second) = bearer(&authenticator).await;
    assert_ne!(first, second);
    assert_eq!(owner(&facts, &second).await, "jane");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pool_wants_or_refuses_is_told() {
    let Some(facts) = facts("what_a_pool_wants_or_refuses_is_told") else {
        return;
    };
    let origin = facts.get("origin");
    let password = facts.get("password");
    let nobody = Cognito {
        client_id: "n0b0dy".to_owned(),
        ..pool(&facts, "jane", password)
    };
    for (settings, parts) in [
        (
            pool(&facts, "newcomer", password),
            ["NEW_PASSWORD_REQUIRED", "admin-set-user-password"],
        ),
        (
            pool(&facts, "jane", "wr0ng"),
            [
                "NotAuthorizedException",
                "check the user name, the password",
            ],
        ),
        (
            pool(&facts, "unknown", password),
            ["UserNotFoundException", "check the user name"],
        ),
        (nobody, ["ResourceNotFoundException", "check the client id"]),
    ] {
        let message = failure(settings).await;
        assert!(
            message.starts_with(&format!("{origin} gives no token")),
            "{message}"
        );
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
        for secret in ["wr0ng", password] {
            assert!(!message.contains(secret), "{message}");
        }
    }
}

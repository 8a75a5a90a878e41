//! What belongs to one authorization server, or to one config, gets to no other.

use std::path::Path;

use super::*;
use crate::{gateway::login::LoginError, secrets::Secret};

/// A resource whose metadata lead to `named`, with the folder that tokens are kept in.
async fn resource_of(named: &str) -> (Arc<Script>, String) {
    let script = Arc::<Script>::default();
    *script.leads_to.lock().unwrap() = Some(named.to_owned());
    let origin = serve(Arc::clone(&script)).await;
    (script, format!("{origin}/mcp"))
}

/// An authorizer that shares its folder with others, as after a restart.
fn restarted(folder: &Path, resource: &str, client: Option<ClientConfig>) -> Arc<Authorizer> {
    let mut settings = settings(resource, None, None);
    settings.store = TokenStore::in_folder(folder, &settings.server, resource);
    if let Some(client) = client {
        settings.config.grant = GrantConfig::Login(Box::new(LoginConfig {
            client,
            callback: CallbackConfig::Gateway,
        }));
    }
    Authorizer::new(settings)
}

fn registered(client_id: &str, secret: &str) -> ClientConfig {
    ClientConfig::Registered {
        client_id: client_id.to_owned(),
        client_secret: Some(Secret::new(secret)),
    }
}

async fn callback(authorizer: &Arc<Authorizer>) -> Callback {
    let state = parameter(&login_url(authorizer).await, "state");
    Callback::from_query(&format!("code=c&state={state}")).unwrap()
}

#[tokio::test]
async fn a_code_goes_to_no_other_server_than_the_one_of_the_login() {
    let (own, other) = (Arc::<Script>::default(), Arc::<Script>::default());
    let first = serve(Arc::clone(&own)).await;
    let second = serve(Arc::clone(&other)).await;
    let (script, resource) = resource_of(&first).await;
    let authorizer = authorizer(&resource, None, None);
    let callback = callback(&authorizer).await;
    *script.leads_to.lock().unwrap() = Some(second.clone());
    let error = authorizer.finish(callback).await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Failed(text) if text.contains(&first)),
        "{error}"
    );
    assert_eq!(own.token_requests() + other.token_requests(), 0);
    let url = login_url(&authorizer).await;
    assert!(url.as_str().starts_with(&second), "{url}");
}

#[tokio::test]
async fn a_refresh_token_goes_to_no_other_server_after_a_restart() {
    let folder = tempfile::TempDir::new().unwrap();
    let other = Arc::<Script>::default();
    let (first, second) = (serve(Arc::default()).await, serve(Arc::clone(&other)).await);
    let (script, resource) = resource_of(&first).await;
    log_in(&restarted(folder.path(), &resource, None)).await;
    grow_old().await;
    *script.leads_to.lock().unwrap() = Some(second);
    let authorizer = restarted(folder.path(), &resource, None);
    assert_eq!(authorizer.authorization().await.unwrap(), None);
    assert_eq!(other.token_requests(), 0);
}

#[tokio::test]
async fn a_client_of_the_config_stays_with_the_first_server_unless_an_issuer_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let (first, second) = (serve(Arc::default()).await, serve(Arc::default()).await);
    let (script, resource) = resource_of(&first).await;
    let trusted = |issuer: Option<&str>| {
        let mut settings = settings(&resource, None, None);
        settings.store = TokenStore::in_folder(folder.path(), &settings.server, &resource);
        settings.config.issuer = issuer.map(|issuer| Url::parse(issuer).unwrap());
        settings.config.grant = GrantConfig::ClientCredentials {
            client_id: "machine".to_owned(),
            client_secret: Secret::new("s3cret"),
        };
        Authorizer::new(settings)
    };
    assert!(trusted(None).authorization().await.unwrap().is_some());
    *script.leads_to.lock().unwrap() = Some(second.clone());
    grow_old().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let error = trusted(None).authorization().await.unwrap_err().to_string();
    assert!(error.contains("`issuer`"), "{error}");
    assert!(trusted(Some(&first)).authorization().await.is_err());
    assert!(trusted(Some(&second)).authorization().await.is_ok());
}

#[tokio::test]
async fn what_another_config_got_is_not_used_and_a_new_secret_counts_at_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let script = Arc::<Script>::default();
    let resource = format!("{}/mcp", serve(Arc::clone(&script)).await);
    let of = |client| restarted(folder.path(), &resource, Some(client));
    log_in(&of(registered("one", "old"))).await;
    let kept = of(registered("one", "new")).authorization().await.unwrap();
    assert!(kept.is_some(), "the same client");
    assert_eq!(
        of(registered("two", "old")).authorization().await.unwrap(),
        None
    );

    grow_old().await;
    let files = std::fs::read_dir(folder.path()).unwrap();
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("\"old\""), "the secret is the config's");
    }
    let renewed = of(registered("one", "new")).authorization().await.unwrap();
    assert_eq!(renewed.unwrap(), "Bearer access-1");
}

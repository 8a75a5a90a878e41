//! What an authorization server refuses, and what of it is repeated.

use super::*;

#[tokio::test]
async fn a_refresh_that_is_refused_for_good_asks_for_a_login() {
    for (status, body, asks) in [
        (400, json!({"error": "invalid_request"}), true),
        (401, json!({}), true),
        (200, json!({"error": "bad_refresh_token"}), true),
        (429, json!({"error": "slow_down"}), false),
        (503, json!({"error": "temporarily_unavailable"}), false),
    ] {
        let script = Arc::<Script>::default();
        let origin = serve(Arc::clone(&script)).await;
        let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
        log_in(&authorizer).await;
        let used = authorizer.authorization().await.unwrap();
        *script.refusal.lock().unwrap() = Some((status, body.clone()));
        let refused = authorizer.refused(used.as_ref(), 401, None).await;
        assert_eq!(
            matches!(refused, Ok(Refused::LoginRequired(_))),
            asks,
            "{status} {body}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn after_a_failed_exchange_the_server_is_found_again() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    log_in(&authorizer).await;
    let used = authorizer.authorization().await.unwrap();
    script.is_down.store(true, Ordering::Relaxed);
    authorizer
        .refused(used.as_ref(), 401, None)
        .await
        .unwrap_err();
    script.is_down.store(false, Ordering::Relaxed);
    script.asked.lock().unwrap().clear();
    tokio::time::sleep(Duration::from_millis(5100)).await;
    let renewed = authorizer.refused(used.as_ref(), 401, None).await;
    assert_eq!(renewed.unwrap(), Refused::Retry);
    let asked = script.asked.lock().unwrap();
    assert!(asked.iter().any(|asked| asked.contains(".well-known")));
}

#[tokio::test]
async fn no_more_of_an_answer_is_repeated_than_its_error() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let body = json!({"error": "invalid_redirect_uri", "error_description": "x".repeat(5000), "inner": "s3cret"});
    *script.registration.lock().unwrap() = Some((400, body));
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    let error = authorizer.refused(None, 401, None).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("invalid_redirect_uri"), "{error}");
    assert!(!error.contains("s3cret") && error.len() < 500, "{error}");
}

#[tokio::test]
async fn paths_of_urls_stay_out_of_messages() {
    let script = Arc::<Script>::default();
    *script.leads_to.lock().unwrap() = Some("http://127.0.0.1:1/tenant-s3cret".to_owned());
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    let error = authorizer.refused(None, 401, None).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("http://127.0.0.1:1"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn a_login_without_pkce_is_not_asked_for() {
    let script = Arc::<Script>::default();
    script.without_pkce.store(true, Ordering::Relaxed);
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    let error = authorizer.refused(None, 401, None).await.unwrap_err();
    assert!(error.to_string().contains("S256"), "{error}");
}

#[tokio::test]
async fn a_login_page_that_is_none_of_the_web_is_not_shown() {
    for endpoint in ["javascript:alert(1)", "http://login.example/authorize"] {
        let script = Arc::<Script>::default();
        *script.authorize_at.lock().unwrap() = Some(endpoint.to_owned());
        let origin = serve(Arc::clone(&script)).await;
        let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
        let error = authorizer.refused(None, 401, None).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("authorization endpoint"), "{error}");
    }
}

#[tokio::test]
async fn no_login_is_asked_for_where_a_token_has_just_come() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let authorizer = authorizer(&format!("{origin}/mcp"), None, None);
    log_in(&authorizer).await;
    assert_eq!(authorizer.logins_asked(), 1);
    let late = authorizer.ask_for_login_after(None).await.unwrap();
    assert_eq!(late, Refused::Retry);
    assert_eq!(authorizer.logins_asked(), 1);
}

#[tokio::test]
async fn a_scope_that_a_trusted_client_is_not_granted_is_asked_for_once() {
    let script = Arc::<Script>::default();
    let origin = serve(Arc::clone(&script)).await;
    let mut settings = settings(&format!("{origin}/mcp"), None, None);
    settings.config.grant = GrantConfig::ClientCredentials {
        client_id: "machine".to_owned(),
        client_secret: crate::secrets::Secret::new("s3cret"),
    };
    let authorizer = Authorizer::new(settings);
    let used = authorizer.authorization().await.unwrap();
    let challenge = Some(r#"Bearer error="insufficient_scope", scope="b""#);
    let refusals = (0..4).map(|_| authorizer.refused(used.as_ref(), 403, challenge));
    for refused in futures_util::future::join_all(refusals).await {
        assert_eq!(refused.unwrap(), Refused::Retry);
    }
    assert_eq!(script.token_requests(), 2, "one flight for all");
    let used = authorizer.authorization().await.unwrap();
    let refused = authorizer.refused(used.as_ref(), 403, challenge).await;
    assert!(matches!(refused, Ok(Refused::Denied(_))), "{refused:?}");
    assert_eq!(script.token_requests(), 2);
}

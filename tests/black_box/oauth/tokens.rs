//! Access tokens by themselves: an authorizer of the library against a real authorization
//! server, with requests that the test sends.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use tempfile::TempDir;
use url::Url;
use viceversa::config::oauth::{
    CallbackConfig, ClientConfig, GrantConfig, LoginConfig, OAuthConfig, TokenStorage,
};
use viceversa::gateway::login::LoginError;
use viceversa::http_client::{HttpClient, HttpSettings};
use viceversa::secrets::Secret;
use viceversa::upstream::oauth::{Authorizer, Callback, Refused, Settings, TokenStore};

use crate::gateway::SOON;

use super::peers::{AuthorizationServer, ResourceServer, log_in};

struct Scene {
    authorization: AuthorizationServer,
    resource: ResourceServer,
    folder: TempDir,
}

impl Scene {
    fn new(flags: &[&str]) -> Self {
        let authorization = AuthorizationServer::start(flags);
        let resource = ResourceServer::start(&authorization);
        Self {
            authorization,
            resource,
            folder: TempDir::new().unwrap(),
        }
    }

    fn authorizer(&self) -> Arc<Authorizer> {
        self.authorizer_by(GrantConfig::Login(Box::new(LoginConfig {
            client: ClientConfig::Dynamic {
                metadata_url: None,
                metadata: serde_json::Map::new(),
            },
            callback: CallbackConfig::Gateway,
        })))
    }

    fn machine(&self) -> Arc<Authorizer> {
        self.authorizer_by(GrantConfig::ClientCredentials {
            client_id: "machine".to_owned(),
            client_secret: Secret::new("machine-secret"),
        })
    }

    fn authorizer_by(&self, grant: GrantConfig) -> Arc<Authorizer> {
        let server = "secured".parse().unwrap();
        let resource = self.resource.url();
        Authorizer::new(Settings {
            store: TokenStore::in_folder(self.folder.path(), &server, resource.as_str()),
            server,
            resource,
            config: OAuthConfig {
                server_url: None,
                issuer: None,
                scopes: match &grant {
                    GrantConfig::Login(_) => Vec::new(),
                    GrantConfig::ClientCredentials { .. } => vec!["read".to_owned()],
                },
                grant,
                storage: TokenStorage::File,
            },
            redirect_uri: Url::parse("http://localhost:8000/oauth/callback").unwrap(),
            http: HttpClient::new(&HttpSettings::default()).unwrap(),
        })
    }

    /// What an authorizer says of a refusal of this header.
    async fn refused(&self, authorizer: &Arc<Authorizer>, used: Option<&HeaderValue>) -> Refused {
        let answer = self
            .resource
            .answer(used.map(|used| used.to_str().unwrap()));
        assert_eq!(answer.status, 401, "{answer}");
        let challenge = answer.header("www-authenticate");
        authorizer.refused(used, 401, challenge).await.unwrap()
    }

    /// The URL that an authorizer wants opened.
    async fn login_url(&self, authorizer: &Arc<Authorizer>) -> Arc<str> {
        match self.refused(authorizer, None).await {
            Refused::LoginRequired(url) => url,
            other => panic!("{other:?}"),
        }
    }

    /// An authorizer that somebody has logged in to, and its header.
    async fn logged_in(&self) -> (Arc<Authorizer>, HeaderValue) {
        let authorizer = self.authorizer();
        let url = self.login_url(&authorizer).await;
        let callback = Callback::from_pasted(log_in(&url).as_str()).unwrap();
        authorizer.finish(callback).await.unwrap();
        let header = authorizer.authorization().await.unwrap().unwrap();
        (authorizer, header)
    }

    fn accepts(&self, header: &HeaderValue) -> bool {
        self.resource.answer(Some(header.to_str().unwrap())).status == 200
    }

    fn token_file(&self) -> std::path::PathBuf {
        crate::oauth::peers::token_file(self.folder.path())
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_login_gives_a_token_that_the_server_takes_and_a_restart_keeps() {
    let scene = Scene::new(&[]);
    let authorizer = scene.authorizer();
    assert_eq!(authorizer.authorization().await.unwrap(), None);
    let url = scene.login_url(&authorizer).await;
    assert_eq!(
        scene.login_url(&authorizer).await,
        url,
        "the same until it is used"
    );
    let awaited = authorizer.login().borrow().clone().unwrap();
    assert!(awaited.url == url && awaited.is_for_all);
    for expected in ["code_challenge_method=S256", "resource=http", "scope=read"] {
        assert!(url.contains(expected), "{url}");
    }

    let callback = log_in(&url);
    let finished = authorizer.finish(Callback::from_pasted(callback.as_str()).unwrap());
    finished.await.unwrap();
    let header = authorizer.authorization().await.unwrap().unwrap();
    assert!(scene.accepts(&header));
    assert!(
        !format!("{header:?}").contains("Bearer"),
        "it is marked as a secret"
    );
    assert_eq!(*authorizer.login().borrow(), None);
    assert_eq!(mode(&scene.token_file()), 0o600);

    let again = authorizer.finish(Callback::from_pasted(callback.as_str()).unwrap());
    assert_eq!(again.await, Err(LoginError::Unknown), "a code counts once");
    let restarted = scene.authorizer().authorization().await.unwrap();
    assert_eq!(restarted, Some(header));
}

#[tokio::test]
async fn a_token_that_was_refused_is_renewed_once_for_all_who_ask() {
    let scene = Scene::new(&[]);
    let (authorizer, old) = scene.logged_in().await;
    assert!(scene.accepts(&old));
    scene.resource.refuse();
    let answers = (0..8).map(|_| scene.refused(&authorizer, Some(&old)));
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(answer, Refused::Retry);
    }
    let new = authorizer.authorization().await.unwrap().unwrap();
    assert_ne!(new, old);
    assert!(scene.accepts(&new));
    assert_eq!(scene.authorization.grants("refresh_token"), 1);
}

#[tokio::test]
async fn replicas_that_share_the_file_never_use_a_refresh_token_twice() {
    let scene = Scene::new(&[]);
    let (_, old) = scene.logged_in().await;
    for round in 1..=3 {
        let replicas = [scene.authorizer(), scene.authorizer(), scene.authorizer()];
        let mut used = old.clone();
        for replica in &replicas {
            used = replica.authorization().await.unwrap().unwrap();
        }
        assert!(scene.accepts(&used));
        scene.resource.refuse();
        let answers = replicas
            .iter()
            .map(|replica| scene.refused(replica, Some(&used)));
        for answer in futures_util::future::join_all(answers).await {
            assert_eq!(answer, Refused::Retry, "the rotated token is known to all");
        }
        assert_eq!(scene.authorization.grants("refresh_token"), round);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let scene = Scene::new(&["--token-lifetime", "8"]);
    let (authorizer, old) = scene.logged_in().await;
    let deadline = Instant::now() + SOON;
    loop {
        let header = authorizer.authorization().await.unwrap().unwrap();
        assert!(
            scene.accepts(&header),
            "no token that is given out has ended"
        );
        if header != old {
            break;
        }
        assert!(Instant::now() < deadline, "the token stays the same");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(scene.authorization.grants("refresh_token"), 1);
}

#[tokio::test]
async fn a_login_that_was_taken_back_leads_to_another_login() {
    let scene = Scene::new(&[]);
    let (authorizer, header) = scene.logged_in().await;
    assert!(scene.accepts(&header));
    scene.resource.refuse();
    scene.authorization.forget();
    let answer = scene.refused(&authorizer, Some(&header)).await;
    assert!(matches!(answer, Refused::LoginRequired(_)), "{answer:?}");
    assert_eq!(authorizer.authorization().await.unwrap(), None);
}

#[tokio::test]
async fn who_says_no_may_change_their_mind() {
    let scene = Scene::new(&[]);
    let authorizer = scene.authorizer();
    let url = scene.login_url(&authorizer).await;
    scene.authorization.deny();
    let callback = Callback::from_pasted(log_in(&url).as_str()).unwrap();
    let error = authorizer.finish(callback).await.unwrap_err();
    assert_eq!(error, LoginError::Denied("The user said no".to_owned()));
    assert_eq!(scene.login_url(&authorizer).await, url);
}

#[tokio::test]
async fn a_missing_scope_is_asked_for_beside_those_that_were_granted() {
    let scene = Scene::new(&[]);
    let (authorizer, header) = scene.logged_in().await;
    let challenge = Some(r#"Bearer error="insufficient_scope", scope="write""#);
    let answer = authorizer
        .refused(Some(&header), 403, challenge)
        .await
        .unwrap();
    let Refused::LoginRequired(url) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(
        authorizer.authorization().await.unwrap(),
        Some(header.clone()),
        "what was granted goes on meanwhile"
    );
    let callback = Callback::from_pasted(log_in(&url).as_str()).unwrap();
    authorizer.finish(callback).await.unwrap();
    let answer = authorizer
        .refused(Some(&header), 403, challenge)
        .await
        .unwrap();
    assert_eq!(
        answer,
        Refused::Retry,
        "the old token was refused, not the new one"
    );
    let new = authorizer.authorization().await.unwrap().unwrap();
    let answer = authorizer
        .refused(Some(&new), 403, challenge)
        .await
        .unwrap();
    assert!(matches!(answer, Refused::Denied(_)), "{answer:?}");
}

#[tokio::test]
async fn a_trusted_client_needs_nobody() {
    let scene = Scene::new(&[]);
    let machine = scene.machine();
    let header = machine.authorization().await.unwrap().unwrap();
    assert!(scene.accepts(&header));
    scene.resource.refuse();
    assert_eq!(scene.refused(&machine, Some(&header)).await, Refused::Retry);
    let new = machine.authorization().await.unwrap().unwrap();
    assert!(scene.accepts(&new));

    let challenge = Some(r#"Bearer error="insufficient_scope", scope="write""#);
    let answer = machine.refused(Some(&new), 403, challenge).await.unwrap();
    assert_eq!(answer, Refused::Retry);
}

#[tokio::test]
async fn what_was_kept_for_another_url_is_not_used() {
    let scene = Scene::new(&[]);
    scene.logged_in().await;
    let text = std::fs::read_to_string(scene.token_file()).unwrap();
    let moved = text.replacen(
        scene.resource.url().as_str(),
        "https://elsewhere.example/mcp",
        1,
    );
    assert_ne!(moved, text);
    std::fs::write(scene.token_file(), moved).unwrap();
    assert_eq!(scene.authorizer().authorization().await.unwrap(), None);
}

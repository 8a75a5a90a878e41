//! `viceversa login SERVER --config FILE`: somebody logs in to a remote server.
//!
//! The tokens go into the file that a gateway of the same config reads; one that runs takes
//! them from there. Whichever of the two the browser comes back to ends the login.

use std::{
    io::{BufRead as _, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::sync::mpsc;

use crate::{
    app::{AppError, logins},
    cli::arguments::{LoginArguments, ServeArguments, SourceArguments},
    config::{
        Config,
        environment::Environment,
        error::{ConfigError, sysexits},
        reader::ConfigReader,
    },
    gateway::login::LoginError,
    upstream::oauth::{Authorizer, Callback, Logins, OAuthError},
};

/// How long somebody may take to log in.
const PATIENCE: Duration = Duration::from_mins(30);

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("there is no server `{0}` in the config file that is not disabled")]
    NoServer(String),
    #[error(
        "`{0}` needs nobody to log in: it has no `oauth` in the config file, or its `grant_type` is client_credentials"
    )]
    NoLogin(String),
    #[error(
        "`{0}` keeps its tokens in memory, which a gateway that runs does not share: open the URL that its /status shows, or set `storage_type` to \"file\""
    )]
    NotShared(String),
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error("nobody logged in within {} min", PATIENCE.as_secs() / 60)]
    TooLate,
    #[error("nobody is logged in: the login was given up, or another one has taken its place")]
    Ended,
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::App(error) => error.exit_code(),
            Self::NoServer(_) | Self::NoLogin(_) | Self::NotShared(_) => sysexits::CONFIG,
            Self::OAuth(_) | Self::TooLate | Self::Ended => sysexits::UNAVAILABLE,
            Self::Login(_) => sysexits::NOPERM,
        }
    }
}

/// Logs somebody in.
pub(super) fn run(arguments: &LoginArguments) -> ExitCode {
    match prepare(arguments).and_then(|authorizer| {
        actix_web::rt::System::new().block_on(log_in(&authorizer, arguments))
    }) {
        Ok(()) => {
            eprintln!("Logged in to {}.", arguments.server);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("viceversa: {failure}");
            failure.exit_code().into()
        }
    }
}

/// Reads the config as the gateway does, and finds the server.
fn prepare(arguments: &LoginArguments) -> Result<Arc<Authorizer>, Failure> {
    let serve = ServeArguments {
        source: SourceArguments {
            config: arguments.config.clone(),
            ..SourceArguments::default()
        },
        settings: (*arguments.settings).clone(),
    };
    let config = ConfigReader::new(serve, Environment::of_process()).read_blocking()?;
    let name = &arguments.server;
    let Config {
        servers, gateway, ..
    } = config;
    let found = servers
        .into_iter()
        .find(|(server, _)| server.as_str() == name);
    let (server, config) = found.ok_or_else(|| Failure::NoServer(name.clone()))?;
    let authorizer = logins::of_server(&server, config.upstream, &gateway)?
        .filter(|authorizer| authorizer.needs_login())
        .ok_or_else(|| Failure::NoLogin(name.clone()))?;
    if authorizer.is_shared() {
        Ok(authorizer)
    } else {
        Err(Failure::NotShared(name.clone()))
    }
}

async fn log_in(authorizer: &Arc<Authorizer>, arguments: &LoginArguments) -> Result<(), Failure> {
    let url = authorizer.prepare_login(arguments.anew).await?;
    eprintln!("Open this URL in a browser and log in:\n\n  {url}\n");
    if !arguments.no_browser && has_browser() && webbrowser::open(&url).is_ok() {
        eprintln!("A browser should have opened.");
    }
    eprintln!(
        "The browser comes back to {}. Where nothing answers there, paste the whole address \
         that it shows, and press Enter.",
        authorizer.redirect_uri()
    );
    let listening = actix_web::rt::spawn(logins::listen_for_login(
        Logins::new([Arc::clone(authorizer)]),
        authorizer.redirect_uri().clone(),
    ));
    let ended = tokio::select! {
        ended = tokio::time::timeout(PATIENCE, authorizer.login_ended()) => ended,
        failure = pasted(authorizer) => return Err(failure.into()),
    };
    // The browser waits for its page.
    tokio::time::sleep(Duration::from_millis(200)).await;
    listening.abort();
    if ended.is_err() {
        return Err(Failure::TooLate);
    }
    match authorizer.authorization().await? {
        Some(_) => Ok(()),
        None => Err(Failure::Ended),
    }
}

/// Takes what is pasted. Returns when that ends the login badly.
async fn pasted(authorizer: &Arc<Authorizer>) -> LoginError {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if line.trim().is_empty() {
            continue;
        }
        let finished = match Callback::from_pasted(&line) {
            Ok(callback) => authorizer.finish(callback).await,
            Err(error) => Err(error),
        };
        match finished {
            Ok(()) => break,
            Err(error @ (LoginError::Unreadable | LoginError::Unknown)) => {
                eprintln!("That was not it: {error}");
            }
            Err(error) => return error,
        }
    }
    // Others see that it has ended, or a callback still comes.
    std::future::pending().await
}

/// The lines of stdin. The thread that reads them ends with the process.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Whether there is a screen that a browser could show itself on.
fn has_browser() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal()
        && (cfg!(target_os = "macos") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
}

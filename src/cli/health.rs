//! `viceversa health`: asks a gateway whether it lives, for health checks of containers, which have
//! no curl.

use std::{net::IpAddr, process::ExitCode, time::Duration};

use bytes::Bytes;
use reqwest::{Method, Url, header::HeaderMap};

use crate::{
    cli::{
        arguments::{HealthArguments, OutputFormat},
        gateway::http_settings,
        terminal,
    },
    config::{
        Config,
        environment::Environment,
        error::{ConfigError, sysexits},
        listen::ListenConfig,
        reader::ConfigReader,
    },
    http_client::{
        HttpClient, HttpSettings, HttpSettingsError, OutgoingRequest, SendError, is_loopback,
    },
};

/// Why a gateway is not healthy, or can't be asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0:?} is no URL of a gateway; write for example --url http://localhost:8000")]
    Url(String),
    #[error(transparent)]
    Http(#[from] HttpSettingsError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("{url} answered {status}")]
    Status { url: Url, status: u16 },
    #[error("no runtime can be had: {0}")]
    Runtime(#[from] std::io::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            // What programs that check health expect of one that is not.
            Self::Send(_) | Self::Status { .. } => 1,
            Self::Config(error) => error.exit_code(),
            Self::Url(_) => sysexits::USAGE,
            Self::Http(_) | Self::Runtime(_) => sysexits::OSERR,
        }
    }
}

/// Asks, and says nothing where all is well; or says in JSON how it is.
pub(super) fn run(arguments: &HealthArguments) -> ExitCode {
    let asked = check(arguments);
    if arguments.output == OutputFormat::Json && !matches!(asked, Err(Failure::Config(_))) {
        let error = asked.as_ref().err().map(ToString::to_string);
        let said = serde_json::json!({"healthy": asked.is_ok(), "error": error});
        // Whoever can't read it has the exit code.
        let _ = terminal::print_text(&said.to_string());
        return match asked {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.exit_code().into(),
        };
    }
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::complain(&failure);
            failure.exit_code().into()
        }
    }
}

fn check(arguments: &HealthArguments) -> Result<(), Failure> {
    let path = if arguments.ready { "ready" } else { "health" };
    let url = match &arguments.url {
        Some(url) => at(url, path)?,
        None => at(&own_url(&listen(arguments)?), path)?,
    };
    // The gateway's own certificate names it as others know it; and nothing secret is sent.
    let client = HttpClient::new(&HttpSettings {
        connect_timeout: arguments.timeout.get(),
        insecure_skip_verify: arguments.url.is_none() || arguments.tls.insecure_skip_verify,
        // No proxy can reach a gateway of this machine.
        is_direct: arguments.url.is_none() || is_loopback(&url),
        ..http_settings(&arguments.tls)?
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let request = OutgoingRequest {
        method: Method::GET,
        url: url.clone(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        first_byte_timeout: arguments.timeout.get().max(Duration::from_millis(1)),
    };
    let answer = runtime.block_on(client.send(request))?;
    if answer.status().is_success() {
        Ok(())
    } else {
        let status = answer.status().as_u16();
        Err(Failure::Status { url, status })
    }
}

/// Health and readiness stand at the root, whatever the path prefix.
fn at(gateway: &str, path: &str) -> Result<Url, Failure> {
    let invalid = || Failure::Url(gateway.to_owned());
    let mut url = Url::parse(gateway).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid());
    }
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Where a gateway with this command line, environment and config listens.
fn listen(arguments: &HealthArguments) -> Result<ListenConfig, Failure> {
    let environment = Environment::of_process();
    let mut reader = ConfigReader::new((*arguments.serve).clone(), environment.clone());
    let config = match reader.read_blocking() {
        // Its servers stand on a command line that is not this one.
        Err(ConfigError::NoSource) => Config::listening(&arguments.serve.settings, &environment),
        other => other.map(|config| config.gateway.fixed.listen),
    };
    Ok(config?)
}

/// The address of the gateway as programs of its own machine reach it.
fn own_url(listen: &ListenConfig) -> String {
    let scheme = if listen.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let host = match listen.host.to_string().parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => listen.host.to_string(),
    };
    format!("{scheme}://{host}:{}", listen.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_stands_at_the_root() {
        for (gateway, expected) in [
            ("http://localhost:8000", "http://localhost:8000/health"),
            (
                "https://a.example/gateway/?x=1#y",
                "https://a.example/health",
            ),
        ] {
            assert_eq!(at(gateway, "health").unwrap().as_str(), expected);
        }
        for gateway in ["localhost:8000", "ftp://a", "", "http://"] {
            assert_eq!(
                at(gateway, "health").unwrap_err().exit_code(),
                64,
                "{gateway}"
            );
        }
    }
}

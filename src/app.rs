//! The running program: binds early, answers at once, serves until stopped, drains.

mod charge;
mod frontend_state;
mod http;
mod listeners;
pub(crate) mod logins;
mod mcp;
mod overview;
mod reload;
mod servers;
mod startup;
mod stdio;
mod tls;
mod visit;

pub use overview::{HEADINGS, Offers, ServerRow};
pub use reload::Sources;
pub use stdio::run_stdio;
pub use visit::{Down, Offer, OfferedTool, Visit};

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::web::Data;

use crate::{
    config::{Config, access::Access, error::sysexits, log::LogFormat, value::is_loopback},
    frontend::{Current, TaskCount, mcp::Service},
    gateway::{Drain, Registry, Reloads, ServerName, login::LoginDesk, reloads::ReloadStatus},
    http_client::HttpSettingsError,
    secrets::Secret,
    supervisor::{Placement, Supervisor},
    telemetry::{Log, metrics::Metrics},
    upstream::{oauth::Logins, rest::credentials::CredentialsError},
};

use reload::{Adopt, Reloader};
use servers::Servers;
use tls::Certificate;

/// How long idle connections are waited for once nothing is in flight any more.
const LINGER: Duration = Duration::from_secs(1);

/// A gateway that has its addresses, and is ready to run.
#[derive(Debug)]
pub struct App {
    config: Config,
    listeners: Vec<TcpListener>,
    /// What callers over TLS are shown.
    certificate: Option<Arc<Certificate>>,
    generated_key: Option<Secret>,
}

/// Why a gateway can't run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An address can't be had.
    #[error("can't listen on {address}: {source}{}", hint(source))]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The gateway would be open, and not to this machine alone.
    #[error(
        "--host {host} means {address}, which others can reach, while without a key only this machine is to be served; give an address as --host, or a key"
    )]
    NotLoopback {
        /// The name.
        host: String,
        /// What it means.
        address: std::net::IpAddr,
    },
    /// A certificate or key can't be used.
    #[error("{flag}: {} can't be used: {problem}", file.display())]
    Tls {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No connections to a server can be made with its settings.
    #[error("server {server}: {source}")]
    Http {
        /// The server.
        server: ServerName,
        /// Why.
        source: HttpSettingsError,
    },
    /// The credentials for a REST API can't be used.
    #[error("server {server}: {source}")]
    Credentials {
        /// The server.
        server: ServerName,
        /// Why.
        source: CredentialsError,
    },
    /// The operating system refused something else.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl AppError {
    /// The exit code (sysexits.h).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                sysexits::NOPERM
            }
            Self::Bind { .. } => sysexits::UNAVAILABLE,
            Self::NotLoopback { .. } => sysexits::CONFIG,
            Self::Tls { .. } | Self::Http { .. } | Self::Credentials { .. } => sysexits::DATAERR,
            Self::System(_) => sysexits::OSERR,
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; end the program that has it, or choose another --port",
        io::ErrorKind::AddrNotAvailable => "; give an address of this machine as --host",
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need a privilege: choose another --port"
        }
        _ => "",
    }
}

impl App {
    /// Takes the addresses and looks at certificate and key, so that what can't work is said
    /// before anything starts.
    pub fn build(config: Config) -> Result<Self, AppError> {
        let listen = &config.gateway.fixed.listen;
        let addresses = listen.addresses().map_err(|source| AppError::Bind {
            address: format!("{}:{}", listen.host, listen.port),
            source,
        })?;
        // What a name means may have changed since the config was read, or be odd.
        if config.gateway.live.auth.access == Access::ThisMachine
            && let Some(open) = addresses.iter().find(|address| !is_loopback(address.ip()))
        {
            return Err(AppError::NotLoopback {
                host: listen.host.to_string(),
                address: open.ip(),
            });
        }
        let certificate = listen.tls.as_ref().map(Certificate::new).transpose()?;
        let listeners = listeners::bind(&addresses)?;
        let generated_key = match &config.gateway.live.auth.access {
            Access::GeneratedKey => Some(generate_key()?),
            Access::Credentials(_) | Access::ThisMachine | Access::Everybody => None,
        };
        Ok(Self {
            config,
            listeners,
            certificate,
            generated_key,
        })
    }

    /// The address under which programs of this machine reach the gateway, with scheme, port
    /// and path prefix, without a slash at the end.
    pub fn base_url(&self) -> io::Result<String> {
        let address = self.address()?;
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        let prefix = self.config.gateway.fixed.listen.path_prefix.as_str();
        let host = match address.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            _ if address.is_ipv6() => format!("[{}]", address.ip()),
            ip => ip.to_string(),
        };
        Ok(format!(
            "{scheme}://{host}:{}{}",
            address.port(),
            prefix.trim_end_matches('/')
        ))
    }

    /// All addresses that the gateway has, each with its port.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// In which form the log is written.
    pub fn log_format(&self) -> LogFormat {
        self.config.gateway.fixed.log_format
    }

    fn address(&self) -> io::Result<SocketAddr> {
        match self.listeners.first() {
            Some(listener) => listener.local_addr(),
            None => Err(io::Error::other("the gateway has no address")),
        }
    }

    /// The key that was made for want of one.
    pub fn generated_key(&self) -> Option<&Secret> {
        self.generated_key.as_ref()
    }

    /// Whether a key is demanded.
    pub fn demands_key(&self) -> bool {
        self.config.gateway.live.auth.access.demands_key()
    }

    /// Serves until `stop` is done, then drains: no connection is taken any more, calls in
    /// flight end or reach the deadline, servers are ended.
    ///
    /// Must run in an actix system.
    pub async fn run_until_stopped(
        self,
        log: &Log,
        sources: Sources,
        stop: impl Future<Output = ()>,
    ) -> Result<(), AppError> {
        let address = self.address()?;
        let Config {
            servers,
            groups,
            layout,
            gateway,
            reload,
            ..
        } = self.config;
        let (sealer, replica) = mcp::replica(&gateway)?;
        let placement = Arc::new(Placement::default());
        let supervisor = Supervisor::new(&placement);
        let registry = Registry::default();
        let logins = Logins::default();
        let mut live = Servers::new(
            supervisor.clone(),
            registry.clone(),
            logins.clone(),
            address,
            replica.clone(),
        );
        let (starting, _) = live.apply(servers, groups, &gateway)?;
        let desk: Arc<dyn LoginDesk> = Arc::new(logins::Desk {
            logins: Arc::new(logins.clone()),
            registry: registry.clone(),
        });
        let drain = Drain::default();
        let mcp = mcp::service(&gateway, registry.clone(), sealer, replica)?;
        let (reloads, reload_desk) = Reloads::new(ReloadStatus::new(reload.hot_reload));
        let metrics = Metrics::new();
        let parts = frontend_state::Parts {
            registry: registry.clone(),
            mcp: Arc::clone(&mcp),
            generated_key: self.generated_key,
            logins: Arc::clone(&desk),
            drain: drain.clone(),
            tasks: count_of_tasks(&placement),
            metrics: metrics.clone(),
            reloads,
            started: Instant::now(),
        };
        let current = Data::new(Current::new(Arc::new(parts.in_force(&gateway, &layout))));

        let shutdown = self
            .listeners
            .iter()
            .map(TcpListener::try_clone)
            .collect::<Result<Vec<_>, _>>()?;
        let tls = self.certificate.as_ref().map(tls::server_config);
        let server = http::server(
            self.listeners,
            tls.transpose()?.as_ref(),
            &gateway,
            &placement,
            Data::clone(&current),
        )?;
        let handle = server.handle();
        let mut serving = actix_web::rt::spawn(server);
        tokio::select! {
            () = placement.wait_for_a_worker() => {}
            ended = &mut serving => return Err(ended_early(ended)),
        }
        starting.start();
        let format = gateway.fixed.log_format;
        let showing = actix_web::rt::spawn(startup::show(registry, log.sink.clone(), format));
        let reloader = Reloader {
            sources,
            is_hot: reload.hot_reload,
            servers: live,
            desk: reload_desk,
            log: log.clone(),
            metrics: metrics.reloads(),
            layout,
            certificate: self.certificate,
            adopt: adopting(Arc::clone(&mcp), Data::clone(&current), parts),
            gateway,
        };
        let reloading = actix_web::rt::spawn(reloader.run());

        let listening = actix_web::rt::spawn(logins::listen(logins, desk));
        let expiring = {
            let mcp = Arc::clone(&mcp);
            actix_web::rt::spawn(async move { mcp.sessions.expire().await })
        };

        let failure = tokio::select! {
            () = stop => None,
            ended = &mut serving => Some(ended_early(ended)),
        };
        tracing::info!(in_flight = drain.in_flight(), "stopping");
        for task in [showing, reloading, listening, expiring] {
            task.abort();
        }
        let timeout = current.get().shutdown_timeout;
        let accepting = listeners::stop(&handle, &shutdown);
        wind_down(&drain, &mcp, accepting, timeout).await;
        supervisor.stop().await;
        // Connections that are idle end here.
        let _ = tokio::time::timeout(LINGER, handle.stop(true)).await;
        serving.abort();
        tracing::info!("stopped");
        failure.map_or(Ok(()), Err)
    }
}

fn count_of_tasks(placement: &Arc<Placement>) -> TaskCount {
    let placement = Arc::clone(placement);
    TaskCount::new(move || placement.tasks())
}

/// Has frontends work with other settings.
fn adopting(mcp: Arc<Service>, current: Data<Current>, parts: frontend_state::Parts) -> Adopt {
    Box::new(move |gateway, layout| {
        let live = &gateway.live;
        mcp.change(frontend_state::policy(live), mcp::settings(live));
        current.replace(parts.in_force(gateway, layout));
    })
}

/// Takes nothing new, and waits until what is in flight has ended, or the deadline has come.
async fn wind_down(
    drain: &Drain,
    mcp: &Service,
    stop_accepting: impl Future<Output = ()>,
    timeout: Duration,
) {
    drain.start();
    mcp.drain();
    stop_accepting.await;
    if tokio::time::timeout(timeout, drain.idle()).await.is_err() {
        tracing::warn!(
            in_flight = drain.in_flight(),
            "calls were cut off after {} s (--shutdown-timeout)",
            timeout.as_secs_f32()
        );
    }
    mcp.sessions.end_all();
}

/// Why the HTTP server ended although nobody told it to.
fn ended_early(ended: Result<io::Result<()>, tokio::task::JoinError>) -> AppError {
    AppError::System(match ended {
        Ok(Err(error)) => error,
        Ok(Ok(())) => io::Error::other("the HTTP server ended by itself"),
        Err(error) => io::Error::other(error),
    })
}

fn generate_key() -> io::Result<Secret> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let alphabet = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    Ok(Secret::new(base64::Engine::encode(&alphabet, bytes)))
}

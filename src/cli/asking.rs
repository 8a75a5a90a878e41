//! What commands have in common that ask servers something: they start those that they need, or
//! ask a gateway that runs, and end what they began.

use std::{process::ExitCode, time::Duration};

use super::{
    failure::Failure,
    gateway::{RunningGateway, ServerStatus, http_settings},
    serve::protect_memory,
    signals::EndSignals,
    terminal,
};
use crate::{
    app::{Down, Visit},
    cli::arguments::AskArguments,
    config::{
        Config, at_gateway::AtGateway, env_vars, environment::Environment, reader::ConfigReader,
        value::LogFilter,
    },
    gateway::{Phase, ServerName},
    schema::Validation,
    telemetry::{self, Sink},
};

/// How long servers may take to end after an interruption.
const FAREWELL: Duration = Duration::from_secs(5);

/// The servers that a command asks, and what is known of them before they are asked.
pub(super) struct Asked {
    config: Config,
    /// The names that were meant, in their order.
    pub(super) names: Vec<String>,
    /// Those that can't be asked.
    pub(super) down: Vec<Down>,
    /// What is done with arguments before they are sent.
    pub(super) validation: Validation,
}

/// Which servers are meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meant<'a> {
    /// All.
    All,
    /// Those of these names, servers or groups.
    Named(&'a [String]),
    /// The only one.
    Only,
}

/// The config that a command line names, for a command that only asks: the log of a gateway would
/// stand in the way of the answer.
pub(super) fn read_config(arguments: &AskArguments) -> Result<Config, Failure> {
    let environment = Environment::of_process();
    let mut serve = (*arguments.serve).clone();
    quiet(&mut serve.settings.log.log_level, &environment);
    let config = ConfigReader::new(serve, environment).read_blocking()?;
    Ok(config)
}

/// Has only warnings be logged where nobody asked for more.
pub(super) fn quiet(level: &mut Option<LogFilter>, environment: &Environment) {
    if level.is_none() && environment.get(env_vars::LOG_LEVEL).is_none() {
        *level = Some(LogFilter::for_commands());
    }
}

/// How the gateway at `--url` is asked.
pub(super) fn read_access(arguments: &AskArguments) -> Result<AtGateway, Failure> {
    let environment = Environment::of_process();
    let mut settings = arguments.serve.settings.clone();
    quiet(&mut settings.log.log_level, &environment);
    let http = http_settings(&arguments.tls)?;
    Ok(AtGateway::read(&settings, &environment, http)?)
}

impl Asked {
    /// Finds the servers that are meant.
    pub(super) fn find(arguments: &AskArguments, meant: Meant<'_>) -> Result<Self, Failure> {
        match &arguments.url {
            None => Self::of_config(read_config(arguments)?, meant),
            Some(url) => {
                let access = read_access(arguments)?;
                let gateway = RunningGateway::ask(url, &access)?;
                Self::of_gateway(&gateway, access, meant)
            }
        }
    }

    /// Takes of a config what is needed: nothing else is to be started.
    fn of_config(mut config: Config, meant: Meant<'_>) -> Result<Self, Failure> {
        let servers: Vec<String> = config.servers.keys().map(ToString::to_string).collect();
        let groups: Vec<String> = config.groups.keys().map(ToString::to_string).collect();
        let names = resolve(meant, &servers, &groups, &config.disabled)?;
        let is_meant = |name: &ServerName| names.iter().any(|meant| meant == name.as_str());
        config.groups.retain(|name, _| is_meant(name));
        let members: Vec<ServerName> = { config.groups.values() }
            .flat_map(|group| group.servers.iter().cloned())
            .collect();
        config
            .servers
            .retain(|name, _| is_meant(name) || members.contains(name));
        Ok(Self {
            validation: config.gateway.live.calls.validation,
            config,
            names,
            down: Vec::new(),
        })
    }

    fn of_gateway(
        gateway: &RunningGateway,
        access: AtGateway,
        meant: Meant<'_>,
    ) -> Result<Self, Failure> {
        let names = gateway.resolve(meant)?;
        let down = gateway.down_of(&names);
        let is_down = |name: &String| down.iter().any(|down| down.server == *name);
        let mut up = Vec::new();
        for name in names.iter().filter(|name| !is_down(name)) {
            let parsed: ServerName = name.parse().map_err(|error| Failure::NoGateway {
                url: gateway.base.clone(),
                problem: format!("a server of it has no name: {error}"),
            })?;
            up.push((parsed, gateway.mcp_endpoint(name)));
        }
        Ok(Self {
            validation: access.validation(),
            config: access.config(up),
            names,
            down,
        })
    }
}

impl RunningGateway {
    fn resolve(&self, meant: Meant<'_>) -> Result<Vec<String>, Failure> {
        let servers: Vec<String> = self.servers.iter().map(|it| it.name.clone()).collect();
        let groups: Vec<String> = self.groups.iter().map(|it| it.name.clone()).collect();
        resolve(meant, &servers, &groups, &[])
    }

    /// Of servers, and of members of groups.
    fn down_of(&self, names: &[String]) -> Vec<Down> {
        let groups = self.groups.iter().filter(|it| names.contains(&it.name));
        let members: Vec<&String> = groups.flat_map(|group| &group.servers).collect();
        let is_meant = |name: &String| names.contains(name) || members.contains(&name);
        let meant = self.servers.iter().filter(|it| is_meant(&it.name));
        let down = meant.filter(|server| is_out_of_service(server.state));
        down.map(ServerStatus::down).collect()
    }

    /// Those of the servers that are meant which can't be asked.
    pub(super) fn find_down(&self, meant: Meant<'_>) -> Result<Vec<Down>, Failure> {
        Ok(self.down_of(&self.resolve(meant)?))
    }
}

/// The names that are meant, each of which is one.
fn resolve(
    meant: Meant<'_>,
    servers: &[String],
    groups: &[String],
    disabled: &[String],
) -> Result<Vec<String>, Failure> {
    match (meant, servers) {
        (Meant::All, servers) => Ok(servers.to_vec()),
        (Meant::Only, [only]) => Ok(vec![only.clone()]),
        (Meant::Only, servers) => Err(Failure::Usage(format!(
            "there are several servers, so name the one that has the tool: {}",
            servers.join(", ")
        ))),
        (Meant::Named(names), _) => {
            let mut found: Vec<String> = Vec::new();
            for name in names {
                if disabled.contains(name) {
                    return Err(Failure::Usage(format!(
                        "the server `{name}` is switched off in the config (`disabled`)"
                    )));
                }
                if !servers.contains(name) && !groups.contains(name) {
                    return Err(Failure::Unknown {
                        what: "server",
                        name: name.clone(),
                        known: servers.iter().chain(groups).cloned().collect(),
                    });
                }
                if !found.contains(name) {
                    found.push(name.clone());
                }
            }
            Ok(found)
        }
    }
}

/// Starts the servers of a config, has `work` be done with them, and ends them. A signal ends
/// the work first; a second one ends all at once.
pub(super) fn visit<F>(config: Config, work: F) -> Result<(), Failure>
where
    F: AsyncFnOnce(&Visit, &Sink) -> Result<(), Failure>,
{
    protect_memory();
    for warning in &config.warnings {
        terminal::complain(warning);
    }
    let fixed = &config.gateway.fixed;
    let log = telemetry::start(fixed.log_format, &config.gateway.live.log_filter);
    let sink = log.sink;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        let mut stop = EndSignals::listen().map_err(Failure::Runtime)?;
        let visit = Visit::begin(config)?;
        let worked = tokio::select! {
            code = stop.next() => Err(Failure::Interrupted(code)),
            worked = async {
                visit.started(&sink).await;
                work(&visit, &sink).await
            } => worked,
        };
        sink.share_with(None);
        tokio::select! {
            _ = tokio::time::timeout(FAREWELL, visit.end()) => worked,
            code = stop.next() => Err(Failure::Interrupted(code)),
        }
    });
    // A thread that reads or writes may wait for ever.
    runtime.shutdown_background();
    sink.flush();
    outcome
}

impl Asked {
    /// Starts them, or connects to them, has `work` be done with them, and ends them.
    pub(super) fn visit<F>(self, work: F) -> Result<(), Failure>
    where
        F: AsyncFnOnce(&Visit, &Sink) -> Result<(), Failure>,
    {
        visit(self.config, work)
    }
}

/// The exit code of a command, and what is to be said of it.
pub(super) fn end(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told(code)) => code.into(),
        Err(failure) => {
            terminal::complain(&failure);
            failure.exit_code().into()
        }
    }
}

/// The first reason why a server can't be used.
pub(super) fn worst(down: &[Down]) -> Result<(), Failure> {
    match down {
        [] => Ok(()),
        [first, ..] => {
            let code = Failure::Down(first.clone()).exit_code();
            for down in down {
                terminal::complain(&Failure::Down(down.clone()));
            }
            Err(Failure::Told(code))
        }
    }
}

/// Whether a server in this phase can't be asked.
fn is_out_of_service(phase: Phase) -> bool {
    match phase {
        Phase::Ready | Phase::Starting | Phase::Restarting => false,
        Phase::Failed | Phase::LoginRequired | Phase::CredentialsRequired | Phase::Stopped => true,
    }
}

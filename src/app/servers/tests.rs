use std::net::Ipv4Addr;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseError, TestRunner};
use serde_json::Value;

use super::*;
use crate::app::mcp;
use crate::config::Config;
use crate::config::file::tests::{configs, read};
use crate::supervisor::Placement;

/// Nothing that is applied here is started, so that no process is made.
fn nothing(gateway: &GatewayConfig) -> (Servers, Registry) {
    let registry = Registry::default();
    let (_, replica) = mcp::replica(gateway).unwrap();
    let servers = Servers::new(
        Supervisor::new(&Arc::new(Placement::default())),
        registry.clone(),
        Logins::default(),
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        replica,
    );
    (servers, registry)
}

fn apply(servers: &mut Servers, config: &Config) -> ReloadReport {
    let config = config.clone();
    let (_, report) = servers
        .apply(config.servers, config.groups, &config.gateway)
        .unwrap();
    report
}

/// All that callers and the supervisor can tell of what is there: what each server is called, what
/// it was made of and how it is used, and the groups.
fn roster(servers: &Servers, registry: &Registry) -> impl PartialEq + std::fmt::Debug + use<> {
    let roster = registry.roster();
    let listed: Vec<_> = roster
        .servers()
        .map(|server| (server.name.clone(), (*server.settings()).clone()))
        .collect();
    let made: Vec<_> = servers
        .live
        .iter()
        .map(|(name, live)| (name.clone(), live.current.config.clone()))
        .collect();
    let groups: Vec<Group> = roster.groups().map(|group| (**group).clone()).collect();
    (listed, made, groups)
}

/// Each server and successor, by which it can be told whether it is the same one.
fn incarnations(servers: &Servers) -> Vec<Arc<Server>> {
    let live = servers.live.values();
    let both = live.flat_map(|live| [Some(&live.current), live.successor.as_ref()]);
    both.flatten()
        .map(|incarnation| Arc::clone(incarnation.server()))
        .collect()
}

/// Has successors take the places of their servers.
fn take_over(servers: &mut Servers) {
    for name in servers.live.keys().cloned().collect::<Vec<_>>() {
        servers.take_over(&name);
    }
}

/// Has some servers be ready, the first one being told by the lowest bit.
fn have_ready(servers: &Servers, bits: u8) {
    for (index, server) in incarnations(servers).iter().enumerate() {
        if bits & (1 << (index % 8)) != 0 {
            server.update(|state| state.phase = Phase::Ready);
        }
    }
}

/// Two configs that can be read, the second of which keeps entries of the first, as edits do.
fn pairs() -> impl Strategy<Value = (Config, Config)> {
    let kept = any::<[bool; 5]>();
    (configs(), configs(), kept).prop_filter_map(
        "both must be good",
        |(first, mut second, kept)| {
            let before = first.get("mcpServers").and_then(Value::as_object)?;
            let now = second
                .get_mut("mcpServers")
                .and_then(Value::as_object_mut)?;
            for ((name, entry), kept) in before.iter().zip(kept) {
                if kept {
                    now.insert(name.clone(), entry.clone());
                }
            }
            let read = |config: &Value| read("c.json", &config.to_string()).ok();
            Some((read(&first)?, read(&second)?))
        },
    )
}

fn check(test: impl Fn(Config, Config, u8) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let cases = Cases {
        max_global_rejects: 100_000,
        failure_persistence: None,
        ..Cases::with_cases(48)
    };
    TestRunner::new(cases)
        .run(&(pairs(), any::<u8>()), |((first, second), ready)| {
            test(first, second, ready)
        })
        .unwrap();
}

#[test]
fn the_difference_of_two_configs_applied_to_the_first_gives_the_second() {
    check(|first, second, ready| {
        let (mut servers, registry) = nothing(&first.gateway);
        apply(&mut servers, &first);
        have_ready(&servers, ready);
        apply(&mut servers, &second);
        take_over(&mut servers);

        let (mut fresh, fresh_registry) = nothing(&second.gateway);
        apply(&mut fresh, &second);
        prop_assert_eq!(roster(&servers, &registry), roster(&fresh, &fresh_registry));
        prop_assert!(servers.live.values().all(|live| live.successor.is_none()));
        Ok(())
    });
}

#[test]
fn on_the_way_over_a_third_config_nothing_of_it_stays() {
    check(|first, second, ready| {
        let (mut servers, registry) = nothing(&first.gateway);
        apply(&mut servers, &first);
        have_ready(&servers, ready);
        // Successors of the second wait when the first comes back.
        apply(&mut servers, &second);
        apply(&mut servers, &first);
        take_over(&mut servers);

        let (mut fresh, fresh_registry) = nothing(&first.gateway);
        apply(&mut fresh, &first);
        prop_assert_eq!(roster(&servers, &registry), roster(&fresh, &fresh_registry));
        Ok(())
    });
}

#[test]
fn the_same_config_again_changes_nothing_and_an_entry_that_is_the_same_keeps_its_server() {
    check(|first, second, ready| {
        let (mut servers, _) = nothing(&first.gateway);
        apply(&mut servers, &first);
        have_ready(&servers, ready);
        let before = incarnations(&servers);
        let report = apply(&mut servers, &first);
        prop_assert!(report.is_empty(), "{report:?}");
        let after = incarnations(&servers);
        prop_assert!(
            before
                .iter()
                .zip(&after)
                .all(|(one, other)| Arc::ptr_eq(one, other))
        );

        let report = apply(&mut servers, &second);
        let now = incarnations(&servers);
        for server in &before {
            let (old, new) = (
                first.servers.get(&server.name),
                second.servers.get(&server.name),
            );
            let is_kept = now.iter().any(|other| Arc::ptr_eq(server, other));
            let is_replaced = report.replaced.contains(&server.name);
            prop_assert_eq!(report.removed.contains(&server.name), new.is_none());
            if old == new {
                prop_assert!(is_kept && !is_replaced, "{}", server.name);
            }
            // What goes on is not on its way out.
            prop_assert!(!is_kept || !server.is_retired(), "{}", server.name);
        }
        for name in second.servers.keys() {
            prop_assert_eq!(
                report.added.contains(name),
                !first.servers.contains_key(name)
            );
        }
        Ok(())
    });
}

#[test]
fn settings_of_the_start_differ_where_a_restart_is_needed_and_nowhere_else() {
    check(|first, second, _| {
        let (first, second) = (first.gateway.fixed, second.gateway.fixed);
        prop_assert!(first.differences(&first).is_empty());
        prop_assert_eq!(first.differences(&second).is_empty(), first == second);
        prop_assert_eq!(first.differences(&second), second.differences(&first));
        Ok(())
    });
}

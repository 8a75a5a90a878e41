use std::path::PathBuf;

use super::*;
use crate::{gateway::ServerSettings, supervisor::Common, upstream::stdio::Launch};

const MINUTE: Duration = Duration::from_mins(1);

/// A server whose connections never come to be ready.
fn servers(most: usize) -> (Arc<Server>, Arc<IdentityServers>) {
    let settings = ServerSettings {
        start_timeout: Duration::from_hours(24),
        ..ServerSettings::default()
    };
    let server = Server::new("remote".parse().unwrap(), settings);
    let server =
        Arc::new(server.with_forwarding(crate::gateway::Forwarding::new(Vec::new(), Vec::new())));
    let limits = IdentityLimits {
        most: NonZeroUsize::new(most).unwrap(),
        idle_timeout: 10 * MINUTE,
    };
    let charge = Charge {
        server: Arc::clone(&server),
        upstream: Upstream::Stdio(Arc::new(Launch {
            name: "remote".parse().unwrap(),
            // It says nothing, as a server that is slow to start.
            command: "sleep".into(),
            arguments: vec!["1000".into()],
            environment: std::env::vars_os().collect(),
            directory: None::<PathBuf>,
            max_line_length: 1024,
            grace: Duration::ZERO,
        })),
        identities: Some(limits),
        common: Common {
            disabled_tools: Vec::new(),
            tools: Arc::default(),
            pinned: None,
            learnt: crate::supervisor::Learnt::default(),
            isolation: Isolation::Auto,
            places: Arc::new(tokio::sync::Semaphore::new(1)),
            replica: crate::gateway::Replica::new(
                "one",
                Arc::new(crate::secrets::seal::Sealer::random().unwrap()),
            ),
            serves: crate::supervisor::Serves::Everybody,
        },
    };
    let identities = IdentityServers::start(&charge, &Arc::default());
    (server, identities)
}

fn user(name: &str) -> Identity {
    Identity::new([("x-user", name.as_bytes())])
}

#[tokio::test]
async fn the_same_identity_has_one_server_and_another_has_another() {
    let (server, identities) = servers(8);
    let ada = server.lease(&user("ada")).unwrap();
    let again = server.lease(&user("ada")).unwrap();
    let bob = server.lease(&user("bob")).unwrap();
    assert!(Arc::ptr_eq(&ada, &again));
    assert!(!Arc::ptr_eq(&ada, &bob));
    assert!(!Arc::ptr_eq(&ada, &server));
    assert_eq!(server.identities(), Some(2));
    let nobody = server.lease(&Identity::new([])).unwrap();
    assert!(Arc::ptr_eq(&nobody, &server));
    identities.stop().await;
    assert_eq!(server.identities(), Some(0));
    assert!(server.lease(&user("ada")).is_err());
}

#[tokio::test]
async fn the_longest_idle_makes_room_and_nobody_else() {
    let (server, identities) = servers(2);
    let ada = server.lease(&user("ada")).unwrap();
    let bob = server.lease(&user("bob")).unwrap();
    assert_eq!(server.lease(&user("cy")).map(|_| ()), Err(NoPlace::Full(2)));
    let (first_ada, first_bob) = (Arc::clone(&ada), Arc::clone(&bob));
    let kept = bob.clone();
    drop((ada, bob));
    let _cy = server.lease(&user("cy")).unwrap();
    assert!(Arc::ptr_eq(
        &server.lease(&user("bob")).unwrap(),
        &first_bob
    ));
    drop(kept);
    let ada = server.lease(&user("ada")).unwrap();
    assert!(!Arc::ptr_eq(&ada, &first_ada));
    assert_eq!(server.identities(), Some(2));
    identities.stop().await;
}

#[tokio::test]
async fn an_identity_ends_when_nobody_used_it_for_long_and_not_before() {
    let (server, identities) = servers(8);
    let kept = server.lease(&user("ada")).unwrap();
    drop(server.lease(&user("bob")).unwrap());
    tokio::time::pause();
    tokio::time::advance(9 * MINUTE).await;
    drop(server.lease(&user("cy")).unwrap());
    tokio::time::advance(3 * MINUTE).await;
    let names = || {
        let table = identities.table();
        let mut names: Vec<_> = table
            .live
            .keys()
            .flat_map(|key| key.identity.headers())
            .collect();
        names.sort_unstable();
        let names = names.iter().map(|(_, name)| String::from_utf8_lossy(name));
        names.map(String::from).collect::<Vec<_>>()
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(names(), ["ada", "cy"]);
    tokio::time::advance(60 * MINUTE).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(names(), ["ada"]);
    drop(kept);
    tokio::time::resume();
    identities.stop().await;
}

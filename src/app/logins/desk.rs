//! The desk at which logins end, as the gateway's callers know it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::gateway::{
    Phase, Registry, ServerName,
    login::{LoginDesk, LoginError},
};

/// How long a server may take to note that somebody has logged in.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends logins, and says so only when the server has noted it: a call that follows then waits
/// for the server, and is not told once more that somebody must log in.
#[derive(Debug)]
pub(crate) struct Desk {
    /// Who ends the logins.
    pub(crate) logins: Arc<dyn LoginDesk>,
    /// Whose logins they are.
    pub(crate) registry: Registry,
}

impl LoginDesk for Desk {
    fn finish<'a>(
        &'a self,
        query: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ServerName, LoginError>> + Send + 'a>> {
        Box::pin(async move {
            let name = self.logins.finish(query).await?;
            if let Some(server) = self.registry.get(name.as_str()) {
                let mut states = server.watch();
                let noted = states.wait_for(|state| state.phase != Phase::LoginRequired);
                // One that wants another login at once has noted this one too.
                let _ = tokio::time::timeout(PATIENCE, noted).await;
            }
            Ok(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Roster, Server, ServerSettings};

    #[derive(Debug)]
    struct AlwaysDone;

    impl LoginDesk for AlwaysDone {
        fn finish<'a>(
            &'a self,
            query: &'a str,
        ) -> Pin<Box<dyn Future<Output = Result<ServerName, LoginError>> + Send + 'a>> {
            Box::pin(async move { Ok(query.parse().unwrap()) })
        }
    }

    fn desk() -> (Desk, Arc<Server>) {
        let name: ServerName = "up".parse().unwrap();
        let server = Server::new(name, ServerSettings::default());
        let server = Arc::new(server);
        server.update(|state| state.phase = Phase::LoginRequired);
        let desk = Desk {
            logins: Arc::new(AlwaysDone),
            registry: Registry::new(Roster::new([Arc::clone(&server)])),
        };
        (desk, server)
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_has_ended_when_its_server_has_noted_it() {
        let (desk, server) = desk();
        let noting = Arc::clone(&server);
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE / 2).await;
            noting.update(|state| state.phase = Phase::Starting);
        });
        desk.finish("up").await.unwrap();
        assert_eq!(server.state().phase, Phase::Starting);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_notes_nothing_keeps_nobody_waiting() {
        let (desk, server) = desk();
        let began = tokio::time::Instant::now();
        desk.finish("up").await.unwrap();
        assert_eq!(server.state().phase, Phase::LoginRequired);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }
}

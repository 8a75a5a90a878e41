//! A remote connection as the supervisor holds it.

use std::{sync::Arc, time::Duration};

use tokio::task::{AbortHandle, JoinHandle};

use super::wire::Wire;

/// How long the server may take to be told that its session is over.
const FAREWELL: Duration = Duration::from_secs(2);

/// How often it is looked whether they have ended.
const DRAIN_STEP: Duration = Duration::from_millis(250);

/// What holds a remote connection. Dropping it ends all its requests and streams.
#[derive(Debug)]
pub struct Link {
    wire: Arc<Wire>,
    tasks: Vec<AbortHandle>,
}

impl Link {
    /// A connection with the tasks that serve it.
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        Self {
            wire,
            tasks: Vec::new(),
        }
    }

    /// Adds a task that ends with the connection.
    pub(super) fn holds(&mut self, task: &JoinHandle<()>) {
        self.tasks.push(task.abort_handle());
    }

    /// Waits until the connection is given up, and says why. Cancel safe.
    pub(in crate::upstream) async fn ended(&self) -> Arc<str> {
        self.wire.given_up().await
    }

    /// Ends it in order. One that was given up is left to the calls that still go on over it.
    pub(in crate::upstream) async fn stop(self) {
        if self.wire.is_given_up() {
            // Bounded; when the gateway ends first, the connections end with it.
            tokio::spawn(async move {
                let drained = async {
                    while self.wire.peer.in_flight() > 0 {
                        tokio::time::sleep(DRAIN_STEP).await;
                    }
                };
                // Whatever is left then is cut off.
                let _ = tokio::time::timeout(self.wire.remote.longest_call, drained).await;
                self.say_farewell().await;
            });
            return;
        }
        self.say_farewell().await;
    }

    async fn say_farewell(&self) {
        self.wire
            .peer
            .close("the server's connection is being ended");
        // It is a courtesy: the session would expire by itself.
        let _ = tokio::time::timeout(FAREWELL, self.wire.end_session()).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.wire.peer.close("the server's connection was ended");
        for task in &self.tasks {
            task.abort();
        }
    }
}

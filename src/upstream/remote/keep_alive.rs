//! Keeps an idle session of a legacy server alive (MCP 2025-11-25, ping).

use std::time::Duration;

use super::wire::Wire;

/// How long a session may be idle: less than servers and what stands before them usually
/// allow.
const IDLE: Duration = Duration::from_mins(1);

/// How long a server may take to answer a ping.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pings whenever nothing was sent for [`IDLE`], and gives the connection up when that has no
/// answer in time. Never returns.
pub(super) async fn keep_alive(wire: &Wire) {
    loop {
        let due = wire.last_sent() + IDLE;
        tokio::time::sleep_until(due).await;
        if wire.last_sent() + IDLE > due {
            continue;
        }
        let ping = wire
            .peer
            .request("ping", |_, line| line.extend_from_slice(b"{}"), None);
        match tokio::time::timeout(PATIENCE, ping).await {
            // An error is an answer too; a lost connection has been given up already.
            Ok(Ok(_) | Err(_)) => {}
            Err(_) => wire.give_up("the server does not answer pings"),
        }
        // A ping that could not even be sent is no reason to hurry.
        tokio::time::sleep_until(due + IDLE).await;
    }
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reqwest::header::HeaderMap;

    use super::*;
    use crate::{
        http_client::{HttpClient, HttpSettings},
        mcp::Peer,
        upstream::{
            Audience,
            remote::{Remote, Transport},
        },
    };

    const DAY: Duration = Duration::from_hours(24);

    fn remote() -> Arc<Remote> {
        Arc::new(Remote {
            name: "idle".parse().unwrap(),
            transport: Transport::StreamableHttp,
            url: "http://127.0.0.1:9/".parse().unwrap(),
            audience: Audience::Everybody,
            headers: HeaderMap::new(),
            authorizer: None,
            client: HttpClient::new(&HttpSettings::default()).unwrap(),
            first_byte_timeout: PATIENCE,
            idle_timeout: PATIENCE,
            max_message_size: 1024,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_pinged_each_minute_of_an_idle_week_and_given_up_when_it_is_silent() {
        let (peer, mut outgoing, _notices) = Peer::new(1024);
        let wire = Wire::new(&remote(), peer.clone());
        let mut pings = 0;
        let answering = async {
            while let Some(ping) = outgoing.next_message().await {
                wire.note_sent();
                pings += 1;
                let id = ping.id.unwrap();
                let answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
                peer.receive(answer.into()).await;
            }
        };
        let week = async {
            tokio::select! {
                () = keep_alive(&wire) => {}
                () = answering => {}
            }
        };
        let _ = tokio::time::timeout(DAY * 7, week).await;
        assert!((7 * 24 * 60 - 2..=7 * 24 * 60).contains(&pings), "{pings}");
        assert!(!wire.is_given_up());
        assert_eq!(peer.in_flight(), 0);

        let silent = async {
            tokio::select! {
                () = keep_alive(&wire) => {}
                reason = wire.given_up() => assert!(reason.contains("pings"), "{reason}"),
            }
        };
        tokio::time::timeout((IDLE + PATIENCE) * 2, silent)
            .await
            .unwrap();
    }
}

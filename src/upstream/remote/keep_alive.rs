//! Keeps an idle session of a legacy server alive (MCP 2025-11-25, ping).

use std::time::Duration;

use tokio::time::Instant;

use super::wire::Wire;

/// How long a session may be idle: less than servers and what stands before them usually
/// allow.
const IDLE: Duration = Duration::from_mins(1);

/// How long a server may take to answer a ping.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pings whenever nothing was sent for [`IDLE`], and gives the connection up when that has no
/// answer in time. A server that works on calls, or has said anything since, may leave a ping
/// unanswered: many take one request at a time. Never returns.
pub(super) async fn keep_alive(wire: &Wire) {
    loop {
        let due = wire.last_sent() + IDLE;
        tokio::time::sleep_until(due).await;
        if wire.last_sent() + IDLE > due {
            continue;
        }
        let asked = Instant::now();
        let ping = wire
            .peer
            .request("ping", |_, line| line.extend_from_slice(b"{}"), None);
        match tokio::time::timeout(PATIENCE, ping).await {
            // An error is an answer too; a lost connection has been given up already.
            Ok(Ok(_) | Err(_)) => {}
            Err(_) if wire.peer.in_flight() > 0 || wire.last_heard() > asked => {}
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
            idle_timeout: None,
            longest_call: PATIENCE,
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

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_busy_or_says_something_else_need_not_answer_pings() {
        let (peer, mut outgoing, _notices) = Peer::new(1024);
        let wire = Wire::new(&remote(), peer.clone());
        let silent = async {
            while outgoing.next_message().await.is_some() {
                wire.note_sent();
            }
        };
        let call = peer.request("tools/call", |_, line| line.extend_from_slice(b"{}"), None);
        let busy = async {
            tokio::select! {
                () = keep_alive(&wire) => {}
                _ = call => {}
                () = silent => {}
            }
        };
        let _ = tokio::time::timeout(DAY, busy).await;
        assert!(!wire.is_given_up(), "a call was in flight");

        let said = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
        let talking = async {
            loop {
                tokio::time::sleep(PATIENCE / 3).await;
                wire.receive(None, said.into()).await;
            }
        };
        let talkative = async {
            tokio::select! {
                () = keep_alive(&wire) => {}
                () = talking => {}
            }
        };
        let _ = tokio::time::timeout(DAY, talkative).await;
        assert!(!wire.is_given_up(), "it said something all the time");
    }
}

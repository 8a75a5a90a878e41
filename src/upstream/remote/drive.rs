//! In which order messages go out, and how many at a time.

use tokio::task::JoinSet;

use crate::mcp::peer::{Outgoing, OutgoingMessage};

/// How many messages may be under way at a time.
const MOST_UNDER_WAY: usize = 1024;

/// How many there may be with those that don't wait for others.
const MOST_WITH_URGENT: usize = 2 * MOST_UNDER_WAY;

/// Carries messages side by side as they come, until no more will come.
///
/// `notifications/initialized` has to arrive before whatever follows it (MCP, lifecycle); else
/// the order is left to chance, as it is on the server's side anyway.
pub(super) async fn drive<F>(mut outgoing: Outgoing, carry: impl Fn(OutgoingMessage) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    const INITIALIZED: &[u8] = br#"{"jsonrpc":"2.0","method":"notifications/initialized""#;
    let mut under_way = JoinSet::new();
    loop {
        while under_way.try_join_next().is_some() {}
        let message = match under_way.len() {
            ..MOST_UNDER_WAY => outgoing.next_message().await,
            MOST_UNDER_WAY..MOST_WITH_URGENT => tokio::select! {
                biased;
                _ = under_way.join_next() => continue,
                message = outgoing.next_urgent() => message,
            },
            _ => {
                under_way.join_next().await;
                continue;
            }
        };
        let Some(message) = message else {
            return;
        };
        if message.text.starts_with(INITIALIZED) {
            carry(message).await;
        } else {
            under_way.spawn(carry(message));
        }
    }
}

//! What waits to be written, for the transport that writes it.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::Shared;

/// What a transport writes.
#[derive(Debug)]
pub struct Outgoing {
    pub(super) urgent: mpsc::Receiver<Queued>,
    pub(super) queue: mpsc::Receiver<Queued>,
    pub(super) batch: Vec<Queued>,
    /// The requests that were handed out last.
    pub(super) handed_out: Vec<u64>,
    pub(super) shared: Arc<Shared>,
}

/// One message for a transport that sends each on its own.
#[derive(Debug)]
pub struct OutgoingMessage {
    /// The id, of a request whose answer somebody waits for.
    pub id: Option<u64>,
    /// The message.
    pub text: Bytes,
    /// Of a request, ends when nobody waits for it any more.
    pub abandoned: Option<oneshot::Receiver<Infallible>>,
    /// Its share of what may wait to be written: given back when it is dropped.
    pub room: Option<OwnedSemaphorePermit>,
}

/// A message that waits.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: Option<u64>,
    pub(super) line: Vec<u8>,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    /// Fills `buffer` with as many whole lines as wait; `false` when no more will come.
    ///
    /// Cancel safe.
    pub async fn next(&mut self, buffer: &mut Vec<u8>) -> bool {
        tokio::select! {
            biased;
            Some(queued) = self.urgent.recv() => self.batch.push(queued),
            taken = self.queue.recv_many(&mut self.batch, 64) => if taken == 0 {
                return false;
            },
        }
        let mut waiters = self.shared.waiters();
        self.handed_out.clear();
        self.handed_out
            .extend(self.batch.iter().filter_map(|queued| queued.id));
        for queued in self.batch.drain(..) {
            match queued.id.map(|id| waiters.open.get_mut(&id)) {
                // Its caller went away before it was sent, so it never is.
                Some(None) => continue,
                Some(Some(waiter)) => waiter.sent = true,
                None => {}
            }
            buffer.extend_from_slice(&queued.line);
        }
        true
    }

    /// The next message on its own; none when no more will come.
    ///
    /// Cancel safe.
    pub async fn next_message(&mut self) -> Option<OutgoingMessage> {
        loop {
            let queued = tokio::select! {
                biased;
                queued = self.urgent.recv() => queued?,
                queued = self.queue.recv() => queued?,
            };
            if let Some(message) = self.hand_out(queued) {
                return Some(message);
            }
        }
    }

    /// The same, of what need not wait for others: pings, cancellations, answers to the server.
    ///
    /// Cancel safe.
    pub async fn next_urgent(&mut self) -> Option<OutgoingMessage> {
        loop {
            let queued = self.urgent.recv().await?;
            if let Some(message) = self.hand_out(queued) {
                return Some(message);
            }
        }
    }

    /// None for a request whose caller went away before it was sent: it never is.
    fn hand_out(&self, Queued { id, line, room }: Queued) -> Option<OutgoingMessage> {
        let mut abandoned = None;
        if let Some(id) = id {
            let mut waiters = self.shared.waiters();
            let waiter = waiters.open.get_mut(&id)?;
            let (sender, receiver) = oneshot::channel();
            waiter.sent = true;
            waiter.abandoned = Some(sender);
            abandoned = Some(receiver);
        }
        Some(OutgoingMessage {
            id,
            text: line.into(),
            abandoned,
            room,
        })
    }

    /// Takes back what [`Self::next`] handed out last: not a byte of it was written, so none of
    /// it reached the server.
    pub fn nothing_was_written(&mut self) {
        let mut waiters = self.shared.waiters();
        for id in self.handed_out.drain(..) {
            if let Some(waiter) = waiters.open.get_mut(&id) {
                waiter.sent = false;
            }
        }
    }
}

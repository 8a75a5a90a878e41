//! A request's body that holds something until it has been written.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much is given to the connection at once: it asks for more only when it has written most
/// of what it has.
const PART: usize = 64 * 1024;

/// The body; its length is known, so that it is sent as any other.
#[derive(Debug)]
pub(super) struct HoldingBody<T> {
    pub(super) rest: Bytes,
    /// Dropped with the last part.
    pub(super) held: Option<T>,
}

/// Nothing in it is pinned.
impl<T> Unpin for HoldingBody<T> {}

impl<T> Body for HoldingBody<T> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.rest.len().min(PART);
        let part = self.rest.split_to(length);
        if self.rest.is_empty() {
            self.held = None;
        }
        Poll::Ready((!part.is_empty()).then(|| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

//! Counts what is in flight: from a request's head to the last byte of its answer, so that a
//! stream of events keeps a draining gateway waiting as long as its call does.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
};
use bytes::Bytes;

use crate::gateway::drain::InFlight;

/// A body that counts as in flight until it is dropped.
pub struct Counted {
    body: BoxBody,
    _in_flight: InFlight,
}

/// Counts an answer in flight until its body is sent or given up.
pub fn count<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    in_flight: InFlight,
) -> ServiceResponse<Counted> {
    response.map_body(|_, body| Counted {
        body: body.boxed(),
        _in_flight: in_flight,
    })
}

impl MessageBody for Counted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.body.as_pin_mut().poll_next(context)
    }
}

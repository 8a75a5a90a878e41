//! Callers over HTTP/2 that hang up before their answer has begun. Over HTTP/1.1 the framework
//! drops the handler; over HTTP/2 it looks at a reset of the stream (RFC 9113, section 5.4.2) only
//! when it sends something.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error, FromRequest as _, HttpRequest, dev,
    error::PayloadError,
    http::{Method, Version},
    web::Payload,
};
use bytes::Bytes;
use futures_util::Stream;

/// How often it is looked whether the stream has been reset: nothing wakes us for it.
const PULSE: Duration = Duration::from_millis(200);

/// The body of a request for its handler, and the caller, who may hang up before the answer.
pub fn watched(request: &HttpRequest, payload: Payload) -> Result<(Payload, Presence), Error> {
    if request.version() != Version::HTTP_2 {
        return Ok((payload, Presence(None)));
    }
    let shared = Shared(Rc::new(RefCell::new(Body {
        incoming: payload.into_inner(),
        // The other methods have no body to wait for.
        is_read: request.method() != Method::POST,
    })));
    let passed_on: Pin<Box<dyn Stream<Item = _>>> = Box::pin(shared.clone());
    let mut passed_on = dev::Payload::Stream { payload: passed_on };
    let payload = Payload::from_request(request, &mut passed_on).into_inner()?;
    Ok((payload, Presence(Some(shared))))
}

/// A caller that waits for its answer.
pub struct Presence(Option<Shared>);

impl Presence {
    /// Waits until the caller is gone, where the framework would not notice.
    pub async fn lost(&self) {
        match &self.0 {
            Some(body) => body.reset().await,
            None => std::future::pending().await,
        }
    }
}

/// The body of a request, for the handler that reads it and for us who look behind its end.
#[derive(Clone)]
struct Shared(Rc<RefCell<Body>>);

struct Body {
    incoming: dev::Payload,
    /// Whether its end has been read: only then looking further takes nothing from the handler.
    is_read: bool,
}

impl Shared {
    /// Waits until the stream has been reset, or its connection has ended.
    async fn reset(&self) {
        loop {
            tokio::time::sleep(PULSE).await;
            let is_reset = poll_fn(|cx| {
                let mut body = self.0.borrow_mut();
                let is_reset = body.is_read
                    && matches!(
                        Pin::new(&mut body.incoming).poll_next(cx),
                        Poll::Ready(Some(Err(_)))
                    );
                Poll::Ready(is_reset)
            });
            if is_reset.await {
                return;
            }
        }
    }
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        let next = Pin::new(&mut body.incoming).poll_next(cx);
        body.is_read |= matches!(next, Poll::Ready(None));
        next
    }
}

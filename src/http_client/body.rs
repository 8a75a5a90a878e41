//! Reads the body of an answer, with a deadline for each part and a cap for the whole.

use std::{io, pin::Pin, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use reqwest::Response;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::wording::{causes, origin};

/// The body of an answer.
#[derive(Debug)]
pub struct Body {
    response: Response,
    idle_timeout: Duration,
}

/// A body without end, to be read by whoever sets its own caps and deadlines.
pub type BodyReader = Pin<Box<dyn AsyncRead + Send>>;

/// The body of an answer as it comes.
pub fn reader(response: Response) -> BodyReader {
    let parts = response
        .bytes_stream()
        .map_err(|error| io::Error::other(causes(&error)));
    Box::pin(StreamReader::new(parts))
}

/// Why a body can't be read to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for too long.
    #[error("{origin} sent nothing for {} s", .after.as_secs_f32())]
    Stalled {
        /// Scheme, host and port.
        origin: String,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection to {origin} broke off: {cause}")]
    Broken {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        cause: String,
    },
    /// It is larger than what is taken.
    #[error("the answer of {origin} is larger than the {max} bytes that are taken")]
    TooLarge {
        /// Scheme, host and port.
        origin: String,
        /// The cap.
        max: usize,
    },
}

impl Body {
    /// The body of an answer whose parts may be apart by at most so long.
    pub fn new(response: Response, idle_timeout: Duration) -> Self {
        Self {
            response,
            idle_timeout,
        }
    }

    /// The next part, as it came; none at the end. Cancel safe: no part is lost.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        match tokio::time::timeout(self.idle_timeout, self.response.chunk()).await {
            Ok(Ok(part)) => Ok(part),
            Ok(Err(error)) => Err(BodyError::Broken {
                origin: origin(self.response.url()),
                cause: causes(&error),
            }),
            Err(_) => Err(BodyError::Stalled {
                origin: origin(self.response.url()),
                after: self.idle_timeout,
            }),
        }
    }

    /// All that is left of it, at most `max` bytes.
    pub async fn read_to_end(mut self, max: usize) -> Result<Bytes, BodyError> {
        let mut all = BytesMut::new();
        while let Some(part) = self.next().await? {
            if all.len() + part.len() > max {
                return Err(BodyError::TooLarge {
                    origin: origin(self.response.url()),
                    max,
                });
            }
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    }
}

//! Why redirects are not followed.

use std::fmt;

/// A redirect that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfollowed {
    /// The origin that it leads to: scheme, host and port. None where it leads nowhere.
    pub target: Option<String>,
    /// Why.
    pub obstacle: Obstacle,
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The request may have been executed, and 301, 302 and 303 would make another of it.
    Method,
    /// The request may have been executed, and would go to another origin.
    OtherOrigin,
    /// It leads from https to http.
    Downgrade,
    /// It leads to an address of the gateway's own network.
    OwnNetwork,
    /// The request is signed, and so for its own URL alone.
    Signed,
    /// Its `Location` is missing, or no URL of http or https.
    NoTarget,
}

impl fmt::Display for Unfollowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.obstacle {
            Obstacle::Method => {
                "a request that may change something follows 307 and 308 alone, and within its \
                 origin"
            }
            Obstacle::OtherOrigin => {
                "a request that may change something is sent on within its origin alone"
            }
            Obstacle::Downgrade => {
                "it leads from https to http, where anybody on the way can read and change it"
            }
            Obstacle::OwnNetwork => "that is an address of the gateway's own network",
            Obstacle::Signed => "the request is signed, which holds for its own URL alone",
            Obstacle::NoTarget => "its `Location` is no URL of http or https",
        };
        match &self.target {
            Some(target) => write!(
                formatter,
                "the redirect to {target} is not followed: {reason}"
            ),
            None => write!(formatter, "the redirect is not followed: {reason}"),
        }
    }
}

//! The protocols that callers speak to the gateway, over HTTP.
//!
//! [`app`] is the whole of it: one service that takes every request through one fixed order
//! ([`edge`]), and compression around it. Routes are resolved by hand ([`route`]), so that no
//! handler can be reached past the guard.

mod accept;
mod access_log;
mod answer;
mod body;
mod compression;
pub mod cors;
mod docs;
mod edge;
mod health;
mod origin;
mod request_id;
pub mod rest;
pub mod route;
mod state;
mod status;

#[cfg(test)]
mod tests;

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::Compress,
    web::{self, Data, ServiceConfig},
};

pub use body::BodyLimits;
pub use cors::Cors;
pub use docs::{DocumentSettings, Documents};
pub use route::{Layout, Paths};
pub use state::{Settings, State};

/// What the gateway serves, for one worker. `HttpServer` calls it once for each.
pub fn app(
    state: Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .configure(|config| configure(config, state))
        .wrap(Compress::default())
        .wrap_fn(compression::around)
}

/// Puts the one service into an app; [`app`] is more, and what a server should use.
pub fn configure(config: &mut ServiceConfig, state: Data<State>) {
    config
        .app_data(state)
        .default_service(web::route().to(edge::serve));
}

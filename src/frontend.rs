//! The protocols that callers speak to the gateway, over HTTP.
//!
//! [`app`] is the whole of it: one service that takes every request through one fixed order
//! (`edge`), and around it compression and the count of what is in flight. Routes are resolved
//! by hand ([`route`]), so that no
//! handler can be reached past the guard.

mod accept;
mod access_log;
mod answer;
mod body;
mod compression;
mod conditional;
pub mod cors;
mod docs;
mod edge;
mod hang_up;
mod health;
mod html;
mod identity;
mod in_flight;
pub mod mcp;
mod metrics;
pub mod oauth;
mod origin;
mod reload;
mod request_id;
pub mod rest;
pub mod route;
mod state;
mod status;
mod undocumented;

#[cfg(test)]
mod tests;

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::Compress,
    web::{self, Data},
};

pub use body::BodyLimits;
pub use cors::Cors;
pub use docs::{Documents, written as document};
pub use route::Paths;
pub use state::{Current, State};
pub use status::{TaskCount, servers_as_json};

/// What the gateway serves, for one worker. `HttpServer` calls it once for each.
pub fn app(
    current: Data<Current>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let drain = current.get().drain.clone();
    App::new()
        .app_data(current)
        .default_service(web::route().to(edge::serve))
        .wrap(Compress::default())
        .wrap_fn(move |mut request, service| {
            let in_flight = drain.enter();
            compression::prepare(request.headers_mut());
            let response = service.call(request);
            async move {
                let mut response = response.await?;
                compression::unmark(response.response_mut());
                Ok(in_flight::count(response, in_flight))
            }
        })
}

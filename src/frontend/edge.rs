//! What every request passes, in one order: [`serve`].

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        ConnectionType, Method, StatusCode,
        header::{self, HeaderValue},
    },
    web::{Data, Payload},
};

use super::{
    Current, State, access_log, answer, compression, cors, docs, hang_up, health, identity, mcp,
    metrics, oauth, origin,
    origin::Site,
    reload, request_id, rest,
    route::{self, Offer, Route, Target},
    state, status, undocumented,
};
use crate::{
    auth::{Admission, Credentials, Proof, Refusal},
    gateway::{Caller, ExchangeError, Lease, Protocol},
};

/// One header line for each: Chromium reads no further than the first challenge of a line, and
/// would never ask for a password.
const CHALLENGES: [HeaderValue; 2] = [
    HeaderValue::from_static("Bearer"),
    HeaderValue::from_static(r#"Basic realm="viceversa""#),
];

/// Takes a request through all that it must pass. The order:
///
/// 1. *request id*: from here on the request has a name, which every answer carries;
/// 2. *route*: what is asked for; nothing is said about it yet;
/// 3. *draining*: a gateway that shuts down refuses all but health and readiness;
/// 4. *host and origin*: whether a foreign page made a browser send this;
/// 5. *preflight*: a listed page may ask what it may send, without a key;
/// 6. *credentials*: who calls; past here come callers with a key, and public routes;
/// 7. *method*: only now it shows what exists here;
/// 8. the handler;
/// 9. on the way out, for every answer alike: CORS headers, request id, `Connection: close`
///    while draining, the line in the access log.
pub async fn serve(current: Data<Current>, request: HttpRequest, payload: Payload) -> HttpResponse {
    // One config from here to the end, whatever is reloaded meanwhile.
    let state = Data::from(current.get());
    let request_id = request_id::of(request.headers());
    let mut line = access_log::Line::begin(&request, &request_id);
    let (payload, presence) = match hang_up::watched(&request, payload) {
        Ok(watched) => watched,
        Err(error) => return error.error_response(),
    };
    let mut response = tokio::select! {
        biased;
        response = answer(&state, &request, payload, &mut line.caller) => response,
        // Nobody gets this.
        () = presence.lost() => return HttpResponse::InternalServerError().finish(),
    };
    line.status = Some(response.status());

    if request.headers().contains_key(header::ACCEPT_ENCODING) {
        compression::mark(&mut response);
    }
    if state.drain.is_draining() {
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    state
        .cors
        .decorate(request.headers().get(header::ORIGIN), headers);
    headers.insert(request_id::X_REQUEST_ID, request_id.clone());
    response
}

async fn answer(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    known: &mut Option<Caller>,
) -> HttpResponse {
    let target = route::resolve(&state.layout, &state.paths, request.uri().path());
    let route = select(&target, request.method());
    let is_probe = matches!(route, Some(Route::Health | Route::Ready));

    if state.drain.is_draining() && !is_probe {
        return rest::Failure::from_exchange(ExchangeError::Draining, "").response();
    }
    if let Err(reason) = check_origin(state, request) {
        return answer::detail(StatusCode::FORBIDDEN, reason);
    }
    if cors::is_preflight(request) {
        return cors::preflight(request);
    }
    let is_public = route.is_some_and(|route| route.is_public(state.guard.has_public_docs()));
    let caller = match admit(state, request).await {
        Ok(caller) => Some(caller),
        Err(_) if is_public => None,
        Err(refused) => {
            let is_mcp = matches!(route, Some(Route::Mcp { .. }));
            return refused.response(is_mcp);
        }
    };
    known.clone_from(&caller);
    if let Some(refused) = refuse_protocol(route, is_public, caller.as_ref()) {
        return refused;
    }
    match route {
        Some(route) => handle(state, request, payload, &target, route, caller).await,
        None => refuse_method(state, &target, caller.as_ref(), None),
    }
}

/// What a method asks for at this path.
fn select<'t, 'a>(target: &'t Target<'a>, method: &Method) -> Option<&'t Route<'a>> {
    match *method {
        Method::GET => target.get.as_ref(),
        Method::HEAD => target.get.as_ref().filter(|route| has_head(route)),
        Method::POST => target.post.as_ref(),
        Method::DELETE => target.delete.as_ref(),
        _ => None,
    }
}

/// Whether it can be asked for without its content: a stream of events has nothing else.
fn has_head(route: &Route<'_>) -> bool {
    !matches!(route, Route::Mcp { .. })
}

/// The answer to a caller who may not speak the protocol of this route.
fn refuse_protocol(
    route: Option<&Route<'_>>,
    is_public: bool,
    caller: Option<&Caller>,
) -> Option<HttpResponse> {
    let protocol = route?.protocol().filter(|_| !is_public)?;
    if caller?.grants().protocols.admit(protocol) {
        return None;
    }
    let detail = match protocol {
        Protocol::Mcp => "This key may not speak MCP",
        Protocol::Rest => "This key may not speak REST",
    };
    Some(answer::detail(StatusCode::FORBIDDEN, detail))
}

/// Whether a browser may send this for the page that it shows. `Sec-Fetch-Site: same-origin`
/// vouches for a page of ours behind a proxy that replaces `Host`.
fn check_origin(state: &State, request: &HttpRequest) -> Result<(), &'static str> {
    let host = origin::host(request);
    if state.guard.is_for_this_machine() && !host.is_some_and(origin::is_loopback) {
        return Err(
            "Without a key only this machine's own programs are served: the Host header \
                    must name localhost or a loopback address",
        );
    }
    let mut origins = request.headers().get_all(header::ORIGIN);
    let Some(origin) = origins.next() else {
        return Ok(());
    };
    let listed = state.cors.listing(origin.as_bytes()) != cors::Listing::No;
    let own = || {
        origin::is_own(origin.as_bytes(), host)
            || request.headers().get("sec-fetch-site")
                == Some(&HeaderValue::from_static("same-origin"))
    };
    if origins.next().is_none() && (listed || own()) {
        Ok(())
    } else {
        Err(
            "The Origin header names a foreign origin: list it with --cors-allow-origins if its \
             pages may call",
        )
    }
}

/// Who calls, by credentials that count here.
async fn admit(state: &State, request: &HttpRequest) -> Result<Caller, NotAdmitted> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let authorization = match (headers.next(), headers.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    };
    let credentials = Credentials {
        authorization,
        api_key: None,
    };
    match state.guard.admit(&credentials).await {
        Ok(Admission {
            proof: Proof::Basic,
            ..
        }) if !may_use_basic(request) => Err(NotAdmitted::ForeignPage),
        Ok(Admission { caller, .. }) => Ok(caller),
        Err(Refusal::Unauthenticated) => Err(NotAdmitted::Unauthenticated),
        Err(Refusal::WrongKey) => Err(NotAdmitted::WrongKey),
        Err(Refusal::Expired) => Err(NotAdmitted::Expired),
    }
}

/// Why a caller isn't let in.
#[derive(Clone, Copy, Debug)]
enum NotAdmitted {
    Unauthenticated,
    WrongKey,
    Expired,
    ForeignPage,
}

impl NotAdmitted {
    /// On an MCP route a wrong key is answered as no key is (MCP, authorization).
    fn response(self, is_mcp: bool) -> HttpResponse {
        match self {
            Self::WrongKey | Self::Expired if is_mcp => Self::Unauthenticated.response(is_mcp),
            Self::Unauthenticated => {
                let mut response = answer::detail(
                    StatusCode::UNAUTHORIZED,
                    "Missing or invalid Authorization header",
                );
                for challenge in CHALLENGES {
                    response
                        .headers_mut()
                        .append(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Self::WrongKey => answer::detail(StatusCode::FORBIDDEN, "Invalid API key"),
            Self::Expired => answer::detail(StatusCode::FORBIDDEN, "This API key has expired"),
            Self::ForeignPage => answer::detail(
                StatusCode::FORBIDDEN,
                "A request that changes something needs a Bearer key, or to come from a page \
                 of this host: browsers send passwords on behalf of any page",
            ),
        }
    }
}

/// Whether a request with a password may do what it asks: it only reads, or a browser says that
/// it comes from a page of ours, or from the user's own hand. What it says of the site counts
/// before `Origin`: where a proxy replaces `Host`, another page's origin can look like ours.
fn may_use_basic(request: &HttpRequest) -> bool {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return true;
    }
    match (request.headers().get(header::ORIGIN), origin::site(request)) {
        (_, Site::Own) => true,
        (Some(page), Site::Unsaid) => origin::is_own(page.as_bytes(), origin::host(request)),
        (_, Site::Foreign) | (None, Site::Unsaid) => false,
    }
}

/// The answer to a method that means nothing at this path: 405 where another one does. What
/// the caller's own server offers is known only where there is a lease of it.
fn refuse_method(
    state: &State,
    target: &Target<'_>,
    caller: Option<&Caller>,
    lease: Option<&Lease>,
) -> HttpResponse {
    let exists = |route: &Option<Route<'_>>| {
        route.as_ref().is_some_and(|route| match route {
            // What belongs to a group shows when it is asked for.
            Route::Offer { server, offer } if state.group(server, caller).is_some() => {
                !matches!(offer, Offer::CallTool(_) | Offer::GetPrompt(_))
            }
            Route::Offer { server, offer } => {
                state
                    .server(server, caller)
                    .is_some_and(|server| match offer {
                        Offer::CallTool(_) if lease.is_none() && server.forwarding().is_some() => {
                            true
                        }
                        Offer::CallTool(tool) => lease
                            .map_or(&server, |lease| lease)
                            .state()
                            .catalog
                            .as_ref()
                            .is_none_or(|catalog| {
                                let seen = state::seen_by(caller, catalog, &server.name);
                                seen.tool(tool).is_some()
                            }),
                        Offer::Resources
                        | Offer::ReadResource
                        | Offer::ResourceTemplates
                        | Offer::Prompts
                        | Offer::GetPrompt(_)
                        | Offer::CompletePrompt(_)
                        | Offer::CompleteResourceTemplate => true,
                    })
            }
            Route::Document { scope, .. }
            | Route::DocsPage { scope, .. }
            | Route::DocsAsset { scope, .. }
            | Route::Mcp { scope, .. } => docs::exists(state, scope, caller),
            Route::Health
            | Route::Ready
            | Route::Status
            | Route::Metrics
            | Route::Reload
            | Route::LoginCallback => true,
        })
    };
    let exist = (
        exists(&target.get),
        exists(&target.post),
        exists(&target.delete),
    );
    let allow = match exist {
        (false, false, _) => return answer::not_found(),
        (_, _, true) => "GET, POST, DELETE",
        (true, false, _) if target.get.as_ref().is_some_and(has_head) => "GET, HEAD",
        (true, false, _) => "GET",
        (false, true, _) => "POST",
        (true, true, _) => "GET, HEAD, POST",
    };
    let mut response = answer::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}

/// The route's own work. A route that is not public has a caller.
async fn handle(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    target: &Target<'_>,
    route: &Route<'_>,
    caller: Option<Caller>,
) -> HttpResponse {
    let (server, offer) = match route {
        Route::Health => return health::health(),
        Route::Reload => return reload::reload(state, caller.as_ref()).await,
        Route::Ready => return health::ready(state),
        Route::Status => return status::status(state, caller.as_ref()),
        Route::Metrics => return metrics::metrics(state, caller.as_ref()),
        Route::LoginCallback if request.method() == Method::HEAD => {
            // Whoever only looks at a link must not use its code up.
            return HttpResponse::Ok().finish();
        }
        Route::LoginCallback => {
            return oauth::callback(&*state.logins, request.query_string()).await;
        }
        Route::Document { scope, format } => {
            return docs::document(state, request, caller.as_ref(), scope, *format).await;
        }
        Route::DocsPage { scope, slash } => {
            return match undocumented::page(state, request, caller.as_ref(), scope, *slash).await {
                Some(page) => page,
                None => docs::page(state, caller.as_ref(), scope, *slash),
            };
        }
        Route::DocsAsset { scope, file } => {
            return docs::asset(state, request, caller.as_ref(), scope, file);
        }
        Route::Mcp { scope, endpoint } => {
            let Some(caller) = caller else {
                return answer::not_found();
            };
            return match mcp::Scope::of(state, scope, &caller) {
                Some(scope) => mcp::serve(state, request, payload, caller, scope, *endpoint).await,
                None => answer::not_found(),
            };
        }
        Route::Offer { server, offer } => (server, offer),
    };
    if state.group(server, caller.as_ref()).is_some() {
        return match caller {
            Some(caller) => rest::group(state, request, payload, &caller, server, offer)
                .await
                .unwrap_or_else(|| refuse_method(state, target, Some(&caller), None)),
            None => answer::not_found(),
        };
    }
    let lease = identity::lease(state, request, caller.as_ref(), server);
    let (Some(lease), Some(caller)) = (lease, caller) else {
        return answer::not_found();
    };
    let server = match &lease {
        Ok(server) => server,
        Err(error) => return rest::Failure::from_exchange(error.clone(), server).response(),
    };
    match offer {
        Offer::CallTool(tool) => {
            let seen = caller.clone();
            rest::call_tool(state, request, payload, caller, server, tool)
                .await
                // No tool has this name; but the path may stand for something else.
                .unwrap_or_else(|| refuse_method(state, target, Some(&seen), Some(server)))
        }
        Offer::Resources => rest::list_resources(state, caller, server).await,
        Offer::ReadResource => rest::read_resource(state, request, caller, server).await,
        Offer::ResourceTemplates => rest::list_resource_templates(state, caller, server).await,
        Offer::Prompts => rest::list_prompts(state, caller, server).await,
        Offer::GetPrompt(prompt) => {
            rest::get_prompt(state, request, payload, caller, server, prompt).await
        }
        Offer::CompletePrompt(prompt) => {
            rest::complete_prompt(state, request, payload, caller, server, prompt).await
        }
        Offer::CompleteResourceTemplate => {
            rest::complete_resource_template(state, request, payload, caller, server).await
        }
    }
}

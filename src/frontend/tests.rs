//! The whole frontend, in front of a server that answers from a script.

mod access;
mod calls;
mod documents;
mod logins;
mod pages;

use std::{
    num::NonZeroUsize,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    http::{StatusCode, header::HeaderMap},
    test::{self, TestRequest},
    web::Data,
};

use indexmap::IndexMap;

use super::{
    BodyLimits, Cors, Documents, Paths, State, TaskCount, app,
    mcp::{McpSettings, Peers, Service},
};
use crate::{
    auth::Guard,
    config::{Layout, access::CorsConfig, documents::DocumentConfig},
    gateway::{
        Activity, ApiAnswer, ApiAnswers, Catalog, Discovery, Drain, End, Operation, Phase, Prompt,
        Registry, Reloads, Replica, Roster, Server, ServerName, ServerSettings, Session,
        SessionError, Terms, Tool,
        login::{LoginDesk, LoginError},
    },
    json::Raw,
    mcp::Observer as _,
    policy::Policy,
    schema::Validation,
    secrets::{Secret, seal::Sealer},
    telemetry::metrics::Metrics,
};

const KEY: &str = "top-secret";

fn asks() -> End {
    End::InputRequired(Raw::from_static(r#"{"resultType":"input_required"}"#))
}

/// Awaits one login, whose state is `awaited`.
#[derive(Debug)]
struct OneLogin;

impl LoginDesk for OneLogin {
    fn finish<'a>(
        &'a self,
        query: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ServerName, LoginError>> + Send + 'a>> {
        Box::pin(async move {
            match query {
                "" | "code=1&state=awaited" => Ok("up".parse().unwrap()),
                "error=x&state=awaited" => Err(LoginError::Denied("<b>no</b>".to_owned())),
                _ => Err(LoginError::Unknown),
            }
        })
    }
}

/// Answers each operation by what it is asked for.
struct Scripted;

impl Session for Scripted {
    fn run<'a>(
        &'a self,
        operation: &'a Operation,
        terms: Terms<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<End, SessionError>> + Send + 'a>> {
        Box::pin(async move {
            match operation {
                Operation::CallTool { tool, .. } if tool.name == "api" => Ok(api(terms)),
                Operation::CallTool {
                    tool,
                    arguments,
                    continuation,
                    ..
                } => {
                    called(
                        &tool.name,
                        arguments,
                        continuation.is_some(),
                        terms.activity,
                    )
                    .await
                }
                Operation::List { member, .. } => Ok(result(&format!(
                    r#"{{"{member}":[{{"uri":"x:","n":1.10}}]}}"#
                ))),
                Operation::GetPrompt { prompt, .. } if prompt.name == "asks" => Ok(asks()),
                Operation::GetPrompt {
                    prompt, arguments, ..
                } => Ok(result(&format!(
                    r#"{{"name":"{}","arguments":{}}}"#,
                    prompt.name,
                    arguments.get()
                ))),
                Operation::Request { params, .. } if params.get().contains("asks") => Ok(asks()),
                Operation::Request { params, .. } if params.get().contains("missing") => {
                    Err(SessionError::Rpc {
                        code: -32602,
                        message: "no such resource".into(),
                        data: None,
                    })
                }
                Operation::Request { .. } => Ok(result(
                    r#"{"contents":[{"uri":"x:","mimeType":"text/html","text":"<b>hi</b>"}]}"#,
                )),
            }
        })
    }

    fn notify<'a>(
        &'a self,
        _: &'a str,
        _: &'a Raw,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(std::future::ready(()))
    }
}

/// A call of an API, answered as is wished.
fn api(terms: Terms<'_>) -> End {
    if terms.wishes.api_answers == ApiAnswers::None {
        return result(r#"{"content":[{"type":"text","text":"401"}],"isError":true}"#);
    }
    End::Api(Box::new(ApiAnswer {
        status: 401,
        headers: vec![("content-type".to_owned(), "text/html".into())],
        body: "<script>".into(),
    }))
}

async fn called(
    tool: &str,
    arguments: &Raw,
    goes_on: bool,
    activity: &Arc<Activity>,
) -> Result<End, SessionError> {
    let text = |text: &str| {
        let text = serde_json::to_string(text).unwrap();
        result(&format!(
            r#"{{"content":[{{"type":"text","text":{text}}}]}}"#
        ))
    };
    match tool {
        "large" => Ok(text(&"x".repeat(5000))),
        "image" => Ok(result(
            r#"{"content":[{"type":"image","data":"QUJD","mimeType":"image/png"}],"x":1.10}"#,
        )),
        "fail" => Ok(result(
            r#"{"content":[{"type":"text","text":"it broke"}],"isError":true}"#,
        )),
        "dies" => Err(SessionError::Gone {
            reason: "the server exited".into(),
            may_have_run: true,
            has_successor: true,
        }),
        "garbage" => Ok(result(r#"{"content":7}"#)),
        "asks" if goes_on => Ok(text("thank you")),
        "asks" => Ok(End::InputRequired(Raw::from_static(
            r#"{"resultType":"input_required","requestState":"s"}"#,
        ))),
        "slow" => {
            activity.progress(Raw::from_static(r#"{"progress":1}"#));
            tokio::task::yield_now().await;
            activity.message(Raw::from_static(r#"{"level":"info","data":"hm"}"#));
            Ok(text("{\n\"a\": 1\n}"))
        }
        _ => Ok(text(arguments.get())),
    }
}

fn result(text: &str) -> End {
    End::Result(Raw::parse(text.to_owned().into()).unwrap())
}

fn server(name: &str) -> Arc<Server> {
    let settings = ServerSettings {
        call_timeout: Duration::from_secs(5),
        max_call_timeout: Duration::from_secs(5),
        ..ServerSettings::default()
    };
    Arc::new(Server::new(name.parse().unwrap(), settings))
}

fn catalog() -> Catalog {
    let names = [
        "echo", "large", "image", "fail", "dies", "garbage", "asks", "slow", "call", "a/b c",
        "health", "docs", "api",
    ];
    let tools = names.map(|name| {
        let definition = format!(
            r#"{{"name":"{name}","description":"<script>","inputSchema":{{"type":"object","properties":{{"a":{{"type":"integer"}}}}}}}}"#
        );
        Tool::read(&Raw::parse(definition.into()).unwrap()).unwrap().0
    });
    let mut catalog = Catalog::with_tools(tools, Vec::new());
    let prompts = [r#"{"name":"my prompt"}"#, r#"{"name":"asks"}"#];
    catalog.prompts = prompts
        .map(|prompt| Arc::new(Prompt::read(&Raw::from_static(prompt)).unwrap()))
        .into();
    catalog.server_title = Some("The <i>server</i>".into());
    catalog
}

fn start(server: &Server) {
    server.update(|state| {
        state.phase = Phase::Ready;
        state.session = Some(Arc::new(Scripted));
        state.catalog = Some(Arc::new(catalog()));
    });
}

fn settings(layout: Layout, guard: Guard) -> State {
    let up = server("up");
    start(&up);
    let down = server("down");
    down.update(|state| {
        state.phase = Phase::Failed;
        state.error = Some("it <exits>".into());
    });
    let registry = Registry::new(Roster::new([up, down]));
    let policy = Policy {
        validation: Validation::Coerce,
        start_wait: Duration::from_millis(50),
    };
    State {
        mcp: mcp(registry.clone(), policy.clone()),
        registry,
        policy,
        layout,
        paths: Paths::default(),
        guard: Arc::new(guard),
        cors: Cors(CorsConfig::Any),
        documents: Documents::new(DocumentConfig::default()),
        body_limits: BodyLimits {
            size: 1000,
            time: Duration::from_secs(5),
        },
        drain: Drain::default(),
        tasks: TaskCount::new(|| 7),
        metrics: Metrics::new(),
        reloads: Reloads::new(crate::gateway::reloads::ReloadStatus::new(false)).0,
        started: Instant::now(),
        shutdown_timeout: Duration::from_secs(1),
        tool_error_status: StatusCode::UNPROCESSABLE_ENTITY,
        logins: Arc::new(OneLogin),
    }
}

/// What MCP callers get here.
fn mcp(registry: Registry, policy: Policy) -> Arc<Service> {
    let sealer = Arc::new(Sealer::random().unwrap());
    let replica = Replica::new("one", Arc::clone(&sealer));
    let settings = McpSettings {
        name_separator: "__".to_owned(),
        discovery: Discovery::Full,
        session_idle_timeout: Duration::from_mins(1),
        max_sessions: const { NonZeroUsize::new(10).unwrap() },
        resume_wait: Duration::from_millis(100),
        ask_timeout: Duration::from_secs(5),
    };
    let peers = Peers::new(replica, IndexMap::default(), None);
    Service::new(registry, policy, settings, (sealer, false), peers)
}

fn keyed() -> State {
    settings(Layout::Many, Guard::with_keys([("key", &Secret::new(KEY))]))
}

fn open() -> State {
    State {
        cors: Cors(CorsConfig::SameOrigin),
        ..settings(Layout::Many, Guard::open_to_this_machine())
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(state: &Data<State>, request: TestRequest) -> Answer {
    let app = test::init_service(app(Data::new(super::Current::new(
        Data::clone(state).into_inner(),
    ))))
    .await;
    let response = test::call_service(&app, request.to_request()).await;
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: test::read_body(response).await.to_vec(),
    }
}

fn state(settings: State) -> Data<State> {
    Data::new(settings)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get()
        .uri(path)
        .insert_header(("host", "localhost:8000"))
        .insert_header(("authorization", format!("Bearer {KEY}")))
}

fn post(path: &str, body: &'static str) -> TestRequest {
    TestRequest::post()
        .uri(path)
        .insert_header(("host", "localhost:8000"))
        .insert_header(("authorization", format!("Bearer {KEY}")))
        .insert_header(("content-type", "application/json"))
        .set_payload(body)
}

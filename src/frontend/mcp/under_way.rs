//! A request under way, and all that happens to it, whatever the transport.

use std::pin::Pin;

use bytestring::ByteString;
use tokio::sync::mpsc;

use super::{
    conversation::Conversation,
    message::Request,
    outcome::{self, Outcome, RpcError, own},
    session::Call,
};
use crate::{
    gateway::Event,
    json::{self, Raw, edit},
};

/// How many events wait for a slow reader before some are dropped.
const CAPACITY: usize = 64;

/// A request under way. Dropping it cancels the request.
pub struct UnderWay {
    run: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    events: mpsc::Receiver<Event>,
    listening: bool,
    call: Option<Call>,
    words: Words,
}

/// What is known of a request while it is under way.
struct Words {
    id: Raw,
    progress_token: Option<Raw>,
    /// From which level on the client wants log messages; nothing: none.
    log_level: Option<usize>,
}

/// What happens to a request.
pub enum Step {
    /// A message for the client, before the answer.
    Said(ByteString),
    /// The client cancelled it, and wants no answer.
    Cancelled,
    /// It has ended.
    Ended(Outcome),
}

impl UnderWay {
    /// Begins to carry a request. `has_own_answer`: messages can be sent with its answer, so that
    /// what servers ask in it goes that way.
    pub fn begin(
        conversation: Conversation,
        request: Request,
        has_own_answer: bool,
    ) -> Result<Self, RpcError> {
        let session = conversation.session.as_ref();
        let call = session
            .map(|session| session.enter(&request.id, has_own_answer))
            .transpose()
            .map_err(|_| {
                RpcError::new(own::BUSY, "this session has too many requests in flight")
            })?;
        let (sender, events) = mpsc::channel(CAPACITY);
        let words = Words::of(&conversation, &request);
        let sender = words.wants_events().then_some(sender);
        Ok(Self {
            listening: sender.is_some(),
            run: Box::pin(async move { conversation.perform(&request, sender).await }),
            events,
            call,
            words,
        })
    }

    /// The id of the request.
    pub fn id(&self) -> &Raw {
        &self.words.id
    }

    /// What happens next. Cancel safe.
    pub async fn step(&mut self) -> Step {
        loop {
            let Self {
                run,
                events,
                listening,
                call,
                words,
            } = self;
            let said = async {
                match call {
                    Some(call) => call.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = events.recv(), if *listening => match event {
                    Some(event) => {
                        if let Some(text) = words.notification(&event) {
                            return Step::Said(text);
                        }
                    }
                    None => *listening = false,
                },
                said = said => return said.map_or(Step::Cancelled, Step::Said),
                outcome = run => return Step::Ended(outcome),
            }
        }
    }

    /// What was said before the end and not told yet.
    pub fn rest(&mut self) -> Vec<ByteString> {
        let mut rest = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            rest.extend(self.words.notification(&event));
        }
        rest
    }

    /// Carries it to its end over a channel that it shares with others.
    pub async fn tell(mut self, channel: mpsc::Sender<ByteString>) {
        loop {
            let step = tokio::select! {
                step = self.step() => step,
                // Nobody is there any more.
                () = channel.closed() => return,
            };
            let sent = match step {
                Step::Said(text) => channel.send(text).await,
                Step::Cancelled => return,
                Step::Ended(outcome) => {
                    for text in self.rest() {
                        // When the client has gone, so has its interest in the rest.
                        let _ = channel.send(text).await;
                    }
                    let _ = channel.send(outcome.response(self.id())).await;
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

impl Words {
    fn of(conversation: &Conversation, request: &Request) -> Self {
        let asked = request.params.meta.log_level.clone();
        let level = match &conversation.session {
            Some(session) => Some(session.log_level().unwrap_or_default()),
            None => asked,
        };
        Self {
            id: request.id.clone(),
            progress_token: request.params.meta.progress_token.clone(),
            log_level: level.map(|level| outcome::severity(&level).unwrap_or_default()),
        }
    }

    /// Whether anything that happens meanwhile is worth telling.
    fn wants_events(&self) -> bool {
        self.progress_token.is_some() || self.log_level.is_some()
    }

    /// An event as the client hears of it, if it wants to.
    fn notification(&self, event: &Event) -> Option<ByteString> {
        match event {
            Event::Progress(params) => {
                let token = self.progress_token.as_ref()?;
                let params = edit::with_member(params, "progressToken", token);
                Some(outcome::notification(
                    "notifications/progress",
                    Some(&params),
                ))
            }
            Event::Message(params) => {
                let least = self.log_level?;
                let is_wanted = level_of(params).is_none_or(|level| level >= least);
                is_wanted.then(|| outcome::notification("notifications/message", Some(params)))
            }
        }
    }
}

/// How important a log message is; nothing where it does not say.
fn level_of(params: &Raw) -> Option<usize> {
    let members = json::members(params.get()).ok()?;
    let (_, level) = members.iter().find(|(name, _)| name == "level")?;
    outcome::severity(&serde_json::from_str::<String>(level.get()).ok()?)
}

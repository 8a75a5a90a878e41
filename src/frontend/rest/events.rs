//! A call as a stream of events (HTML standard, server-sent events).

use std::{pin::Pin, time::Duration};

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web::Data,
};
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior},
};

use super::{
    api_answer,
    tools::{Answer, Form},
};
use crate::{
    frontend::{State, accept::EVENT_STREAM},
    gateway::{End, Event, Exchange, ExchangeError},
};

/// How many events wait for a slow reader before some are dropped.
const CAPACITY: usize = 64;
/// How often a silent stream shows that it is alive, so that no proxy cuts it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What readers ignore.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// A call under way and what it shows. Dropping it cancels the call.
struct Call {
    run: Pin<Box<dyn Future<Output = Result<End, ExchangeError>>>>,
    events: mpsc::Receiver<Event>,
    /// Whether more events may come.
    listening: bool,
    heartbeat: Interval,
    form: Form,
}

/// Answers with what happens, then with the result or an error.
pub fn stream(state: Data<State>, mut exchange: Exchange, form: Form) -> HttpResponse {
    let (sender, events) = mpsc::channel(CAPACITY);
    exchange.wishes.events = Some(sender);
    let start = tokio::time::Instant::now() + HEARTBEAT;
    let mut heartbeat = tokio::time::interval_at(start, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let call = Call {
        run: Box::pin(async move { state.policy.run(exchange).await }),
        events,
        listening: true,
        heartbeat,
        form,
    };
    let chunks = stream::unfold(Some(call), async |call| {
        let (chunk, call) = call?.next().await;
        Some((Ok::<_, actix_web::Error>(chunk), call))
    });
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // nginx buffers answers unless told not to.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(chunks)
}

impl Call {
    /// The next chunk, and the call unless it ended.
    async fn next(mut self) -> (Bytes, Option<Self>) {
        tokio::select! {
            biased;
            event = self.events.recv(), if self.listening => {
                self.listening = event.is_some();
                (event.map_or(COMMENT, |event| chunk(&event)), Some(self))
            }
            end = &mut self.run => {
                let mut text = String::new();
                while let Ok(event) = self.events.try_recv() {
                    write_event(&mut text, &event);
                }
                self.write_end(&mut text, end);
                (text.into(), None)
            }
            _ = self.heartbeat.tick() => (COMMENT, Some(self)),
        }
    }

    fn write_end(&self, text: &mut String, end: Result<End, ExchangeError>) {
        let written = self.form.end(end).and_then(|answer| match answer {
            Answer::Result(result) => {
                let json = self.form.json(&result)?;
                write(text, "result", &String::from_utf8_lossy(&json));
                Ok(())
            }
            Answer::InputRequired(result) => {
                write(text, "input_required", result.get());
                Ok(())
            }
            Answer::Api(answer) if is_success(answer.status) => Err(self.form.unasked_answer()),
            Answer::Api(answer) => {
                write(text, "error", &api_answer::event_data(&answer));
                Ok(())
            }
        });
        if let Err(failure) = written {
            write(text, "error", &failure.event_data());
        }
    }
}

/// RFC 9110 section 15.3.
fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn chunk(event: &Event) -> Bytes {
    let mut text = String::new();
    write_event(&mut text, event);
    text.into()
}

fn write_event(text: &mut String, event: &Event) {
    match event {
        Event::Progress(params) => write(text, "progress", params.get()),
        Event::Message(params) => write(text, "message", params.get()),
    }
}

/// Writes an event; each line of its data is a field of its own.
fn write(text: &mut String, name: &str, data: &str) {
    text.reserve(name.len() + data.len() + 32);
    text.push_str("event: ");
    text.push_str(name);
    for line in data.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        text.push_str("\ndata: ");
        text.push_str(line);
    }
    text.push_str("\n\n");
}

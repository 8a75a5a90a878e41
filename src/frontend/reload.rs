//! `POST /-/reload`: the config is read again by hand, as SIGHUP does it.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};

use super::{State, answer};
use crate::gateway::{Caller, reloads::ReloadError};

/// Has the config be read again, and answers with what changed. A config that can't be used changes
/// nothing, and the answer says what is wrong with it. It is for administrators.
pub async fn reload(state: &State, caller: Option<&Caller>) -> HttpResponse {
    if caller.is_none_or(|caller| !caller.grants().admin) {
        return answer::detail(
            StatusCode::FORBIDDEN,
            "Only a key with the grant `admin` may have the config read again",
        );
    }
    match state.reloads.reload().await {
        Ok(report) => answer::value(StatusCode::OK, &*report),
        Err(error @ ReloadError::Config(_)) => {
            answer::detail(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
        }
        Err(error @ ReloadError::Busy) => {
            let mut response = answer::detail(StatusCode::SERVICE_UNAVAILABLE, &error.to_string());
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            response
        }
    }
}

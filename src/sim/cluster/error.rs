//! What an API server refuses, with its own words.

use serde_json::{Value, json};

use super::Gr;

/// A refusal as the API server gives it; [`ApiError::status`] is its body.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The HTTP status.
    pub code: u16,
    /// The machine-readable reason, for example `NotFound`.
    pub reason: &'static str,
    /// The message that kubectl prints.
    pub message: String,
    /// The `details` of the status; null for none.
    pub details: Value,
}

impl ApiError {
    /// An error without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn about(gr: Gr, name: &str, code: u16, reason: &'static str, message: String) -> Self {
        let details = if gr.group.is_empty() {
            json!({ "name": name, "kind": gr.resource })
        } else {
            json!({ "name": name, "group": gr.group, "kind": gr.resource })
        };
        Self { code, reason, message, details }
    }

    /// 404: no such object.
    pub fn not_found(gr: Gr, name: &str) -> Self {
        Self::about(gr, name, 404, "NotFound", format!("{gr} \"{name}\" not found"))
    }

    /// 409: an object of that name is there already.
    pub fn already_exists(gr: Gr, name: &str) -> Self {
        Self::about(gr, name, 409, "AlreadyExists", format!("{gr} \"{name}\" already exists"))
    }

    /// 409: the object has changed since the version given, or a precondition does not hold.
    pub fn conflict(gr: Gr, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {gr} \"{name}\": {why}");
        Self::about(gr, name, 409, "Conflict", message)
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 410: the resource version asked for has been compacted away.
    pub fn expired(from: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {from} ({oldest})"))
    }

    /// The `Status` object that the API server answers with.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status["code"] = json!(self.code);
        status
    }
}

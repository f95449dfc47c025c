//! Changes of silences: one request each, sent once, and not at all when the silence was changed since.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::map;
use crate::{
    connector::http::{Http, segment},
    model::{Fault, FaultKind, Receipt, SilenceChange, SilenceEdit, Str, Time},
};

/// A beginning so far back that no clock takes it for the future; the server begins a new silence now at the earliest.
const BEFORE: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "silenceID")]
    id: Str,
}

/// Sends a change, once.
///
/// # Errors
/// `Conflict` when the silence was changed since it was confirmed, `NotFound` when there is none, `Unknown` when no
/// answer came.
pub(super) async fn perform(http: &Http, now: Time, change: &SilenceChange) -> Result<Receipt, Fault> {
    match &change.edit {
        SilenceEdit::Create { matchers, lasts, by, comment } => {
            let body = json!({
                "matchers": matchers,
                "startsAt": now.minus(BEFORE),
                "endsAt": now.plus(*lasts),
                "createdBy": by,
                "comment": map::signed(comment, &change.action),
            });
            put(http, &body).await
        }
        SilenceEdit::Extend { updated, until } => {
            let mut body = held(http, change, *updated).await?;
            body["endsAt"] = json!(until);
            // What the server tells and does not take; all else goes back as it is.
            if let Some(fields) = body.as_object_mut() {
                fields.remove("status");
                fields.remove("updatedAt");
            }
            let mut receipt = put(http, &body).await?;
            if receipt.id.as_ref() != Some(&change.target.name) {
                let other = receipt.id.clone().unwrap_or_default();
                receipt.warnings.push(format!("the server made another silence of it: {other}").into());
            }
            Ok(receipt)
        }
        SilenceEdit::Expire { updated } => {
            held(http, change, *updated).await?;
            let path = format!("/api/v2/silence/{}", segment(&change.target.name));
            http.change(Method::DELETE, "expire the silence", path).reply().await?;
            Ok(Receipt { id: Some(Str::clone(&change.target.name)), warnings: Vec::new() })
        }
    }
}

async fn put(http: &Http, body: &Value) -> Result<Receipt, Fault> {
    let call = http.change(Method::POST, "send the silence", "/api/v2/silences").json_body(body);
    let put: Put = call.json().await?;
    Ok(Receipt { id: Some(put.id), warnings: Vec::new() })
}

/// The silence as it is, if it is still as it was confirmed.
async fn held(http: &Http, change: &SilenceChange, updated: Time) -> Result<Value, Fault> {
    const WHAT: &str = "read the silence";
    let path = format!("/api/v2/silence/{}", segment(&change.target.name));
    let held: Value = http.get(WHAT, path).json().await?;
    let is = held["updatedAt"].as_str().and_then(|at| at.parse::<Time>().ok());
    if is.is_some_and(|is| is.millis() == updated.millis()) {
        return Ok(held);
    }
    let why = "it was changed since it was confirmed";
    Err(http.fault(FaultKind::Conflict, WHAT, why).hint("nothing was sent; look again and plan anew"))
}

//! What `doctor` looks at in every system that speaks HTTP.

use std::{sync::Arc, time::Duration};

use http::header;

use super::http::{Call, Http, Reply};
use crate::model::{Check, CheckState, Clock, Time};

/// More difference between clocks than that breaks token checks.
const SKEW: Duration = Duration::from_secs(30);

/// A check that went well.
pub(crate) fn ok(name: &str, detail: String) -> Check {
    Check { name: name.into(), state: CheckState::Ok, detail: detail.into() }
}

/// A check that did not.
pub(crate) fn failed(name: &str, detail: String) -> Check {
    Check { name: name.into(), state: CheckState::Failed, detail: detail.into() }
}

/// Whether it answers at all and over TLS; with the answer when it is a good one.
pub(crate) async fn reach(http: &Http, call: Call<'_>) -> (Vec<Check>, Option<Reply>) {
    let base = match http.base().await {
        Ok(base) => base.to_owned(),
        Err(f) => return (vec![failed("reach", f.to_string())], None),
    };
    let started = std::time::Instant::now();
    let reply = match call.reply().await {
        Ok(reply) => reply,
        Err(f) => {
            let name = if f.why.starts_with("TLS") { "tls" } else { "reach" };
            return (vec![failed(name, f.to_string())], None);
        }
    };
    let took = started.elapsed().as_millis();
    let host = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
    let mut checks = vec![ok("reach", format!("{host} answers in {took} ms"))];
    checks.push(if base.starts_with("https://") {
        ok("tls", "certificate verified".into())
    } else {
        let detail = "plain http: whoever is on the way can read the token".to_owned();
        let local = ["127.", "localhost", "[::1]"].iter().any(|l| host.starts_with(l));
        let state = if local || !http.has_token() { CheckState::Ok } else { CheckState::Degraded };
        let detail = if local { "plain http on loopback".into() } else { detail };
        Check { name: "tls".into(), state, detail: detail.into() }
    });
    if reply.status.is_success() {
        return (checks, Some(reply));
    }
    checks
        .push(failed("answer", super::http::from_status(http.system(), "probe", &reply, false).to_string()));
    (checks, None)
}

/// How far the server's clock is from ours, by the `Date` of its answer.
pub(crate) fn clock(reply: &Reply, now: &Arc<dyn Clock>) -> Option<Check> {
    let date = reply.headers.get(header::DATE)?.to_str().ok()?;
    let theirs: Time = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().into();
    let ours = now.now();
    let skew = ours.since(theirs).max(theirs.since(ours));
    let detail = format!("{} s apart", skew.as_secs());
    Some(if skew > SKEW {
        Check {
            name: "clock".into(),
            state: CheckState::Degraded,
            detail: format!("{detail}: tokens may be refused; set the clock of one of the two").into(),
        }
    } else {
        ok("clock", detail)
    })
}

//! Response wrapping and the cubbyhole.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Core, Op, Refusal, Request, Secret};
use crate::model::Time;

/// What is said of a wrapping token that is used up, run out or unknown.
pub(super) const GONE: &str = "wrapping token is not valid or does not exist";

/// An answer that waits to be unwrapped.
#[derive(Debug)]
pub(super) struct Wrapped {
    answer: Secret,
    path: String,
    created: Time,
    ttl: Duration,
}

/// Puts an answer behind a wrapping token; answers without content pass.
pub(super) fn wrap(core: &mut Core, answer: Answer, ttl: Duration, path: &str, now: Time) -> Answer {
    let Answer::Secret(answer) = answer else { return answer };
    let token = format!("s.{}", core.letters(24));
    let wrap_info = json!({
        "token": token,
        "accessor": core.letters(24),
        "ttl": ttl.as_secs(),
        "creation_time": now.to_string(),
        "creation_path": path,
    });
    core.wraps.retain(|_, held| now < held.created.plus(held.ttl));
    core.wraps.insert(token, Wrapped { answer: *answer, path: path.to_owned(), created: now, ttl });
    Answer::Secret(Box::new(Secret { wrap_info, ..Secret::default() }))
}

/// `sys/wrapping/{lookup,unwrap,rewrap}`.
pub(super) fn answer(core: &mut Core, verb: &str, request: &Request, now: Time) -> Result<Answer, Refusal> {
    let gone = || Refusal::new(400, GONE);
    let id = request.text("token").or(request.token.as_deref()).ok_or_else(gone)?.to_owned();
    if core.wraps.get(&id).is_none_or(|held| now >= held.created.plus(held.ttl)) {
        return Err(gone());
    }
    match verb {
        "lookup" => {
            let held = core.wraps.get(&id).ok_or_else(gone)?;
            Ok(Answer::data(json!({
                "creation_path": held.path,
                "creation_time": held.created.to_string(),
                "creation_ttl": held.ttl.as_secs(),
            })))
        }
        "unwrap" => {
            let held = core.wraps.remove(&id).ok_or_else(gone)?;
            Ok(Answer::Secret(Box::new(held.answer)))
        }
        "rewrap" => {
            let held = core.wraps.remove(&id).ok_or_else(gone)?;
            Ok(wrap(core, Answer::Secret(Box::new(held.answer)), held.ttl, &held.path, now))
        }
        _ => Err(Refusal::unsupported_path()),
    }
}

/// The private store of each token.
pub(super) fn cubbyhole(
    core: &mut Core,
    token: &str,
    request: &Request,
    path: &str,
) -> Result<Answer, Refusal> {
    let held = core.cubbyholes.entry(token.to_owned()).or_default();
    match request.op {
        Op::Read => held.get(path).cloned().map(Answer::data).ok_or_else(Refusal::missing),
        Op::List => {
            let below = held.keys().filter_map(|key| key.strip_prefix(path));
            let mut keys: Vec<_> =
                below.map(|key| key.split_inclusive('/').next().unwrap_or(key).to_owned()).collect();
            keys.dedup();
            Answer::keys(keys)
        }
        Op::Write => {
            if request.body.is_empty() {
                return Err(Refusal::new(400, "missing data fields"));
            }
            held.insert(path.to_owned(), Value::Object(request.body.clone()));
            Ok(Answer::Nothing)
        }
        Op::Delete => {
            held.remove(path);
            Ok(Answer::Nothing)
        }
        Op::Patch | Op::Scan => Err(Refusal::unsupported_operation()),
    }
}

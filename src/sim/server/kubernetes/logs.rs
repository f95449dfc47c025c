//! `pods/log`: what a container wrote, from the current run or the one before, followed as it is written.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use serde_json::Value;
use tokio::sync::watch;

use super::Call;
use crate::{
    model::Time,
    sim::{
        cluster::{ApiError, Cluster, Subscription, known},
        http as serve,
        logs::{LogLine, LogStream},
    },
};

const TEXT: &str = "text/plain";

/// What is asked of a log.
struct Options {
    follow: bool,
    previous: bool,
    timestamps: bool,
    since: Option<Time>,
    tail: Option<usize>,
    limit: Option<usize>,
}

impl Options {
    fn of(call: &Call) -> Result<Self, ApiError> {
        let query = &call.query;
        let positive = |name: &str, least: i64| match query.number(name)? {
            Some(number) if number < least => Err(invalid(call.name(), name, number, least)),
            number => Ok(number),
        };
        let seconds = positive("sinceSeconds", 1)?;
        let time = query.get("sinceTime");
        if seconds.is_some() && time.is_some() {
            let why = "sinceTime: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
            return Err(refused(call.name(), why));
        }
        let since = match (seconds, time) {
            (Some(seconds), _) => Some(call.now().minus(Duration::from_secs(seconds.unsigned_abs()))),
            (None, Some(text)) => Some(text.parse().map_err(|_| {
                ApiError::bad_request(format!(
                    "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse"
                ))
            })?),
            _ => None,
        };
        let number = |name, least| positive(name, least).map(|n| n.and_then(|n| usize::try_from(n).ok()));
        Ok(Self {
            follow: query.flag("follow"),
            previous: query.flag("previous"),
            timestamps: query.flag("timestamps"),
            since,
            tail: number("tailLines", 0)?,
            limit: number("limitBytes", 1)?,
        })
    }

    fn chunk(&self, line: &LogLine) -> Vec<u8> {
        let stamp = if self.timestamps { stamp(line.time) } else { String::new() };
        format!("{stamp}{}\n", line.text).into_bytes()
    }
}

/// RFC 3339 with nine digits and a space, as the kubelet writes it.
fn stamp(time: Time) -> String {
    let seconds = time.rfc3339();
    format!("{}.{:09}Z ", seconds.trim_end_matches('Z'), time.nanos().rem_euclid(1_000_000_000))
}

fn refused(pod: &str, why: &str) -> ApiError {
    ApiError::new(422, "Invalid", format!("PodLogOptions {pod:?} is invalid: {why}"))
}

fn invalid(pod: &str, field: &str, number: i64, least: i64) -> ApiError {
    refused(pod, &format!("{field}: Invalid value: {number}: must be greater than or equal to {least}"))
}

/// GET on a pod's log.
pub(super) fn read(call: &Call) -> Result<Response, ApiError> {
    let pod = call.stored()?;
    let options = Options::of(call)?;
    let container = choose(&pod, call.query.get("container"))?;
    let (namespace, name) = call.place();
    let state = State::of(&pod, &container);
    let log = call.api.env.logs.get(namespace, name, &container);
    let run = state.run(log.as_deref(), options.previous, &container, name)?;
    let Some(log) = log else { return Ok(serve::text(StatusCode::OK, "")) };
    // What is written from here on comes by following, from the number of the next line on.
    let (_, next) = log.since(u64::MAX);
    let mut lines: VecDeque<LogLine> = log.of_run(run).into();
    lines.retain(|line| options.since.is_none_or(|since| line.time >= since));
    if let Some(tail) = options.tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut text: Vec<u8> = lines.iter().flat_map(|line| options.chunk(line)).collect();
    if let Some(limit) = options.limit {
        text.truncate(limit);
    }
    let over = options.limit.is_some_and(|limit| text.len() >= limit);
    if !options.follow || options.previous || !state.running || over {
        return Ok(serve::bytes(StatusCode::OK, TEXT, text));
    }
    let pods = call.cluster().watch(known::PODS, None)?;
    let follower = Follower {
        last: lines.back().map(|line| line.time),
        changes: log.changes(),
        left: options.limit.map(|limit| limit - text.len()),
        first: Some(text.into()),
        cluster: Arc::clone(call.cluster()),
        place: (namespace.to_owned(), name.to_owned(), container),
        log,
        pods,
        options,
        next,
        run,
    };
    let chunks =
        stream::unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) });
    Ok(serve::streaming(TEXT, chunks))
}

/// The container asked for; 400 when it is none of the pod's, or none is named and there are several.
fn choose(pod: &Value, wanted: Option<&str>) -> Result<String, ApiError> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let names = |list: &str| -> Vec<&str> {
        pod["spec"][list].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect()
    };
    let (own, init, other) = (names("containers"), names("initContainers"), names("ephemeralContainers"));
    match wanted {
        Some(wanted) if own.iter().chain(&init).chain(&other).any(|name| *name == wanted) => {
            Ok(wanted.to_owned())
        }
        Some(wanted) => Err(ApiError::bad_request(format!("container {wanted} is not valid for pod {name}"))),
        None if own.len() == 1 => Ok(own[0].to_owned()),
        None => {
            let more = match init.as_slice() {
                [] => String::new(),
                init => format!(" or one of the init containers: [{}]", init.join(" ")),
            };
            let message = format!(
                "a container name must be specified for pod {name}, choose one of: [{}]{more}",
                own.join(" ")
            );
            Err(ApiError::bad_request(message))
        }
    }
}

/// What the pod's status says of a container.
struct State {
    running: bool,
    /// Why it waits, empty when it does not.
    waiting: String,
    /// Whether a run before the present one has ended.
    ended_before: bool,
    /// Whether its last run has ended and it was not started again.
    ended: bool,
}

impl State {
    fn of(pod: &Value, container: &str) -> Self {
        let status = &pod["status"];
        let all = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
        let found = all
            .iter()
            .flat_map(|list| status[*list].as_array().into_iter().flatten())
            .find(|status| status["name"] == container);
        let Some(found) = found else {
            return Self {
                running: false,
                waiting: "ContainerCreating".to_owned(),
                ended_before: false,
                ended: false,
            };
        };
        let waiting = found.pointer("/state/waiting/reason").and_then(Value::as_str).unwrap_or_default();
        Self {
            running: found.pointer("/state/running").is_some_and(|state| !state.is_null()),
            waiting: waiting.to_owned(),
            ended_before: found.pointer("/lastState/terminated").is_some_and(|state| !state.is_null()),
            ended: found.pointer("/state/terminated").is_some_and(|state| !state.is_null()),
        }
    }

    /// Which run to show; 400 when it has not begun, as the kubelet says it.
    fn run(
        &self,
        log: Option<&LogStream>,
        previous: bool,
        container: &str,
        pod: &str,
    ) -> Result<u32, ApiError> {
        let run = log.map_or(0, LogStream::run);
        let waits = !self.running && !self.ended;
        if previous {
            return match (self.ended_before, waits) {
                // While it waits to be started again, the run that ended last is both the present and the previous.
                (true, true) => Ok(run),
                (true, false) => Ok(run.saturating_sub(1)),
                (false, _) => Err(ApiError::bad_request(format!(
                    "previous terminated container {container:?} in pod {pod:?} not found"
                ))),
            };
        }
        if !waits || self.ended_before {
            return Ok(run);
        }
        let why = match self.waiting.as_str() {
            "ErrImagePull" => "image can't be pulled",
            "ImagePullBackOff" => "trying and failing to pull image",
            "" => "ContainerCreating",
            reason => reason,
        };
        let message = format!("container {container:?} in pod {pod:?} is waiting to start: {why}");
        Err(ApiError::bad_request(message))
    }
}

/// A followed log; dropped when its client goes.
struct Follower {
    log: Arc<LogStream>,
    cluster: Arc<Cluster>,
    place: (String, String, String),
    changes: watch::Receiver<u64>,
    pods: Subscription,
    options: Options,
    run: u32,
    next: u64,
    last: Option<Time>,
    left: Option<usize>,
    first: Option<Bytes>,
}

impl Follower {
    /// The next lines; none when the run, the pod or the allowance is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Some(first);
        }
        loop {
            self.changes.borrow_and_update();
            // Asked before reading, so that what was written up to the end is still sent.
            let over = self.log.is_gone() || self.log.run() != self.run || !self.runs();
            let text = self.fresh();
            if !text.is_empty() {
                return Some(text.into());
            }
            if over || self.left == Some(0) {
                return None;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                event = self.pods.next() => if event.is_err() {
                    self.pods = self.cluster.watch(known::PODS, None).ok()?;
                }
            }
        }
    }

    fn runs(&self) -> bool {
        let (namespace, pod, container) = &self.place;
        let pod = self.cluster.get(known::PODS, namespace, pod);
        pod.is_ok_and(|pod| State::of(&pod, container).running)
    }

    fn fresh(&mut self) -> Vec<u8> {
        let (lines, next) = self.log.since(self.next);
        self.next = next;
        let mut text = Vec::new();
        for line in &lines {
            if line.run == self.run && self.last.is_none_or(|last| line.time > last) {
                text.extend(self.options.chunk(line));
                self.last = Some(line.time);
            }
        }
        if let Some(left) = &mut self.left {
            text.truncate(*left);
            *left -= text.len();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stamps_have_nine_digits() {
        // A line of the recorded log begins with this.
        let time: Time = "2026-11-21T06:04:25.726754099Z".parse().unwrap();
        assert_eq!(stamp(time), "2026-11-21T06:04:25.726754099Z ");
        assert_eq!(stamp(Time::from_secs(0)), "1970-01-01T00:00:00.000000000Z ");
    }

    #[test]
    fn a_container_must_be_named_where_there_are_several() {
        let pod = json!({ "metadata": { "name": "web" }, "spec": { "containers": [{ "name": "a" }, { "name": "b" }],
            "initContainers": [{ "name": "i" }] } });
        let refused = choose(&pod, None).unwrap_err();
        let wanted = "a container name must be specified for pod web, choose one of: [a b] or one of the init containers: [i]";
        assert_eq!((refused.code, refused.message.as_str()), (400, wanted));
        assert_eq!(choose(&pod, Some("i")).unwrap(), "i");
        assert_eq!(choose(&pod, Some("x")).unwrap_err().message, "container x is not valid for pod web");
    }

    #[test]
    fn runs_follow_the_containers_state() {
        let with = |state: Value, last: Value| {
            let status = json!({ "name": "c", "state": state, "lastState": last });
            State::of(&json!({ "status": { "containerStatuses": [status] } }), "c")
        };
        let log = crate::sim::logs::LogStore::default().open("ns", "p", "c", &[]);
        log.restarted(2);
        let ended = json!({ "terminated": { "exitCode": 1 } });
        let running = with(json!({ "running": {} }), ended.clone());
        assert_eq!(running.run(Some(&log), true, "c", "p").unwrap(), 1);
        assert_eq!(running.run(Some(&log), false, "c", "p").unwrap(), 2);
        let waiting = with(json!({ "waiting": { "reason": "CrashLoopBackOff" } }), ended);
        assert_eq!(waiting.run(Some(&log), true, "c", "p").unwrap(), 2);
        let fresh = with(json!({ "waiting": { "reason": "ImagePullBackOff" } }), json!({}));
        let refused = fresh.run(Some(&log), false, "c", "p").unwrap_err();
        assert_eq!(
            refused.message,
            "container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image"
        );
        assert_eq!(fresh.run(Some(&log), true, "c", "p").unwrap_err().code, 400);
    }
}

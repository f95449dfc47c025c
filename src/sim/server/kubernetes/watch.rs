//! Watches: the initial state, every change, bookmarks, and the end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::{
    list::{self, Selection},
    request::Query,
    view::{View, line},
};
use crate::{
    model::Clock,
    sim::{
        SimClock,
        cluster::{ApiError, Change, Cluster, Subscription, WatchEvent},
        http,
    },
};

const JSON: &str = "application/json";
/// How long a watch lasts that asks for no time-out; the real server picks 30 to 60 minutes.
const LONGEST: Duration = Duration::from_secs(45 * 60);
/// How often an open watch gets a bookmark, as the real server's cache does.
const BOOKMARK: Duration = Duration::from_secs(60);

/// One open watch; dropped when its client goes.
struct Watch {
    subscription: Subscription,
    selection: Selection,
    view: View,
    clock: Arc<SimClock>,
    queue: VecDeque<Bytes>,
    /// Whether the columns have been named.
    begun: bool,
    /// The version of the last bookmark or event sent.
    told: u64,
    bookmarks: Option<Interval>,
    end: Instant,
    ended: bool,
}

/// Opens a watch. Errors that only show once it streams come as an `ERROR` event with HTTP 200, as in reality.
pub(super) fn open(
    cluster: &Arc<Cluster>,
    clock: &Arc<SimClock>,
    view: View,
    selection: Selection,
    query: &Query,
) -> Result<Response, ApiError> {
    let initial = check_options(query)?;
    let version = list::parse_version(query.get("resourceVersion"))?;
    let gr = view.resource.stored;
    let marks = query.flag("allowWatchBookmarks");
    let from_start = version == 0 || initial == Some(true);
    let (objects, now) =
        if from_start { cluster.list_at(gr, selection.namespace.as_deref()) } else { (Vec::new(), version) };
    if version > cluster.version() {
        return Err(list::too_large(version, cluster.version()));
    }
    let subscription = match cluster.watch(gr, Some(now)) {
        Ok(subscription) => subscription,
        Err(error) => return Ok(http::bytes(::http::StatusCode::OK, JSON, refusal(&error))),
    };
    let seconds = query.number("timeoutSeconds")?.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let mut bookmarks = tokio::time::interval_at(Instant::now() + BOOKMARK, BOOKMARK);
    bookmarks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = Watch {
        subscription,
        selection,
        view,
        clock: Arc::clone(clock),
        queue: VecDeque::new(),
        begun: false,
        told: now,
        bookmarks: marks.then_some(bookmarks),
        end: Instant::now() + seconds.map_or(LONGEST, Duration::from_secs),
        ended: false,
    };
    if initial != Some(false) {
        for object in &objects {
            if watch.selection.matches(object) {
                watch.push("ADDED", object);
            }
        }
    }
    // A watch without a version ends its initial events with a bookmark too, where it takes bookmarks.
    if marks && from_start && (initial == Some(true) || query.get("resourceVersion").is_none()) {
        watch.queue.push_back(watch.view.bookmark(now, true).into());
    }
    let chunks = stream::unfold(watch, |mut watch| async move { Some((watch.next().await?, watch)) });
    Ok(http::streaming(JSON, chunks))
}

/// What `sendInitialEvents` says; 422 for combinations that the server forbids.
fn check_options(query: &Query) -> Result<Option<bool>, ApiError> {
    let matching = query.get("resourceVersionMatch");
    let initial = query.get("sendInitialEvents").map(|_| query.flag("sendInitialEvents"));
    let forbidden = |field: &str, why: &str| {
        let mut error = list::invalid_option(field, "", "");
        error.message = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: Forbidden: {why}");
        error.details["causes"] = json!([{ "reason": "FieldValueForbidden", "message": format!("Forbidden: {why}"), "field": field }]);
        error
    };
    match (initial, matching) {
        (None, Some(_)) => Err(forbidden(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )),
        (Some(_), other) if other != Some("NotOlderThan") => Err(forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )),
        _ => Ok(initial),
    }
}

fn refusal(error: &ApiError) -> Bytes {
    line(&json!({ "type": "ERROR", "object": error.status() })).into()
}

impl Watch {
    fn push(&mut self, change: &str, object: &Value) {
        self.view.now = self.clock.now();
        let columns = !std::mem::replace(&mut self.begun, true);
        self.queue.push_back(self.view.event(change, object, columns).into());
    }

    fn take(&mut self, events: &[WatchEvent]) {
        for event in events {
            let was = event.before.as_ref().is_some_and(|before| self.selection.matches(before));
            let is = event.change != Change::Deleted && self.selection.matches(&event.object);
            match (was, is) {
                (false, true) => self.push("ADDED", &event.object),
                (true, true) => self.push("MODIFIED", &event.object),
                (true, false) => match &event.before {
                    // What left the selection is shown as it was, at the version at which it left.
                    Some(before) if event.change != Change::Deleted => {
                        let mut object = Value::clone(before);
                        object["metadata"]["resourceVersion"] = json!(event.version.to_string());
                        self.push("DELETED", &object);
                    }
                    _ => self.push("DELETED", &event.object),
                },
                (false, false) => continue,
            }
            self.told = event.version;
        }
    }

    /// The next piece of the stream; none at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.queue.pop_front() {
                return Some(piece);
            }
            if self.ended {
                return None;
            }
            let bookmarks = &mut self.bookmarks;
            let marked = async {
                match bookmarks {
                    Some(interval) => drop(interval.tick().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                events = self.subscription.next() => match events {
                    Ok(events) => self.take(&events),
                    Err(error) => {
                        self.queue.push_back(refusal(&error));
                        self.ended = true;
                    }
                },
                () = marked => self.mark(),
                () = tokio::time::sleep_until(self.end) => {
                    self.ended = true;
                    if self.bookmarks.is_some() {
                        self.mark();
                    }
                }
            }
        }
    }

    /// Bookmarks the version reached, unless the client knows it.
    fn mark(&mut self) {
        let version = self.subscription.version();
        if version > self.told {
            self.told = version;
            self.queue.push_back(self.view.bookmark(version, false).into());
        }
    }
}

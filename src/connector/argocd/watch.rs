//! Watching applications: a light list for the first picture, then the stream, which brings every one whole.
//!
//! The list cannot give revisions, history or owners, so applications count as loaded once the stream has brought each
//! of them. The stream without a resource version begins with every application and sends no headers before its first event;
//! as SSE it says something every 15 s. Argo CD drops events for slow readers without a word (buffer of 1,000), so the
//! list is read again now and then, and the stream opened anew.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::header;
use tokio::time::Instant;

use super::{
    client::{Api, explain},
    map::Depth,
    wire,
};
use crate::{
    connector::{
        Sink,
        backoff::Backoff,
        http::{Call, garbled},
        poll::{after, jitter, pause},
    },
    model::{Application, Fault, FaultKind, Key, Kind, Record},
    store::{Delta, Status},
};

/// What the list gives without sending whole applications. Argo CD has a fixed table of what can be asked for
/// (`pkg/apiclient/application/forwarder_overwrite.go`): the rest of it is the hydrator, the creation and deletion
/// times, and the resources and the last result, which are most of an application's bytes.
const LIST_FIELDS: &str = "items.metadata.name,items.metadata.namespace,items.metadata.annotations,\
items.metadata.labels,items.spec,items.status.sync.status,items.status.health,items.status.summary,\
items.status.operationState.phase,items.status.operationState.startedAt,items.status.operationState.finishedAt,\
metadata.resourceVersion";
/// What a later list needs: who is still there.
const NAME_FIELDS: &str = "items.metadata.name,items.metadata.namespace,items.spec,metadata.resourceVersion";
/// What the stream gives, by prefix.
const STREAM_FIELDS: [&str; 22] = [
    "type",
    "application.metadata.name",
    "application.metadata.namespace",
    "application.metadata.uid",
    "application.metadata.labels",
    "application.metadata.ownerReferences",
    "application.metadata.annotations.argocd.argoproj.io/tracking-id",
    "application.metadata.annotations.vigie.dev/held-by",
    "application.metadata.annotations.vigie.dev/held-since",
    "application.metadata.annotations.vigie.dev/held-reason",
    "application.metadata.annotations.vigie.dev/held-policy",
    "application.spec",
    "application.operation",
    "application.status.sync.status",
    "application.status.sync.revision",
    "application.status.health",
    "application.status.history",
    "application.status.conditions",
    "application.status.resources",
    "application.status.operationState",
    "application.status.summary.images",
    "application.status.reconciledAt",
];
/// How long a stream is trusted.
const RELIST: Duration = Duration::from_secs(300);
/// The same when there is nothing yet that the stream could speak of.
const RELIST_EMPTY: Duration = Duration::from_secs(30);
/// A stream of events that is silent that long is dead: it says something every 15 s.
const SILENCE: Duration = Duration::from_secs(40);
/// How often the whole list is read where the stream is blocked.
const POLL: Duration = Duration::from_secs(15);
/// How long after its opening the stream may take to bring every application whole.
const SETTLE: Duration = Duration::from_secs(10);
/// The longest event that is taken in.
const LINE_LIMIT: usize = 16 << 20;

/// Applications as last sent, to tell what is gone and what is new.
#[derive(Default)]
struct Known {
    apps: HashMap<Key, Application>,
    /// Those that the list has named and the stream not yet brought whole.
    partial: HashSet<Key>,
}

impl Api {
    /// Watches until the sink closes.
    pub(super) async fn watch(&self, sink: &Sink) {
        let mut known = Known::default();
        let mut backoff = Backoff::new();
        let mut loaded = false;
        // How often in a row the stream would not come up although the list did.
        let mut blocked = 0_u32;
        loop {
            let listed = tokio::select! {
                answer = self.list(&mut known, loaded) => answer,
                () = sink.closed() => return,
            };
            let outcome = match listed {
                Ok(deltas) => {
                    loaded = true;
                    if !sink.send(deltas).await {
                        return;
                    }
                    self.follow(sink, &mut known).await
                }
                Err(fault) => Err((fault, false)),
            };
            let wait = match outcome {
                Ok(()) => {
                    (blocked, backoff) = (0, Backoff::new());
                    Duration::ZERO
                }
                Err((fault, true)) if blocked < 2 && fault.kind != FaultKind::Refused => {
                    blocked += 1;
                    let (status, wait) = after(sink, fault, &mut backoff);
                    if !sink.status(Kind::Application, status).await {
                        return;
                    }
                    wait
                }
                Err((fault, true)) => {
                    if !self.poll(sink, &mut known, &fault).await {
                        return;
                    }
                    blocked = 0;
                    Duration::ZERO
                }
                Err((fault, false)) => {
                    let (status, wait) = after(sink, fault, &mut backoff);
                    if !sink.status(Kind::Application, status).await {
                        return;
                    }
                    wait
                }
            };
            if sink.is_closed() || !pause(sink, wait).await {
                return;
            }
        }
    }

    fn projects<'a>(&self, mut call: Call<'a>) -> Call<'a> {
        for project in &self.config.projects {
            call = call.query("projects", project);
        }
        call
    }

    async fn read_list(&self, fields: Option<&str>) -> Result<Vec<wire::App>, Fault> {
        let mut call = self.projects(self.http.get("list applications", "/api/v1/applications"));
        if let Some(fields) = fields {
            call = call.query("fields", fields);
        }
        let list = call.timeout(Duration::from_secs(60)).json::<wire::List>().await;
        list.map(|l| l.items).map_err(|f| explain(f, None))
    }

    /// The first list goes out as it is; later ones only say who is gone.
    async fn list(&self, known: &mut Known, loaded: bool) -> Result<Vec<Delta>, Fault> {
        let fields = if loaded { NAME_FIELDS } else { LIST_FIELDS };
        let apps = self.read_list(Some(fields)).await?;
        let mut names = self.names();
        names.extend(apps.iter().map(|a| a.metadata.name.clone()));
        if loaded {
            let there: HashSet<Key> = apps.iter().map(|a| self.mapper.key(a)).collect();
            let gone: Vec<Key> = known.apps.keys().filter(|k| !there.contains(k)).cloned().collect();
            let removed = gone.into_iter().inspect(|k| drop(known.apps.remove(k))).map(Delta::Remove);
            let mut deltas: Vec<_> = removed.collect();
            known.partial.clear();
            deltas.push(Delta::Synced(Kind::Application));
            return Ok(deltas);
        }
        let apps: Vec<_> =
            apps.into_iter().map(|a| self.mapper.application(a, Depth::Watch, &names)).collect();
        self.remember(apps.iter());
        let mut deltas = vec![Delta::Reset(Kind::Application)];
        for app in apps {
            deltas.push(Delta::Upsert(Record::Application(Box::new(app.clone()))));
            known.partial.insert(app.key.clone());
            known.apps.insert(app.key.clone(), app);
        }
        if known.partial.is_empty() {
            deltas.push(Delta::Synced(Kind::Application));
        }
        Ok(deltas)
    }

    /// Follows the stream until it is time to list anew; a fault says whether the stream itself would not come up.
    async fn follow(&self, sink: &Sink, known: &mut Known) -> Result<(), (Fault, bool)> {
        let relist = if known.apps.is_empty() { RELIST_EMPTY } else { RELIST };
        let until = Instant::now() + jitter(relist);
        let fields: Vec<_> = STREAM_FIELDS.iter().map(|f| format!("result.{f}")).collect();
        let call = self.projects(self.http.get("follow applications", "/api/v1/stream/applications"));
        let call = call
            .query("fields", format!("{},error", fields.join(",")))
            .header(header::ACCEPT, "text/event-stream");
        let opened = tokio::select! {
            // Nothing to speak of, nothing said: no headers either.
            answer = call.timeout(if known.apps.is_empty() { relist } else { SILENCE }).open() => answer,
            () = sink.closed() => return Ok(()),
        };
        let response = match opened {
            Ok(response) => response,
            Err(f) if f.kind == FaultKind::Timeout && known.apps.is_empty() => return Ok(()),
            Err(f) => return Err((explain(f, None), true)),
        };
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let beats = kind.starts_with("text/event-stream");
        if kind.starts_with("text/html") {
            let why = "an HTML page instead of the stream";
            return Err((garbled(self.http.system(), "follow applications", why, false), true));
        }
        if !sink.status(Kind::Application, Status::Live).await {
            return Ok(());
        }
        let mut lines = Lines::new(response.bytes_stream());
        let mut heard = false;
        let settled = Instant::now() + SETTLE;
        loop {
            if !known.partial.is_empty() && Instant::now() >= settled {
                known.partial.clear();
                if !sink.send(vec![Delta::Synced(Kind::Application)]).await {
                    return Ok(());
                }
            }
            let silent = if beats { Instant::now() + SILENCE } else { until };
            let settle = if known.partial.is_empty() { until } else { settled };
            let read = tokio::select! {
                read = lines.next() => read,
                () = tokio::time::sleep_until(silent.min(settle).min(until)) => {
                    let now = Instant::now();
                    if now >= until {
                        return Ok(());
                    }
                    if now < silent {
                        continue;
                    }
                    let why = format!("the stream has been silent for {} s", SILENCE.as_secs());
                    return Err((self.http.fault(FaultKind::Timeout, "follow applications", why), !heard));
                }
                () = sink.closed() => return Ok(()),
            };
            let lines = match read {
                Ok(Some(lines)) => lines,
                Ok(None) if heard => return Ok(()),
                Ok(None) => {
                    let why = "the stream ended before it began";
                    return Err((self.http.fault(FaultKind::Garbled, "follow applications", why), true));
                }
                Err(why) => {
                    return Err((
                        self.http.fault(FaultKind::Unreachable, "follow applications", why),
                        !heard,
                    ));
                }
            };
            heard = true;
            let deltas = self.take(&lines, known).map_err(|f| (f, false))?;
            let alive = if deltas.is_empty() {
                sink.status(Kind::Application, Status::Live).await
            } else {
                sink.send(deltas).await
            };
            if !alive {
                return Ok(());
            }
        }
    }

    /// Turns lines of the stream into deltas; unchanged applications are left out.
    fn take(&self, lines: &[Bytes], known: &mut Known) -> Result<Vec<Delta>, Fault> {
        const WHAT: &str = "follow applications";
        let mut deltas = Vec::new();
        let mut names = None;
        // Whether the last of those that the list had named has come.
        let mut last = false;
        for line in lines {
            let line = line.trim_ascii();
            let json = line.strip_prefix(b"data:").unwrap_or(line).trim_ascii();
            if json.is_empty() || json.starts_with(b":") {
                continue;
            }
            let frame: wire::Frame = serde_json::from_slice(json).map_err(|e| {
                garbled(self.http.system(), WHAT, format!("an event is not readable: {e}"), false)
            })?;
            if let Some(error) = frame.error {
                let kind = match error.http_code {
                    401 => FaultKind::Unauthenticated,
                    403 => FaultKind::Refused,
                    _ => FaultKind::Server,
                };
                return Err(explain(self.http.fault(kind, WHAT, error.message), None));
            }
            let Some(event) = frame.result else { continue };
            let key = self.mapper.key(&event.application);
            last |= known.partial.remove(&key) && known.partial.is_empty();
            if &*event.kind == "DELETED" {
                known.apps.remove(&key);
                deltas.push(Delta::Remove(key));
                continue;
            }
            let names = names.get_or_insert_with(|| self.names());
            let before = known.apps.get(&key);
            deltas.extend(self.mapper.deployments(&event.application, before));
            let app = self.mapper.application(event.application, Depth::Watch, names);
            if before != Some(&app) {
                self.remember(std::iter::once(&app));
                deltas.push(Delta::Upsert(Record::Application(Box::new(app.clone()))));
                known.apps.insert(key, app);
            }
        }
        if last {
            deltas.push(Delta::Synced(Kind::Application));
        }
        Ok(deltas)
    }

    /// Reads the whole list again and again for a while, because the stream is blocked; `false` when the sink closed.
    async fn poll(&self, sink: &Sink, known: &mut Known, blocked: &Fault) -> bool {
        let until = Instant::now() + RELIST;
        let why = format!("reading all every {} s: the stream is blocked ({})", POLL.as_secs(), blocked.why);
        let mut backoff = Backoff::new();
        while Instant::now() < until {
            let wait = match self.read_list(None).await {
                Ok(apps) => {
                    let mut names = self.names();
                    names.extend(apps.iter().map(|a| a.metadata.name.clone()));
                    let mut old = std::mem::take(known).apps;
                    let mut deltas = Vec::new();
                    for app in apps {
                        let before = old.get(&self.mapper.key(&app));
                        deltas.extend(self.mapper.deployments(&app, before));
                        let app = self.mapper.application(app, Depth::Watch, &names);
                        if old.remove(&app.key).as_ref() != Some(&app) {
                            deltas.push(Delta::Upsert(Record::Application(Box::new(app.clone()))));
                        }
                        known.apps.insert(app.key.clone(), app);
                    }
                    self.remember(known.apps.values());
                    deltas.extend(old.into_keys().map(Delta::Remove));
                    deltas.push(Delta::Synced(Kind::Application));
                    deltas.push(Delta::Status(Kind::Application, Status::Degraded(why.as_str().into())));
                    if !sink.send(deltas).await {
                        return false;
                    }
                    backoff.reset();
                    jitter(POLL)
                }
                Err(fault) => {
                    let (status, wait) = after(sink, fault, &mut backoff);
                    if !sink.status(Kind::Application, status).await {
                        return false;
                    }
                    wait
                }
            };
            if !pause(sink, wait).await {
                return false;
            }
        }
        true
    }
}

/// Whole lines out of chunks.
struct Lines<S> {
    chunks: S,
    rest: Vec<u8>,
}

impl<S, E> Lines<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::error::Error + 'static,
{
    fn new(chunks: S) -> Self {
        Self { chunks, rest: Vec::new() }
    }

    /// The lines that the next chunk completes, maybe none; nothing at the end.
    async fn next(&mut self) -> Result<Option<Vec<Bytes>>, String> {
        let chunk = match self.chunks.next().await {
            None if self.rest.trim_ascii().is_empty() => return Ok(None),
            None => return Err("the stream was cut in the middle of an event".into()),
            Some(Err(e)) => {
                let mut root: &dyn std::error::Error = &e;
                while let Some(inner) = root.source() {
                    root = inner;
                }
                return Err(format!("the stream broke: {root}"));
            }
            Some(Ok(chunk)) => chunk,
        };
        self.rest.extend_from_slice(&chunk);
        let Some(end) = self.rest.iter().rposition(|b| *b == b'\n') else {
            if self.rest.len() > LINE_LIMIT {
                return Err(format!("an event is larger than {} MiB", LINE_LIMIT >> 20));
            }
            return Ok(Some(Vec::new()));
        };
        let rest = self.rest.split_off(end + 1);
        let whole = Bytes::from(std::mem::replace(&mut self.rest, rest));
        Ok(Some(whole.split(|b| *b == b'\n').map(|line| whole.slice_ref(line)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn lines(chunks: &[&'static str]) -> Result<Vec<String>, String> {
        let chunks: Vec<Result<Bytes, Infallible>> =
            chunks.iter().map(|c| Ok(Bytes::from_static(c.as_bytes()))).collect();
        let mut lines = Lines::new(futures::stream::iter(chunks));
        let mut out = Vec::new();
        while let Some(some) = lines.next().await? {
            out.extend(
                some.iter().map(|l| String::from_utf8_lossy(l).into_owned()).filter(|l| !l.is_empty()),
            );
        }
        Ok(out)
    }

    #[tokio::test]
    async fn lines_are_whole_however_they_arrive() {
        let found = lines(&["data: {\"a\":", " 1} \n\nda", "ta: 2\n", ":\n"]).await;
        assert_eq!(found.expect("whole"), ["data: {\"a\": 1} ", "data: 2", ":"]);
        let cut = lines(&["data: 1\n", "data: {\"x"]).await;
        assert_eq!(cut.expect_err("cut"), "the stream was cut in the middle of an event");
    }
}

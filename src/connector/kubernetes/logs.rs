//! Logs of a pod's containers, line by line; a followed log goes on over broken connections and restarts.

mod split;

use std::time::Duration;

use futures::future::join_all;
use serde::Deserialize;
use tokio::time::sleep;

use self::split::Splitter;
use super::{
    Core,
    access::{Ask, Chunks, escape},
    failure::Failure,
    object,
};
use crate::{
    connector::{LogSink, backoff::Backoff},
    model::{Fault, FaultKind, Key, Kind, LogLine, LogRequest, LogTarget, Str, Time},
};

/// How long a log that is not followed may pause.
const PAUSE: Duration = Duration::from_secs(30);
/// A followed log may be silent for as long as it likes; the gate notices a dead server.
const FOLLOWED: Duration = Duration::from_secs(24 * 3600);
/// How long a container is given to start before its log is asked for again.
const STARTING: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Pod {
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Vec<Named>,
    #[serde(default)]
    init_containers: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    phase: String,
}

/// Reads until the log ends or nobody listens.
pub(super) async fn read(core: &Core, request: LogRequest, sink: LogSink) -> Result<(), Fault> {
    let LogTarget::Pod { key, container, previous } = &request.target else {
        return Err(core.access.words().fault(
            FaultKind::Unsupported,
            "read logs",
            "a cluster answers no LogQL",
        ));
    };
    let containers = if let Some(name) = container {
        vec![name.clone()]
    } else {
        let spec = pod(core, key).await?.spec;
        spec.init_containers.iter().chain(&spec.containers).map(|c| c.name.as_str().into()).collect()
    };
    let readers = containers.into_iter().map(|container| {
        let reader = Reader {
            core,
            key,
            container,
            previous: *previous,
            follow: request.follow && !previous,
            tail: request.tail,
            since: request.since,
            seen: Seen::default(),
            sink: &sink,
        };
        reader.run()
    });
    // One container without a log does not hide the others.
    let mut results = join_all(readers).await;
    if results.iter().any(Result::is_ok) { Ok(()) } else { results.pop().unwrap_or(Ok(())) }
}

async fn pod(core: &Core, key: &Key) -> Result<Pod, Failure> {
    let what = format!("read {key}");
    let Some(resource) = object::resource(Kind::Pod) else {
        return Err(core.access.words().fault(FaultKind::Unsupported, &what, "no pods here").into());
    };
    core.access.ask_json(Ask::get(&resource.object(&key.namespace, &key.name), &what)).await
}

/// The last line passed on, so that none is shown twice after a reconnection.
#[derive(Default, Debug)]
struct Seen {
    at: Option<Time>,
    /// Lines with that very moment.
    same: usize,
    /// Of those, how many are still to be skipped.
    skip: usize,
}

impl Seen {
    /// A new connection replays from the second of the last line.
    fn reconnect(&mut self) {
        self.skip = self.same;
    }

    /// Whether a line is new.
    fn is_new(&mut self, at: Time) -> bool {
        match self.at {
            Some(last) if at < last => false,
            Some(last) if at == last && self.skip > 0 => {
                self.skip -= 1;
                false
            }
            Some(last) if at == last => {
                self.same += 1;
                true
            }
            _ => {
                (self.at, self.same, self.skip) = (Some(at), 1, 0);
                true
            }
        }
    }
}

/// Reads one container.
struct Reader<'a> {
    core: &'a Core,
    key: &'a Key,
    container: Str,
    previous: bool,
    follow: bool,
    tail: Option<u32>,
    since: Option<Duration>,
    seen: Seen,
    sink: &'a LogSink,
}

impl Reader<'_> {
    async fn run(mut self) -> Result<(), Fault> {
        let mut backoff = Backoff::new();
        let mut connected = false;
        loop {
            let outcome = tokio::select! {
                () = self.sink.closed() => return Ok(()),
                () = self.core.gate.lost() => Ok(()),
                outcome = self.once(&mut connected) => outcome,
            };
            let delay = match outcome {
                Ok(()) if !self.follow => return Ok(()),
                Ok(()) => STARTING / 2,
                // The container has not started yet.
                Err(failure) if failure.code == 400 && self.follow => STARTING,
                Err(failure) if !self.follow || !connected || failure.code == 404 => {
                    return self.end(failure, connected);
                }
                Err(failure) => backoff.next(failure.fault.retry_after),
            };
            if connected && self.is_over().await {
                return Ok(());
            }
            tokio::select! {
                () = self.sink.closed() => return Ok(()),
                () = sleep(delay) => {}
            }
            self.seen.reconnect();
        }
    }

    /// A pod that goes while it is followed ends its log; otherwise the failure counts.
    fn end(&self, failure: Failure, connected: bool) -> Result<(), Fault> {
        if failure.code == 404 && connected {
            return Ok(());
        }
        let hint = match failure.code {
            400 if self.previous => "the container has not been restarted: there is no previous log",
            400 => "the container has not started: see the pod's events",
            _ => return Err(failure.fault),
        };
        Err(failure.fault.hint(hint))
    }

    /// Whether nothing more can come.
    async fn is_over(&self) -> bool {
        match pod(self.core, self.key).await {
            Ok(pod) => matches!(&*pod.status.phase, "Succeeded" | "Failed"),
            Err(failure) => failure.code == 404,
        }
    }

    fn path(&self) -> String {
        let mut path = format!(
            "/api/v1/namespaces/{}/pods/{}/log?timestamps=true&container={}",
            self.key.namespace,
            escape(&self.key.name),
            escape(&self.container)
        );
        if self.follow {
            path.push_str("&follow=true");
        }
        if self.previous {
            path.push_str("&previous=true");
        }
        if let Some(at) = self.seen.at {
            return format!("{path}&sinceTime={}", escape(&at.rfc3339()));
        }
        if let Some(tail) = self.tail {
            path = format!("{path}&tailLines={tail}");
        }
        if let Some(since) = self.since {
            path = format!("{path}&sinceSeconds={}", since.as_secs().max(1));
        }
        path
    }

    /// One connection, until it ends.
    async fn once(&mut self, connected: &mut bool) -> Result<(), Failure> {
        let what = format!("read the log of {}", self.key);
        let path = self.path();
        let response =
            self.core.access.send(Ask { accept: "*/*", plain: true, ..Ask::get(&path, &what) }).await?;
        *connected = true;
        let limit = if self.follow { FOLLOWED } else { PAUSE };
        let mut chunks = Chunks::new(response, self.core.access.words(), &what, limit);
        let mut splitter = Splitter::default();
        while let Some(chunk) = chunks.next().await? {
            let mut lines = Vec::new();
            splitter.feed(&chunk, |line| lines.extend(self.line(line)));
            if !lines.is_empty() && self.sink.send(lines).await.is_err() {
                return Ok(());
            }
        }
        let mut lines = Vec::new();
        splitter.finish(|line| lines.extend(self.line(line)));
        if !lines.is_empty() {
            let _ = self.sink.send(lines).await;
        }
        Ok(())
    }

    /// A line as it is handed on; `None` when it was already.
    fn line(&mut self, raw: &str) -> Option<LogLine> {
        let (at, text) = split::timestamp(raw);
        let at = match at {
            Some(at) if self.seen.is_new(at) => at,
            Some(_) => return None,
            // Not written by the container: what the kubelet says when it cannot go on.
            None => self.seen.at.unwrap_or_else(|| self.core.clock.now()),
        };
        Some(LogLine {
            at,
            origin: self.key.name.clone(),
            container: self.container.clone(),
            text: text.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_twice_after_a_reconnection() {
        let t = Time::from_millis;
        let mut seen = Seen::default();
        let first: Vec<bool> = [1000, 1500, 1500].into_iter().map(|ms| seen.is_new(t(ms))).collect();
        assert_eq!(first, [true; 3]);
        seen.reconnect();
        let again: Vec<bool> =
            [1000, 1500, 1500, 1500, 1600].into_iter().map(|ms| seen.is_new(t(ms))).collect();
        assert_eq!(again, [false, false, false, true, true]);
    }
}

//! The logs of an application's pods, as a stream of entries.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    api::{Answer, Ctx, Events, Refusal},
    stream::from_channel,
};
use crate::{
    model::Time,
    sim::{
        argocd::{View, app_tree, text},
        cluster::known,
        logs::{LogLine, LogStream},
    },
};

/// What of the lines is asked for.
struct Wanted {
    since: Option<Time>,
    until: Option<Time>,
    tail: Option<usize>,
    previous: bool,
    follow: bool,
    filter: Option<(String, bool, bool)>,
}

impl Wanted {
    fn of(request: &Value, now: Time) -> Result<Self, Refusal> {
        let number = |field: &str| request[field].as_i64().filter(|n| *n > 0);
        let since = match number("sinceSeconds") {
            Some(seconds) => Some(now.minus(Duration::from_secs(seconds as u64))),
            None => text(request, "/sinceTime").parse().ok(),
        };
        let until =
            match text(request, "/untilTime") {
                "" => None,
                until => Some(until.parse().map_err(|error| {
                    Refusal::unknown(format!("invalid untilTime parameter value: {error}"))
                })?),
            };
        let filter = match text(request, "/filter") {
            "" => None,
            filter => {
                let (inverse, literal) =
                    filter.strip_prefix('!').map_or((false, filter), |rest| (true, rest));
                let exact = request["matchCase"] == true;
                Some((if exact { literal.to_owned() } else { literal.to_lowercase() }, inverse, exact))
            }
        };
        Ok(Self {
            since,
            until,
            tail: number("tailLines").map(|tail| tail as usize),
            previous: request["previous"] == true,
            follow: request["follow"] == true,
            filter,
        })
    }

    fn passes(&self, line: &LogLine) -> bool {
        let text_passes = self.filter.as_ref().is_none_or(|(literal, inverse, exact)| {
            let found =
                if *exact { line.text.contains(literal) } else { line.text.to_lowercase().contains(literal) };
            found != *inverse
        });
        text_passes
            && self.since.is_none_or(|since| line.time >= since)
            && self.until.is_none_or(|until| line.time <= until)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is an item of a stream of answers")]
fn entry(content: &str, time: Time, last: bool, pod: &str) -> Answer {
    Ok(
        json!({ "content": content, "timeStamp": time.rfc3339(), "last": last, "timeStampStr": time.to_string(),
        "podName": pod }),
    )
}

/// The containers whose logs are meant; an error line in place of one that must be chosen.
fn containers(ctx: &Ctx, request: &Value, app: View<'_>) -> Vec<Result<Arc<LogStream>, (String, String)>> {
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    let (kind, name) = match field("podName") {
        "" => (field("kind"), field("resourceName")),
        pod => ("Pod", pod),
    };
    let tree = app_tree(ctx.env(), &ctx.api.comparison(app));
    let nodes: &[Value] = tree["nodes"].as_array().map_or(&[], Vec::as_slice);
    let is = |node: &Value| {
        (kind.is_empty() || node["kind"] == kind)
            && (name.is_empty() || node["name"] == name)
            && (field("group").is_empty() || text(node, "/group") == field("group"))
            && (field("namespace").is_empty() || text(node, "/namespace") == field("namespace"))
    };
    let parent = |node: &Value| {
        let uid = text(node, "/parentRefs/0/uid").to_owned();
        nodes.iter().find(|other| !uid.is_empty() && text(other, "/uid") == uid)
    };
    let selected = |node: &&Value| {
        let mut at = Some(*node);
        while let Some(held) = at {
            if is(held) {
                return true;
            }
            at = parent(held);
        }
        false
    };
    let pods = nodes.iter().filter(|node| node["kind"] == "Pod").filter(selected);
    pods.filter_map(|node| container(ctx, text(node, "/namespace"), text(node, "/name"), field("container")))
        .collect()
}

fn container(
    ctx: &Ctx,
    namespace: &str,
    pod: &str,
    asked: &str,
) -> Option<Result<Arc<LogStream>, (String, String)>> {
    let object = ctx.env().cluster.get(known::PODS, namespace, pod).ok()?;
    let listed = object.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = listed.map(|container| text(container, "/name")).collect();
    let name = match (asked, names.as_slice()) {
        ("", [only]) => *only,
        ("", _) => {
            let names = names.join(" ");
            let why = format!("a container name must be specified for pod {pod}, choose one of: [{names}]");
            return Some(Err((pod.to_owned(), why)));
        }
        (asked, names) if names.contains(&asked) => asked,
        (asked, _) => {
            let why = format!("container {asked} is not valid for pod {pod}");
            return Some(Err((pod.to_owned(), why)));
        }
    };
    let waiting = || {
        let why = format!("container {name:?} in pod {pod:?} is waiting to start: ContainerCreating");
        (pod.to_owned(), why)
    };
    Some(ctx.env().logs.get(namespace, pod, name).ok_or_else(waiting))
}

/// `ApplicationService/PodLogs`. Lines of several pods are merged by time; an unknown pod has none.
pub(super) fn pod_logs(ctx: Ctx, request: Value) -> Result<Events, Refusal> {
    let app = ctx.app(&request, "name", "get")?;
    ctx.enforce("logs", "get", &View(&app).rbac_name())?;
    let now = ctx.env().now();
    let wanted = Arc::new(Wanted::of(&request, now)?);
    let found = containers(&ctx, &request, View(&app));
    if found.is_empty() {
        return Ok(futures::stream::empty().boxed());
    }
    let mut first: Vec<(Time, Answer)> = Vec::new();
    let mut followed = Vec::new();
    for stream in found {
        match stream {
            Err((pod, why)) => first.push((now, entry(&why, now, false, &pod))),
            Ok(stream) => {
                let (_, next) = stream.since(u64::MAX);
                let run = stream.run();
                let run = if wanted.previous { run.checked_sub(1) } else { Some(run) };
                let mut lines = run.map_or_else(Vec::new, |run| stream.of_run(run));
                lines.retain(|line| wanted.since.is_none_or(|since| line.time >= since));
                let skip = wanted.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
                let lines = lines.into_iter().skip(skip).filter(|line| wanted.passes(line));
                first.extend(lines.map(|line| (line.time, entry(&line.text, line.time, false, &stream.pod))));
                followed.push((stream, next));
            }
        }
    }
    first.sort_by_key(|(time, _)| *time);
    let first = futures::stream::iter(first.into_iter().map(|(_, entry)| entry));
    let end = move || {
        let now = ctx.env().now();
        entry("", now, true, "")
    };
    if !wanted.follow {
        return Ok(first.chain(futures::stream::once(async move { end() })).boxed());
    }
    let (sender, receiver) = mpsc::channel(64);
    for (stream, next) in followed {
        tokio::spawn(follow(stream, next, Arc::clone(&wanted), sender.clone()));
    }
    drop(sender);
    Ok(first.chain(from_channel(receiver)).chain(futures::stream::once(async move { end() })).boxed())
}

/// Sends the lines of a container as they are written, until the pod or the reader has gone.
async fn follow(stream: Arc<LogStream>, mut next: u64, wanted: Arc<Wanted>, sender: mpsc::Sender<Answer>) {
    let mut changes = stream.changes();
    loop {
        changes.borrow_and_update();
        let gone = stream.is_gone();
        let (lines, end) = stream.since(next);
        next = end;
        for line in lines.iter().filter(|line| wanted.passes(line)) {
            if sender.send(entry(&line.text, line.time, false, &stream.pod)).await.is_err() {
                return;
            }
        }
        if gone {
            return;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = sender.closed() => return,
        }
    }
}

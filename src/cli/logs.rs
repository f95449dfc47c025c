//! `vigie logs TARGET`: lines of pods and of Loki, merged by time.

use std::{sync::Arc, time::Duration};

use clap::Args;
use futures::future::join_all;
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    model::{Key, Kind, LogLine, LogRequest, LogTarget, Str, SystemKind, parse_duration, text},
    runtime::Supervisor,
    store::Store,
    triage::{Focus, Scope},
};

use super::{
    answer::{Exit, Format},
    context::Common,
    csv,
    output::{out, say},
};

/// Arguments of `logs`.
#[derive(Args, Clone, Debug)]
pub struct Logs {
    /// An application, a pod, `NAMESPACE/POD`, `deployment/NAME`, or a LogQL query in braces for Loki
    pub target: String,
    /// Go on with new lines
    #[arg(short, long)]
    pub follow: bool,
    /// At most so many lines of each container from before now
    #[arg(long, default_value_t = 200)]
    pub tail: u32,
    /// Nothing older than this: 30s, 10m, 2h
    #[arg(long, value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Only this container
    #[arg(short, long)]
    pub container: Option<String>,
    /// The instance before the last restart
    #[arg(short, long)]
    pub previous: bool,
}

/// Finds what is meant, reads it, and prints lines in the order of time.
pub async fn run(common: &Common, args: &Logs) -> Exit {
    let (_, supervisor, mut store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    let targets = if args.target.starts_with('{') {
        queries(&supervisor, &args.target)
    } else {
        supervisor.collect(&mut store, common.patience()).await;
        pods(&store, args)
    };
    if targets.is_empty() {
        say(format!(
            "nothing named `{}` has logs; try `vigie get pods` or `vigie get applications`",
            args.target
        ));
        return Exit::Usage;
    }
    read(common, args, &supervisor, targets).await
}

fn queries(supervisor: &Supervisor, query: &str) -> Vec<(crate::model::Source, LogTarget)> {
    let lokis = supervisor.connectors().iter().filter(|c| c.system().kind == SystemKind::Loki);
    lokis
        .map(|c| c.system().source)
        .map(|source| (source, LogTarget::Query { source, query: query.into() }))
        .collect()
}

/// The pods meant: by name, by `namespace/name`, by `kind/name` of their owner, or all of an application.
fn pods(store: &Store, args: &Logs) -> Vec<(crate::model::Source, LogTarget)> {
    let (left, name) = args.target.split_once('/').unwrap_or(("", &args.target));
    let kind = left.parse::<Kind>().ok();
    let named = |key: &Key| {
        *key.name == *name && (left.is_empty() || kind == Some(key.kind) || *key.namespace == *left)
    };
    let owners = store.applications.iter().map(|a| &a.key).chain(store.workloads.iter().map(|w| &w.key));
    let scopes: Vec<Scope> =
        owners.filter(|k| named(k)).map(|k| Scope::of(store, &Focus::Entity(k.clone()))).collect();
    let mut found: Vec<_> = store
        .pods
        .iter()
        .filter(|p| named(&p.key) || scopes.iter().any(|s| s.pod(p)))
        .map(|p| p.key.clone())
        .collect();
    found.sort();
    let container: Option<Str> = args.container.as_deref().map(Str::from);
    found
        .into_iter()
        .map(|key| {
            (key.source, LogTarget::Pod { key, container: container.clone(), previous: args.previous })
        })
        .collect()
}

/// The columns of `-o csv`.
const FIELDS: [&str; 4] = ["at", "origin", "container", "line"];

async fn read(
    common: &Common,
    args: &Logs,
    supervisor: &Arc<Supervisor>,
    targets: Vec<(crate::model::Source, LogTarget)>,
) -> Exit {
    let (sink, mut lines) = mpsc::channel::<Vec<LogLine>>(64);
    let many = targets.len() > 1;
    let reads = targets.into_iter().map(|(source, target)| {
        let request = LogRequest { target, tail: Some(args.tail), since: args.since, follow: args.follow };
        let (supervisor, sink) = (Arc::clone(supervisor), sink.clone());
        async move { supervisor.get(source)?.logs(request, sink).await }
    });
    let reads = tokio::spawn(join_all(reads.collect::<Vec<_>>()));
    drop(sink);
    if common.output == Format::Csv {
        out(&csv::line(FIELDS.map(|field| json!(field))));
    }
    if args.follow {
        while let Some(batch) = lines.recv().await {
            for line in &batch {
                show(common.output, line, many);
            }
        }
    } else {
        let mut all = Vec::new();
        while let Some(batch) = lines.recv().await {
            all.extend(batch);
        }
        all.sort_by_key(|l| l.at);
        for line in &all {
            show(common.output, line, many);
        }
    }
    let mut exit = Exit::Done;
    for fault in reads.await.into_iter().flatten().filter_map(Result::err) {
        say(&fault);
        exit = exit.max(Exit::of(&fault));
    }
    exit
}

fn show(output: Format, line: &LogLine, many: bool) {
    let safe = text::clean(&line.text);
    let object =
        json!({ "at": line.at, "origin": &*line.origin, "container": &*line.container, "line": safe });
    out(&match output {
        Format::Table if many => format!("{} {} {safe}\n", line.at, line.origin),
        Format::Table => format!("{} {safe}\n", line.at),
        Format::Json => format!("{object}\n"),
        Format::Yaml => format!("---\n{}", output.render(&object, |_| String::new())),
        Format::Csv => csv::line(FIELDS.map(|field| object[field].clone())),
    });
}

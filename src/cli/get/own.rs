//! The engineer's own columns in a list: labels as they are known, paths asked of the clusters.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{list::Wish, shown, values::Entry};
use crate::{
    app::{OwnColumn, Shows, column_word, join_series},
    cli::output::say,
    connector::Connector,
    model::{Answer, Cell, Fault, JsonPath, Key, Kind, ObjectName, Query, Series, Str, SystemKind, Time},
    runtime::Supervisor,
    store::{Freshness, Status, Store},
};

/// Fills in columns that are labels.
pub fn labels(entries: &mut [Entry], own: &[(u16, OwnColumn)]) {
    for (_, column) in own {
        let Some(label) = column.path().and_then(JsonPath::label) else { continue };
        for entry in entries.iter_mut().filter(|e| e.value.get("labels").is_some()) {
            let value = entry.value["labels"].get(&**label).cloned().unwrap_or_default();
            entry.value[column.name.as_str()] = value;
        }
    }
}

/// Fills in columns that lead into whole objects: each kind is listed once for all of them.
pub async fn paths(entries: &mut [Entry], wish: &Wish, systems: &Supervisor, patience: Duration) {
    let asked = to_ask(wish);
    if asked.is_empty() {
        return;
    }
    let paths: Arc<[JsonPath]> = asked.iter().filter_map(|own| own.path().cloned()).collect();
    for kind in wish.what.kinds {
        let Some(word) = column_word(*kind) else { continue };
        let seen = listed(&word.into(), &paths, systems, patience).await;
        place(entries, *kind, &seen, &asked);
    }
}

/// The columns that lead into what is not read of every object anyway.
pub fn to_ask(wish: &Wish) -> Vec<&OwnColumn> {
    let has_labels = wish.what.fields().any(|field| field == "labels");
    let is_known = |path: &JsonPath| path.label().is_some() && has_labels;
    let own = wish.own.iter().map(|(_, own)| own);
    own.filter(|own| own.path().is_some_and(|path| !is_known(path))).collect()
}

/// Puts what the paths of these columns lead to in objects of a kind beside the entries.
pub fn place(entries: &mut [Entry], kind: Kind, seen: &Store, asked: &[&OwnColumn]) {
    let mut found: HashMap<String, Vec<Value>> = HashMap::new();
    for object in seen.objects.iter() {
        let Some(name) = ObjectName::of(&object.key) else { continue };
        let key = Key { kind, name: name.name.into(), ..object.key.clone() };
        let start = object.cells.len().saturating_sub(asked.len());
        let cells = object.cells[start..].iter().map(value).collect();
        found.insert(format!("{} {key}", key.source.0), cells);
    }
    for entry in entries {
        let Some(cells) = found.remove(&entry.id) else { continue };
        for (own, cell) in asked.iter().zip(cells) {
            entry.value[own.name.as_str()] = cell;
        }
    }
}

/// Fills in columns that Prometheus knows: one query for each column and environment.
pub async fn queries(entries: &mut [Entry], wish: &Wish, systems: &Supervisor) {
    let list = shown::list_of(wish.what);
    for (_, own) in &wish.own {
        let Shows::Query(query) = &own.shows else { continue };
        for system in systems.connectors().iter().filter(|c| c.system().kind == SystemKind::Prometheus) {
            match query_now(&**system, query, systems.clock().now()).await {
                Ok(lines) => fill(entries, &own.name, &system.system().env, &join_series(list, &lines)),
                Err(fault) => say(fault),
            }
        }
    }
}

/// What a query returns in an environment now.
pub async fn query_now(system: &dyn Connector, query: &str, now: Time) -> Result<Vec<Series>, Fault> {
    let (env, source) = (&system.system().env, system.system().source);
    let query = query.replace("$env", env).into();
    match system.read(Query::Range { source, query, from: now, to: now, step: 1 }).await? {
        Answer::Series(lines) => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

/// Puts what a query returned in an environment beside its entries.
pub fn fill(entries: &mut [Entry], column: &str, env: &str, values: &HashMap<(Str, Str), f64>) {
    for entry in entries.iter_mut().filter(|e| e.value["environment"] == env) {
        let text = |field: &str| Str::from(entry.value[field].as_str().unwrap_or_default());
        let name = text("name");
        let found = values.get(&(text("namespace"), name.clone())).or_else(|| values.get(&("".into(), name)));
        if let Some(value) = found {
            entry.value[column] = json!(value);
        }
    }
}

/// What clusters have of a kind, with what the paths lead to; what cannot be had is said.
async fn listed(word: &Str, paths: &Arc<[JsonPath]>, systems: &Supervisor, patience: Duration) -> Store {
    let (out, mut batches) = mpsc::channel(64);
    let _tasks = systems.browse(word, paths, &out);
    drop(out);
    let mut seen = Store::default();
    let clusters = || systems.connectors().iter().filter(|c| c.system().kind == SystemKind::Kubernetes);
    let is_over =
        |f: &Freshness| f.is_loaded() || matches!(f.state(), Status::Refused(_) | Status::Down { .. });
    let has_told = |seen: &Store| {
        clusters().all(|c| seen.freshness(c.system().source, Kind::Object).is_some_and(is_over))
    };
    let listen = async {
        while !has_told(&seen) {
            match batches.recv().await {
                Some(batch) => seen.apply(batch),
                None => return,
            }
        }
    };
    if tokio::time::timeout(patience, listen).await.is_err() {
        say(format!("not all has come of {word} within {} s", patience.as_secs()));
    }
    for cluster in clusters() {
        if let Some(Status::Refused(fault) | Status::Down { fault, .. }) =
            seen.freshness(cluster.system().source, Kind::Object).map(Freshness::state)
        {
            say(fault);
        }
    }
    seen
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) if text.is_empty() => Value::Null,
        Cell::Text(text) => json!(&**text),
        Cell::Number(number) => json!(number),
        Cell::At(at) => json!(at.rfc3339()),
    }
}

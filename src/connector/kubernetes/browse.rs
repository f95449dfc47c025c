//! Any kind of object, while someone looks at it: listed and watched as the table that the server draws.
//!
//! The word that names the kind is looked up in what the server has, so that each cluster answers in the version it
//! prefers. Of objects only their metadata travels; of that, annotations are dropped at once. Where paths are asked for
//! as well, whole objects travel, and what the paths lead to is all that is kept of them.

use std::{sync::Arc, time::Duration};

use futures::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::{
    Core,
    access::{Ask, escape},
    failure::Failure,
    stream::settle,
    table::{Body, Layout, Partial, Row, Table, Whole},
    watch::{Event, JsonReader},
};
use crate::{
    connector::{Sink, backoff::Backoff},
    model::{
        API_RESOURCES, ApiResource, Cell, Fault, FaultKind, JsonPath, Kind, Object, Record, Severity, Str,
        TableColumn, TableHead,
    },
    store::{Delta, Status},
};

/// Tables first; whoever draws none answers with the objects.
const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// How long the server is asked to keep a watch.
const WATCH_SECONDS: u64 = 50;
/// How often a kind is listed that cannot or may not be watched.
const POLL: Duration = Duration::from_secs(15);
/// How often the kinds themselves are listed.
const KINDS: Duration = Duration::from_secs(60);

/// What is asked for.
struct Wish<'a> {
    core: &'a Core,
    sink: &'a Sink,
    paths: &'a [JsonPath],
}

/// Where a table stands.
#[derive(Default)]
struct Cursor {
    layout: Layout,
    scopes: Vec<Scope>,
    narrowed: Option<String>,
    polled: bool,
}

struct Scope {
    namespace: Option<String>,
    version: String,
}

/// Lists and watches what `word` names until nobody listens, each object with what `paths` lead to in it.
pub(super) async fn run(core: Arc<Core>, word: Str, paths: Arc<[JsonPath]>, sink: Sink) {
    let wish = Wish { core: &core, sink: &sink, paths: &paths };
    let mut backoff = Backoff::new();
    let mut cursor = Cursor::default();
    sink.status(Kind::Object, Status::Loading).await;
    while !sink.is_closed() {
        core.gate.opened(Kind::Object, &sink).await;
        let outcome = tokio::select! {
            () = sink.closed() => return,
            () = core.gate.shut() => continue,
            outcome = follow_either(&wish, &word, &mut cursor) => outcome,
        };
        let Err(failure) = outcome else { return };
        if failure.is_gone() {
            sleep(backoff.next(failure.fault.retry_after) / 4).await;
            continue;
        }
        if failure.is_silence() || failure.code == 401 {
            core.gate.doubt();
        }
        let delay = settle(&core, &sink, Kind::Object, &failure, &mut backoff).await;
        tokio::select! {
            () = sink.closed() => return,
            () = sleep(delay) => {}
        }
    }
}

/// Has no more travel of each object than is needed.
async fn follow_either(wish: &Wish<'_>, word: &str, cursor: &mut Cursor) -> Result<(), Failure> {
    if wish.paths.is_empty() {
        follow::<Partial>(wish, word, cursor).await
    } else {
        follow::<Whole>(wish, word, cursor).await
    }
}

/// Ends with a failure, or well when nobody listens.
async fn follow<O: Body>(wish: &Wish<'_>, word: &str, cursor: &mut Cursor) -> Result<(), Failure> {
    let Wish { core, sink, .. } = *wish;
    if word == API_RESOURCES {
        return kinds(core, sink).await;
    }
    let Some(resource) = core.discovery.find(&core.access, word).await? else {
        return Err(unknown(core, word).into());
    };
    loop {
        list_all::<O>(wish, &resource, cursor).await?;
        if !sink.status(Kind::Object, cursor.status(&resource)).await {
            return Ok(());
        }
        if cursor.polled || !resource.watchable {
            sleep(POLL.mul_f64(0.9 + fastrand::f64() / 5.0)).await;
            continue;
        }
        let layout = &cursor.layout;
        let watches = cursor.scopes.iter_mut().map(|scope| watch::<O>(wish, &resource, layout, scope));
        match try_join_all(watches).await {
            Ok(_) => return Ok(()),
            Err(failure) if matches!(failure.code, 403 | 405) => cursor.polled = true,
            Err(failure) => return Err(failure),
        }
    }
}

fn unknown(core: &Core, word: &str) -> Fault {
    core.access
        .words()
        .fault(FaultKind::NotFound, &format!("list {word}"), format!("has no {word}"))
        .hint(format!(":{API_RESOURCES} lists what there is"))
}

impl Cursor {
    fn status(&self, resource: &ApiResource) -> Status {
        let polled = (self.polled || !resource.watchable).then(|| {
            let why = if self.polled { "no right to watch" } else { "no way to watch" };
            format!("{why} {}: asked every {} s", resource.plural, POLL.as_secs())
        });
        let parts: Vec<String> = self.narrowed.iter().cloned().chain(polled).collect();
        if parts.is_empty() { Status::Live } else { Status::Degraded(parts.join("; ").into()) }
    }
}

/// Lists every scope; falls back to the context's namespace when listing everywhere is refused.
async fn list_all<O: Body>(
    wish: &Wish<'_>,
    resource: &ApiResource,
    cursor: &mut Cursor,
) -> Result<(), Failure> {
    let core = wish.core;
    if cursor.scopes.is_empty() {
        let told = if resource.namespaced { core.access.namespaces() } else { &[] };
        let told: Vec<_> = told.iter().map(|n| Some(n.clone())).collect();
        cursor.scopes = scopes(if told.is_empty() { vec![None] } else { told });
    }
    let everywhere = cursor.scopes.iter().any(|s| s.namespace.is_none());
    match list_scopes::<O>(wish, resource, &mut cursor.scopes, &mut cursor.layout).await {
        Err(failure) if failure.code == 403 && everywhere && resource.namespaced => {
            let namespace = core.access.default_namespace().await?;
            let mut narrow = scopes(vec![Some(namespace.clone())]);
            // When that is refused too, the wider right is the one to ask for.
            if list_scopes::<O>(wish, resource, &mut narrow, &mut cursor.layout).await.is_err() {
                return Err(failure);
            }
            cursor.scopes = narrow;
            let what = &resource.plural;
            cursor.narrowed = Some(format!("only namespace {namespace}: no right to list {what} everywhere"));
            Ok(())
        }
        other => other,
    }
}

fn scopes(namespaces: Vec<Option<String>>) -> Vec<Scope> {
    namespaces.into_iter().map(|namespace| Scope { namespace, version: String::new() }).collect()
}

async fn list_scopes<O: Body>(
    wish: &Wish<'_>,
    resource: &ApiResource,
    scopes: &mut [Scope],
    layout: &mut Layout,
) -> Result<(), Failure> {
    let mut first = true;
    for scope in scopes {
        list::<O>(wish, resource, scope, layout, &mut first).await?;
    }
    wish.sink.send(vec![Delta::Synced(Kind::Object)]).await;
    Ok(())
}

/// Lists one scope page by page; the first page of all says what the columns are.
async fn list<O: Body>(
    wish: &Wish<'_>,
    resource: &ApiResource,
    scope: &mut Scope,
    layout: &mut Layout,
    first: &mut bool,
) -> Result<(), Failure> {
    let core = wish.core;
    let what = format!("list {}", resource.id());
    let path = path(resource, scope.namespace.as_deref());
    let include = format!("includeObject={}", O::INCLUDE);
    let mut query = format!("limit=500&{include}");
    loop {
        let ask = format!("{path}?{query}");
        let page: Table<O> = match core.access.ask_json(Ask { accept: ACCEPT, ..Ask::get(&ask, &what) }).await
        {
            Err(failure) if failure.is_gone() && query.contains("continue=") => {
                // The pages took longer than the server keeps a version: take it in one.
                query = format!("{include}&resourceVersion=0");
                continue;
            }
            other => other?,
        };
        core.gate.heard();
        let mut deltas = Vec::with_capacity(page.rows.len() + 2);
        if std::mem::take(first) {
            *layout = Layout::of(&page.column_definitions);
            let own = wish.paths.iter().map(|path| Str::clone(path.text())).collect();
            let head = TableHead { resource: resource.clone(), columns: layout.columns(), own };
            deltas.extend([Delta::Reset(Kind::Object), Delta::Head(Arc::new(head))]);
        }
        deltas.extend(page.rows.iter().map(|row| Delta::Upsert(object(wish, resource, layout, row))));
        deltas.extend(page.items.iter().map(|item| Delta::Upsert(bare(wish, resource, item))));
        wish.sink.send(deltas).await;
        if page.metadata.r#continue.is_empty() {
            scope.version = page.metadata.resource_version;
            return Ok(());
        }
        query = format!("limit=500&{include}&continue={}", escape(&page.metadata.r#continue));
    }
}

/// The path of a list, in one namespace or everywhere.
fn path(resource: &ApiResource, namespace: Option<&str>) -> String {
    let api = if resource.group.is_empty() { "/api/" } else { "/apis/" };
    let namespace = namespace.map_or(String::new(), |n| format!("/namespaces/{n}"));
    format!("{api}{}{namespace}/{}", resource.api_version(), resource.plural)
}

fn object<O: Body>(wish: &Wish<'_>, resource: &ApiResource, layout: &Layout, row: &Row<O>) -> Record {
    let (mut cells, severity) = layout.cells(&row.cells, wish.core.clock.now());
    cells.extend(row.object.find(resource, wish.paths));
    wish.core.rows.object(resource, row.object.meta(), cells, severity)
}

/// A row of a server that draws no tables.
fn bare<O: Body>(wish: &Wish<'_>, resource: &ApiResource, item: &O) -> Record {
    wish.core.rows.object(resource, item.meta(), item.find(resource, wish.paths), Severity::Quiet)
}

/// Watches one scope; ends with a failure, or well when nobody listens.
async fn watch<O: Body>(
    wish: &Wish<'_>,
    resource: &ApiResource,
    layout: &Layout,
    scope: &mut Scope,
) -> Result<(), Failure> {
    let Wish { core, sink, .. } = *wish;
    let what = format!("watch {}", resource.id());
    let path = path(resource, scope.namespace.as_deref());
    loop {
        let opened = Instant::now();
        let seconds = WATCH_SECONDS + fastrand::u64(0..15);
        let path = format!(
            "{path}?watch=1&allowWatchBookmarks=true&includeObject={}&timeoutSeconds={seconds}&resourceVersion={}",
            O::INCLUDE,
            scope.version
        );
        let ask = Ask { accept: ACCEPT, plain: true, ..Ask::get(&path, &what) };
        let response = core.access.send(ask).await?;
        core.gate.heard();
        let mut reader = JsonReader::<Table<O>>::new(response, core.access.words(), &what);
        while let Some(events) = reader.next().await? {
            core.gate.heard();
            let mut deltas = Vec::with_capacity(events.len());
            for event in events {
                if !take(wish, resource, layout, scope, &event, &mut deltas) {
                    return Err(core.access.words().gone(&what));
                }
            }
            if !deltas.is_empty() && !sink.send(deltas).await {
                return Ok(());
            }
        }
        if sink.is_closed() {
            return Ok(());
        }
        // A server that ends watches at once must not be asked in a circle.
        sleep(Duration::from_secs(2).saturating_sub(opened.elapsed())).await;
    }
}

/// Takes in an event; `false` when the list has to be taken anew, because it is too old or its columns changed.
fn take<O: Body>(
    wish: &Wish<'_>,
    resource: &ApiResource,
    layout: &Layout,
    scope: &mut Scope,
    event: &Event<Table<O>>,
    deltas: &mut Vec<Delta>,
) -> bool {
    let (table, gone) = match event {
        Event::Upsert(table) => (table, false),
        Event::Delete(table) => (table, true),
        Event::Bookmark(version) => {
            scope.version.clone_from(version);
            return true;
        }
        Event::Gone => return false,
    };
    if !table.metadata.resource_version.is_empty() {
        scope.version.clone_from(&table.metadata.resource_version);
    }
    for row in table.rows.iter().filter(|row| !row.object.meta().name.is_empty()) {
        let meta = row.object.meta();
        if gone {
            deltas.push(Delta::Remove(wish.core.rows.object_key(resource, &meta.namespace, &meta.name)));
        } else if layout.fits(row) {
            deltas.push(Delta::Upsert(object(wish, resource, layout, row)));
        } else {
            return false;
        }
    }
    true
}

/// Lists the kinds of objects themselves, again and again.
async fn kinds(core: &Core, sink: &Sink) -> Result<(), Failure> {
    let columns = ["Short Names", "API Version", "Namespaced", "Kind"];
    let columns = columns.map(|name| TableColumn { name: name.into(), wide: false, number: false });
    let resource = ApiResource {
        group: "".into(),
        version: "".into(),
        plural: API_RESOURCES.into(),
        singular: API_RESOURCES.into(),
        kind: "APIResource".into(),
        short: Vec::new(),
        namespaced: false,
        watchable: false,
    };
    let head = Arc::new(TableHead { resource: resource.clone(), columns: columns.into(), own: Vec::new() });
    loop {
        let all = core.discovery.all(&core.access).await?;
        let mut deltas = vec![Delta::Reset(Kind::Object), Delta::Head(Arc::clone(&head))];
        deltas.extend(all.iter().map(|one| {
            let text = |text: &str| Cell::Text(text.into());
            let namespaced = if one.namespaced { "true" } else { "false" };
            let cells =
                [text(&one.short.join(",")), text(&one.api_version()), text(namespaced), text(&one.kind)];
            Delta::Upsert(Record::Object(Box::new(Object {
                key: core.rows.object_key(&resource, "", &one.id()),
                uid: 0,
                cells: cells.into(),
                labels: Arc::from([]),
                severity: Severity::Quiet,
                created: None,
            })))
        }));
        deltas.extend([Delta::Synced(Kind::Object), Delta::Status(Kind::Object, Status::Live)]);
        if !sink.send(deltas).await {
            return Ok(());
        }
        sleep(KINDS).await;
    }
}

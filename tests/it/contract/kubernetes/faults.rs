//! How the Kubernetes connector fares when the server misbehaves: a small one that does so on demand.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::net::TcpListener;

use super::*;

/// An answer: status, content type, further headers, body, and whether the connection stays open after it.
struct Reply {
    status: u16,
    kind: &'static str,
    retry_after: Option<&'static str>,
    body: Vec<u8>,
    open: bool,
}

impl Reply {
    fn json(body: impl ToString) -> Self {
        let body = body.to_string().into_bytes();
        Self { status: 200, kind: "application/json", retry_after: None, body, open: false }
    }

    fn recorded(name: &str) -> Self {
        let file: serde_json::Value = serde_json::from_slice(&sample(name)).expect("JSON");
        let status = file["status"].as_u64().and_then(|s| s.try_into().ok()).expect("a status");
        Self { status, ..Self::json(&file["body"]) }
    }

    /// A watch: these lines, then silence.
    fn watch(lines: &str) -> Self {
        Self { open: true, ..Self::json(lines) }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status).header("content-type", self.kind);
        if let Some(seconds) = self.retry_after {
            response = response.header("retry-after", seconds);
        }
        let body = Bytes::from(self.body);
        let body = if self.open {
            let first = stream::once(async move { Ok::<_, std::io::Error>(body) });
            Body::from_stream(first.chain(stream::pending()))
        } else {
            Body::from(body)
        };
        response.body(body).expect("a response")
    }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/kubernetes/{name}", env!("CARGO_MANIFEST_DIR")))
        .expect("a sample")
}

fn list(version: &str, names: &[&str]) -> Reply {
    let items: Vec<_> = names
        .iter()
        .map(|n| json!({ "metadata": { "name": n, "namespace": "shop", "resourceVersion": version } }))
        .collect();
    Reply::json(json!({ "kind": "List", "metadata": { "resourceVersion": version }, "items": items }))
}

/// Starts a server whose answers `answer` gives for a path, whether it is watched, and how often that was asked
/// before; `None` is what a healthy, empty cluster says. Gives a kubeconfig.
async fn server(
    answer: impl Fn(&str, bool, usize) -> Option<Reply> + Send + Sync + 'static,
) -> tempfile::NamedTempFile {
    let counts: Arc<Mutex<HashMap<(String, bool), usize>>> = Arc::default();
    let answer = Arc::new(answer);
    let app = Router::new().fallback(move |request: Request| {
        let (counts, answer) = (Arc::clone(&counts), Arc::clone(&answer));
        async move {
            let path = request.uri().path().to_owned();
            let watched = request.uri().query().is_some_and(|q| q.contains("watch=1"));
            let asked = {
                let mut counts = counts.lock().expect("counts");
                let count = counts.entry((path.clone(), watched)).or_default();
                *count += 1;
                *count - 1
            };
            answer(&path, watched, asked).unwrap_or_else(|| match (&*path, watched) {
                ("/version", _) => Reply::json(json!({ "gitVersion": "v1.34.4" })),
                (_, true) => Reply::watch(""),
                (_, false) => list("10", &[]),
            })
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    kubeconfig(port)
}

fn kubeconfig(port: u16) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "lab",
        "clusters": [{ "name": "c", "cluster": { "server": format!("http://127.0.0.1:{port}") } }],
        "users": [{ "name": "u", "user": { "token": "t" } }],
        "contexts": [{ "name": "lab", "context": { "cluster": "c", "user": "u", "namespace": "shop" } }],
    });
    std::fs::write(file.path(), text.to_string()).expect("written");
    file
}

const PODS: &str = "/api/v1/pods";

fn down(store: &Store, kind: Kind) -> Option<vigie::model::Fault> {
    match World::state(store, kind) {
        Status::Down { fault, .. } => Some(*fault),
        _ => None,
    }
}

#[tokio::test]
async fn a_version_that_is_gone_costs_a_new_list() {
    let config = server(|path, watched, asked| match (path, watched, asked) {
        (PODS, false, 0) => Some(list("1", &["a", "b"])),
        (PODS, false, _) => Some(list("2", &["b", "c"])),
        (PODS, true, 0) => {
            let file: serde_json::Value =
                serde_json::from_slice(&sample("410-watch-event.json")).expect("JSON");
            Some(Reply::watch(&format!("{}\n", file["events"][0])))
        }
        _ => None,
    })
    .await;
    let mut world = World::of(config.path(), None);
    world.until("the first list", |store| store.pods.get(&pod_key("shop", "a")).is_some()).await;
    let anew = |store: &Store| {
        store.pods.get(&pod_key("shop", "a")).is_none() && store.pods.get(&pod_key("shop", "c")).is_some()
    };
    world.until("the second list, without what went meanwhile", anew).await;
    assert_eq!(world.store.pods.len(), 2);
}

#[tokio::test]
async fn one_refused_kind_stops_no_other() {
    let config =
        server(|path, _, _| (path.ends_with("/pods")).then(|| Reply::recorded("403-list-secrets.json")))
            .await;
    let mut world = World::of(config.path(), None);
    let settled = |store: &Store| {
        matches!(World::state(store, Kind::Pod), Status::Refused(f) if f.kind == FaultKind::Refused && f.hint.contains("list pods"))
            && World::state(store, Kind::Node) == Status::Live
    };
    world.until("pods refused, nodes live", settled).await;
}

#[tokio::test]
async fn rights_in_one_namespace_show_that_namespace() {
    let config = server(|path, watched, _| match (path, watched) {
        (PODS, _) => Some(Reply::recorded("403-list-secrets.json")),
        ("/api/v1/namespaces/shop/pods", false) => Some(list("1", &["a"])),
        _ => None,
    })
    .await;
    let mut world = World::of(config.path(), None);
    let narrowed = |store: &Store| matches!(World::state(store, Kind::Pod), Status::Degraded(why) if why.contains("only namespace shop"));
    world.until("pods of one namespace", narrowed).await;
    assert_eq!(world.store.pods.len(), 1);
}

#[tokio::test]
async fn what_may_not_be_watched_is_polled() {
    let config = server(|path, watched, _| match (path, watched) {
        (PODS, true) => Some(Reply::recorded("403-list-secrets.json")),
        (PODS, false) => Some(list("1", &["a"])),
        _ => None,
    })
    .await;
    let mut world = World::of(config.path(), None);
    let polled = |store: &Store| matches!(World::state(store, Kind::Pod), Status::Degraded(why) if why.contains("no right to watch pods"));
    world.until("pods are polled", polled).await;
    assert_eq!(world.store.pods.len(), 1);
}

#[tokio::test]
async fn pages_for_people_are_named() {
    let config =
        server(|_, _, _| Some(Reply { kind: "text/html", ..Reply::json("<html>Sign in</html>") })).await;
    let mut world = World::of(config.path(), None);
    let named = |store: &Store| {
        down(store, Kind::Pod)
            .is_some_and(|f| f.kind == FaultKind::Garbled && f.hint.contains("sign-in page"))
    };
    world.until("the page is named", named).await;
    world.until("for every kind", |store| down(store, Kind::Event).is_some()).await;
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error_and_is_tried_again() {
    let whole = sample("pods-states.pb");
    let config = server(move |path, watched, asked| {
        (path == PODS && !watched).then(|| {
            let end = if asked == 0 { whole.len() / 2 } else { whole.len() };
            let body = whole[..end].to_vec();
            Reply { kind: "application/vnd.kubernetes.protobuf", body, ..Reply::json("") }
        })
    })
    .await;
    let mut world = World::of(config.path(), None);
    world
        .until("the cut is noticed", |store| {
            down(store, Kind::Pod)
                .is_some_and(|f| f.kind == FaultKind::Garbled && f.why.contains("breaks off"))
        })
        .await;
    world.until("the whole list", |store| World::state(store, Kind::Pod) == Status::Live).await;
    assert_eq!(world.store.pods.len(), 26);
}

#[tokio::test]
async fn rejected_credentials_shut_everything() {
    let config = server(|_, _, _| Some(Reply::recorded("401-bad-token.json"))).await;
    let mut world = World::of(config.path(), None);
    for kind in [Kind::Pod, Kind::Node, Kind::Event] {
        let rejected = |store: &Store| matches!(World::state(store, kind), Status::Refused(f) if f.kind == FaultKind::Unauthenticated);
        world.until("rejected", rejected).await;
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_left_alone() {
    let config = server(|path, watched, _| {
        (path == PODS && !watched).then(|| Reply { status: 429, retry_after: Some("17"), ..Reply::json("") })
    })
    .await;
    let mut world = World::of(config.path(), None);
    world
        .until("throttled", |store| down(store, Kind::Pod).is_some_and(|f| f.kind == FaultKind::Throttled))
        .await;
    let Status::Down { retry_at, .. } = World::state(&world.store, Kind::Pod) else { panic!("down") };
    let since =
        world.store.freshness(SOURCE, Kind::Pod).and_then(vigie::store::Freshness::since).expect("a moment");
    assert!(retry_at.since(since) >= Duration::from_secs(16), "{retry_at} after {since}");
}

#[tokio::test]
async fn a_dead_server_is_tried_by_one_and_not_by_all() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    let config = kubeconfig(port);
    let mut world = World::of(config.path(), None);
    let mut seen = Vec::new();
    world
        .until("three tries", |store| {
            if let Status::Down { retry_at, .. } = World::state(store, Kind::Pod)
                && seen.last() != Some(&retry_at)
            {
                seen.push(retry_at);
            }
            seen.len() >= 3
        })
        .await;
    let tries = tries.load(Ordering::SeqCst);
    assert!(tries <= 4, "{tries} connections for three tries of nine kinds");
    assert!(down(&world.store, Kind::Event).is_some(), "every kind knows");
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_a_status_with_help() {
    let config = kubeconfig(1);
    let mut world = World::of(config.path(), Some("prod"));
    world
        .until("a mistake", |store| down(store, Kind::Pod).is_some_and(|f| f.kind == FaultKind::Usage))
        .await;
    let fault = down(&world.store, Kind::Pod).expect("a fault");
    assert!(fault.why.contains("no context `prod`") && fault.hint.contains("lab"), "{fault}");
}

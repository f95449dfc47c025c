//! The API server against the answers of a real one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{body::Body, extract::Request};
use futures::StreamExt;
use http::header;
use serde_json::{Value, json};

use super::{answer, api::Api, proto};
use crate::sim::{
    Endpoint, Endpoints, Options, Platform,
    argocd::{
        NAMESPACE,
        tests::{Lab, web},
    },
    cluster::known,
    identity::USERS,
};

struct Desk {
    lab: Lab,
    api: Arc<Api>,
}

/// What came back: status, body.
type Got = (u16, Value);

impl Desk {
    fn new(policy: Value) -> Self {
        let lab = Lab::with_app(policy);
        let api = Arc::new(Api::new(Arc::clone(&lab.env), Arc::clone(&lab.argo)));
        Self { lab, api }
    }

    fn synced() -> Self {
        let mut desk = Self::new(json!({ "automated": { "prune": true } }));
        desk.lab.advance(6);
        desk.lab.change_app(|app| app["spec"]["syncPolicy"]["automated"]["enabled"] = json!(false));
        desk.lab.advance(1);
        desk
    }

    async fn send(&self, user: &str, verb: &str, path: &str, body: Value) -> Got {
        let token = USERS.iter().find(|held| held.name == user).map_or("none", |held| held.token);
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(verb)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        let response = answer(Arc::clone(&self.api), request).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> Got {
        self.send("samir", "GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.send("samir", "POST", path, body).await
    }
}

fn refusal(status: u16, code: u8, message: &str) -> Got {
    (status, json!({ "error": message, "code": code, "message": message }))
}

#[tokio::test]
async fn refusals_have_the_real_words() {
    let desk = Desk::new(Value::Null);
    let none = Request::get("/api/v1/applications").body(Body::empty()).unwrap();
    assert_eq!(answer(Arc::clone(&desk.api), none).await.status(), 401);
    assert_eq!(desk.get("/applications/nope").await, refusal(403, 7, "permission denied"));
    let missing = refusal(404, 5, "applications.argoproj.io \"nope\" not found");
    assert_eq!(desk.get("/applications/nope?project=dev").await, missing);
    assert_eq!(desk.get("/nope").await, (404, json!("Not Found\n")));
    let denied = "permission denied: applications, sync, dev/web, sub: victor, iat: 2026-11-21T06:19:01Z";
    assert_eq!(
        desk.send("victor", "POST", "/applications/web/sync", json!({})).await,
        refusal(403, 7, denied)
    );
    let nothing = "Unable to terminate operation. No operation is in progress";
    let terminated = desk.send("nadia", "DELETE", "/applications/web/operation", Value::Null).await;
    assert_eq!(terminated, refusal(400, 3, nothing));
    let unresolved = "error resolving repo revision: rpc error: code = Unknown desc = unable to resolve 'nope' to a commit SHA";
    assert_eq!(
        desk.post("/applications/web/sync", json!({ "revision": "nope" })).await,
        refusal(400, 9, unresolved)
    );
    let plain = Request::post("/api/v1/applications/web/sync")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::empty())
        .unwrap();
    assert_eq!(answer(Arc::clone(&desk.api), plain).await.status(), 415);
    let bad = Request::post("/api/v1/applications/web/sync")
        .header(header::CONTENT_TYPE, "application/json")
        .header("token", USERS[0].token)
        .body(Body::from("{bad"))
        .unwrap();
    let response = answer(Arc::clone(&desk.api), bad).await;
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let expected = json!({ "error": "invalid character 'b' looking for beginning of object key string", "code": 3,
        "message": "invalid character 'b' looking for beginning of object key string" });
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), expected);
}

#[tokio::test]
async fn a_sync_returns_at_once_and_a_second_is_refused() {
    let mut desk = Desk::new(Value::Null);
    let head = desk.lab.git.resolve("main").unwrap();
    let body = json!({ "revision": "main", "prune": false, "strategy": { "hook": { "force": false } },
        "infos": [{ "name": "Reason", "value": "LAB-42" }] });
    let (status, app) = desk.send("nadia", "POST", "/applications/web/sync", body).await;
    assert_eq!(status, 200);
    assert_eq!(
        app["operation"],
        json!({ "sync": { "revision": head, "syncStrategy": { "hook": {} },
        "source": app["spec"]["source"] }, "initiatedBy": { "username": "nadia" },
        "info": [{ "name": "Reason", "value": "LAB-42" }], "retry": {} })
    );
    assert_eq!(app.get("kind"), None);
    let again = desk.post("/applications/web/sync", json!({})).await;
    assert_eq!(again, refusal(400, 9, "another operation is already in progress"));
    desk.lab.advance(5);
    let (_, app) = desk.get("/applications/web").await;
    assert_eq!(app["status"]["operationState"]["phase"], "Succeeded");
    let state: Vec<&str> =
        app["status"]["operationState"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(state, ["operation", "phase", "message", "syncResult", "startedAt", "finishedAt"]);
    let health: Vec<&Value> =
        app["status"]["resources"].as_array().unwrap().iter().map(|r| &r["health"]["status"]).collect();
    assert_eq!(health, [&Value::Null, &json!("Healthy"), &json!("Progressing")]);
}

#[tokio::test]
async fn rollback_needs_auto_sync_off_and_appends_history() {
    let mut desk = Desk::new(json!({ "automated": { "prune": true } }));
    desk.lab.advance(6);
    let first = desk.lab.git.resolve("main").unwrap();
    desk.lab.commit("Raise the image", &web("web:2", "info"));
    desk.lab.advance(6);
    let refused = refusal(400, 9, "rollback cannot be initiated when auto-sync is enabled");
    assert_eq!(desk.post("/applications/web/rollback", json!({ "id": 0, "dryRun": true })).await, refused);
    let other = desk.post("/applications/web/sync", json!({ "revision": first })).await;
    assert_eq!(other, refusal(400, 9, &format!("Cannot sync to {first}: auto-sync currently set to main")));
    let patch = json!({ "name": "web", "patchType": "merge",
        "patch": "{\"spec\": {\"syncPolicy\": {\"automated\": {\"enabled\": false}}}}" });
    let (status, held) = desk.send("nadia", "PATCH", "/applications/web", patch).await;
    assert_eq!(
        (status, &held["spec"]["syncPolicy"]["automated"]),
        (200, &json!({ "prune": true, "enabled": false }))
    );
    let unknown = "application argocd/web does not have deployment with id 999";
    assert_eq!(desk.post("/applications/web/rollback", json!({ "id": 999 })).await, refusal(400, 3, unknown));
    let no_id = refusal(500, 13, "grpc: error while marshaling: proto: required field \"id\" not set");
    assert_eq!(desk.post("/applications/web/rollback", json!({})).await, no_id);
    let (status, app) = desk.send("nadia", "POST", "/applications/web/rollback", json!({ "id": 0 })).await;
    assert_eq!(status, 200);
    assert_eq!(
        app["operation"]["sync"],
        json!({ "revision": first, "syncStrategy": { "apply": {} },
        "source": app["spec"]["source"] })
    );
    desk.lab.advance(6);
    let app = desk.lab.app();
    let history = app["status"]["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[2]["revision"], &history[2]["id"]), (3, &json!(first), &json!(2)));
    assert_eq!(history[2]["initiatedBy"], json!({ "username": "nadia" }));
    assert_eq!(app["status"]["sync"]["status"], "OutOfSync");
}

#[tokio::test]
async fn a_window_refuses_a_sync_but_lets_a_rollback_hang() {
    let mut desk = Desk::synced();
    let windows =
        json!([{ "kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["*"] }]);
    let set = |project: &mut Value| project["spec"]["syncWindows"] = windows;
    desk.lab.env.cluster.modify(known::APP_PROJECTS, NAMESPACE, "dev", set).unwrap();
    let row = json!([{ "kind": "deny", "schedule": "* * * * *", "duration": "24h", "manualSync": false }]);
    let expected = json!({ "activeWindows": row, "assignedWindows": row, "canSync": false });
    assert_eq!(desk.get("/applications/web/syncwindows").await, (200, expected));
    let blocked = refusal(403, 7, "cannot sync: blocked by sync window");
    assert_eq!(desk.post("/applications/web/sync", json!({})).await, blocked);
    assert_eq!(desk.post("/applications/web/rollback", json!({ "id": 0 })).await.0, 200);
    desk.lab.advance(10);
    let state = desk.lab.app()["status"]["operationState"].clone();
    assert_eq!(state["phase"], "Running");
    assert_eq!(state["message"], "Sync operation blocked by sync window");
    assert_eq!(
        desk.send("samir", "DELETE", "/applications/web/operation", Value::Null).await,
        (200, json!({}))
    );
    desk.lab.advance(2);
    assert_eq!(desk.lab.app()["status"]["operationState"]["message"], "Operation terminated");
}

#[tokio::test]
async fn lists_keep_only_the_fields_of_the_table() {
    let desk = Desk::synced();
    let fields = "items.metadata.name,items.status.sync.status,items.status.sync.revision,items.spec.project";
    let (_, list) = desk.get(&format!("/applications?fields={fields}")).await;
    let expected = json!([{ "metadata": { "name": "web" }, "status": { "sync": { "status": "Synced" } } }]);
    assert_eq!(list["items"], expected);
    assert_eq!(list.as_object().unwrap().keys().collect::<Vec<_>>(), ["items", "metadata"]);
    let (_, none) = desk.get("/applications?projects=other").await;
    assert_eq!(none["items"], Value::Null);
    let (_, one) = desk.get("/applications?selector=env%3Ddev,%21gone&fields=items.metadata.name").await;
    assert_eq!(one["items"], json!([{ "metadata": { "name": "web" } }]));
    let (_, all) = desk.get("/applications").await;
    assert!(all["items"][0]["status"]["resources"][1].get("health").is_none(), "only a single get has it");
}

#[tokio::test]
async fn managed_resources_tree_and_manifests_are_answered() {
    let desk = Desk::synced();
    desk.lab
        .env
        .cluster
        .modify(known::DEPLOYMENTS, "shop", "web", |d| d["spec"]["replicas"] = json!(7))
        .unwrap();
    let (_, stale) = desk.get("/applications/web/managed-resources?kind=Deployment&group=apps").await;
    assert_eq!(stale["items"].as_array().unwrap().len(), 1);
    let mut desk = desk;
    desk.lab.advance(3);
    let (_, managed) = desk.get("/applications/web/managed-resources").await;
    let deployment = &managed["items"][2];
    assert_eq!(deployment["modified"], true);
    let state = |field: &str| serde_json::from_str::<Value>(deployment[field].as_str().unwrap()).unwrap();
    assert_eq!(state("normalizedLiveState")["spec"]["replicas"], 7);
    assert_eq!(state("predictedLiveState")["spec"]["replicas"], 2);
    // samples/argocd/managed-resources-diff.json
    for (field, told) in [("liveState", true), ("normalizedLiveState", false), ("predictedLiveState", false)]
    {
        let state = state(field);
        assert_eq!(state["metadata"]["creationTimestamp"].is_string(), told, "{field}");
        assert!(told || state.get("status").is_none(), "{field}");
    }
    let (_, tree) = desk.get("/applications/web/resource-tree").await;
    assert_eq!(tree["nodes"][0]["name"], "web-config");
    let (_, manifests) = desk.get("/applications/web/manifests").await;
    let expected = "{\"apiVersion\":\"v1\",\"data\":{\"LEVEL\":\"info\"},\"kind\":\"ConfigMap\",\"metadata\":{\
        \"annotations\":{\"argocd.argoproj.io/tracking-id\":\"web:/ConfigMap:shop/web-config\"},\"name\":\"web-config\"}}";
    assert_eq!(manifests["manifests"][0], expected);
    let head = desk.lab.git.resolve("main").unwrap();
    let (_, commit) = desk.get(&format!("/applications/web/revisions/{head}/metadata")).await;
    let expected =
        json!({ "author": "Bob <bob@lab.test>", "date": "2026-11-21T06:19:00Z", "message": "Add web" });
    assert_eq!(commit, expected);
    let branch = desk.get("/applications/web/revisions/main/metadata").await;
    assert_eq!(branch, refusal(500, 2, "revision main must be resolved"));
    let action = json!({ "namespace": "shop", "resourceName": "web", "version": "v1", "group": "apps",
        "kind": "Deployment", "action": "restart" });
    assert_eq!(desk.post("/applications/web/resource/actions/v2", action).await, (200, json!({})));
    let deployment = desk.lab.env.cluster.get(known::DEPLOYMENTS, "shop", "web").unwrap();
    let annotations = &deployment["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["kubectl.kubernetes.io/restartedAt"], desk.lab.env.now().rfc3339());
}

#[tokio::test]
async fn accounts_and_the_platform_are_answered() {
    let desk = Desk::new(Value::Null);
    assert_eq!(desk.get("/account/can-i/applications/sync/dev/web").await, (200, json!({ "value": "yes" })));
    let victor = desk.send("victor", "GET", "/account/can-i/applications/sync/dev/web", Value::Null).await;
    assert_eq!(victor, (200, json!({ "value": "no" })));
    let unknown = "[get create update delete sync override action invoke] does not contain rollback";
    let rollback = desk.get("/account/can-i/applications/rollback/dev/x").await;
    assert_eq!(rollback, refusal(400, 3, unknown));
    let login = desk.post("/session", json!({ "username": "nadia", "password": "wrong" })).await;
    assert_eq!(login, refusal(401, 16, "Invalid username or password"));
    let (_, token) = desk.post("/session", json!({ "username": "nadia", "password": "nadia" })).await;
    let request = Request::get("/api/v1/session/userinfo")
        .header("cookie", format!("argocd.token={}", token["token"].as_str().unwrap()))
        .body(Body::empty())
        .unwrap();
    let response = answer(Arc::clone(&desk.api), request).await;
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let info: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&info["loggedIn"], &info["username"], &info["iss"]),
        (&json!(true), &json!("nadia"), &json!("argocd"))
    );
    let (_, projects) = desk.get("/projects?fields=items.metadata.name").await;
    assert_eq!(projects, json!({ "items": [{ "metadata": { "name": "dev" } }] }));
    let (_, clusters) = desk.get("/clusters").await;
    assert_eq!(clusters["items"][0]["connectionState"]["status"], "Successful");
}

#[tokio::test]
async fn a_watch_tells_of_every_change_in_both_forms() {
    let mut desk = Desk::new(Value::Null);
    let open = |accept: &str, path: &str| {
        Request::get(format!("/api/v1{path}"))
            .header("token", USERS[1].token)
            .header(header::ACCEPT, accept)
            .body(Body::empty())
            .unwrap()
    };
    let fields = "fields=result.type,result.application.metadata.name,result.application.status.sync.status";
    let path = format!("/stream/applications?{fields}");
    let lines = answer(Arc::clone(&desk.api), open("*/*", &path)).await;
    assert_eq!(lines.headers()[header::CONTENT_TYPE], "application/json");
    let mut lines = lines.into_body().into_data_stream();
    let first = lines.next().await.unwrap().unwrap();
    let expected = "{\"result\":{\"application\":{\"metadata\":{\"name\":\"web\"},\"status\":{\"sync\":{\
        \"status\":\"OutOfSync\"}}},\"type\":\"ADDED\"}}\n";
    assert_eq!(first, expected);
    let version = desk.lab.env.cluster.version();
    let path = format!("/stream/applications?resourceVersion={version}&{fields}");
    let mut events =
        answer(Arc::clone(&desk.api), open("text/event-stream", &path)).await.into_body().into_data_stream();
    // `argocd app wait` watches one application from the version that it has just read (`application.go`, `Watch`).
    let (_, app) = desk.get("/applications/web").await;
    let own: u64 = app["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    let path = format!("/stream/applications?name=web&resourceVersion={own}&{fields}");
    let mut named = answer(Arc::clone(&desk.api), open("*/*", &path)).await.into_body().into_data_stream();
    assert_eq!(named.next().await.unwrap().unwrap(), expected, "a name brings it first, also with a version");
    let path = format!("/stream/applications?name=web&resourceVersion={}&{fields}", own + 1);
    let mut later = std::pin::pin!(answer(Arc::clone(&desk.api), open("*/*", &path)));
    assert!(futures::poll!(&mut later).is_pending(), "but not one older than the version");
    desk.post("/applications/web/sync", json!({})).await;
    desk.lab.advance(6);
    let mut seen = String::new();
    while !seen.contains("Synced") {
        seen = String::from_utf8(lines.next().await.unwrap().unwrap().to_vec()).unwrap();
    }
    let event = events.next().await.unwrap().unwrap();
    assert!(event.starts_with(b"data: {\"result\":") && event.ends_with(b" \n\n"), "{event:?}");
}

#[tokio::test]
async fn a_refreshing_get_waits_for_the_controller() {
    let mut desk = Desk::new(Value::Null);
    let api = Arc::clone(&desk.api);
    let request = Request::get("/api/v1/applications/web?refresh=hard")
        .header("token", USERS[1].token)
        .body(Body::empty())
        .unwrap();
    let mut waiting = std::pin::pin!(answer(api, request));
    assert!(futures::poll!(&mut waiting).is_pending());
    desk.lab.advance(1);
    assert_eq!(waiting.await.status(), 200);
}

#[tokio::test]
async fn grpc_web_answers_frames_and_refuses_in_headers() {
    let desk = Desk::synced();
    let call = |method: &str, message: &str, value: Value, token: &str| {
        let payload = proto::encode(message, &value);
        let mut body = vec![0];
        body.extend((payload.len() as u32).to_be_bytes());
        body.extend(payload);
        let request = Request::post(format!("/{method}"))
            .header(header::CONTENT_TYPE, "application/grpc-web+proto")
            .header("token", token)
            .body(Body::from(body))
            .unwrap();
        answer(Arc::clone(&desk.api), request)
    };
    let list = "application.ApplicationService/List";
    let response = call(list, "ApplicationQuery", json!({}), USERS[0].token).await;
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
    let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
    let apps = proto::decode("ApplicationList", &bytes[5..5 + length]).unwrap();
    assert_eq!(apps["items"][0]["status"]["sync"]["status"], "Synced");
    assert_eq!(apps["items"][0]["status"]["history"][0]["id"], 0);
    assert_eq!(&bytes[5 + length..10 + length], [0x80, 0, 0, 0, 32]);
    let response = call(list, "ApplicationQuery", json!({}), "").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["grpc-status"], "16");
    assert_eq!(response.headers()["grpc-message"], "no session information");
}

#[tokio::test]
async fn the_catalogue_is_synced_and_its_flaws_show() {
    let start = "2026-11-20T10:00:00Z".parse().unwrap();
    let options = Options { speed: 0.0, start: Some(start), ..Options::default() };
    let platform = Platform::start(options).await.unwrap();
    for env in &platform.world().envs {
        for app in env.cluster.list(known::APPLICATIONS, Some(NAMESPACE)) {
            let name = app["metadata"]["name"].as_str().unwrap();
            let behind = (env.name, name) == ("prod", "patient-portal");
            let expected = if behind { "OutOfSync" } else { "Synced" };
            assert_eq!(app["status"]["sync"]["status"], expected, "{} {name}: {}", env.name, app["status"]);
            let broken = (env.name, name) == ("staging", "lab-results");
            let health = if broken { "Degraded" } else { "Healthy" };
            assert_eq!(app["status"]["health"]["status"], health, "{} {name}: {}", env.name, app["status"]);
        }
    }
}

/// Runs the real command, when the variable names one: `VIGIE_ARGOCD=/path/to/argocd`.
struct Command {
    program: std::ffi::OsString,
    config: tempfile::NamedTempFile,
}

impl Command {
    fn new(endpoints: &[Endpoints]) -> Option<Self> {
        let program = std::env::var_os("VIGIE_ARGOCD")?;
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(config.path(), super::cli_config(endpoints)).unwrap();
        Some(Self { program, config })
    }

    /// Runs each line and looks for a text in what it says.
    fn check(&self, checks: &[(&str, &str)]) {
        for (line, expected) in checks {
            let output = std::process::Command::new(&self.program)
                .arg("--config")
                .arg(self.config.path())
                .args(line.split_whitespace())
                .output()
                .unwrap();
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            println!("$ argocd {line}\n{out}{err}");
            let found = out.contains(expected) || err.contains(expected);
            assert!(found, "argocd {line}: {expected:?} is missing in\n{out}{err}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_command_works() {
    let mut desk = Desk::new(json!({ "automated": { "prune": true, "enabled": false } }));
    let api = Arc::clone(&desk.api);
    let router = axum::Router::new().fallback(move |request: Request| answer(Arc::clone(&api), request));
    let server = crate::sim::http::serve(router, None).await.unwrap();
    let endpoints = Endpoints::of(&[("argocd", Endpoint { addr: server.addr(), tls: false })]);
    let Some(command) = Command::new(&[endpoints]) else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let clock = tokio::task::spawn_blocking(move || {
        while !stopped.load(Ordering::Relaxed) {
            desk.lab.advance(1);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
    let done = tokio::task::spawn_blocking(move || {
        command.check(&[
            ("version", "argocd-server: v3.2.11"),
            ("account can-i sync applications dev/web", "yes"),
            ("app list", "argocd/web"),
            ("app diff web", "===== apps/Deployment shop/web ======"),
            ("app sync web --timeout 20", "Phase:              Succeeded"),
            ("app get web", "Sync Status:        Synced"),
            ("app history web", "main ("),
            ("app wait web --sync --timeout 20", "Sync Status:        Synced"),
            ("app rollback web 0 --timeout 20", "Phase:              Succeeded"),
            ("app set web --sync-policy automated", ""),
            ("app rollback web 0", "rollback cannot be initiated when auto-sync is enabled"),
            ("app terminate-op web", "No operation is in progress"),
            ("app manifests web", "kind: ConfigMap"),
            ("proj list", "dev"),
            ("proj get dev", "Name:"),
            ("cluster list", "in-cluster"),
            ("repo list", "deploy.git"),
        ]);
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    clock.await.unwrap();
    done.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_command_works_on_the_platform() {
    if std::env::var_os("VIGIE_ARGOCD").is_none() {
        return;
    }
    let platform = Platform::start(Options { speed: 10.0, ..Options::default() }).await.unwrap();
    let endpoints = ["dev", "staging", "prod"].map(|env| platform.endpoints(env));
    let command = Command::new(&endpoints).unwrap();
    let done = tokio::task::spawn_blocking(move || {
        command.check(&[
            ("context", "staging"),
            ("app list", "argocd/openmrs"),
            ("app list --argocd-context prod", "argocd/patient-portal"),
            ("app diff patient-portal --argocd-context prod", "===== apps/Deployment"),
            (
                "app sync patient-portal --argocd-context prod --timeout 60",
                "service/patient-portal unchanged",
            ),
            ("app get patient-portal --output tree --argocd-context prod", "ReplicaSet"),
            ("app logs patient-portal --tail 2 --container patient-portal --argocd-context prod", ""),
            ("app actions list patient-portal --kind Deployment --argocd-context prod", "restart"),
            ("appset list", "platform"),
        ]);
    });
    done.await.unwrap();
}

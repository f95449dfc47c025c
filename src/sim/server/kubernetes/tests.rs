//! The API server as its clients meet it, over TLS; expected values are answers of kube-apiserver 1.34.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::*;
use crate::sim::{Controller, SimClock, cluster::known, logs::LogStream, server::empty_world};

const NS: &str = "wire-test";
const OPERATOR: &str = "demo-nadia-5f2c9a71";
const ADMIN: &str = "demo-samir-83b1d04e";
const VIEWER: &str = "demo-victor-c60e7f19";

/// The API server of an empty dev environment whose time stands still, and a client. It is served without the
/// rest of the platform, whose warm-up each test would wait for.
struct Lab {
    world: Arc<World>,
    controllers: Vec<Box<dyn Controller>>,
    server: serve::Server,
    client: reqwest::Client,
    url: String,
}

impl Lab {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(SimClock::new("2026-11-21T05:52:51Z".parse().unwrap(), 0.0));
        let world = Arc::new(empty_world(1, clock).unwrap());
        let installed = install(&world, world.env("dev").unwrap()).unwrap();
        let tls = world.ca.server_config().unwrap();
        let server = serve::serve(installed.router.unwrap(), Some(tls)).await.unwrap();
        let ca = reqwest::Certificate::from_pem(world.ca.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
        let url = format!("https://{}", server.addr());
        let lab = Self { world, controllers: installed.controllers, server, client, url };
        lab.env().cluster.create(known::NAMESPACES, json!({ "metadata": { "name": NS } }), false).unwrap();
        lab
    }

    fn env(&self) -> &Arc<Env> {
        self.world.env("dev").unwrap()
    }

    /// Lets the server's own controllers work once.
    fn step(&mut self) {
        let (env, mut rng) = (Arc::clone(self.env()), fastrand::Rng::with_seed(1));
        for controller in &mut self.controllers {
            controller.reconcile(&env, env.now(), &mut rng);
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(ADMIN)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    async fn write(&self, method: Method, path: &str, kind: &str, body: &Value) -> (u16, Value) {
        answer(self.request(method, path).header("content-type", kind).body(body.to_string())).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.write(Method::POST, path, "application/json", body).await
    }

    async fn merge(&self, path: &str, body: &Value) -> (u16, Value) {
        self.write(Method::PATCH, path, "application/merge-patch+json", body).await
    }

    fn pod(&self, name: &str) {
        let pod = json!({ "metadata": { "name": name, "namespace": NS, "labels": { "app": "web" } },
            "spec": { "nodeName": "node-1", "containers": [{ "name": "web", "image": "registry.lab/web:1" }] },
            "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }],
                "containerStatuses": [{ "name": "web", "ready": true, "restartCount": 0, "state": { "running": {} } }] } });
        let made = "2026-11-21T05:42:51Z".parse().unwrap();
        self.env().cluster.create_as_of(known::PODS, pod, made).unwrap();
    }

    fn log(&self, pod: &str) -> Arc<LogStream> {
        self.env().logs.open(NS, pod, "web", &[])
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn deployment() -> Value {
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": { "selector": { "matchLabels": { "app": "web" } }, "template": {
            "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c", "image": "i" }] } } } })
}

fn deployments() -> String {
    format!("/apis/apps/v1/namespaces/{NS}/deployments")
}

fn pods() -> String {
    format!("/api/v1/namespaces/{NS}/pods")
}

#[tokio::test]
async fn strangers_and_viewers_are_refused_in_the_servers_words() {
    let lab = Lab::start().await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Unauthorized", "reason": "Unauthorized", "code": 401 });
    let stranger = lab.client.get(format!("{}/api/v1/pods", lab.url));
    assert_eq!(answer(stranger).await, (401, recorded.clone()));
    let wrong = lab.client.get(format!("{}/api/v1/pods", lab.url)).bearer_auth("nobody");
    assert_eq!(answer(wrong).await, (401, recorded));
    let secrets = lab.client.get(format!("{}/api/v1/secrets", lab.url)).bearer_auth(VIEWER);
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "secrets is forbidden: User \"victor\" cannot list resource \"secrets\" in API group \"\" at the cluster scope",
        "reason": "Forbidden", "details": { "kind": "secrets" }, "code": 403 });
    assert_eq!(answer(secrets).await, (403, recorded));
    let pod = lab.client.delete(format!("{}/api/v1/namespaces/default/pods/x", lab.url)).bearer_auth(VIEWER);
    let (code, status) = answer(pod).await;
    assert_eq!((code, &status["details"]), (403, &json!({ "name": "x", "kind": "pods" })));
    assert_eq!(
        status["message"],
        "pods \"x\" is forbidden: User \"victor\" cannot delete resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    let ready = lab.client.get(format!("{}/readyz", lab.url));
    assert_eq!(answer(ready).await, (200, json!("ok")));
}

#[tokio::test]
async fn objects_are_created_changed_and_deleted_with_the_recorded_refusals() {
    let lab = Lab::start().await;
    let (code, made) = lab.post(&deployments(), &deployment()).await;
    assert_eq!(
        (code, &made["kind"], &made["metadata"]["generation"]),
        (201, &json!("Deployment"), &json!(1))
    );
    let (code, again) = lab.post(&deployments(), &deployment()).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "deployments.apps \"web\" already exists", "reason": "AlreadyExists",
        "details": { "name": "web", "group": "apps", "kind": "deployments" }, "code": 409 });
    assert_eq!((code, again), (409, recorded));
    let web = format!("{}/web", deployments());
    let (code, dry) = lab.merge(&format!("{web}?dryRun=All"), &json!({ "spec": { "replicas": 7 } })).await;
    assert_eq!((code, &dry["spec"]["replicas"], &dry["metadata"]["generation"]), (200, &json!(7), &json!(2)));
    assert_eq!(dry["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
    let (_, scaled) = lab.merge(&format!("{web}/scale"), &json!({ "spec": { "replicas": 3 } })).await;
    assert_eq!((&scaled["kind"], &scaled["status"]["selector"]), (&json!("Scale"), &json!("app=web")));
    let stale = json!({ "metadata": { "resourceVersion": made["metadata"]["resourceVersion"] }, "spec": { "replicas": 20 } });
    let (code, status) = lab.merge(&web, &stale).await;
    assert_eq!(
        (code, status["message"].as_str().unwrap()),
        (
            409,
            "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again"
        )
    );
    let test = json!([{ "op": "test", "path": "/spec/replicas", "value": 99 }]);
    let (code, status) = lab.write(Method::PATCH, &web, "application/json-patch+json", &test).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the server rejected our request due to an error in our request", "reason": "Invalid",
        "details": {}, "code": 422 });
    assert_eq!((code, status), (422, recorded));
    let missing = lab.get(&format!("{}/nope", deployments())).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "deployments.apps \"nope\" not found", "reason": "NotFound",
        "details": { "name": "nope", "group": "apps", "kind": "deployments" }, "code": 404 });
    assert_eq!(missing, (404, recorded));
    let elsewhere = lab.post("/apis/apps/v1/namespaces/nowhere/deployments", &deployment()).await;
    assert_eq!((elsewhere.0, &elsewhere.1["message"]), (404, &json!("namespaces \"nowhere\" not found")));
    let (code, gone) = lab.write(Method::DELETE, &web, "application/json", &json!({})).await;
    assert_eq!((code, &gone["status"], &gone["details"]["name"]), (200, &json!("Success"), &json!("web")));
}

#[tokio::test]
async fn applying_conflicts_over_what_another_manager_scaled() {
    let lab = Lab::start().await;
    lab.post(&format!("{}?fieldManager=kubectl-create", deployments()), &deployment()).await;
    let web = format!("{}/web", deployments());
    lab.merge(&format!("{web}/scale?fieldManager=kubectl"), &json!({ "spec": { "replicas": 3 } })).await;
    let config = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 6}\n";
    let apply = |query: &str| {
        let request = lab.request(Method::PATCH, &format!("{web}?fieldManager=me{query}"));
        request.header("content-type", "application/apply-patch+yaml").body(config)
    };
    let (code, status) = answer(apply("")).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas",
        "reason": "Conflict", "details": { "causes": [{ "reason": "FieldManagerConflict",
            "message": "conflict with \"kubectl\" with subresource \"scale\" using apps/v1", "field": ".spec.replicas" }] },
        "code": 409 });
    assert_eq!((code, status), (409, recorded));
    let (code, forced) = answer(apply("&force=true")).await;
    assert_eq!((code, &forced["spec"]["replicas"]), (200, &json!(6)));
}

#[tokio::test]
async fn pods_are_listed_as_tables_and_selected_by_fields() {
    let lab = Lab::start().await;
    for name in ["web-7f8d4dc98b-25gnj", "web-7f8d4dc98b-6r64p", "web-7f8d4dc98b-78fdk"] {
        lab.pod(name);
    }
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let list = lab.request(Method::GET, &format!("{}?limit=2", pods())).header("accept", table);
    let (_, body) = answer(list).await;
    let columns: Vec<_> = body["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["name"].as_str().unwrap(), c["priority"].as_i64().unwrap()))
        .collect();
    assert_eq!(columns[..5], [("Name", 0), ("Ready", 0), ("Status", 0), ("Restarts", 0), ("Age", 0)]);
    assert_eq!(
        body["rows"][0]["cells"].as_array().unwrap()[..5],
        json!(["web-7f8d4dc98b-25gnj", "1/1", "Running", "0", "10m"]).as_array().unwrap()[..]
    );
    assert_eq!(
        (&body["rows"][0]["object"]["kind"], &body["metadata"]["remainingItemCount"]),
        (&json!("PartialObjectMetadata"), &json!(1))
    );
    let token = body["metadata"]["continue"].as_str().unwrap();
    let (_, rest) = lab.get(&format!("{}?limit=2&continue={token}", pods())).await;
    assert_eq!((rest["kind"].as_str(), rest["items"].as_array().map(Vec::len)), (Some("PodList"), Some(1)));
    assert!(rest["items"][0].get("kind").is_none(), "items of built-in lists carry no kind");
    let (_, chosen) =
        lab.get(&format!("{}?fieldSelector=metadata.name%3Dweb-7f8d4dc98b-78fdk", pods())).await;
    assert_eq!(chosen["items"].as_array().map(Vec::len), Some(1));
    let protobuf = lab.request(Method::GET, &pods()).header("accept", "application/vnd.kubernetes.protobuf");
    assert_eq!(answer(protobuf).await.0, 406);
    let (code, gone) = lab.get(&format!("{}?limit=2&continue=eyJ2IjogIm1ldGEuazhzLmlvL3YxIiwgInJ2IjogNSwgInN0YXJ0IjogIi9kZWZhdWx0L3dlYi03XHUwMDAwIn0", pods())).await;
    assert_eq!((code, &gone["reason"]), (410, &json!("Expired")));
    assert_eq!(
        gone["metadata"]["continue"],
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiZGVmYXVsdC93ZWItN1x1MDAwMCJ9"
    );
}

/// Reads the events of a watch until the stream ends or `enough` are there.
async fn events(request: RequestBuilder, enough: usize) -> Vec<Value> {
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut text, mut found) = (Vec::new(), Vec::new());
    while found.len() < enough
        && let Some(chunk) = response.chunk().await.unwrap()
    {
        text.extend_from_slice(&chunk);
        found =
            text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    }
    found
}

#[tokio::test]
async fn a_watch_begins_with_what_is_there_and_ends_on_time() {
    let lab = Lab::start().await;
    lab.pod("web-1");
    let initial = format!(
        "{}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
        pods()
    );
    let seen = events(lab.request(Method::GET, &initial), 2).await;
    assert_eq!((&seen[0]["type"], &seen[1]["type"]), (&json!("ADDED"), &json!("BOOKMARK")));
    let version = lab.env().cluster.version().to_string();
    let recorded = json!({ "kind": "Pod", "apiVersion": "v1", "metadata": { "resourceVersion": version,
        "annotations": { "k8s.io/initial-events-end": "true" } }, "spec": { "containers": null }, "status": {} });
    assert_eq!(seen[1]["object"], recorded);
    let short =
        format!("{}?watch=1&allowWatchBookmarks=true&timeoutSeconds=1&labelSelector=app%3Dnone", pods());
    let seen = events(lab.request(Method::GET, &short), usize::MAX).await;
    assert_eq!((seen.len(), &seen[0]["type"]), (1, &json!("BOOKMARK")));
    let old =
        events(lab.request(Method::GET, &format!("{}?watch=1&resourceVersion=5", pods())), usize::MAX).await;
    assert_eq!((&old[0]["type"], &old[0]["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert!(old[0]["object"]["message"].as_str().unwrap().starts_with("too old resource version: 5 ("));
}

#[tokio::test]
async fn leaving_a_selection_is_a_deletion_and_a_client_that_goes_frees_its_watch() {
    let lab = Lab::start().await;
    lab.pod("web-1");
    let cluster = Arc::clone(&lab.env().cluster);
    let before = Arc::strong_count(&cluster);
    let path = format!("{}?watch=1&labelSelector=app%3Dweb&resourceVersion={}", pods(), cluster.version());
    let mut response = lab.request(Method::GET, &path).send().await.unwrap();
    assert!(Arc::strong_count(&cluster) > before);
    cluster
        .modify(known::PODS, NS, "web-1", |pod| pod["metadata"]["labels"]["app"] = json!("other"))
        .unwrap();
    let event: Value = serde_json::from_slice(&response.chunk().await.unwrap().unwrap()).unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["metadata"]["labels"]["app"]),
        (&json!("DELETED"), &json!("web"))
    );
    drop(response);
    let freed = async {
        while Arc::strong_count(&cluster) > before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), freed).await.expect("the watch is freed");
}

#[tokio::test]
async fn logs_are_cut_stamped_and_followed_to_the_end() {
    let lab = Lab::start().await;
    lab.pod("web-1");
    let log = lab.log("web-1");
    let now = lab.env().now();
    for n in 0..5 {
        log.write(
            now.minus(Duration::from_secs(50 - n * 10)),
            crate::sim::logs::Output::Stdout,
            format!("line {n}"),
        );
    }
    let path = format!("{}/web-1/log", pods());
    assert_eq!(lab.get(&format!("{path}?tailLines=2")).await, (200, json!("line 3\nline 4\n")));
    assert_eq!(lab.get(&format!("{path}?sinceSeconds=20")).await.1, json!("line 3\nline 4\n"));
    assert_eq!(lab.get(&format!("{path}?limitBytes=6")).await.1, json!("line 0"));
    let stamped = lab.get(&format!("{path}?timestamps=true&tailLines=1")).await.1;
    assert_eq!(stamped, json!("2026-11-21T05:52:41.000000000Z line 4\n"));
    assert_eq!(lab.get(&format!("{path}?container=x")).await.0, 400);
    let (code, previous) = lab.get(&format!("{path}?previous=true")).await;
    assert_eq!(
        (code, previous["message"].as_str()),
        (400, Some("previous terminated container \"web\" in pod \"web-1\" not found"))
    );
    let (code, missing) = lab.get(&format!("{}/nope/log", pods())).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "pods \"nope\" not found", "reason": "NotFound", "details": { "name": "nope", "kind": "pods" }, "code": 404 });
    assert_eq!((code, missing), (404, recorded));
    let mut follow =
        lab.request(Method::GET, &format!("{path}?follow=true&tailLines=1")).send().await.unwrap();
    assert_eq!(follow.chunk().await.unwrap().unwrap(), "line 4\n");
    log.write(now, crate::sim::logs::Output::Stdout, "line 5");
    assert_eq!(follow.chunk().await.unwrap().unwrap(), "line 5\n");
    lab.env().logs.pod_gone(NS, "web-1");
    assert_eq!(follow.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_budget_stops_an_eviction() {
    let lab = Lab::start().await;
    lab.pod("web-1");
    let budget = json!({ "metadata": { "name": "web", "namespace": NS },
        "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "web" } } } });
    lab.env().cluster.create(known::DISRUPTION_BUDGETS, budget, false).unwrap();
    let eviction = json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": { "name": "web-1", "namespace": NS } });
    let (code, status) = lab.post(&format!("{}/web-1/eviction", pods()), &eviction).await;
    let recorded = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Cannot evict pod as it would violate the pod's disruption budget.", "reason": "TooManyRequests",
        "details": { "causes": [{ "reason": "DisruptionBudget",
            "message": "The disruption budget web needs 1 healthy pods and has 1 currently" }] }, "code": 429 });
    assert_eq!((code, status), (429, recorded));
    lab.env()
        .cluster
        .delete(known::DISRUPTION_BUDGETS, NS, "web", &crate::sim::cluster::Deletion::default())
        .unwrap();
    let (code, status) = lab.post(&format!("{}/web-1/eviction", pods()), &eviction).await;
    let recorded =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    assert_eq!((code, status), (201, recorded));
    let wrong = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": { "uid": "0" } });
    let (code, status) =
        lab.write(Method::DELETE, &format!("{}/web-1", pods()), "application/json", &wrong).await;
    assert_eq!((code, &status["details"]), (409, &json!({ "name": "web-1", "kind": "Pod" })));
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .contains("the UID in the precondition (0) does not match the UID in record (")
    );
}

#[tokio::test]
async fn reviews_say_who_may_do_what() {
    let lab = Lab::start().await;
    let ask = async |verb: &str, resource: &str| {
        let body = json!({ "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": { "namespace": "default", "verb": verb, "resource": resource } } });
        let request =
            lab.client.post(format!("{}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", lab.url));
        answer(request.bearer_auth(OPERATOR).json(&body)).await
    };
    let recorded = json!({ "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
        "spec": { "resourceAttributes": { "namespace": "default", "verb": "delete", "resource": "pods" } },
        "status": { "allowed": true } });
    assert_eq!(ask("delete", "pods").await, (201, recorded));
    assert_eq!(ask("get", "secrets").await.1["status"], json!({ "allowed": false }));
    let me = lab.client.post(format!("{}/apis/authentication.k8s.io/v1/selfsubjectreviews", lab.url));
    let (_, me) = answer(me.bearer_auth(VIEWER).json(&json!({}))).await;
    assert_eq!(me["status"]["userInfo"]["username"], "victor");
}

#[tokio::test]
async fn a_deleted_namespace_goes_with_its_content() {
    let mut lab = Lab::start().await;
    lab.post(&format!("/api/v1/namespaces/{NS}/configmaps"), &json!({ "metadata": { "name": "settings" } }))
        .await;
    let (code, leaving) =
        lab.write(Method::DELETE, &format!("/api/v1/namespaces/{NS}"), "application/json", &json!({})).await;
    assert_eq!((code, &leaving["status"]["phase"]), (200, &json!("Terminating")));
    let (code, _) = lab
        .post(&format!("/api/v1/namespaces/{NS}/configmaps"), &json!({ "metadata": { "name": "late" } }))
        .await;
    assert_eq!(code, 403);
    lab.step();
    lab.step();
    assert_eq!(lab.get(&format!("/api/v1/namespaces/{NS}")).await.0, 404);
    assert!(lab.env().cluster.list(known::CONFIG_MAPS, Some(NS)).is_empty());
}

#[tokio::test]
async fn kube_discovers_and_lists_with_the_written_kubeconfig() {
    let lab = Lab::start().await;
    let endpoint = Endpoint { addr: lab.server.addr(), tls: true };
    let text = kubeconfig([("dev", endpoint)], &lab.world.ca.pem());
    let config: kube::config::Kubeconfig = serde_saphyr::from_str(&text).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &kube::config::KubeConfigOptions::default())
        .await
        .unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let found = kube::Discovery::new(client.clone()).run_aggregated().await.unwrap();
    assert!(found.has_group("argoproj.io") && found.has_group("apps"));
    lab.pod("web-1");
    let pods: kube::Api<k8s_openapi::api::core::v1::Pod> = kube::Api::namespaced(client, NS);
    assert_eq!(pods.list(&kube::api::ListParams::default()).await.unwrap().items.len(), 1);
    assert!(pods.get_opt("nope").await.unwrap().is_none());
}

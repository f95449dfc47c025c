//! The simulated clusters over the Kubernetes wire protocol: one generic server over the stored objects.
//!
//! It answers as kube-apiserver 1.34 does, in JSON: bodies may come as protobuf, but a client that takes nothing
//! else gets 406. The subresources
//! `exec`, `attach` and `portforward` are not there because the pods run no processes.

mod access;
mod apply;
mod delete;
mod discovery;
mod events;
mod fields;
mod list;
mod logs;
mod metrics;
mod openapi;
mod patch;
mod request;
mod reviews;
mod schema;
mod selector;
mod table;
mod validate;
mod view;
mod watch;
mod write;

use std::{cell::RefCell, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use self::{
    access::Principal,
    list::{Selection, Snapshots},
    request::{Path, Query},
    view::View,
};
use super::{Endpoint, Installed};
use crate::{
    model::Time,
    sim::{
        Env, SimError, World,
        cluster::{ApiError, Cluster, Part, RESOURCES, Resource},
        http as serve, identity,
    },
};

/// How long ago the custom resources were defined.
const DEFINED: Duration = Duration::from_secs(200 * 86_400);

/// What one cluster's API server holds.
#[derive(Debug)]
struct Api {
    env: Arc<Env>,
    snapshots: Snapshots,
}

/// One request on a stored resource.
struct Call {
    api: Arc<Api>,
    resource: &'static Resource,
    path: Path,
    method: Method,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
    /// What the answer warns of.
    warnings: RefCell<Vec<String>>,
}

/// Puts the API server into an environment: its router, the definitions of the custom resources, and the
/// controller that empties deleted namespaces.
pub fn install(_: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    define_custom_resources(env);
    let api = Arc::new(Api { env: Arc::clone(env), snapshots: Snapshots::default() });
    let router = Router::new().fallback(handle).with_state(api);
    Ok(Installed {
        controllers: vec![Box::new(delete::Namespaces::default())],
        router: Some(router),
        tls: true,
    })
}

/// A kubeconfig with one context per cluster, the first current, and the demo's users with their tokens; every
/// context is the first user's. `clusters` are names and endpoints, `ca` the authority's certificate as PEM.
pub fn kubeconfig<'a>(clusters: impl IntoIterator<Item = (&'a str, Endpoint)>, ca: &str) -> String {
    let ca = STANDARD.encode(ca);
    let user = identity::USERS[0].name;
    let (mut servers, mut contexts, mut current) = (Vec::new(), Vec::new(), None);
    for (name, endpoint) in clusters {
        current.get_or_insert(name);
        let url = endpoint.url();
        servers.push(format!(
            "- name: {name}\n  cluster:\n    server: {url}\n    certificate-authority-data: {ca}\n"
        ));
        contexts.push(format!("- name: {name}\n  context:\n    cluster: {name}\n    user: {user}\n"));
    }
    let users: Vec<String> = identity::USERS
        .iter()
        .map(|user| format!("- name: {}\n  user:\n    token: {}\n", user.name, user.token))
        .collect();
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {}\nclusters:\n{}contexts:\n{}users:\n{}",
        current.unwrap_or_default(),
        servers.concat(),
        contexts.concat(),
        users.concat()
    )
}

/// Stores a definition for each custom resource that is served, unless the catalogue has one.
fn define_custom_resources(env: &Env) {
    let definitions = cluster_gr();
    for resource in RESOURCES.iter().filter(|resource| resource.custom) {
        let (gr, kind) = (resource.gr, resource.kind);
        let name = format!("{}.{}", gr.resource, gr.group);
        let mut version = json!({ "name": resource.version, "served": true, "storage": true,
            "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } },
            "additionalPrinterColumns": table::printer_columns(resource) });
        if resource.has("status") {
            version["subresources"] = json!({ "status": {} });
        }
        let names = json!({ "plural": gr.resource, "singular": resource.singular, "kind": kind,
            "listKind": format!("{kind}List"), "shortNames": resource.short });
        let made = env.now().minus(DEFINED);
        let now = made.rfc3339();
        let condition = |kind: &str, reason: &str, message: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message });
        let object = json!({
            "metadata": { "name": name },
            "spec": { "group": gr.group, "names": names, "versions": [version],
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                "conversion": { "strategy": "None" } },
            "status": { "acceptedNames": names, "storedVersions": [resource.version], "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted") ] },
        });
        // One that the catalogue has brought stays.
        let _ = env.cluster.create_as_of(definitions, object, made);
    }
}

fn cluster_gr() -> crate::sim::cluster::Gr {
    crate::sim::cluster::Gr { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" }
}

async fn handle(State(api): State<Arc<Api>>, request: Request<Body>) -> Response {
    let mut response = match route(api, request).await {
        Ok(response) => response,
        Err(error) => refuse(&error),
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        headers.insert("audit-id", id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

/// An error as its `Status`.
fn refuse(error: &ApiError) -> Response {
    let mut error = error.clone();
    let mut details = std::mem::take(&mut error.details);
    let on = details.as_object_mut().and_then(|details| details.shift_remove(list::CONTINUE));
    if on.is_none() {
        error.details = details;
    }
    let mut status = error.status();
    if let Some(token) = on {
        status["metadata"]["continue"] = token;
    }
    let code = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = serve::json(code, &status);
    if let Some(seconds) = error.details["retryAfterSeconds"].as_u64() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn route(api: Arc<Api>, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (path, headers) = (parts.uri.path(), parts.headers);
    let user = match Principal::of(&headers, api.env.name) {
        Ok(user) => Some(user),
        Err(_) if access::public(path, &headers) => None,
        Err(error) => return Err(error),
    };
    if matches!(path.trim_end_matches('/'), "/healthz" | "/livez" | "/readyz") {
        return Ok(serve::text(StatusCode::OK, "ok"));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let described = || discovery::answer(path, &headers, host).or_else(|| openapi::answer(path));
    if parts.method == Method::GET
        && let Some(response) = described()
    {
        return Ok(response);
    }
    let (Some(user), Some(target)) = (user, Path::parse(path)) else { return Ok(unknown()) };
    let query = Query::of(&parts.uri);
    let body = serve::read(body).await.map_err(|error| ApiError::new(413, "RequestEntityTooLarge", error))?;
    user.check(target.verb(&parts.method, &query), &target)?;
    if let Some(answer) = metrics::answer(&api, &parts.method, &target, &query) {
        return answer;
    }
    if let Some(kind) = reviews::of(&target) {
        return match parts.method {
            Method::POST => reviews::answer(&api, kind, &target, &user, &request::object(&headers, &body)?),
            _ => Err(not_allowed()),
        };
    }
    let Some(resource) = target.find().filter(|resource| resource.namespaced || target.namespace.is_none())
    else {
        return Ok(unknown());
    };
    Call {
        api,
        resource,
        path: target,
        method: parts.method,
        query,
        headers,
        body,
        warnings: RefCell::default(),
    }
    .answer()
}

/// What a real server says to a path that it does not know.
fn unknown() -> Response {
    serve::text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn not_allowed() -> ApiError {
    let message = "the server does not allow this method on the requested resource";
    ApiError { code: 405, reason: "MethodNotAllowed", message: message.to_owned(), details: json!({}) }
}

impl Call {
    fn answer(&self) -> Result<Response, ApiError> {
        let named = self.path.name.is_some();
        if named && self.resource.namespaced && self.path.namespace.is_none() {
            return Ok(unknown());
        }
        if let Some(sub) = &self.path.subresource {
            if !discovery::has(self.resource, sub) {
                return Ok(unknown());
            }
            return match (sub.as_str(), &self.method) {
                ("log", &Method::GET) => logs::read(self),
                ("eviction", &Method::POST) => delete::evict(self),
                ("scale", &Method::GET | &Method::PUT | &Method::PATCH) => write::scale(self),
                ("status", &Method::GET) => self.get(),
                ("status", &Method::PUT) => write::update(self, Part::Status),
                ("status", &Method::PATCH) => write::patch(self, Part::Status),
                _ => Err(not_allowed()),
            };
        }
        match (&self.method, named) {
            (&Method::GET | &Method::HEAD, true) => self.get(),
            (&Method::GET | &Method::HEAD, false) => self.read_many(),
            (&Method::POST, false) => write::create(self),
            (&Method::PUT, true) => write::update(self, Part::Main),
            (&Method::PATCH, true) => write::patch(self, Part::Main),
            (&Method::DELETE, true) => delete::delete(self),
            (&Method::DELETE, false) => delete::delete_collection(self),
            _ => Err(not_allowed()),
        }
    }

    fn get(&self) -> Result<Response, ApiError> {
        let view = self.view()?;
        let object = self.stored()?;
        Ok(serve::bytes(StatusCode::OK, "application/json", view.object(&object)))
    }

    fn read_many(&self) -> Result<Response, ApiError> {
        let view = self.view()?;
        let selection = Selection::of(self.path.namespace.clone(), &self.query, self.resource)?;
        if self.query.flag("watch") {
            return watch::open(self.cluster(), &self.api.env.clock, view, selection, &self.query);
        }
        let page = list::list(self.cluster(), &self.api.snapshots, self.resource, &selection, &self.query)?;
        let body = view.list(&page.meta, page.objects.iter().map(|object| &**object));
        Ok(serve::bytes(StatusCode::OK, "application/json", body))
    }

    fn cluster(&self) -> &Arc<Cluster> {
        &self.api.env.cluster
    }

    fn now(&self) -> Time {
        self.api.env.now()
    }

    /// The name in the path; empty for a collection.
    fn name(&self) -> &str {
        self.path.name.as_deref().unwrap_or_default()
    }

    /// The namespace and name in the path.
    fn place(&self) -> (&str, &str) {
        (self.path.namespace.as_deref().unwrap_or_default(), self.name())
    }

    /// The stored object that the path names; 404 in the words of the resource asked for.
    fn stored(&self) -> Result<Arc<Value>, ApiError> {
        let (namespace, name) = self.place();
        let found = self.cluster().get(self.resource.stored, namespace, name);
        found.map_err(|_| ApiError::not_found(self.resource.gr, name))
    }

    /// The body as an object.
    fn object(&self) -> Result<Value, ApiError> {
        request::object(&self.headers, &self.body)
    }

    /// The body as a patch in JSON.
    fn patch(&self) -> Result<Value, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))
    }

    fn view(&self) -> Result<View, ApiError> {
        let shape = view::negotiate(&self.headers, &self.query)?;
        Ok(View { resource: self.resource, shape, now: self.now() })
    }

    /// An answer with one object, whole where the client asks for a form that there is not.
    fn respond(&self, code: StatusCode, object: &Value) -> Response {
        let shape = view::negotiate(&self.headers, &self.query).unwrap_or(view::Shape::Full);
        let view = View { resource: self.resource, shape, now: self.now() };
        let mut response = serve::bytes(code, "application/json", view.object(object));
        for warning in self.warnings.borrow().iter() {
            if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
                response.headers_mut().append(header::WARNING, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests;

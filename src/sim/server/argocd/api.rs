//! What every method of the API server needs: the environment, the caller, rights, refusals.

use std::sync::{Arc, Mutex};

use futures::stream::BoxStream;
use serde_json::{Value, json};

use super::session::Session;
use crate::{
    model::Time,
    sim::{
        Env,
        argocd::{Argo, Comparison, NAMESPACE, View, compare},
        cluster::{ApiError, known},
        identity::{Right, User},
    },
};

/// A refusal with gRPC's code, as the real server gives it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refusal {
    /// gRPC's status code.
    pub(super) code: u8,
    /// The message in both fields of the body.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// gRPC 3: the request makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(3, message)
    }

    /// gRPC 9: the state of things forbids it.
    pub(super) fn precondition(message: impl Into<String>) -> Self {
        Self::new(9, message)
    }

    /// gRPC 7 without a reason: what callers learn about applications that are not theirs.
    pub(super) fn denied() -> Self {
        Self::new(7, "permission denied")
    }

    /// gRPC 2: anything else.
    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }

    /// The HTTP status that the gateway answers with (grpc-gateway's table).
    pub(super) fn http_status(&self) -> u16 {
        match self.code {
            3 | 9 | 11 => 400,
            16 => 401,
            7 => 403,
            5 => 404,
            6 | 10 => 409,
            8 => 429,
            12 => 501,
            14 => 503,
            4 => 504,
            _ => 500,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let code = match error.code {
            404 => 5,
            409 if error.reason == "AlreadyExists" => 6,
            409 => 10,
            403 => 7,
            400 | 422 => 3,
            _ => 2,
        };
        Self::new(code, error.message)
    }
}

/// What a method answers.
pub(super) type Answer = Result<Value, Refusal>;
/// What a streaming method sends.
pub(super) type Events = BoxStream<'static, Answer>;

/// One environment's API server.
pub(super) struct Api {
    pub(super) env: Arc<Env>,
    pub(super) argo: Arc<Argo>,
    /// When it started: from when the demo's fixed tokens are.
    pub(super) started: Time,
    pub(super) sessions: Mutex<Vec<Session>>,
}

impl Api {
    pub(super) fn new(env: Arc<Env>, argo: Arc<Argo>) -> Self {
        let started = env.now();
        Self { env, argo, started, sessions: Mutex::default() }
    }

    /// The last comparison of an application, or a new one before there is any.
    pub(super) fn comparison(&self, app: View<'_>) -> Arc<Comparison> {
        self.argo.compared(app.name()).unwrap_or_else(|| {
            let revision = self.argo.git.resolve(app.target_revision()).unwrap_or_default();
            Arc::new(compare(&self.env, &self.argo.git, app, app.source(), &revision))
        })
    }
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) user: &'static User,
    /// When the token was made.
    pub(super) issued: Time,
}

/// One call.
#[derive(Clone)]
pub(super) struct Ctx {
    pub(super) api: Arc<Api>,
    pub(super) who: Option<Who>,
}

impl Ctx {
    pub(super) fn env(&self) -> &Env {
        &self.api.env
    }

    pub(super) fn username(&self) -> &'static str {
        self.who.map_or("", |who| who.user.name)
    }

    /// Whether the caller may do that to a `resource` object.
    pub(super) fn may(&self, resource: &str, action: &str) -> bool {
        let right = self.who.map_or(Right::None, |who| who.user.right(self.env().name));
        let verb = action.split('/').next().unwrap_or_default();
        match right {
            Right::None => false,
            Right::View => verb == "get",
            Right::Operate => {
                verb == "get" || resource == "applications" && matches!(verb, "sync" | "update" | "action")
            }
            Right::Admin => true,
        }
    }

    /// Refuses, naming the permission, unless the caller may.
    pub(super) fn enforce(&self, resource: &str, action: &str, object: &str) -> Result<(), Refusal> {
        if self.may(resource, action) {
            return Ok(());
        }
        let iat = self.who.map_or_else(String::new, |who| who.issued.rfc3339());
        let sub = self.username();
        let message = format!("permission denied: {resource}, {action}, {object}, sub: {sub}, iat: {iat}");
        Err(Refusal::new(7, message))
    }

    /// The application that a request names. One that is missing or not the caller's is "permission denied"
    /// without a project, 404 with one, so that nobody learns what exists.
    pub(super) fn app(&self, request: &Value, name_field: &str, action: &str) -> Result<Arc<Value>, Refusal> {
        let name = request[name_field].as_str().unwrap_or_default();
        let project = project_of(request);
        if !project.is_empty() && !self.may("applications", action) {
            return Err(Refusal::denied());
        }
        let namespace = request["appNamespace"].as_str().filter(|held| !held.is_empty()).unwrap_or(NAMESPACE);
        let found = self.env().cluster.get(known::APPLICATIONS, namespace, name);
        let missing = || {
            if project.is_empty() {
                Refusal::denied()
            } else {
                Refusal::new(5, format!("applications.argoproj.io {name:?} not found"))
            }
        };
        let app = found.map_err(|_| missing())?;
        if !self.may("applications", action) || !project.is_empty() && View(&app).project() != project {
            return Err(missing());
        }
        Ok(app)
    }

    /// The project of an application.
    pub(super) fn project(&self, app: View<'_>) -> Result<Arc<Value>, Refusal> {
        self.env().cluster.get(known::APP_PROJECTS, NAMESPACE, app.project()).map_err(|_| {
            let project = app.project();
            Refusal::invalid(format!("application references project {project} which does not exist"))
        })
    }
}

/// The single project that a request names; empty for none.
fn project_of(request: &Value) -> &str {
    let listed = ["projects", "project"].into_iter().find_map(|field| match request.get(field) {
        Some(Value::String(project)) => Some(project.as_str()),
        Some(Value::Array(list)) => list.first().and_then(Value::as_str),
        _ => None,
    });
    listed.unwrap_or_default()
}

/// An object as the API server shows it: without `apiVersion` and `kind`.
pub(super) fn shown(object: &Value) -> Value {
    let mut shown = object.clone();
    if let Some(map) = shown.as_object_mut() {
        map.shift_remove("apiVersion");
        map.shift_remove("kind");
    }
    shown
}

/// A list: `null` instead of no items, as Go writes it.
pub(super) fn list(metadata: Value, items: Vec<Value>) -> Value {
    json!({ "metadata": metadata, "items": if items.is_empty() { Value::Null } else { Value::Array(items) } })
}

/// JSON with the fields of every object in the order of their names, as Go writes maps.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut names: Vec<&String> = map.keys().collect();
            names.sort();
            names.into_iter().map(|name| (name.clone(), sorted(&map[name]))).collect()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

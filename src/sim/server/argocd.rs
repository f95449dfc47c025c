//! The simulated Argo CD's API server: one core of methods behind REST, its streams, and gRPC-web.

mod api;
mod applications;
mod fields;
mod grpc_web;
mod logs;
mod methods;
mod operations;
mod patch;
mod platform;
mod proto;
mod resources;
mod rest;
mod schema;
mod session;
mod stream;

use std::{fmt::Write as _, sync::Arc};

use axum::{Router, extract::Request};

use super::{Endpoints, Installed};
use crate::sim::{
    Env, SimError, World,
    argocd::{self, Argo},
    identity::USERS,
    world::ENVIRONMENTS,
};

/// Puts an Argo CD into an environment.
#[expect(clippy::unnecessary_wraps, reason = "the rows of `SYSTEMS` have one type")]
pub(super) fn install(world: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    argocd::adopt(env, &world.git);
    let argo = Arc::new(Argo::new(Arc::clone(&world.git)));
    let controllers = argocd::controllers(&argo);
    env.systems.put(Arc::clone(&argo));
    let api = Arc::new(api::Api::new(Arc::clone(env), argo));
    let router = Router::new().fallback(move |request: Request| answer(Arc::clone(&api), request));
    Ok(Installed { controllers, router: Some(router), tls: false })
}

async fn answer(api: Arc<api::Api>, request: Request) -> axum::response::Response {
    if grpc_web::is_call(&request) {
        grpc_web::answer(api, request).await
    } else {
        rest::answer(api, request).await
    }
}

/// The configuration file of the `argocd` command: a context for each environment, the first current.
/// The endpoints are those of the environments in the order of [`ENVIRONMENTS`].
pub fn cli_config(endpoints: &[Endpoints]) -> String {
    let served: Vec<(&str, String)> = ENVIRONMENTS
        .iter()
        .zip(endpoints)
        .filter_map(|((name, _), endpoints)| Some((*name, endpoints.get("argocd")?.addr.to_string())))
        .collect();
    let mut text = String::new();
    let current = served.first().map_or("", |(name, _)| name);
    let token = USERS[0].token;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "contexts:");
    for (name, addr) in &served {
        let _ = writeln!(text, "- name: {name}\n  server: {addr}\n  user: {addr}");
    }
    let _ = writeln!(text, "current-context: {current}");
    let _ = writeln!(text, "servers:");
    for (_, addr) in &served {
        let _ = writeln!(
            text,
            "- server: {addr}\n  grpc-web: true\n  plain-text: true\n  grpc-web-root-path: \"\""
        );
    }
    let _ = writeln!(text, "users:");
    for (_, addr) in &served {
        let _ = writeln!(text, "- name: {addr}\n  auth-token: {token}");
    }
    text
}

#[cfg(test)]
mod tests;

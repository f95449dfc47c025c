//! The simulated Argo CD's controllers: one per environment, working on Application objects as the real ones do.

mod appset;
mod compare;
mod controller;
mod diff;
mod events;
mod health;
mod operation;
mod refresh;
mod task;
mod tree;
mod view;
mod window;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub(crate) use self::{
    compare::{Comparison, Managed, compare, manifests, tracking_id},
    diff::mask_secrets,
    events::event,
    refresh::destination_error,
    tree::{app_tree, nodes_of},
    view::{View, ordered_status, set, text},
    window::{Windows, glob},
};
use super::{Controller, Env, cluster::known, git::Git, lock};

/// The namespace of Argo CD and its Applications.
pub const NAMESPACE: &str = "argocd";
/// The annotation that says which application manages an object.
pub(crate) const TRACKING: &str = "argocd.argoproj.io/tracking-id";
/// The annotation that asks for a comparison.
pub(crate) const REFRESH: &str = "argocd.argoproj.io/refresh";
/// Where client-side apply keeps what it applied last.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The finalizer that makes an application take its resources with it.
pub(crate) const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";
/// The address of the cluster that Argo CD runs in.
pub(crate) const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// What the controllers and the API server of one Argo CD share: its repository and its cache of comparisons.
#[derive(Debug)]
pub(crate) struct Argo {
    /// What it syncs from.
    pub(crate) git: Arc<Git>,
    compared: Mutex<BTreeMap<String, Arc<Comparison>>>,
}

impl Argo {
    pub(crate) fn new(git: Arc<Git>) -> Self {
        Self { git, compared: Mutex::default() }
    }

    /// The last comparison of an application.
    pub(crate) fn compared(&self, app: &str) -> Option<Arc<Comparison>> {
        lock(&self.compared).get(app).cloned()
    }

    fn keep(&self, app: &str, comparison: Arc<Comparison>) {
        lock(&self.compared).insert(app.to_owned(), comparison);
    }

    fn forget(&self, app: &str) {
        lock(&self.compared).remove(app);
    }
}

/// Marks what applications have synced before the world began as applied by them, so that the next sync knows what
/// it may take away.
pub(crate) fn adopt(env: &Env, git: &Git) {
    for app in env.cluster.list(known::APPLICATIONS, Some(NAMESPACE)) {
        let view = View(&app);
        let revision = text(&app, "/status/sync/revision");
        if revision.is_empty() {
            continue;
        }
        for held in compare(env, git, view, view.source(), revision).managed {
            let (Some(gr), Some(target), Some(live)) = (held.gr, &held.target, &held.live) else { continue };
            if compare::annotation(live, LAST_APPLIED).is_empty() {
                // It was there a moment ago, and nothing runs yet.
                let _ = env.cluster.modify(gr, &held.namespace, &held.name, |object| {
                    task::set_last_applied(object, target);
                });
            }
        }
    }
}

/// The application-set controller and the application controller, in the order in which they work.
pub(crate) fn controllers(argo: &Arc<Argo>) -> Vec<Box<dyn Controller>> {
    vec![
        Box::new(appset::ApplicationSets::new(Arc::clone(argo))),
        Box::new(controller::Applications::new(Arc::clone(argo))),
    ]
}

#[cfg(test)]
pub(crate) mod tests;

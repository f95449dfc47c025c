//! The ingress controller as far as others see it: every ingress gets the address of its load balancer.

use serde_json::{Value, json};

use super::Watched;
use crate::{
    model::Time,
    sim::{
        cluster::{Change, Gr},
        world::{Controller, Env},
    },
};

const INGRESSES: Gr = Gr { group: "networking.k8s.io", resource: "ingresses" };

/// Gives ingresses their address.
pub(super) struct Ingresses(Watched);

impl Default for Ingresses {
    fn default() -> Self {
        Self(Watched::new(INGRESSES))
    }
}

impl Controller for Ingresses {
    fn reconcile(&mut self, env: &Env, _: Time, _: &mut fastrand::Rng) {
        for event in self.0.changes(env) {
            let object = &event.object;
            if event.change == Change::Deleted || object.pointer("/status/loadBalancer/ingress").is_some() {
                continue;
            }
            let field = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
            let address =
                json!({ "loadBalancer": { "ingress": [{ "ip": format!("203.0.113.{}", 10 + env.index) }] } });
            let admit = |object: &mut Value| object["status"] = address;
            // It may be gone again.
            let _ = env.cluster.modify(INGRESSES, field("namespace"), field("name"), admit);
        }
    }
}

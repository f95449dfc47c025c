//! Pod disruption budgets: how many pods may be evicted now.

use serde_json::{Value, json};

use super::{
    Queue, Watched,
    object::{self, count},
};
use crate::{
    model::Time,
    sim::{
        cluster::known,
        world::{Controller, Env},
    },
};

pub(super) struct Budgets {
    budgets: Watched,
    pods: Watched,
    queue: Queue,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            budgets: Watched::new(known::DISRUPTION_BUDGETS),
            pods: Watched::new(known::PODS),
            queue: Queue::default(),
        }
    }
}

impl Controller for Budgets {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.budgets.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.pods.changes(env) {
            for budget in env.cluster.list(known::DISRUPTION_BUDGETS, Some(object::namespace(&event.object)))
            {
                if selects(&budget["spec"]["selector"], &event.object) {
                    self.queue.add_object(&budget);
                }
            }
        }
        for (namespace, name) in self.queue.take(now) {
            if let Ok(budget) = env.cluster.get(known::DISRUPTION_BUDGETS, &namespace, &name) {
                report(env, now, &budget);
            }
        }
    }
}

fn selects(selector: &Value, pod: &Value) -> bool {
    let wanted = selector["matchLabels"].as_object();
    wanted.into_iter().flatten().all(|(label, value)| pod["metadata"]["labels"][label] == *value)
}

fn report(env: &Env, now: Time, budget: &Value) {
    let namespace = object::namespace(budget);
    let pods = env.cluster.list(known::PODS, Some(namespace));
    let pods: Vec<_> = pods.iter().filter(|pod| selects(&budget["spec"]["selector"], pod)).collect();
    let expected = pods.iter().filter(|pod| object::is_active(pod)).count() as i64;
    let healthy = pods.iter().filter(|pod| object::is_ready(pod)).count() as i64;
    let of = |value: &Value| {
        let percent = value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
        percent.map_or_else(|| count(value, 0), |percent| (expected * percent + 99) / 100)
    };
    let desired = match budget["spec"].get("maxUnavailable") {
        Some(most) => (expected - of(most)).max(0),
        None => of(&budget["spec"]["minAvailable"]),
    };
    let allowed = (healthy - desired).max(0);
    let _ = env.cluster.modify(known::DISRUPTION_BUDGETS, namespace, object::name(budget), |budget| {
        let conditions = budget["status"].get("conditions").cloned().unwrap_or_else(|| json!([]));
        budget["status"] = json!({
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": conditions,
        });
        let (status, reason) =
            if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
        object::set_condition(budget, now, "DisruptionAllowed", status, reason, "");
    });
}

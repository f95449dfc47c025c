//! External Secrets: copies secret material from Vault into Secrets, on time or when asked.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Queue, Watched, events::record, object};
use crate::{
    model::Time,
    sim::{
        cluster::known,
        world::{Controller, Env},
    },
};

/// The annotation whose change makes the operator refresh at once.
const FORCE: &str = "force-sync";

pub(super) struct ExternalSecrets {
    watched: Watched,
    queue: Queue,
    seen: BTreeMap<(String, String), (i64, String)>,
}

impl Default for ExternalSecrets {
    fn default() -> Self {
        Self {
            watched: Watched::new(known::EXTERNAL_SECRETS),
            queue: Queue::default(),
            seen: BTreeMap::new(),
        }
    }
}

impl Controller for ExternalSecrets {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.watched.changes(env) {
            let object = &event.object;
            let key = (object::namespace(object).to_owned(), object::name(object).to_owned());
            let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
            let asked = (generation, object::annotation(object, FORCE).to_owned());
            if self.seen.insert(key, asked.clone()) != Some(asked) {
                self.queue.add_object(object);
            }
        }
        for key in self.queue.take(now) {
            let Ok(external) = env.cluster.get(known::EXTERNAL_SECRETS, &key.0, &key.1) else { continue };
            refresh(env, now, &external);
            self.queue.at(now.plus(interval(&external)), key);
        }
    }
}

fn interval(external: &Value) -> Duration {
    let text = external["spec"]["refreshInterval"].as_str().unwrap_or("1h");
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        _ => 3600,
    };
    Duration::from_secs(number.parse().unwrap_or(1).max(1) * factor)
}

fn refresh(env: &Env, now: Time, external: &Value) {
    let (namespace, name) = (object::namespace(external), object::name(external));
    let target = external["spec"]["target"]["name"].as_str().unwrap_or(name);
    let outcome = collect(env, external);
    if let Ok(data) = &outcome {
        let write = |secret: &mut Value| secret["data"] = json!(data);
        if env.cluster.modify(known::SECRETS, namespace, target, write).is_err() {
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {
                    "name": target, "namespace": namespace,
                    "labels": { "reconcile.external-secrets.io/managed": "true" },
                    "ownerReferences": [object::controller_reference(external)],
                },
                "data": data,
            });
            let _ = env.cluster.create(known::SECRETS, secret, false);
        }
    }
    let _ = env.cluster.modify(known::EXTERNAL_SECRETS, namespace, name, |external| {
        if outcome.is_ok() {
            external["status"]["refreshTime"] = json!(now.rfc3339());
            external["status"]["syncedResourceVersion"] =
                json!(format!("{}", external["metadata"]["generation"]));
            external["status"]["binding"] = json!({ "name": target });
            object::set_condition(external, now, "Ready", "True", "SecretSynced", "secret synced");
        } else {
            let text = "could not get secret data from provider";
            object::set_condition(external, now, "Ready", "False", "SecretSyncedError", text);
        }
    });
    if let Err(why) = &outcome {
        record(env, now, external, "Warning", "UpdateFailed", why, "external-secrets");
    }
}

/// The fields that the external secret asks for, encoded.
fn collect(env: &Env, external: &Value) -> Result<BTreeMap<String, String>, String> {
    let mut data = BTreeMap::new();
    for entry in external["spec"]["data"].as_array().into_iter().flatten() {
        let remote = &entry["remoteRef"];
        let path = remote["key"].as_str().unwrap_or_default();
        let held = env.credentials.get(path);
        let held = held.ok_or_else(|| format!("error processing spec.data: cannot read secret data from Vault: {path}: Secret does not exist"))?;
        let field = remote["property"].as_str().unwrap_or_default();
        let value =
            held.data.get(field).ok_or_else(|| format!("cannot find secret data for key: \"{field}\""))?;
        data.insert(entry["secretKey"].as_str().unwrap_or(field).to_owned(), STANDARD.encode(value));
    }
    Ok(data)
}

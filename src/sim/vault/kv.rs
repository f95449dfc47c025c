//! KV version 2: versions, check-and-set, soft deletion, destruction, metadata.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::{Answer, Op, Refusal, Request, Secret, wire::go_duration};
use crate::{model::Time, sim::Env};

/// How many versions are kept when nobody says otherwise.
const VERSIONS_KEPT: u64 = 10;

/// The state of one mount.
#[derive(Debug, Default)]
pub(super) struct Kv {
    secrets: BTreeMap<String, Stored>,
    cas_required: bool,
    max_versions: u64,
    delete_after: u64,
}

#[derive(Debug)]
struct Stored {
    created: Time,
    updated: Time,
    current: u64,
    meta_version: u64,
    custom: Option<BTreeMap<String, String>>,
    max_versions: u64,
    cas_required: bool,
    /// In seconds; 0 for never.
    delete_after: u64,
    versions: BTreeMap<u64, Version>,
}

#[derive(Debug)]
struct Version {
    created: Time,
    deleted: Option<Time>,
    destroyed: bool,
    data: Map<String, Value>,
}

impl Version {
    fn readable(&self, now: Time) -> bool {
        !self.destroyed && self.deleted.is_none_or(|at| now < at)
    }
}

impl Stored {
    fn new(now: Time) -> Self {
        Self {
            created: now,
            updated: now,
            current: 0,
            meta_version: 0,
            custom: None,
            max_versions: 0,
            cas_required: false,
            delete_after: 0,
            versions: BTreeMap::new(),
        }
    }

    fn push(&mut self, data: Map<String, Value>, now: Time, mount_max: u64, mount_delete_after: u64) {
        self.current += 1;
        self.updated = now;
        let after = if self.delete_after > 0 { self.delete_after } else { mount_delete_after };
        let deleted = (after > 0).then(|| now.plus(Duration::from_secs(after)));
        self.versions.insert(self.current, Version { created: now, deleted, destroyed: false, data });
        let set = [self.max_versions, mount_max].into_iter().find(|max| *max > 0);
        let kept = set.unwrap_or(VERSIONS_KEPT) as usize;
        while self.versions.len() > kept {
            self.versions.pop_first();
        }
    }

    fn about(&self, number: u64) -> Value {
        let version = &self.versions[&number];
        json!({
            "created_time": version.created.to_string(),
            "custom_metadata": self.custom,
            "deletion_time": version.deleted.map_or(String::new(), |at| at.to_string()),
            "destroyed": version.destroyed,
            "version": number,
        })
    }

    /// The material as ESO and pods know it: flat texts.
    fn material(&self, now: Time) -> BTreeMap<String, String> {
        let held = self.versions.get(&self.current).filter(|version| version.readable(now));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        held.map(|held| held.data.iter().map(|(k, v)| (k.clone(), text(v))).collect()).unwrap_or_default()
    }
}

impl Kv {
    /// Whether a write below the mount would make a new secret.
    pub(super) fn is_fresh(&self, path: &str) -> bool {
        let name = path.strip_prefix("data/").or_else(|| path.strip_prefix("metadata/"));
        name.is_some_and(|name| !self.secrets.contains_key(name))
    }

    /// Puts a secret there as if it had been written at `at`.
    pub(super) fn seed(&mut self, name: &str, data: &BTreeMap<String, String>, at: Time) {
        let data = data.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        let stored = self.secrets.entry(name.to_owned()).or_insert_with(|| Stored::new(at));
        stored.push(data, at, 0, 0);
    }

    /// Takes in what someone else wrote into the environment's credentials.
    fn follow(&mut self, mount: &str, name: &str, env: &Env, now: Time) {
        let Some(held) = env.credentials.get(&format!("{mount}data/{name}")) else { return };
        let known = self.secrets.get(name);
        let newer =
            known.is_none_or(|stored| held.changed > stored.updated && held.data != stored.material(now));
        if newer && !held.data.is_empty() {
            self.seed(name, &held.data, held.changed);
        }
    }
}

/// Everything below a KV mount.
pub(super) fn answer(
    kv: &mut Kv,
    mount: &str,
    env: &Env,
    now: Time,
    request: &Request,
    path: &str,
) -> Result<Answer, Refusal> {
    let (verb, name) = path.split_once('/').unwrap_or((path, ""));
    if !name.is_empty() {
        kv.follow(mount, name.trim_end_matches('/'), env, now);
    }
    let answer = match (verb, request.op) {
        ("config", Op::Read) => Ok(Answer::data(json!({
            "cas_required": kv.cas_required,
            "delete_version_after": go_duration(kv.delete_after),
            "max_versions": kv.max_versions,
            "metadata_cas_required": false,
        }))),
        ("config", Op::Write) => {
            kv.max_versions = request.number("max_versions").unwrap_or(kv.max_versions);
            kv.cas_required = request.body.get("cas_required").map_or(kv.cas_required, |v| v == true);
            kv.delete_after = request.seconds("delete_version_after")?.unwrap_or(kv.delete_after);
            Ok(Answer::Nothing)
        }
        ("data" | "subkeys", Op::Read) => read(kv, request, name, now, verb == "subkeys"),
        ("data", Op::Write) => write(kv, request, name, now, false),
        ("data", Op::Patch) => {
            if !request.content_type.starts_with("application/merge-patch+json") {
                let given = &request.content_type;
                return Err(Refusal::new(
                    415,
                    format!("PATCH requires Content-Type of application/merge-patch+json, provided {given}"),
                ));
            }
            write(kv, request, name, now, true)
        }
        ("data", Op::Delete) => {
            if let Some(stored) = kv.secrets.get_mut(name) {
                delete(stored, &[stored.current], now);
            }
            Ok(Answer::Nothing)
        }
        ("delete" | "undelete" | "destroy", Op::Write) => marks(kv, verb, request, name, now),
        ("metadata", Op::List | Op::Scan) => list(kv, request, name),
        ("metadata", Op::Read) => {
            kv.secrets.get(name).map(|stored| Answer::data(metadata(stored))).ok_or_else(Refusal::missing)
        }
        ("metadata", Op::Write | Op::Patch) => write_metadata(kv, request, name, now),
        ("metadata", Op::Delete) => {
            kv.secrets.remove(name);
            env.credentials.put(&format!("{mount}data/{name}"), BTreeMap::new(), now, Some(now));
            Ok(Answer::Nothing)
        }
        ("config" | "data" | "subkeys" | "delete" | "undelete" | "destroy", _) => {
            Err(Refusal::unsupported_operation())
        }
        _ => Ok(Answer::Secret(Box::new(Secret {
            missing: true,
            warnings: vec!["Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the OpenBao CLI, use 'bao kv get' for this operation.".into()],
            ..Secret::default()
        }))),
    };
    if matches!(request.op, Op::Write | Op::Patch | Op::Delete)
        && let Some(stored) = kv.secrets.get(name)
    {
        let path = format!("{mount}data/{name}");
        let material = stored.material(now);
        if env.credentials.get(&path).is_none_or(|held| held.data != material) {
            env.credentials.put(&path, material, now, None);
        }
    }
    answer
}

fn read(kv: &Kv, request: &Request, name: &str, now: Time, only_keys: bool) -> Result<Answer, Refusal> {
    let stored = kv.secrets.get(name).ok_or_else(Refusal::missing)?;
    let number = request.number("version").filter(|number| *number > 0).unwrap_or(stored.current);
    let version = stored.versions.get(&number).ok_or_else(Refusal::missing)?;
    let readable = version.readable(now);
    let data = match (readable, only_keys) {
        (false, _) => Value::Null,
        (true, false) => Value::Object(version.data.clone()),
        (true, true) => keys_only(&Value::Object(version.data.clone())),
    };
    let field = if only_keys { "subkeys" } else { "data" };
    let mut body = Map::new();
    if only_keys {
        body.insert("metadata".into(), stored.about(number));
        body.insert(field.into(), data);
    } else {
        body.insert(field.into(), data);
        body.insert("metadata".into(), stored.about(number));
    }
    let secret = Secret { data: Value::Object(body), missing: !readable, ..Secret::default() };
    Ok(Answer::Secret(Box::new(secret)))
}

/// The same tree with every value taken out.
fn keys_only(value: &Value) -> Value {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().map(|(key, value)| (key.clone(), keys_only(value))).collect::<Map<_, _>>().into()
        }
        _ => Value::Null,
    }
}

fn write(kv: &mut Kv, request: &Request, name: &str, now: Time, merge: bool) -> Result<Answer, Refusal> {
    let data = request.body.get("data").and_then(Value::as_object);
    let Some(data) = data.cloned() else { return Err(Refusal::new(400, "no data provided")) };
    let cas = request.body.get("options").and_then(|options| options.get("cas")).and_then(Value::as_u64);
    let (mount_max, mount_after, mount_cas) = (kv.max_versions, kv.delete_after, kv.cas_required);
    let held = kv.secrets.get(name);
    let current = held.map_or(0, |stored| stored.current);
    if cas.is_none() && (mount_cas || held.is_some_and(|stored| stored.cas_required)) {
        return Err(Refusal::new(400, "check-and-set parameter required for this call"));
    }
    if cas.is_some_and(|cas| cas != current) {
        return Err(Refusal::new(400, "check-and-set parameter did not match the current version"));
    }
    let data = if merge {
        let live = held.and_then(|stored| stored.versions.get(&current)).filter(|v| v.readable(now));
        let mut merged = Value::Object(live.ok_or_else(Refusal::missing)?.data.clone());
        merge_patch(&mut merged, &Value::Object(data));
        merged.as_object().cloned().unwrap_or_default()
    } else {
        data
    };
    let stored = kv.secrets.entry(name.to_owned()).or_insert_with(|| Stored::new(now));
    stored.push(data, now, mount_max, mount_after);
    Ok(Answer::data(stored.about(stored.current)))
}

/// RFC 7386.
fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(held) = target.as_object_mut() else { return };
    for (key, value) in fields {
        if value.is_null() {
            held.shift_remove(key);
        } else {
            merge_patch(held.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn delete(stored: &mut Stored, numbers: &[u64], now: Time) {
    for number in numbers {
        if let Some(version) = stored.versions.get_mut(number).filter(|version| version.readable(now)) {
            version.deleted = Some(now);
        }
    }
}

fn marks(kv: &mut Kv, verb: &str, request: &Request, name: &str, now: Time) -> Result<Answer, Refusal> {
    let numbers: Vec<u64> = match request.body.get("versions") {
        Some(Value::Array(list)) => {
            list.iter().filter_map(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())).collect()
        }
        _ => request.texts("versions").into_iter().flatten().filter_map(|n| n.parse().ok()).collect(),
    };
    if numbers.is_empty() {
        return Err(Refusal::new(400, "no version number provided"));
    }
    let stored = kv.secrets.get_mut(name).ok_or_else(Refusal::missing)?;
    if verb == "delete" {
        delete(stored, &numbers, now);
        return Ok(Answer::Nothing);
    }
    let after = stored.delete_after;
    for number in numbers {
        let Some(version) = stored.versions.get_mut(&number) else { continue };
        if verb == "destroy" {
            version.destroyed = true;
            version.data.clear();
        } else if !version.destroyed {
            version.deleted = (after > 0).then(|| now.plus(Duration::from_secs(after)));
        }
    }
    Ok(Answer::Nothing)
}

fn list(kv: &Kv, request: &Request, prefix: &str) -> Result<Answer, Refusal> {
    let prefix = prefix.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let below = kv.secrets.keys().filter_map(|name| name.strip_prefix(&prefix));
    let keys: BTreeSet<&str> = match request.op {
        Op::Scan => below.collect(),
        _ => below.filter_map(|name| name.split_inclusive('/').next()).collect(),
    };
    let after = request.text("after").unwrap_or_default();
    let limit = request.number("limit").filter(|limit| *limit > 0).unwrap_or(u64::MAX);
    let page = keys.into_iter().filter(|key| *key > after || after.is_empty());
    Answer::keys(page.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(str::to_owned).collect())
}

fn metadata(stored: &Stored) -> Value {
    let versions: Map<_, _> = stored
        .versions
        .iter()
        .map(|(number, version)| {
            let about = json!({
                "created_time": version.created.to_string(),
                "deletion_time": version.deleted.map_or(String::new(), |at| at.to_string()),
                "destroyed": version.destroyed,
            });
            (number.to_string(), about)
        })
        .collect();
    let oldest = stored.versions.keys().next().copied().unwrap_or(0);
    json!({
        "cas_required": stored.cas_required,
        "created_time": stored.created.to_string(),
        "current_metadata_version": stored.meta_version,
        "current_version": stored.current,
        "custom_metadata": stored.custom,
        "delete_version_after": go_duration(stored.delete_after),
        "max_versions": stored.max_versions,
        "metadata_cas_required": false,
        "oldest_version": if oldest > 1 { oldest } else { 0 },
        "updated_time": stored.updated.to_string(),
        "versions": versions,
    })
}

fn write_metadata(kv: &mut Kv, request: &Request, name: &str, now: Time) -> Result<Answer, Refusal> {
    let after = request.seconds("delete_version_after")?;
    let stored = kv.secrets.entry(name.to_owned()).or_insert_with(|| Stored::new(now));
    if let Some(Value::Object(custom)) = request.body.get("custom_metadata") {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        stored.custom = Some(custom.iter().map(|(k, v)| (k.clone(), text(v))).collect());
    }
    stored.max_versions = request.number("max_versions").unwrap_or(stored.max_versions);
    stored.cas_required = request.body.get("cas_required").map_or(stored.cas_required, |v| v == true);
    stored.delete_after = after.unwrap_or(stored.delete_after);
    stored.meta_version += 1;
    Ok(Answer::Nothing)
}

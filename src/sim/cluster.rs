//! The etcd and the core rules of one environment's API server: versions, conflicts, deletion, watches.

mod defaults;
mod error;
mod resources;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Map, Value, json};

pub use self::{
    error::ApiError,
    resources::{Gr, RESOURCES, Resource, find, known, of_kind, of_object},
    watch::{Change, Subscription, WatchEvent},
};
use super::{SimClock, lock};
use crate::model::{Clock, Time};

/// Which part of an object an update writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All but the status, where the resource has a status subresource: what PUT on the object writes.
    Main,
    /// Only the status.
    Status,
    /// Everything: what controllers in this process do.
    Whole,
}

/// What happens to an object's dependents when it is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They stay, without this owner.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct Deletion {
    /// Seconds that a pod gets to end; its own `terminationGracePeriodSeconds` by default.
    pub grace: Option<u64>,
    /// Refuse unless the object has this uid.
    pub uid: Option<String>,
    /// Refuse unless the object has this resource version.
    pub version: Option<String>,
    /// What happens to dependents.
    pub propagation: Propagation,
    /// Only check.
    pub dry_run: bool,
}

/// One object's place: resource, namespace (empty for cluster-scoped) and name.
pub type Place = (Gr, String, String);

type Objects = BTreeMap<(String, String), Arc<Value>>;

/// The objects of one environment's cluster.
#[derive(Debug)]
pub struct Cluster {
    clock: Arc<SimClock>,
    state: Mutex<State>,
    pub(self) notify: tokio::sync::watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    version: u64,
    rng: fastrand::Rng,
    objects: HashMap<Gr, Objects>,
    /// Owner's uid → its dependents.
    owned: HashMap<String, BTreeSet<Place>>,
    history: watch::History,
}

impl Cluster {
    /// An empty cluster; `seed` fixes the uids and generated names.
    pub fn new(clock: Arc<SimClock>, seed: u64) -> Self {
        let state = State {
            version: 184_000,
            rng: fastrand::Rng::with_seed(seed),
            objects: HashMap::new(),
            owned: HashMap::new(),
            history: watch::History::new(184_000),
        };
        Self { clock, state: Mutex::new(state), notify: tokio::sync::watch::Sender::new(184_000) }
    }

    /// The newest resource version.
    pub fn version(&self) -> u64 {
        lock(&self.state).version
    }

    /// One object.
    pub fn get(&self, gr: Gr, namespace: &str, name: &str) -> Result<Arc<Value>, ApiError> {
        lock(&self.state).get(gr, namespace, name)
    }

    /// The objects of a namespace, or of all, by namespace and name.
    pub fn list(&self, gr: Gr, namespace: Option<&str>) -> Vec<Arc<Value>> {
        self.list_at(gr, namespace).0
    }

    /// The same with the version at which they were read.
    pub fn list_at(&self, gr: Gr, namespace: Option<&str>) -> (Vec<Arc<Value>>, u64) {
        let state = lock(&self.state);
        let found = state.objects.get(&gr).map_or_else(Vec::new, |objects| match namespace {
            None => objects.values().cloned().collect(),
            Some(namespace) => objects
                .range((namespace.to_owned(), String::new())..)
                .take_while(|(key, _)| key.0 == namespace)
                .map(|(_, object)| Arc::clone(object))
                .collect(),
        });
        (found, state.version)
    }

    /// The objects that have this uid among their owners.
    pub fn owned_by(&self, uid: &str) -> Vec<(Gr, Arc<Value>)> {
        let state = lock(&self.state);
        let places = state.owned.get(uid).into_iter().flatten();
        places.filter_map(|(gr, ns, name)| Some((*gr, state.get(*gr, ns, name).ok()?))).collect()
    }

    /// Creates an object; its namespace is taken from its metadata, `generateName` gets five more letters.
    pub fn create(&self, gr: Gr, object: Value, dry_run: bool) -> Result<Arc<Value>, ApiError> {
        self.insert(gr, object, self.clock.now(), dry_run)
    }

    /// Creates an object as if it had been made at an earlier moment.
    pub fn create_as_of(&self, gr: Gr, object: Value, created: Time) -> Result<Arc<Value>, ApiError> {
        self.insert(gr, object, created, false)
    }

    fn insert(
        &self,
        gr: Gr,
        mut object: Value,
        created: Time,
        dry_run: bool,
    ) -> Result<Arc<Value>, ApiError> {
        let mut state = lock(&self.state);
        if let Some(resource) = resources::find(gr.group, gr.resource) {
            for (field, value) in [("kind", resource.kind.to_owned()), ("apiVersion", resource.api_version())]
            {
                if object.get(field).is_none() {
                    object[field] = json!(value);
                }
            }
        }
        defaults::fill(gr, &mut object);
        let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
            return Err(ApiError::bad_request("metadata is missing"));
        };
        if text(meta, "name").is_empty() {
            let prefix = text(meta, "generateName");
            if prefix.is_empty() {
                let message = "name or generateName is required";
                return Err(ApiError::new(
                    422,
                    "Invalid",
                    format!("{gr} \"\" is invalid: metadata.name: Required value: {message}"),
                ));
            }
            let name = format!("{prefix}{}", suffix(&mut state.rng, 5));
            meta.insert("name".into(), name.into());
        }
        let (namespace, name) = (text(meta, "namespace").to_owned(), text(meta, "name").to_owned());
        if state.get(gr, &namespace, &name).is_ok() {
            return Err(ApiError::already_exists(gr, &name));
        }
        let uid = uuid::Builder::from_random_bytes(state.rng.u128(..).to_be_bytes()).into_uuid().to_string();
        meta.insert("uid".into(), uid.into());
        meta.insert("creationTimestamp".into(), created.rfc3339().into());
        meta.shift_remove("deletionTimestamp");
        if object.get("spec").is_some() && gr != known::NAMESPACES && gr != known::NODES {
            object["metadata"]["generation"] = json!(1);
        }
        if dry_run {
            object["metadata"]["resourceVersion"] = json!("");
            return Ok(Arc::new(object));
        }
        let stored = state.put(gr, object, Change::Added, None);
        self.notify.send_replace(state.version);
        Ok(stored)
    }

    /// Replaces an object; a resource version in it that is not the newest is a conflict.
    pub fn update(
        &self,
        gr: Gr,
        namespace: &str,
        name: &str,
        mut object: Value,
        part: Part,
        dry_run: bool,
    ) -> Result<Arc<Value>, ApiError> {
        let mut state = lock(&self.state);
        let before = state.get(gr, namespace, name)?;
        let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
        if !version.is_empty() && before["metadata"]["resourceVersion"] != version {
            let why =
                "the object has been modified; please apply your changes to the latest version and try again";
            return Err(ApiError::conflict(gr, name, why));
        }
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        if !uid.is_empty() && before["metadata"]["uid"] != uid {
            let held = before["metadata"]["uid"].as_str().unwrap_or_default();
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {held}");
            return Err(ApiError::conflict(gr, name, &why));
        }
        let has_status = resources::find(gr.group, gr.resource).is_some_and(|r| r.has("status"));
        match part {
            Part::Status => {
                let status = object.get_mut("status").map_or(Value::Null, Value::take);
                object = Value::clone(&before);
                set(&mut object, "status", status);
            }
            Part::Main if has_status => {
                set(&mut object, "status", before.get("status").cloned().unwrap_or_default());
            }
            Part::Main | Part::Whole => {}
        }
        let stored = state.replace(gr, object, &before, dry_run);
        self.notify.send_replace(state.version);
        Ok(stored)
    }

    /// Changes an object in place, whatever its version; nothing happens when the change changes nothing.
    /// `change` runs under the cluster's lock: it must not use the cluster.
    pub fn modify(
        &self,
        gr: Gr,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, ApiError> {
        let mut state = lock(&self.state);
        let before = state.get(gr, namespace, name)?;
        let mut object = Value::clone(&before);
        change(&mut object);
        let stored = state.replace(gr, object, &before, false);
        self.notify.send_replace(state.version);
        Ok(stored)
    }

    /// Moves the times in an object's metadata and status back, so that it looks older than it is.
    pub fn backdate(
        &self,
        gr: Gr,
        namespace: &str,
        name: &str,
        by: Duration,
    ) -> Result<Arc<Value>, ApiError> {
        let mut state = lock(&self.state);
        let before = state.get(gr, namespace, name)?;
        let mut object = Value::clone(&before);
        for part in ["metadata", "status"] {
            if let Some(part) = object.get_mut(part) {
                shift(part, by);
            }
        }
        let stored = state.put(gr, object, Change::Modified, Some(before));
        self.notify.send_replace(state.version);
        Ok(stored)
    }

    /// Deletes an object, or begins to: a running pod ends gracefully, finalizers hold it.
    /// Says the object as it was left, and whether it is gone.
    pub fn delete(
        &self,
        gr: Gr,
        namespace: &str,
        name: &str,
        how: &Deletion,
    ) -> Result<(Arc<Value>, bool), ApiError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let before = state.get(gr, namespace, name)?;
        let meta = &before["metadata"];
        if how.uid.as_deref().is_some_and(|uid| meta["uid"] != uid) {
            let (wanted, held) =
                (how.uid.as_deref().unwrap_or_default(), meta["uid"].as_str().unwrap_or_default());
            let why =
                format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {held}");
            return Err(ApiError::conflict(gr, name, &why));
        }
        if how.version.as_deref().is_some_and(|version| meta["resourceVersion"] != version) {
            let why = "Precondition failed: resourceVersion in precondition does not match";
            return Err(ApiError::conflict(gr, name, why));
        }
        if how.dry_run {
            return Ok((before, false));
        }
        let done = state.delete(gr, &before, how, now);
        self.notify.send_replace(state.version);
        Ok(done)
    }

    /// A watch on one resource from a version on (from now on when none is given); 410 when that is compacted.
    pub fn watch(self: &Arc<Self>, gr: Gr, from: Option<u64>) -> Result<Subscription, ApiError> {
        let state = lock(&self.state);
        let from = from.unwrap_or(state.version);
        state.history.check(from)?;
        drop(state);
        Ok(Subscription::new(Arc::clone(self), gr, from))
    }
}

impl State {
    fn get(&self, gr: Gr, namespace: &str, name: &str) -> Result<Arc<Value>, ApiError> {
        let key = (namespace.to_owned(), name.to_owned());
        let found = self.objects.get(&gr).and_then(|objects| objects.get(&key));
        found.cloned().ok_or_else(|| ApiError::not_found(gr, name))
    }

    /// Stores an object under the next version and tells the watchers.
    fn put(&mut self, gr: Gr, mut object: Value, change: Change, before: Option<Arc<Value>>) -> Arc<Value> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = Arc::new(object);
        let place = place(gr, &object);
        if let Some(before) = &before {
            self.disown(before, &place);
        }
        let objects = self.objects.entry(gr).or_default();
        if change == Change::Deleted {
            objects.remove(&(place.1.clone(), place.2.clone()));
        } else {
            objects.insert((place.1.clone(), place.2.clone()), Arc::clone(&object));
            for uid in owners(&object) {
                self.owned.entry(uid.to_owned()).or_default().insert(place.clone());
            }
        }
        self.history
            .push(gr, WatchEvent { version: self.version, change, object: Arc::clone(&object), before });
        object
    }

    fn disown(&mut self, object: &Value, place: &Place) {
        for uid in owners(object) {
            if let Some(dependents) = self.owned.get_mut(uid) {
                dependents.remove(place);
                if dependents.is_empty() {
                    self.owned.remove(uid);
                }
            }
        }
    }

    /// Puts a changed object in the place of `before`, with the fields that only the server sets.
    fn replace(&mut self, gr: Gr, mut object: Value, before: &Arc<Value>, dry_run: bool) -> Arc<Value> {
        for field in ["namespace", "name", "uid", "creationTimestamp", "deletionTimestamp", "generation"] {
            match before["metadata"].get(field) {
                Some(value) => object["metadata"][field] = value.clone(),
                None => drop(object["metadata"].as_object_mut().and_then(|meta| meta.shift_remove(field))),
            }
        }
        object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
        defaults::fill(gr, &mut object);
        if object == **before {
            return Arc::clone(before);
        }
        if before["metadata"].get("generation").is_some() && object.get("spec") != before.get("spec") {
            object["metadata"]["generation"] =
                json!(before["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        if dry_run {
            return Arc::new(object);
        }
        let ending = object["metadata"].get("deletionTimestamp").is_some();
        let held = !finalizers(before).is_empty();
        if ending && held && finalizers(&object).is_empty() {
            return self.remove(gr, object, before, Propagation::Background, Time::default());
        }
        self.put(gr, object, Change::Modified, Some(Arc::clone(before)))
    }

    fn delete(&mut self, gr: Gr, before: &Arc<Value>, how: &Deletion, now: Time) -> (Arc<Value>, bool) {
        let own = before.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64).unwrap_or(30);
        let scheduled = before.pointer("/spec/nodeName").is_some();
        let ended =
            matches!(before.pointer("/status/phase").and_then(Value::as_str), Some("Succeeded" | "Failed"));
        let grace = if gr == known::PODS && scheduled && !ended { how.grace.unwrap_or(own) } else { 0 };
        if grace == 0 && finalizers(before).is_empty() {
            let object = Value::clone(before);
            return (self.remove(gr, object, before, how.propagation, now), true);
        }
        let until = now.plus(Duration::from_secs(grace)).rfc3339();
        let meta = &before["metadata"];
        let sooner =
            meta.get("deletionTimestamp").and_then(Value::as_str).is_none_or(|held| until.as_str() < held);
        if !sooner {
            return (Arc::clone(before), false);
        }
        let mut object = Value::clone(before);
        object["metadata"]["deletionTimestamp"] = json!(until);
        object["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        if let Some(generation) = meta.get("generation").and_then(Value::as_i64) {
            object["metadata"]["generation"] = json!(generation + 1);
        }
        (self.put(gr, object, Change::Modified, Some(Arc::clone(before))), false)
    }

    /// Removes an object and, with no owner left, its dependents.
    fn remove(
        &mut self,
        gr: Gr,
        object: Value,
        before: &Arc<Value>,
        propagation: Propagation,
        now: Time,
    ) -> Arc<Value> {
        let removed = self.put(gr, object, Change::Deleted, Some(Arc::clone(before)));
        let uid = removed["metadata"]["uid"].as_str().unwrap_or_default();
        for (gr, namespace, name) in self.owned.remove(uid).into_iter().flatten() {
            let Ok(dependent) = self.get(gr, &namespace, &name) else { continue };
            if propagation == Propagation::Orphan || owners(&dependent).count() > 1 {
                let mut object = Value::clone(&dependent);
                if let Some(list) = object["metadata"]["ownerReferences"].as_array_mut() {
                    list.retain(|owner| owner["uid"] != uid);
                }
                self.put(gr, object, Change::Modified, Some(dependent));
            } else {
                self.delete(gr, &dependent, &Deletion::default(), now);
            }
        }
        removed
    }
}

fn place(gr: Gr, object: &Value) -> Place {
    let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    (gr, meta("namespace"), meta("name"))
}

fn owners(object: &Value) -> impl Iterator<Item = &str> {
    let list = object["metadata"].get("ownerReferences").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|owner| owner["uid"].as_str())
}

fn finalizers(object: &Value) -> &[Value] {
    object["metadata"].get("finalizers").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn shift(value: &mut Value, by: Duration) {
    match value {
        Value::String(text) if text.ends_with('Z') && text.len() == 20 => {
            if let Ok(time) = text.parse::<Time>() {
                *text = time.minus(by).rfc3339();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| shift(value, by)),
        Value::Object(map) => map.values_mut().for_each(|value| shift(value, by)),
        _ => {}
    }
}

fn text<'a>(map: &'a Map<String, Value>, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        if value.is_null() {
            map.shift_remove(field);
        } else {
            map.insert(field.to_owned(), value);
        }
    }
}

/// Letters as Kubernetes' generated names have them (apimachinery `rand.SafeEncodeString`'s alphabet).
pub fn suffix(rng: &mut fastrand::Rng, length: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    (0..length).map(|_| char::from(LETTERS[rng.usize(..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests;

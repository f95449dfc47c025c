//! Who owns which field: `metadata.managedFields` as sets of paths in the FieldsV1 notation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::patch::merge_keys;

/// A path to a field; each step as FieldsV1 writes it: `f:NAME`, `k:{KEYS}`, `v:VALUE`.
pub(super) type Path = Vec<String>;
/// A set of fields.
pub(super) type Set = BTreeSet<Path>;

/// What nobody owns: the type and what the server sets.
const UNOWNED: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The fields of an object; lists of `custom` resources are owned as a whole.
pub(super) fn of_object(object: &Value, custom: bool) -> Set {
    let mut set = Set::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    if !UNOWNED.contains(&key.as_str()) {
                        let mut at = vec!["f:metadata".to_owned(), format!("f:{key}")];
                        walk(value, key, custom, &mut at, &mut set);
                    }
                }
            }
            _ => walk(value, key, custom, &mut vec![format!("f:{key}")], &mut set),
        }
    }
    set
}

fn walk(value: &Value, field: &str, custom: bool, at: &mut Path, set: &mut Set) {
    match value {
        // Selectors are changed as a whole (`x-kubernetes-map-type: atomic`).
        Value::Object(map) if !map.is_empty() && !matches!(field, "selector" | "nodeSelector") => {
            for (key, value) in map {
                at.push(format!("f:{key}"));
                walk(value, key, custom, at, set);
                at.pop();
            }
        }
        Value::Array(items) if field == "finalizers" => {
            for item in items {
                at.push(format!("v:{item}"));
                set.insert(at.clone());
                at.pop();
            }
        }
        Value::Array(items) if !custom && !items.is_empty() => match merge_keys(field, items) {
            None => drop(set.insert(at.clone())),
            Some(keys) => {
                for item in items {
                    at.push(format!("k:{}", key_of(item, keys)));
                    set.insert(at.clone());
                    walk(item, "", custom, at, set);
                    at.pop();
                }
            }
        },
        _ => drop(set.insert(at.clone())),
    }
}

fn key_of(item: &Value, keys: &[&str]) -> Value {
    let with_default = |key: &str| match item.get(key) {
        None if key == "protocol" => json!("TCP"),
        found => found.cloned().unwrap_or_default(),
    };
    Value::Object(keys.iter().map(|key| ((*key).to_owned(), with_default(key))).collect())
}

fn fits(item: &Value, keys: &Value) -> bool {
    keys.as_object().into_iter().flatten().all(|(key, wanted)| match item.get(key) {
        None => key == "protocol" && wanted == "TCP",
        Some(value) => value == wanted,
    })
}

/// The value at a path.
pub(super) fn lookup<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step.split_at_checked(2)? {
        ("f:", name) => value.get(name),
        ("k:", keys) => {
            let keys = serde_json::from_str(keys).ok()?;
            value.as_array()?.iter().find(|item| fits(item, &keys))
        }
        (_, text) => {
            let wanted: Value = serde_json::from_str(text).ok()?;
            value.as_array()?.iter().find(|item| **item == wanted)
        }
    })
}

/// Removes what is at a path, if it is there.
pub(super) fn remove(value: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else { return };
    let Some((kind, text)) = step.split_at_checked(2) else { return };
    if kind == "f:" {
        let Some(map) = value.as_object_mut() else { return };
        if rest.is_empty() {
            map.shift_remove(text);
        } else if let Some(below) = map.get_mut(text) {
            remove(below, rest);
        }
        return;
    }
    let (Some(list), Ok(wanted)) = (value.as_array_mut(), serde_json::from_str::<Value>(text)) else {
        return;
    };
    let found = list.iter().position(|item| if kind == "k:" { fits(item, &wanted) } else { *item == wanted });
    match found {
        Some(place) if rest.is_empty() => drop(list.remove(place)),
        Some(place) => remove(&mut list[place], rest),
        None => {}
    }
}

/// A path as messages show it: `.spec.containers[name="web"].image`.
pub(super) fn shown(path: &[String]) -> String {
    let mut out = String::new();
    for step in path {
        match step.split_at_checked(2) {
            Some(("f:", name)) => {
                out.push('.');
                out.push_str(name);
            }
            Some(("k:", keys)) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let parts: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                out += "[";
                out += &parts.join(",");
                out += "]";
            }
            Some((_, value)) => out.extend(["[=", value, "]"]),
            None => {}
        }
    }
    out
}

#[derive(Default)]
struct Node {
    member: bool,
    below: BTreeMap<String, Node>,
}

impl Node {
    fn value(&self) -> Value {
        let own = (self.member && !self.below.is_empty()).then(|| (".".to_owned(), json!({})));
        Value::Object(
            own.into_iter().chain(self.below.iter().map(|(k, node)| (k.clone(), node.value()))).collect(),
        )
    }
}

/// A set as FieldsV1.
fn encode(set: &Set) -> Value {
    let mut root = Node::default();
    for path in set {
        let mut node = &mut root;
        for step in path {
            node = node.below.entry(step.clone()).or_default();
        }
        node.member = true;
    }
    root.value()
}

/// The set that FieldsV1 names.
fn decode(value: &Value, at: &mut Path, set: &mut Set) {
    for (key, below) in value.as_object().into_iter().flatten() {
        if key == "." {
            set.insert(at.clone());
            continue;
        }
        at.push(key.clone());
        if below.as_object().is_none_or(Map::is_empty) {
            set.insert(at.clone());
        } else {
            decode(below, at, set);
        }
        at.pop();
    }
}

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub manager: String,
    pub operation: &'static str,
    pub api_version: String,
    pub subresource: String,
    pub time: Value,
    pub set: Set,
}

impl Entry {
    /// Whether another writer is this one.
    pub(super) fn same(&self, other: &Self) -> bool {
        (&self.manager, self.operation, &self.subresource, &self.api_version)
            == (&other.manager, other.operation, &other.subresource, &other.api_version)
    }

    /// How conflicts name the entry.
    pub(super) fn shown(&self) -> String {
        let through = match self.subresource.as_str() {
            "" => String::new(),
            subresource => format!(" with subresource {subresource:?}"),
        };
        let using =
            if self.operation == "Update" { format!(" using {}", self.api_version) } else { String::new() };
        format!("{:?}{through}{using}", self.manager)
    }
}

/// The entries of an object.
pub(super) fn entries(object: &Value) -> Vec<Entry> {
    let read = |entry: &Value| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let mut set = Set::new();
        decode(&entry["fieldsV1"], &mut Path::new(), &mut set);
        let operation = if entry["operation"] == "Apply" { "Apply" } else { "Update" };
        let (manager, api_version, subresource) = (text("manager"), text("apiVersion"), text("subresource"));
        Entry { manager, operation, api_version, subresource, time: entry["time"].clone(), set }
    };
    object["metadata"]["managedFields"].as_array().into_iter().flatten().map(read).collect()
}

/// Writes the entries into an object, without those that own nothing any more.
pub(super) fn put(object: &mut Value, entries: &[Entry]) {
    let Some(meta) = object["metadata"].as_object_mut() else { return };
    let write = |entry: &Entry| {
        let mut out = json!({ "manager": entry.manager, "operation": entry.operation,
            "apiVersion": entry.api_version, "time": entry.time, "fieldsType": "FieldsV1",
            "fieldsV1": encode(&entry.set) });
        if !entry.subresource.is_empty() {
            out["subresource"] = json!(entry.subresource);
        }
        out
    };
    let written: Vec<Value> = entries.iter().filter(|entry| !entry.set.is_empty()).map(write).collect();
    if written.is_empty() {
        meta.shift_remove("managedFields");
    } else {
        meta.insert("managedFields".to_owned(), Value::Array(written));
    }
}

/// Records an ordinary write: what changed belongs to its writer alone. An object that nobody tracks stays so.
pub(super) fn track(before: Option<&Value>, after: &mut Value, custom: bool, writer: Entry) {
    let mut all = before.map(entries).unwrap_or_default();
    if before.is_some() && all.is_empty() {
        return;
    }
    let nothing = Value::Null;
    let old = before.unwrap_or(&nothing);
    let changed: Set = of_object(after, custom)
        .into_iter()
        .filter(|path| match lookup(old, path) {
            None => true,
            // An item of a keyed list is new or not; its fields speak for themselves.
            Some(_) if is_item(path) => false,
            held => held != lookup(after, path),
        })
        .collect();
    let gone: Set = of_object(old, custom).into_iter().filter(|path| lookup(after, path).is_none()).collect();
    if changed.is_empty() && gone.is_empty() {
        put(after, &all);
        return;
    }
    for entry in &mut all {
        entry.set.retain(|path| !gone.contains(path) && (is_item(path) || !changed.contains(path)));
    }
    match all.iter_mut().find(|entry| entry.same(&writer)) {
        Some(entry) => {
            entry.set.extend(changed);
            entry.time = writer.time;
        }
        None => all.push(Entry { set: changed, ..writer }),
    }
    put(after, &all);
}

/// Whether a path ends at an item of a keyed list, which may have several owners.
fn is_item(path: &Path) -> bool {
    path.last().is_some_and(|step| step.starts_with("k:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_fields_survive_a_round_trip() {
        // fieldsV1 of `kubectl create deployment` on kube-apiserver 1.34.
        let recorded = json!({ "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
            "f:spec": { "f:replicas": {}, "f:selector": {}, "f:template": { "f:spec": { "f:containers": {
                "k:{\"name\":\"web\"}": { ".": {}, "f:image": {}, "f:name": {} } } } } } });
        let mut set = Set::new();
        decode(&recorded, &mut Path::new(), &mut set);
        assert_eq!(encode(&set), recorded);
    }

    #[test]
    fn paths_are_found_shown_and_removed() {
        let mut object = json!({ "metadata": { "name": "web", "finalizers": ["a", "b"] },
            "spec": { "containers": [{ "name": "web", "ports": [{ "containerPort": 80 }] }] } });
        let set = of_object(&object, false);
        let texts: Vec<String> = set.iter().map(|path| shown(path)).collect();
        assert!(
            texts.contains(
                &r#".spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]"#.to_owned()
            )
        );
        assert!(set.iter().all(|path| lookup(&object, path).is_some()));
        let item = vec!["f:metadata".to_owned(), "f:finalizers".to_owned(), "v:\"a\"".to_owned()];
        remove(&mut object, &item);
        assert_eq!(object["metadata"]["finalizers"], json!(["b"]));
    }
}

//! The fields of the built-in types: reads protobuf bodies, and finds fields that there are not.
//!
//! `schema.txt` has a type per line, as `k8s.io/api` 0.34 declares it: number, JSON name (`^` where the fields of
//! the other type stand in its place) and type; `?` where an empty value is left out.

use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::model::Time;

/// What a protobuf body begins with (apimachinery `serializer/protobuf`).
const MAGIC: &[u8] = b"k8s\0";
/// How deep messages may lie in each other.
const DEEPEST: usize = 40;

struct Field {
    number: u64,
    name: &'static str,
    kind: &'static str,
    optional: bool,
}

static TYPES: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let field = |text: &'static str| {
        let (number, rest) = text.split_once(':')?;
        let (name, kind) = rest.split_once(':')?;
        let optional = kind.ends_with('?');
        Some(Field { number: number.parse().ok()?, name, kind: kind.trim_end_matches('?'), optional })
    };
    let line = |line: &'static str| {
        let (name, fields) = line.split_once(' ')?;
        Some((name, fields.split(' ').filter_map(field).collect()))
    };
    include_str!("schema.txt").lines().filter_map(line).collect()
});

/// The type of an `apiVersion` and kind, where it is built in.
pub(super) fn type_of(api_version: &str, kind: &str) -> Option<&'static str> {
    let package = match api_version {
        _ if kind == "DeleteOptions" => "meta",
        "v1" => "core",
        "apps/v1" => "apps",
        "batch/v1" => "batch",
        "policy/v1" => "policy",
        "autoscaling/v2" => "hpa",
        "autoscaling/v1" => "scale",
        "networking.k8s.io/v1" => "net",
        "rbac.authorization.k8s.io/v1" => "rbac",
        "storage.k8s.io/v1" => "storage",
        "coordination.k8s.io/v1" => "lease",
        "events.k8s.io/v1" => "events",
        "authorization.k8s.io/v1" => "authz",
        "authentication.k8s.io/v1" => "authn",
        _ => return None,
    };
    TYPES.get_key_value(format!("{package}.{kind}").as_str()).map(|(name, _)| *name)
}

/// Reads a protobuf body as the object that its JSON would be; says what is wrong with it.
pub(super) fn decode(body: &[u8]) -> Result<Value, String> {
    let body = body.strip_prefix(MAGIC).ok_or("provided data does not appear to be a protobuf message")?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for entry in entries(body) {
        match entry? {
            (1, Wire::Bytes(meta)) => {
                for entry in entries(meta) {
                    match entry? {
                        (1, Wire::Bytes(text)) => api_version = utf8(text)?,
                        (2, Wire::Bytes(text)) => kind = utf8(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let of = type_of(&api_version, &kind)
        .ok_or_else(|| format!("no kind {kind:?} is registered for version {api_version:?}"))?;
    let mut object = Map::new();
    object.insert("kind".to_owned(), kind.into());
    object.insert("apiVersion".to_owned(), api_version.into());
    message(of, raw, &mut object, 0)?;
    Ok(Value::Object(object))
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message as they stand on the wire.
fn entries(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Wire<'_>), String>> {
    let cut = || "unexpected EOF".to_owned();
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let mut next = || {
            let key = varint(&mut bytes).ok_or_else(cut)?;
            let value = match key & 7 {
                0 => Wire::Number(varint(&mut bytes).ok_or_else(cut)?),
                2 => {
                    let length = varint(&mut bytes).ok_or_else(cut)?;
                    let length = usize::try_from(length).map_err(|_| cut())?;
                    let (own, rest) = bytes.split_at_checked(length).ok_or_else(cut)?;
                    bytes = rest;
                    Wire::Bytes(own)
                }
                wire => return Err(format!("illegal wireType {wire}")),
            };
            Ok((key >> 3, value))
        };
        let found = next();
        if found.is_err() {
            bytes = &[];
        }
        Some(found)
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}

/// Reads a message of a type into an object.
fn message(of: &str, bytes: &[u8], into: &mut Map<String, Value>, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err("messages lie too deep in each other".to_owned());
    }
    let fields = TYPES.get(of).map_or(&[][..], Vec::as_slice);
    for entry in entries(bytes) {
        let (number, wire) = entry?;
        let Some(field) = fields.iter().find(|field| field.number == number) else {
            return Err(format!("{of} has no field number {number}"));
        };
        if let (true, Wire::Bytes(bytes)) = (field.name == "^", &wire) {
            message(field.kind, bytes, into, depth + 1)?;
        } else if let Some(item) = field.kind.strip_prefix("[]") {
            let item = value(item, &wire, depth)?;
            let list = into.entry(field.name).or_insert_with(|| json!([]));
            list.as_array_mut().ok_or("a list and a value under one number")?.push(item);
        } else if let (Some(item), Wire::Bytes(pair)) = (field.kind.strip_prefix("{}"), &wire) {
            let (mut key, mut held) = (String::new(), Value::String(String::new()));
            for entry in entries(pair) {
                match entry? {
                    (1, Wire::Bytes(text)) => key = utf8(text)?,
                    (2, wire) => held = value(item, &wire, depth)?,
                    _ => {}
                }
            }
            let map = into.entry(field.name).or_insert_with(|| json!({}));
            map[key.as_str()] = held;
        } else {
            let own = value(field.kind, &wire, depth)?;
            if !(own.is_null() || field.optional && (own == "" || own == 0 || own == false)) {
                into.insert(field.name.to_owned(), own);
            }
        }
    }
    Ok(())
}

fn value(kind: &str, wire: &Wire<'_>, depth: usize) -> Result<Value, String> {
    let mismatch = || format!("a {kind} has the wrong wire type");
    match (kind, wire) {
        ("int", Wire::Number(number)) => Ok(json!(*number as i64)),
        ("bool", Wire::Number(number)) => Ok(json!(*number != 0)),
        ("string", Wire::Bytes(bytes)) => utf8(bytes).map(Value::from),
        ("bytes", Wire::Bytes(bytes)) => Ok(json!(STANDARD.encode(bytes))),
        (_, Wire::Number(_)) => Err(mismatch()),
        ("Quantity" | "Raw", Wire::Bytes(bytes)) => {
            let text = numbered(bytes)?.remove(&1).map_or_else(Vec::new, |(_, text)| text);
            if kind == "Raw" {
                return serde_json::from_slice(&text).map_err(|error| error.to_string());
            }
            utf8(&text).map(Value::from)
        }
        ("Time" | "MicroTime", Wire::Bytes(bytes)) => {
            let parts = numbered(bytes)?;
            let part = |number| parts.get(&number).map_or(0, |(part, _)| *part as i64);
            if parts.is_empty() {
                return Ok(Value::Null);
            }
            let time = Time::from_nanos(part(1).saturating_mul(1_000_000_000).saturating_add(part(2)));
            Ok(json!(if kind == "Time" { time.rfc3339() } else { time.to_string() }))
        }
        ("IntOrString", Wire::Bytes(bytes)) => {
            let mut parts = numbered(bytes)?;
            let text = parts.get(&1).is_some_and(|(kind, _)| *kind == 1);
            match parts.remove(&if text { 3 } else { 2 }) {
                Some((_, bytes)) if text => utf8(&bytes).map(Value::from),
                Some((number, _)) => Ok(json!(number as i64)),
                None => Ok(if text { json!("") } else { json!(0) }),
            }
        }
        ("ExtraValue", Wire::Bytes(bytes)) => entries(bytes)
            .map(|entry| match entry? {
                (_, Wire::Bytes(text)) => utf8(text).map(Value::from),
                _ => Err(mismatch()),
            })
            .collect(),
        (of, Wire::Bytes(bytes)) => {
            let mut own = Map::new();
            message(of, bytes, &mut own, depth + 1)?;
            Ok(Value::Object(own))
        }
    }
}

/// The fields of a small message by number, each as a number and as bytes.
fn numbered(bytes: &[u8]) -> Result<HashMap<u64, (u64, Vec<u8>)>, String> {
    entries(bytes)
        .map(|entry| {
            entry.map(|(number, wire)| match wire {
                Wire::Number(value) => (number, (value, Vec::new())),
                Wire::Bytes(bytes) => (number, (0, bytes.to_vec())),
            })
        })
        .collect()
}

/// What does not fit a type.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Misfits {
    /// The paths of fields that the type has not; they have been removed.
    pub unknown: Vec<String>,
    /// The first field of another type, as Go's decoder words it.
    pub mismatch: Option<String>,
}

/// Removes from an object what its type has not, as decoding into the real server's types does.
pub(super) fn prune(of: &str, object: &mut Value) -> Misfits {
    let mut misfits = Misfits::default();
    walk(of, object, "", &mut misfits);
    misfits
}

/// A field by its JSON name, also one of a type whose fields stand in place.
fn named(of: &str, name: &str) -> Option<&'static Field> {
    let fields = TYPES.get(of)?;
    fields
        .iter()
        .find(|field| field.name == name)
        .or_else(|| fields.iter().filter(|field| field.name == "^").find_map(|field| named(field.kind, name)))
}

fn walk(of: &str, value: &mut Value, path: &str, misfits: &mut Misfits) {
    if value.is_null() {
        return;
    }
    if let Some(item) = of.strip_prefix("[]") {
        match value {
            Value::Array(items) => {
                for (index, value) in items.iter_mut().enumerate() {
                    walk(item, value, &format!("{path}[{index}]"), misfits);
                }
            }
            _ => mismatch(value, path, "slice", misfits),
        }
        return;
    }
    if let Some(item) = of.strip_prefix("{}") {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    walk(item, value, &format!("{path}.{key}"), misfits);
                }
            }
            _ => mismatch(value, path, "map", misfits),
        }
        return;
    }
    match (of, &mut *value) {
        ("string" | "bytes" | "Time" | "MicroTime", Value::String(_))
        | ("bool", Value::Bool(_))
        | ("int", Value::Number(_))
        | ("Quantity" | "IntOrString", Value::String(_) | Value::Number(_))
        | ("Raw" | "ExtraValue", _) => {}
        ("int", _) => mismatch(value, path, "int32", misfits),
        ("string" | "bool" | "bytes" | "Time" | "MicroTime" | "Quantity" | "IntOrString", _) => {
            mismatch(value, path, of, misfits);
        }
        (_, Value::Object(map)) => {
            map.retain(|key, value| {
                if path.is_empty() && (key == "kind" || key == "apiVersion") {
                    return true;
                }
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match named(of, key) {
                    Some(field) => walk(field.kind, value, &below, misfits),
                    None => misfits.unknown.push(below.clone()),
                }
                named(of, key).is_some()
            });
        }
        _ => mismatch(value, path, of, misfits),
    }
}

fn mismatch(value: &Value, path: &str, wanted: &str, misfits: &mut Misfits) {
    let given = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    let text = format!("json: cannot unmarshal {given} into Go struct field .{path} of type {wanted}");
    misfits.mismatch.get_or_insert(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }

    #[test]
    fn protobuf_bodies_are_read() {
        let attributes = [field(1, b"default"), field(2, b"delete"), field(5, b"pods")].concat();
        let review = [field(1, &field(8, b"")), field(2, &field(1, &attributes))].concat();
        let meta = [field(1, b"authorization.k8s.io/v1"), field(2, b"SelfSubjectAccessReview")].concat();
        let body = [MAGIC.to_vec(), field(1, &meta), field(2, &review)].concat();
        let wanted = json!({ "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
            "metadata": {}, "spec": { "resourceAttributes": { "namespace": "default", "verb": "delete", "resource": "pods" } } });
        assert_eq!(decode(&body).unwrap(), wanted);
        assert!(decode(&body[..body.len() - 1]).is_err());
        assert!(decode(b"{}").is_err());
    }

    #[test]
    fn unknown_fields_are_removed_and_named() {
        let mut object = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "labels": { "x": "y" } },
            "spec": { "replicaz": 7, "template": { "spec": { "containers": [{ "name": "c", "imagee": "x",
                "livenessProbe": { "httpGet": { "port": "http" } } }],
                "volumes": [{ "name": "v", "emptyDir": {} }] } } } });
        let misfits = prune(type_of("apps/v1", "Deployment").unwrap(), &mut object);
        assert_eq!(misfits.unknown, ["spec.replicaz", "spec.template.spec.containers[0].imagee"]);
        assert!(misfits.mismatch.is_none());
        assert!(object["spec"].get("replicaz").is_none());
        let mut wrong = json!({ "spec": { "replicas": "three" } });
        assert!(prune("apps.Deployment", &mut wrong).mismatch.unwrap().contains("spec.replicas"));
    }
}

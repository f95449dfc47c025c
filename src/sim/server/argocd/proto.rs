//! JSON to protocol buffers and back, by the table of messages.

use prost::{
    bytes::{Buf, BufMut},
    encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field},
};
use serde_json::{Map, Value, json};

use super::schema::{Field, Kind, fields};
use crate::model::Time;

/// A JSON value as a message of that name; fields that the message does not have are left out.
pub(super) fn encode(message: &str, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields(message) {
        if field.inlined {
            if let Kind::Message(inner) = field.kind {
                put_bytes(&mut out, field.tag, &encode(inner, value));
            }
            continue;
        }
        match value.get(field.name).filter(|held| !held.is_null()) {
            Some(Value::Array(items)) if field.repeated => {
                for item in items {
                    put(&mut out, field, item);
                }
            }
            Some(held) => put(&mut out, field, held),
            None if field.required => put(&mut out, field, &Value::Null),
            None => {}
        }
    }
    out
}

fn put_bytes(out: &mut Vec<u8>, tag: u32, bytes: &[u8]) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.put_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, tag: u32, value: u64) {
    encode_key(tag, WireType::Varint, out);
    encode_varint(value, out);
}

fn put(out: &mut Vec<u8>, field: &Field, value: &Value) {
    match field.kind {
        Kind::Text => put_bytes(out, field.tag, value.as_str().unwrap_or_default().as_bytes()),
        Kind::Bool => put_varint(out, field.tag, u64::from(value.as_bool().unwrap_or_default())),
        Kind::Int => put_varint(out, field.tag, value.as_i64().unwrap_or_default() as u64),
        Kind::Time | Kind::MicroTime => {
            let Ok(time) = value.as_str().unwrap_or_default().parse::<Time>() else { return };
            let mut inner = Vec::new();
            put_varint(&mut inner, 1, time.secs() as u64);
            if field.kind == Kind::MicroTime {
                put_varint(&mut inner, 2, time.nanos().rem_euclid(1_000_000_000) as u64);
            }
            put_bytes(out, field.tag, &inner);
        }
        Kind::Map => {
            for (key, held) in value.as_object().into_iter().flatten() {
                let mut inner = Vec::new();
                put_bytes(&mut inner, 1, key.as_bytes());
                put_bytes(&mut inner, 2, held.as_str().unwrap_or_default().as_bytes());
                put_bytes(out, field.tag, &inner);
            }
        }
        Kind::Message(message) => put_bytes(out, field.tag, &encode(message, value)),
    }
}

/// A message of that name as JSON, as Go would write it: zero values left out where they do not count.
pub(super) fn decode(message: &str, mut bytes: &[u8]) -> Result<Value, String> {
    let mut map = Map::new();
    let fields = fields(message);
    while bytes.has_remaining() {
        let (tag, wire) = decode_key(&mut bytes).map_err(|error| error.to_string())?;
        let Some(field) = fields.iter().find(|field| field.tag == tag) else {
            skip_field(wire, tag, &mut bytes, prost::encoding::DecodeContext::default())
                .map_err(|error| error.to_string())?;
            continue;
        };
        let raw = match wire {
            WireType::Varint => Raw::Number(decode_varint(&mut bytes).map_err(|error| error.to_string())?),
            WireType::LengthDelimited => Raw::Bytes(take(&mut bytes)?),
            _ => return Err(format!("field {message}.{} has wire type {wire:?}", field.name)),
        };
        if field.repeated {
            get_repeated(&mut map, field, raw)?;
        } else {
            get(&mut map, field, raw)?;
        }
    }
    Ok(Value::Object(map))
}

enum Raw<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = decode_varint(bytes).map_err(|error| error.to_string())?;
    let length = usize::try_from(length).ok().filter(|length| *length <= bytes.len());
    let (taken, rest) = bytes.split_at(length.ok_or("the message is cut short")?);
    *bytes = rest;
    Ok(taken)
}

fn get(map: &mut Map<String, Value>, field: &Field, raw: Raw<'_>) -> Result<(), String> {
    if let (Kind::Map, Raw::Bytes(bytes)) = (field.kind, &raw) {
        let (key, value) = entry(bytes)?;
        map.entry(field.name).or_insert_with(|| json!({}))[key] = json!(value);
        return Ok(());
    }
    let value = value(field, raw)?;
    if field.inlined {
        if let Value::Object(inner) = value {
            map.extend(inner);
        }
        return Ok(());
    }
    let zero = value == json!("") || value == json!(false) || value == json!(0);
    if !zero || field.keeps_zero {
        map.insert(field.name.to_owned(), value);
    }
    Ok(())
}

fn get_repeated(map: &mut Map<String, Value>, field: &Field, raw: Raw<'_>) -> Result<(), String> {
    let list = map.entry(field.name).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return Ok(()) };
    match (field.kind, raw) {
        // Numbers may come packed.
        (Kind::Int, Raw::Bytes(mut packed)) => {
            while packed.has_remaining() {
                let number = decode_varint(&mut packed).map_err(|error| error.to_string())?;
                list.push(json!(number as i64));
            }
        }
        (_, raw) => list.push(value(field, raw)?),
    }
    Ok(())
}

fn entry(mut bytes: &[u8]) -> Result<(String, String), String> {
    let mut parts = [String::new(), String::new()];
    while bytes.has_remaining() {
        let (tag, _) = decode_key(&mut bytes).map_err(|error| error.to_string())?;
        let part = utf8(take(&mut bytes)?)?;
        parts[usize::from(tag != 1)] = part;
    }
    let [key, value] = parts;
    Ok((key, value))
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}

fn value(field: &Field, raw: Raw<'_>) -> Result<Value, String> {
    Ok(match (field.kind, raw) {
        (Kind::Text, Raw::Bytes(bytes)) => json!(utf8(bytes)?),
        (Kind::Bool, Raw::Number(number)) => json!(number != 0),
        (Kind::Int, Raw::Number(number)) => json!(number as i64),
        (Kind::Message(message), Raw::Bytes(bytes)) => decode(message, bytes)?,
        (Kind::Time | Kind::MicroTime, Raw::Bytes(mut bytes)) => {
            let mut parts = [0, 0];
            while bytes.has_remaining() {
                let (tag, _) = decode_key(&mut bytes).map_err(|error| error.to_string())?;
                parts[usize::from(tag != 1)] =
                    decode_varint(&mut bytes).map_err(|error| error.to_string())? as i64;
            }
            json!(Time::from_secs(parts[0]).rfc3339())
        }
        (kind, _) => return Err(format!("field {} is not a {kind:?}", field.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_survives_the_round_trip() {
        let app = json!({
            "metadata": { "name": "prod-web", "generation": 3, "creationTimestamp": "2026-11-21T06:19:13Z",
                "labels": { "env": "prod" } },
            "spec": { "source": { "repoURL": "https://git", "path": "envs/prod" },
                "destination": { "server": "https://kubernetes.default.svc" }, "project": "prod",
                "syncPolicy": { "automated": { "prune": true, "enabled": false }, "syncOptions": ["A=true", "B=true"] } },
            "status": { "history": [{ "revision": "abc", "id": 0 }] },
            "operation": { "sync": { "syncStrategy": { "hook": { "force": true } } } },
        });
        assert_eq!(decode("Application", &encode("Application", &app)).unwrap(), app);
        assert!(decode("Application", &[0x0a, 0x50, 0x01]).is_err(), "a truncated message is an error");
    }
}

//! What form an answer takes: whole objects, metadata only, or a table; as the Accept header asks.

use std::borrow::Cow;

use http::{HeaderMap, header};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use super::{events, request::Query, table};
use crate::{
    model::Time,
    sim::cluster::{ApiError, Resource},
};

/// How much of each object a table row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    None,
    Metadata,
    Object,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Full,
    Partial,
    Table(Include),
}

/// The first form in the Accept header that this server has; 406 when there is none. Protobuf is not one.
pub(super) fn negotiate(headers: &HeaderMap, query: &Query) -> Result<Shape, ApiError> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        if !matches!(parts.next(), Some("application/json" | "application/*" | "*/*")) {
            continue;
        }
        let (mut form, mut version, mut group) = ("", "", "");
        for part in parts {
            match part.split_once('=') {
                Some(("as", value)) => form = value,
                Some(("v", value)) => version = value,
                Some(("g", value)) => group = value,
                _ => {}
            }
        }
        let meta = version == "v1" && group == "meta.k8s.io";
        match form {
            "" => return Ok(Shape::Full),
            "Table" if meta => return include(query).map(Shape::Table),
            "PartialObjectMetadata" | "PartialObjectMetadataList" if meta => return Ok(Shape::Partial),
            _ => {}
        }
    }
    let message = "only the following media types are accepted: application/json";
    Err(ApiError::new(406, "NotAcceptable", message))
}

fn include(query: &Query) -> Result<Include, ApiError> {
    match query.get("includeObject") {
        None | Some("Metadata") => Ok(Include::Metadata),
        Some("None") => Ok(Include::None),
        Some("Object") => Ok(Include::Object),
        Some(other) => Err(ApiError::bad_request(format!("unrecognized includeObject value: {other:?}"))),
    }
}

/// How the objects of one resource are shown in one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub resource: &'static Resource,
    pub shape: Shape,
    pub now: Time,
}

impl View {
    /// One object.
    pub(super) fn object(&self, object: &Value) -> Vec<u8> {
        bytes(&self.shown(object, true))
    }

    /// A list with its metadata.
    pub(super) fn list<'a>(&self, meta: &Value, objects: impl Iterator<Item = &'a Value>) -> Vec<u8> {
        match self.shape {
            Shape::Table(include) => bytes(&json!({
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": meta,
                "columnDefinitions": table::columns(self.resource),
                "rows": objects.map(|object| self.row(object, include)).collect::<Vec<_>>(),
            })),
            Shape::Full => {
                let items: Vec<_> = objects.map(|object| self.whole(object, self.resource.custom)).collect();
                let kind = format!("{}List", self.resource.kind);
                bytes(&List { kind: &kind, api_version: &self.resource.api_version(), metadata: meta, items })
            }
            Shape::Partial => {
                let items: Vec<_> = objects.map(partial).collect();
                let kind = "PartialObjectMetadataList";
                bytes(&List { kind, api_version: "meta.k8s.io/v1", metadata: meta, items })
            }
        }
    }

    /// A watch event with its line end; only the first table of a watch names its columns.
    pub(super) fn event(&self, change: &str, object: &Value, columns: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Event<'a> {
            r#type: &'a str,
            object: Shown<'a>,
        }
        let mut object = self.shown(object, true);
        if let (Shown::Table(table), false) = (&mut object, columns) {
            table["columnDefinitions"] = Value::Null;
        }
        line(&Event { r#type: change, object })
    }

    /// A bookmark at a version; `initial` marks the end of the initial events.
    pub(super) fn bookmark(&self, version: u64, initial: bool) -> Vec<u8> {
        let mut object = json!({ "kind": self.resource.kind, "apiVersion": self.resource.api_version(),
            "metadata": { "resourceVersion": version.to_string() } });
        if initial {
            object["metadata"]["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        if self.resource.gr.resource == "pods" {
            object["spec"] = json!({ "containers": null });
            object["status"] = json!({});
        }
        match self.shape {
            Shape::Table(_) => self.event("BOOKMARK", &object, false),
            Shape::Partial => {
                object["kind"] = json!("PartialObjectMetadata");
                object["apiVersion"] = json!("meta.k8s.io/v1");
                line(&json!({ "type": "BOOKMARK", "object": object }))
            }
            Shape::Full => line(&json!({ "type": "BOOKMARK", "object": object })),
        }
    }

    fn whole<'a>(&self, object: &'a Value, typed: bool) -> Typed<'a> {
        let object = events::shown(self.resource, object);
        Typed { kind: typed.then(|| (self.resource.kind, self.resource.api_version())), object }
    }

    fn shown<'a>(&self, object: &'a Value, typed: bool) -> Shown<'a> {
        match self.shape {
            Shape::Full => Shown::Whole(self.whole(object, typed)),
            Shape::Partial => Shown::Value(partial(object)),
            Shape::Table(include) => Shown::Table(json!({
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": { "resourceVersion": object["metadata"]["resourceVersion"] },
                "columnDefinitions": table::columns(self.resource),
                "rows": [self.row(object, include)],
            })),
        }
    }

    fn row(&self, object: &Value, include: Include) -> Value {
        let held = match include {
            Include::None => Value::Null,
            Include::Metadata => partial(object),
            Include::Object => serde_json::to_value(self.whole(object, true)).unwrap_or_default(),
        };
        json!({ "cells": table::cells(self.resource, object, self.now), "object": held })
    }
}

fn partial(object: &Value) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a, T> {
    kind: &'a str,
    api_version: &'a str,
    metadata: &'a Value,
    items: Vec<T>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Whole(Typed<'a>),
    Value(Value),
    Table(Value),
}

/// An object that begins with its kind and version, or has none: items of built-in lists.
struct Typed<'a> {
    kind: Option<(&'static str, String)>,
    object: Cow<'a, Value>,
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some((kind, api_version)) = &self.kind {
            map.serialize_entry("kind", kind)?;
            map.serialize_entry("apiVersion", api_version)?;
        }
        for (key, value) in self.object.as_object().into_iter().flatten() {
            if key != "kind" && key != "apiVersion" {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("objects have text keys")
}

/// One line of a watch stream.
pub(super) fn line(body: &impl Serialize) -> Vec<u8> {
    let mut text = bytes(body);
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str, uri: &str) -> Result<Shape, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        negotiate(&headers, &Query::of(&uri.parse().unwrap()))
    }

    #[test]
    fn the_first_form_that_is_served_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(accept(table, "/").unwrap(), Shape::Table(Include::Metadata));
        assert_eq!(accept(table, "/?includeObject=None").unwrap(), Shape::Table(Include::None));
        assert_eq!(accept("application/vnd.kubernetes.protobuf,application/json", "/").unwrap(), Shape::Full);
        let partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(accept(partial, "/").unwrap(), Shape::Partial);
        let refused = accept("application/vnd.kubernetes.protobuf", "/").unwrap_err();
        assert_eq!((refused.code, refused.reason), (406, "NotAcceptable"));
    }
}

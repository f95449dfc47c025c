//! Watches in either encoding: what arrives, taken apart into events.

use std::marker::PhantomData;

use http::{Response, header};
use kube::client::Body;
use prost::Message;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    access::{Chunks, WATCH_SILENCE},
    failure::{Status, Words, looks_like_html},
    frame::{FrameError, WatchDecoder},
    wire,
};
use crate::model::Fault;

/// What a watch tells.
#[derive(Debug)]
pub(crate) enum Event<T> {
    /// An object is there or changed.
    Upsert(T),
    /// An object is gone; its last state.
    Delete(T),
    /// Nothing older than this resource version will come.
    Bookmark(String),
    /// The resource version is too old: list anew (410).
    Gone,
}

/// Whether an answer is in Kubernetes' protobuf.
pub(super) fn is_protobuf(response: &Response<Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|v| v.as_bytes().starts_with(b"application/vnd.kubernetes.protobuf"))
}

/// A watch in whichever encoding the server chose.
pub(super) enum Reader<T> {
    Json(JsonReader<T>),
    Protobuf(ProtobufReader<T>),
}

impl<T: Message + DeserializeOwned + Default> Reader<T> {
    /// Reads the answer to a watch.
    pub(super) fn new(response: Response<Body>, words: &Words, what: &str) -> Self {
        if is_protobuf(&response) {
            Self::Protobuf(ProtobufReader {
                chunks: Chunks::new(response, words, what, WATCH_SILENCE),
                words: words.clone(),
                what: what.to_owned(),
                decoder: WatchDecoder::default(),
                kind: PhantomData,
            })
        } else {
            Self::Json(JsonReader::new(response, words, what))
        }
    }

    /// The events of the next chunk; `None` at a proper end.
    ///
    /// # Errors
    /// When nothing came for a while, or what came is no watch.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Event<T>>>, Fault> {
        match self {
            Self::Json(reader) => reader.next().await,
            Self::Protobuf(reader) => reader.next().await,
        }
    }
}

/// A watch in JSON: one event a line.
pub(super) struct JsonReader<T> {
    chunks: Chunks,
    words: Words,
    what: String,
    line: Vec<u8>,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonReader<T> {
    /// Reads the answer to a watch.
    pub(super) fn new(response: Response<Body>, words: &Words, what: &str) -> Self {
        Self {
            chunks: Chunks::new(response, words, what, WATCH_SILENCE),
            words: words.clone(),
            what: what.to_owned(),
            line: Vec::new(),
            kind: PhantomData,
        }
    }

    /// The events of the next chunk; `None` at a proper end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Event<T>>>, Fault> {
        let Some(chunk) = self.chunks.next().await? else {
            let whole = self.line.iter().all(u8::is_ascii_whitespace);
            return if whole {
                Ok(None)
            } else {
                Err(self.words.garbled(&self.what, "the watch breaks off", &self.line))
            };
        };
        let mut events = Vec::new();
        let mut rest = &chunk[..];
        while let Some(end) = rest.iter().position(|&b| b == b'\n') {
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                events.push(read_event(&self.words, &self.what, &self.line)?);
            }
            self.line.clear();
        }
        self.line.extend_from_slice(rest);
        if looks_like_html(&self.line) {
            return Err(self.words.html(&self.what, ""));
        }
        Ok(Some(events))
    }
}

#[derive(Deserialize)]
struct Raw<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

fn read_event<T: DeserializeOwned>(words: &Words, what: &str, line: &[u8]) -> Result<Event<T>, Fault> {
    let garbled = |e: serde_json::Error| words.garbled(what, format!("cannot read an event: {e}"), line);
    let raw: Raw<'_> = serde_json::from_slice(line).map_err(garbled)?;
    let object = raw.object.get();
    match raw.r#type {
        "ADDED" | "MODIFIED" => serde_json::from_str(object).map(Event::Upsert).map_err(garbled),
        "DELETED" => serde_json::from_str(object).map(Event::Delete).map_err(garbled),
        "BOOKMARK" => {
            let bare: wire::Bare = serde_json::from_str(object).map_err(garbled)?;
            Ok(Event::Bookmark(bare.metadata.resource_version))
        }
        _ => refused(words, what, &serde_json::from_str::<Status>(object).map_err(garbled)?),
    }
}

/// An `ERROR` event.
fn refused<T>(words: &Words, what: &str, status: &Status) -> Result<Event<T>, Fault> {
    let failure = words.status(what, status);
    if failure.is_gone() { Ok(Event::Gone) } else { Err(failure.fault) }
}

/// A watch in protobuf.
pub(super) struct ProtobufReader<T> {
    chunks: Chunks,
    words: Words,
    what: String,
    decoder: WatchDecoder,
    kind: PhantomData<fn() -> T>,
}

impl<T: Message + Default> ProtobufReader<T> {
    async fn next(&mut self) -> Result<Option<Vec<Event<T>>>, Fault> {
        let Some(chunk) = self.chunks.next().await? else {
            return self.decoder.finish().map(|()| None).map_err(|e| self.garbled(&e));
        };
        self.decoder.feed(&chunk);
        let mut events = Vec::new();
        while let Some((kind, object)) = self.decoder.next().map_err(|e| self.garbled(&e))? {
            events.push(self.event(&kind, &object)?);
        }
        Ok(Some(events))
    }

    fn event(&self, kind: &str, object: &[u8]) -> Result<Event<T>, Fault> {
        let garbled = |e| self.garbled(&FrameError::Message(e));
        match kind {
            "ADDED" | "MODIFIED" => T::decode(object).map(Event::Upsert).map_err(garbled),
            "DELETED" => T::decode(object).map(Event::Delete).map_err(garbled),
            "BOOKMARK" => {
                let bare = wire::Bare::decode(object).map_err(garbled)?;
                Ok(Event::Bookmark(bare.metadata.resource_version))
            }
            _ => refused(&self.words, &self.what, &Status::decode(object).map_err(garbled)?),
        }
    }

    fn garbled(&self, error: &FrameError) -> Fault {
        self.words.garbled(&self.what, error.to_string(), &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words { system: "kubernetes in dev".into() }
    }

    fn sample(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/samples/kubernetes/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("a sample")
    }

    #[test]
    fn recorded_events_read() {
        let read = |name: &str, pointer: &str| {
            let file: serde_json::Value = serde_json::from_slice(&sample(name)).expect("JSON");
            let line = file.pointer(pointer).expect("an event").to_string();
            read_event::<wire::Pod>(&words(), "watch pods", line.as_bytes())
        };
        assert!(matches!(read("410-watch-event.json", "/events/0"), Ok(Event::Gone)));
        assert!(matches!(read("watch-bookmark.json", "/event"), Ok(Event::Bookmark(v)) if v == "11510"));
    }

    #[test]
    fn a_version_that_is_gone_is_told_in_protobuf_too() {
        let mut decoder = WatchDecoder::default();
        decoder.feed(&sample("watch-410.pb"));
        let (kind, object) = decoder.next().expect("a frame").expect("an event");
        assert_eq!(kind, "ERROR");
        let status = Status::decode(&object[..]).expect("a status");
        assert!(matches!(refused::<wire::Pod>(&words(), "watch pods", &status), Ok(Event::Gone)));
    }
}

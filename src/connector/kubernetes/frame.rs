//! Kubernetes' protobuf answers, taken apart while their bytes arrive.
//!
//! A list is `k8s\0` and a `runtime.Unknown` whose `raw` is the list message; its items are decoded one by one, so
//! that never more than one object is held as bytes. A watch is frames of four length bytes and a `WatchEvent`
//! whose object is wrapped the same way. (apimachinery, `runtime/serializer/protobuf` and `util/framer`.)

use prost::Message;

/// What every protobuf answer begins with.
const MAGIC: &[u8] = b"k8s\0";
/// The most one object may have.
const OBJECT_LIMIT: u64 = 64 * 1024 * 1024;

/// Why bytes cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// They are not what the protocol promises.
    #[error("the answer is not Kubernetes protobuf")]
    Foreign,
    /// They end too early.
    #[error("the answer breaks off")]
    Cut,
    /// One object is larger than anything a server stores.
    #[error("an object of {0} bytes")]
    Huge(u64),
    /// A message inside is broken.
    #[error(transparent)]
    Message(#[from] prost::DecodeError),
}

/// `metav1.ListMeta`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ListMeta {
    /// Where a watch goes on from.
    #[prost(string, tag = "2")]
    pub(super) resource_version: String,
    /// The next page; empty at the last.
    #[prost(string, tag = "3")]
    pub(super) r#continue: String,
}

/// `metav1.WatchEvent`.
#[derive(Clone, PartialEq, Message)]
struct WatchEvent {
    #[prost(string, tag = "1")]
    r#type: String,
    #[prost(message, optional, tag = "2")]
    object: Option<RawExtension>,
}

#[derive(Clone, PartialEq, Message)]
struct RawExtension {
    #[prost(bytes = "bytes", tag = "1")]
    raw: bytes::Bytes,
}

/// The message inside an envelope; `None` when there is no envelope.
pub(super) fn unwrap(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.strip_prefix(MAGIC)?;
    while !rest.is_empty() {
        let field = Field::read(rest).ok()??;
        let end = field.head.checked_add(usize::try_from(field.len).ok()?)?;
        if field.number == 2 && field.delimited {
            return rest.get(field.head..end);
        }
        rest = rest.get(end..)?;
    }
    // A message without any field set has no `raw`.
    Some(&[])
}

/// The head of one field: `len` bytes of it follow `head` bytes of tag and length.
struct Field {
    number: u64,
    delimited: bool,
    head: usize,
    len: u64,
}

impl Field {
    /// The field at the start of `bytes`; `None` when more bytes are needed.
    fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some((tag, head)) = varint(bytes)? else { return Ok(None) };
        let (number, wire) = (tag >> 3, tag & 7);
        let rest = &bytes[head..];
        Ok(match wire {
            0 => varint(rest)?.map(|(_, n)| Self { number, delimited: false, head, len: n as u64 }),
            1 => Some(Self { number, delimited: false, head, len: 8 }),
            2 => varint(rest)?.map(|(len, n)| Self { number, delimited: true, head: head + n, len }),
            5 => Some(Self { number, delimited: false, head, len: 4 }),
            _ => return Err(FrameError::Foreign),
        })
    }
}

/// A varint and its length in bytes; `None` when more bytes are needed.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let mut value = 0;
    for (n, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Ok(Some((value, n + 1)));
        }
    }
    if bytes.len() >= 10 { Err(FrameError::Foreign) } else { Ok(None) }
}

/// Bytes that came and were not used yet.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    used: usize,
}

impl Pending {
    fn feed(&mut self, chunk: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(chunk);
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.used..]
    }
}

/// Takes a list apart.
pub(super) struct ListDecoder {
    pending: Pending,
    place: Place,
    /// What the list says of itself; comes before the items.
    pub(super) meta: ListMeta,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Magic,
    Envelope { seen: bool },
    List { left: u64 },
}

impl Default for ListDecoder {
    fn default() -> Self {
        Self { pending: Pending::default(), place: Place::Magic, meta: ListMeta::default() }
    }
}

impl ListDecoder {
    /// Takes in what arrived.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.pending.feed(chunk);
    }

    /// The next whole item; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are not a list. Nothing more can be read after that.
    pub(super) fn next<T: Message + Default>(&mut self) -> Result<Option<T>, FrameError> {
        loop {
            let rest = self.pending.rest();
            match self.place {
                Place::Magic => {
                    let Some(start) = rest.get(..MAGIC.len()) else { return Ok(None) };
                    if start != MAGIC {
                        return Err(FrameError::Foreign);
                    }
                    self.pending.used += MAGIC.len();
                    self.place = Place::Envelope { seen: false };
                }
                Place::Envelope { seen } => {
                    let Some(field) = Field::read(rest)? else { return Ok(None) };
                    if field.number == 2 && field.delimited {
                        self.pending.used += field.head;
                        self.place = Place::List { left: field.len };
                    } else {
                        let Some(_) = whole(rest, &field)? else { return Ok(None) };
                        self.pending.used += field.head + field.len as usize;
                        self.place = Place::Envelope { seen };
                    }
                }
                Place::List { left: 0 } => self.place = Place::Envelope { seen: true },
                Place::List { left } => {
                    let Some(field) = Field::read(rest)? else { return Ok(None) };
                    let Some(body) = whole(rest, &field)? else { return Ok(None) };
                    let size = field.head as u64 + field.len;
                    let left = left.checked_sub(size).ok_or(FrameError::Foreign)?;
                    let item = match (field.number, field.delimited) {
                        (1, true) => {
                            self.meta = ListMeta::decode(body)?;
                            None
                        }
                        (2, true) => Some(T::decode(body)?),
                        _ => None,
                    };
                    self.pending.used += size as usize;
                    self.place = Place::List { left };
                    if item.is_some() {
                        return Ok(item);
                    }
                }
            }
        }
    }

    /// Whether the list ended where it should.
    ///
    /// # Errors
    /// [`FrameError::Cut`] when it did not.
    pub(super) fn finish(&self) -> Result<(), FrameError> {
        let ended = matches!(self.place, Place::Envelope { seen: true } | Place::List { left: 0 });
        if ended && self.pending.rest().is_empty() { Ok(()) } else { Err(FrameError::Cut) }
    }
}

/// The bytes of a field when all are there.
fn whole<'a>(rest: &'a [u8], field: &Field) -> Result<Option<&'a [u8]>, FrameError> {
    if field.len > OBJECT_LIMIT {
        return Err(FrameError::Huge(field.len));
    }
    Ok(rest.get(field.head..field.head + field.len as usize))
}

/// Takes a watch apart.
#[derive(Default)]
pub(super) struct WatchDecoder {
    pending: Pending,
}

impl WatchDecoder {
    /// Takes in what arrived.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.pending.feed(chunk);
    }

    /// The next event's type and the message of its object; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are not a watch.
    pub(super) fn next(&mut self) -> Result<Option<(String, bytes::Bytes)>, FrameError> {
        let rest = self.pending.rest();
        let Some(head) = rest.first_chunk::<4>() else { return Ok(None) };
        let len = u32::from_be_bytes(*head);
        if u64::from(len) > OBJECT_LIMIT {
            return Err(FrameError::Huge(len.into()));
        }
        let end = 4 + len as usize;
        let Some(frame) = rest.get(4..end) else { return Ok(None) };
        let event = WatchEvent::decode(frame)?;
        self.pending.used += end;
        let raw = event.object.map(|o| o.raw).unwrap_or_default();
        let object = unwrap(&raw).ok_or(FrameError::Foreign)?;
        let object = if object.is_empty() { bytes::Bytes::new() } else { raw.slice_ref(object) };
        Ok(Some((event.r#type, object)))
    }

    /// Whether the watch ended between two events.
    ///
    /// # Errors
    /// [`FrameError::Cut`] when it did not.
    pub(super) fn finish(&self) -> Result<(), FrameError> {
        if self.pending.rest().is_empty() { Ok(()) } else { Err(FrameError::Cut) }
    }
}

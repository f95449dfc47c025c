//! Where the chain ends, and what a crash left behind it.

use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use uuid::Uuid;

use super::{
    Error,
    chain::{Head, digest},
    entry::{Entry, Phase, Record},
    file::{Dir, Lock},
};

/// How much of a file is read first when looking for its last record.
const WINDOW: u64 = 64 * 1024;

/// The names that a repair record uses.
pub(super) const TORN_BYTES: &str = "torn_bytes";
pub(super) const TORN_HASH: &str = "torn_sha256";
pub(super) const LOST_SEQ: &str = "lost_seq";
pub(super) const LOST_HASH: &str = "lost_hash";
pub(super) const HEAD_MISSING: &str = "head_missing";

/// The end of the chain as it is on disk.
#[derive(Debug)]
pub(super) struct Tail {
    /// The newest file that holds anything.
    pub(super) file: Option<String>,
    /// The last good record.
    pub(super) head: Head,
    /// What follows it in `file` and is no record: how long it is and its hash.
    pub(super) torn: Option<(usize, String)>,
    /// Whether the file's last line has no end.
    pub(super) unterminated: bool,
}

impl Tail {
    /// The record that says what was found, when anything is not as an append leaves it.
    pub(super) fn repair(&self, lock: &Lock<'_>, before: &Entry) -> Option<Entry> {
        let mut detail = BTreeMap::new();
        let mut words = Vec::new();
        if let Some((bytes, hash)) = &self.torn {
            detail.insert(TORN_BYTES.to_owned(), bytes.to_string());
            detail.insert(TORN_HASH.to_owned(), hash.clone());
            words.push(format!("{bytes} bytes after record {} are no record", self.head.seq));
        } else if self.unterminated {
            words.push(format!("record {} had no line end", self.head.seq));
        }
        let claimed = lock.claimed();
        if claimed.is_none() && !lock.existed && self.head.seq > 0 {
            detail.insert(HEAD_MISSING.to_owned(), "true".to_owned());
            words.push("HEAD was missing: records may be lost".to_owned());
        }
        if let Some(claimed) = claimed.filter(|c| c.seq > self.head.seq) {
            detail.insert(LOST_SEQ.to_owned(), claimed.seq.to_string());
            words.push(format!("records {} to {} are lost", self.head.seq + 1, claimed.seq));
            detail.insert(LOST_HASH.to_owned(), claimed.hash);
        }
        if words.is_empty() {
            return None;
        }
        Some(Entry {
            at: before.at,
            action: Uuid::nil(),
            phase: Phase::Repair,
            verb: String::new(),
            environment: String::new(),
            system: String::new(),
            target: None,
            params: BTreeMap::new(),
            reason: String::new(),
            outcome: None,
            text: words.join("; "),
            detail,
        })
    }
}

/// Finds the end of the chain.
pub(super) fn find(dir: &Dir) -> Result<Tail, Error> {
    let mut tail = Tail { file: None, head: Head::genesis(), torn: None, unterminated: false };
    for name in dir.months()?.into_iter().rev() {
        let (last, rest) = last_record(dir, &name)?;
        if tail.file.is_none() && (last.is_some() || !rest.is_empty()) {
            tail.unterminated = rest.last().is_some_and(|b| *b != b'\n');
            tail.file = Some(name);
            let whole = Record::from_line(&rest);
            if let Ok(record) = whole {
                tail.head = record.head();
                return Ok(tail);
            }
            tail.torn = (!rest.is_empty()).then(|| (rest.len(), digest(&rest)));
        }
        if let Some(head) = last {
            tail.head = head;
            return Ok(tail);
        }
    }
    Ok(tail)
}

/// The last good and ended record of a file, and the bytes after it.
fn last_record(dir: &Dir, name: &str) -> Result<(Option<Head>, Vec<u8>), Error> {
    let mut file = dir.read(name)?;
    let fail = |e| dir.error("read", name, e);
    let length = file.seek(SeekFrom::End(0)).map_err(fail)?;
    let mut window = WINDOW;
    loop {
        let from = length.saturating_sub(window);
        file.seek(SeekFrom::Start(from)).map_err(fail)?;
        let mut bytes = Vec::new();
        file.by_ref().take(length - from).read_to_end(&mut bytes).map_err(fail)?;
        // The first line of a window is whole only where the file begins.
        let start =
            if from == 0 { 0 } else { bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| i + 1) };
        let mut end = bytes.len();
        while let Some(stop) = bytes[start..end].iter().rposition(|b| *b == b'\n').map(|i| start + i) {
            let begin = bytes[start..stop].iter().rposition(|b| *b == b'\n').map_or(start, |i| start + i + 1);
            if let Ok(record) = Record::from_line(&bytes[begin..stop]) {
                return Ok((Some(record.head()), bytes[stop + 1..].to_vec()));
            }
            end = begin;
        }
        if from == 0 {
            return Ok((None, bytes));
        }
        window = window.saturating_mul(8);
    }
}

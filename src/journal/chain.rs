//! How records are chained: SHA-256 over every field, each with its length before it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::entry::{Actor, Record, Target};

/// What the first record names as the hash before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A place in the chain: what is anchored outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The record's number.
    pub seq: u64,
    /// The record's hash.
    pub hash: String,
}

impl Head {
    /// The place before the first record.
    pub fn genesis() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }

    /// As `HEAD` has it, always of one length so that it can be written over itself.
    pub(super) fn to_line(&self) -> String {
        format!("{:020} {}\n", self.seq, self.hash)
    }
}

impl std::fmt::Display for Head {
    /// `17 9f31c2e…`, as [`FromStr`](std::str::FromStr) reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.seq, self.hash)
    }
}

impl std::str::FromStr for Head {
    type Err = String;

    /// Reads a number, a blank and 64 hex digits.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{s}` is not a number, a blank and a hash of 64 hex digits");
        let (seq, hash) = s.trim_end_matches('\n').split_once([' ', ':']).ok_or_else(wrong)?;
        if hash.len() != 64 || !hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong());
        }
        Ok(Self { seq: seq.parse().map_err(|_| wrong())?, hash: hash.to_owned() })
    }
}

/// The hash of a record: all fields but the hash itself.
pub fn hash(record: &Record) -> String {
    // Taken apart whole, so that a new field cannot be forgotten here.
    let Record {
        v,
        seq,
        time,
        actor: Actor { issuer, subject, name },
        host,
        ssh,
        session,
        action,
        phase,
        verb,
        environment,
        system,
        target,
        params,
        reason,
        outcome,
        text,
        detail,
        prev,
        hash: _,
    } = record;
    let mut canon = Canon(Sha256::new());
    canon.text("vigie journal");
    canon.number(u64::from(*v));
    canon.number(*seq);
    canon.text(&time.nanos().to_string());
    for field in [issuer, subject, name, host] {
        canon.text(field);
    }
    canon.option(ssh.as_deref());
    for field in [session, action] {
        canon.text(field);
    }
    canon.number(*phase as u64);
    for field in [verb, environment, system] {
        canon.text(field);
    }
    canon.number(u64::from(target.is_some()));
    if let Some(Target { kind, namespace, name }) = target {
        canon.text(kind.name());
        canon.text(namespace);
        canon.text(name);
    }
    canon.map(params);
    canon.text(reason);
    canon.option(outcome.map(super::Ending::name));
    canon.text(text);
    canon.map(detail);
    canon.text(prev);
    hex(&canon.0.finalize())
}

/// SHA-256 of bytes, in hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

struct Canon(Sha256);

impl Canon {
    fn number(&mut self, n: u64) {
        self.0.update(n.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn option(&mut self, text: Option<&str>) {
        self.number(u64::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn map(&mut self, map: &BTreeMap<String, String>) {
        self.number(map.len() as u64);
        for (name, value) in map {
            self.text(name);
            self.text(value);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut out, b| {
        write!(out, "{b:02x}").expect("a string takes everything");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_sha256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn heads_read_back() {
        let head = Head { seq: 17, hash: digest(b"abc") };
        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        assert_eq!(head.to_line().parse(), Ok(head));
        assert!("17 abc".parse::<Head>().is_err());
    }
}

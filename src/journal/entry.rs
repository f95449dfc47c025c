//! What one record says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{self, Head};
use crate::model::{Key, Kind, Time};

/// The version of the record's layout.
const VERSION: u8 = 1;

/// Parts of names whose values never reach the journal.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "token", "secret", "credential", "apikey", "api_key", "private_key"];

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Who vouches for the identity: an OIDC issuer, or the system that named it.
    pub issuer: String,
    /// The identity there.
    pub subject: String,
    /// A name for people.
    pub name: String,
}

/// Who acts from where, for as long as one process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Who acts.
    pub actor: Actor,
    /// The machine.
    pub host: String,
    /// Where the SSH connection came from: the first field of `SSH_CONNECTION`.
    pub ssh: Option<String>,
}

impl Session {
    /// The address in a value of `SSH_CONNECTION` (sshd(8): client address, client port, server address, server port).
    pub fn ssh_origin(connection: &str) -> Option<String> {
        connection.split_ascii_whitespace().next().map(str::to_owned)
    }
}

/// Where in an action's life a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What will be done; nothing has left yet.
    Intent,
    /// A step is about to be done, or what came of it.
    Step,
    /// How it ended.
    Outcome,
    /// An action that another session left unfinished was looked at again.
    Resumed,
    /// What a crash left behind in the journal itself.
    Repair,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Verified.
    Done,
    /// Nothing was changed.
    Refused,
    /// Failed, maybe half way.
    Failed,
    /// Accepted, but the goal did not come to hold in time, or could not be seen.
    Unverified,
    /// Stopped between steps.
    Cancelled,
}

impl Ending {
    /// As the journal and the commands write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What an action is done to; without the session's numbering of systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// Its namespace or other scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl From<&Key> for Target {
    fn from(key: &Key) -> Self {
        Self { kind: key.kind, namespace: key.namespace.to_string(), name: key.name.to_string() }
    }
}

/// What a caller wants recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// The action.
    pub action: Uuid,
    /// Where in its life.
    pub phase: Phase,
    /// The verb: `sync`, `rollback`, …
    pub verb: String,
    /// The environment's name.
    pub environment: String,
    /// The system's kind and name: `argocd/argocd`.
    pub system: String,
    /// What it is done to, where there is something.
    pub target: Option<Target>,
    /// Parameters; values of those named like secrets are replaced.
    pub params: BTreeMap<String, String>,
    /// Why, in the engineer's words.
    pub reason: String,
    /// How it ended, for outcomes.
    pub outcome: Option<Ending>,
    /// One line for people.
    pub text: String,
    /// Named values that resuming needs: the goals, what was seen before.
    pub detail: BTreeMap<String, String>,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The layout's version.
    pub v: u8,
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// Who.
    pub actor: Actor,
    /// On which machine.
    pub host: String,
    /// From where.
    pub ssh: Option<String>,
    /// In which session.
    pub session: String,
    /// For which action.
    pub action: String,
    /// Where in its life.
    pub phase: Phase,
    /// The verb.
    pub verb: String,
    /// The environment.
    pub environment: String,
    /// The system.
    pub system: String,
    /// The target.
    pub target: Option<Target>,
    /// Parameters, secrets replaced.
    pub params: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// How it ended.
    pub outcome: Option<Ending>,
    /// One line for people.
    pub text: String,
    /// Named values.
    pub detail: BTreeMap<String, String>,
    /// The hash of the record before.
    pub prev: String,
    /// SHA-256 over all of the above, in hex.
    pub hash: String,
}

impl Record {
    /// The record of `entry` after `head`.
    pub(super) fn new(entry: Entry, session: &Session, head: &Head) -> Self {
        let mut record = Self {
            v: VERSION,
            seq: head.seq + 1,
            time: entry.at,
            actor: session.actor.clone(),
            host: session.host.clone(),
            ssh: session.ssh.clone(),
            session: session.id.to_string(),
            action: entry.action.to_string(),
            phase: entry.phase,
            verb: entry.verb,
            environment: entry.environment,
            system: entry.system,
            target: entry.target,
            params: redacted(entry.params),
            reason: entry.reason,
            outcome: entry.outcome,
            text: entry.text,
            detail: redacted(entry.detail),
            prev: head.hash.clone(),
            hash: String::new(),
        };
        record.hash = chain::hash(&record);
        record
    }

    /// The line without its end.
    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a record holds only strings, numbers and maps of strings")
    }

    /// Reads a line; it must be exactly what was written, byte by byte, and bear its own hash.
    pub(super) fn from_line(line: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(line).map_err(|e| format!("not a record: {e}"))?;
        if record.v != VERSION {
            return Err(format!(
                "layout {} is not known here: written by another version of vigie",
                record.v
            ));
        }
        if record.to_line().as_bytes() != line {
            return Err("written otherwise than vigie writes it".to_owned());
        }
        if record.hash != chain::hash(&record) {
            return Err("the record does not match its own hash: it was changed".to_owned());
        }
        Ok(record)
    }

    /// Its place in the chain.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.clone() }
    }
}

fn redacted(map: BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.into_iter()
        .map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let secret = SECRET_NAMES.iter().any(|s| lower.contains(s));
            (name, if secret { "[redacted]".to_owned() } else { value })
        })
        .collect()
}

#[cfg(test)]
impl Session {
    /// A session for tests.
    pub(super) fn sample() -> Self {
        Self {
            id: Uuid::new_v4(),
            actor: Actor {
                issuer: "https://sso.example.org/realms/ops".into(),
                subject: "f4c1".into(),
                name: "nadia@example.org".into(),
            },
            host: "bastion".into(),
            ssh: Self::ssh_origin("192.0.2.7 52114 198.51.100.3 22"),
        }
    }
}

#[cfg(test)]
impl Entry {
    /// An entry for tests.
    pub(super) fn sample() -> Self {
        Self {
            at: Time::from_secs(1_795_230_764),
            action: Uuid::from_u128(7),
            phase: Phase::Intent,
            verb: "sync".into(),
            environment: "prod".into(),
            system: "argocd/argocd".into(),
            target: Some(Target {
                kind: Kind::Application,
                namespace: "argocd".into(),
                name: "catalog".into(),
            }),
            params: BTreeMap::from([("prune".into(), "true".into())]),
            reason: "db pool \"exhausted\", INC-2291".into(),
            outcome: None,
            text: "sync catalog".into(),
            detail: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_reach_a_record() {
        let mut entry = Entry::sample();
        for name in ["password", "DB_PASSWORD", "vaultToken", "client-secret", "apiKey"] {
            entry.params.insert(name.into(), "hvs.CAESIJ".into());
        }
        let line = Record::new(entry, &Session::sample(), &Head::genesis()).to_line();
        assert!(!line.contains("hvs.CAESIJ"), "{line}");
        assert!(line.contains("[redacted]") && line.contains("\"prune\":\"true\""));
    }

    #[test]
    fn a_line_reads_back_and_only_as_written() {
        let line = Record::new(Entry::sample(), &Session::sample(), &Head::genesis()).to_line();
        let record = Record::from_line(line.as_bytes()).expect("reads back");
        assert_eq!(record.ssh.as_deref(), Some("192.0.2.7"));
        assert_eq!(record.prev, chain::GENESIS);
        assert!(Record::from_line(line.replace(",\"seq\"", ", \"seq\"").as_bytes()).is_err());
        assert!(Record::from_line(line.replace("prod", "dev").as_bytes()).is_err());
        assert!(Record::from_line(line.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
    }
}

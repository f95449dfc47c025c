//! What shows that a change to a Vault was received and holds.
//!
//! Vault keeps no word of who changed what. A renewal or rotation shows in the moment of the last one, by the server's
//! own clock; a revocation in what is gone; a version in its number and content.

use std::fmt;

use super::{
    evidence::{Before, Seen},
    subject::Subject,
};
use crate::model::{KvSecret, Str, VaultEdit, VaultItem};

/// The sign of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It was renewed since.
    Renewed,
    /// It, or all that was below the prefix, is gone.
    Revoked,
    /// It was rotated since.
    Rotated,
    /// None: Vault tells nowhere when a connection's root password was last changed.
    Nothing,
    /// A newer version has the content of an older one.
    Restored {
        /// The older one.
        from: u64,
        /// The newer one.
        version: u64,
    },
    /// A version is deleted.
    Deleted {
        /// Which.
        version: u64,
    },
    /// A version is there again.
    Undeleted {
        /// Which.
        version: u64,
    },
}

impl Sign {
    /// The sign of a change.
    pub fn of(edit: &VaultEdit) -> Self {
        match *edit {
            VaultEdit::Renew { .. } => Self::Renewed,
            VaultEdit::Revoke => Self::Revoked,
            VaultEdit::Rotate => Self::Rotated,
            VaultEdit::RotateRoot { .. } => Self::Nothing,
            VaultEdit::Restore { from, cas } => Self::Restored { from, version: cas + 1 },
            VaultEdit::DeleteVersion { version } => Self::Deleted { version },
            VaultEdit::UndeleteVersion { version } => Self::Undeleted { version },
        }
    }

    /// Whether the change was received; nothing when that cannot be told.
    pub fn is_seen(&self, subject: &Subject, before: &Before) -> Option<bool> {
        match self.look(subject, before) {
            Seen::Holds(_) => Some(true),
            Seen::Waiting(_) => Some(false),
            Seen::Failed(_) | Seen::Lost(_) => None,
        }
    }

    /// Whether it shows.
    pub fn look(&self, subject: &Subject, before: &Before) -> Seen {
        let item = match subject {
            Subject::Absent if *self == Self::Revoked => {
                return Seen::Holds(revoked(before.leases.len(), 0));
            }
            Subject::Absent => return Seen::Failed("it is gone".to_owned()),
            Subject::Vault(item) => item,
            Subject::Application(_)
            | Subject::Object(_)
            | Subject::Pods(_)
            | Subject::Alert(_)
            | Subject::Silence(_) => {
                return Seen::Lost("that cannot show it".to_owned());
            }
        };
        match (self, &**item) {
            (Self::Renewed | Self::Rotated, item) => self.turned(item, before),
            (Self::Revoked, VaultItem::Leases(ids)) => left(ids, before),
            (Self::Revoked, _) => Seen::Waiting("still there".to_owned()),
            (Self::Restored { version, .. } | Self::Deleted { version } | Self::Undeleted { version }, _) => {
                match &**item {
                    VaultItem::Secret(secret) => self.version(secret, *version),
                    _ => Seen::Lost("that cannot show it".to_owned()),
                }
            }
            (Self::Nothing, _) => Seen::Lost("Vault does not tell whether it was rotated".to_owned()),
        }
    }

    fn turned(&self, item: &VaultItem, before: &Before) -> Seen {
        let turned = item.turned().filter(|at| before.turned.is_none_or(|then| *at > then));
        match (turned, self) {
            (None, Self::Rotated) => Seen::Waiting("not rotated yet".to_owned()),
            (None, _) => Seen::Waiting("not renewed yet".to_owned()),
            (Some(at), Self::Rotated) => Seen::Holds(format!("rotated at {}", at.rfc3339())),
            (Some(at), _) => Seen::Holds(match item.expires() {
                Some(end) => format!("renewed at {}, ends at {}", at.rfc3339(), end.rfc3339()),
                None => format!("renewed at {}", at.rfc3339()),
            }),
        }
    }

    fn version(&self, secret: &KvSecret, version: u64) -> Seen {
        let seen = secret.versions.get(&version);
        match (self, seen) {
            (Self::Restored { .. }, None) if secret.current < version => {
                Seen::Waiting(format!("version {} is still the current one", secret.current))
            }
            (_, None) => Seen::Failed(format!("there is no version {version} any more")),
            (_, Some(seen)) if seen.destroyed => Seen::Failed(format!("version {version} is destroyed")),
            // Whether its content is that of the older one is asked of Vault itself.
            (Self::Restored { from, .. }, Some(_)) => match secret.same {
                Some(true) => Seen::Holds(format!("version {version} has the content of version {from}")),
                Some(false) => Seen::Failed(format!("someone else wrote version {version}")),
                None => Seen::Lost(format!("the content of version {version} was not compared")),
            },
            (Self::Deleted { .. }, Some(seen)) if seen.deleted => {
                Seen::Holds(format!("version {version} is deleted"))
            }
            (Self::Undeleted { .. }, Some(seen)) if !seen.deleted => {
                Seen::Holds(format!("version {version} is there again"))
            }
            (Self::Deleted { .. }, _) => Seen::Waiting(format!("version {version} is still there")),
            _ => Seen::Waiting(format!("version {version} is still deleted")),
        }
    }
}

/// Whether any of the leases that were to go is left.
fn left(ids: &[Str], before: &Before) -> Seen {
    let left = ids.iter().filter(|id| before.leases.binary_search(id).is_ok()).count();
    if left > 0 {
        return Seen::Waiting(format!("{left} of {} leases are still there", before.leases.len()));
    }
    Seen::Holds(revoked(before.leases.len(), ids.len()))
}

fn revoked(gone: usize, new: usize) -> String {
    let gone = match gone {
        0 => "revoked".to_owned(),
        1 => "1 lease revoked".to_owned(),
        n => format!("{n} leases revoked"),
    };
    if new == 0 { gone } else { format!("{gone}; {new} were issued since") }
}

impl fmt::Display for Sign {
    /// Words that [`FromStr`](std::str::FromStr) reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renewed => f.write_str("renewed"),
            Self::Revoked => f.write_str("revoked"),
            Self::Rotated => f.write_str("rotated"),
            Self::Nothing => f.write_str("root-rotated"),
            Self::Restored { from, version } => write!(f, "restored from={from} version={version}"),
            Self::Deleted { version } => write!(f, "version-deleted version={version}"),
            Self::Undeleted { version } => write!(f, "version-undeleted version={version}"),
        }
    }
}

impl std::str::FromStr for Sign {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("the step `{s}` is not known to this version of vigie");
        let mut words = s.split(' ');
        let head = words.next().unwrap_or("");
        let values: Vec<(&str, &str)> = words.filter_map(|w| w.split_once('=')).collect();
        let number = |name: &str| {
            let value = values.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
            value.and_then(|v| v.parse::<u64>().ok()).ok_or_else(unknown)
        };
        Ok(match head {
            "renewed" => Self::Renewed,
            "revoked" => Self::Revoked,
            "rotated" => Self::Rotated,
            "root-rotated" => Self::Nothing,
            "restored" => Self::Restored { from: number("from")?, version: number("version")? },
            "version-deleted" => Self::Deleted { version: number("version")? },
            "version-undeleted" => Self::Undeleted { version: number("version")? },
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Key, Kind, Lease, Source, Time};

    fn lease(renewed: Option<i64>) -> Subject {
        Subject::Vault(Box::new(VaultItem::Lease(Lease {
            key: Key::new(Source(0), Kind::Lease, "database/", "database/creds/app/x"),
            issued: Time::from_secs(100),
            expires: Some(Time::from_secs(900)),
            renewable: true,
            renewed: renewed.map(Time::from_secs),
        })))
    }

    #[test]
    fn signs_read_back() {
        for sign in [
            Sign::Renewed,
            Sign::Revoked,
            Sign::Rotated,
            Sign::Nothing,
            Sign::Restored { from: 3, version: 6 },
            Sign::Deleted { version: 4 },
            Sign::Undeleted { version: 4 },
        ] {
            assert_eq!(sign.to_string().parse(), Ok(sign));
        }
        assert!("restored from=3".parse::<Sign>().is_err());
    }

    #[test]
    fn a_renewal_shows_in_a_later_moment_than_before() {
        let before = Before::of(&lease(Some(200)));
        assert_eq!(Sign::Renewed.is_seen(&lease(Some(200)), &before), Some(false));
        assert_eq!(Sign::Renewed.is_seen(&lease(Some(201)), &before), Some(true));
        let never = Before::of(&lease(None));
        assert_eq!(Sign::Renewed.is_seen(&lease(None), &never), Some(false));
        assert_eq!(Sign::Renewed.is_seen(&lease(Some(101)), &never), Some(true));
        assert_eq!(Sign::Renewed.is_seen(&Subject::Absent, &never), None);
    }

    #[test]
    fn a_prefix_is_revoked_when_none_of_those_that_were_there_is_left() {
        let leases = |ids: &[&str]| {
            let ids = ids.iter().map(|id| Str::from(*id)).collect();
            Subject::Vault(Box::new(VaultItem::Leases(ids)))
        };
        let before = Before::of(&leases(&["p/a", "p/b"]));
        assert_eq!(Sign::Revoked.is_seen(&leases(&["p/b", "p/c"]), &before), Some(false));
        let Seen::Holds(text) = Sign::Revoked.look(&leases(&["p/c"]), &before) else { panic!() };
        assert_eq!(text, "2 leases revoked; 1 were issued since");
        assert_eq!(Sign::Revoked.look(&Subject::Absent, &before), Seen::Holds("2 leases revoked".to_owned()));
    }
}

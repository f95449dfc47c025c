//! What can be listed: one row for each list, with the words that name it, its columns and its fields.

use crate::model::Kind;

/// How a field is shown in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As it is; several values with blanks between them.
    Text,
    /// A number.
    Number,
    /// `field/other`.
    Of(&'static str),
    /// The share of another field, in percent.
    Share(&'static str),
    /// How long ago.
    Since,
    /// How long until then; `never` without a moment.
    Until,
    /// A commit by its first letters.
    Short,
    /// A share in percent; `n/a` where there is nothing of which it could be one.
    Percent,
    /// A number with a fraction, in few letters.
    Real,
    /// How many, and how many of them are broken or want a look.
    Count,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The heading, in capitals.
    pub heading: &'static str,
    /// The field of the object that it shows.
    pub field: &'static str,
    /// How.
    pub how: How,
}

/// Something that can be listed.
#[derive(Debug)]
pub struct What {
    /// Its name.
    pub name: &'static str,
    /// Other words for it; those that k9s and kubectl users bring too.
    pub words: &'static [&'static str],
    /// The kinds it lists; empty for what is drawn from all of them.
    pub kinds: &'static [Kind],
    /// The columns of the table after `ENV`.
    pub columns: &'static [Column],
    /// Fields of the objects that no column shows.
    pub more: &'static [&'static str],
}

const fn column(heading: &'static str, field: &'static str, how: How) -> Column {
    Column { heading, field, how }
}

const NAME: Column = column("NAME", "name", How::Text);
const NAMESPACE: Column = column("NAMESPACE", "namespace", How::Text);
const STATUS: Column = column("STATUS", "status", How::Text);
const AGE: Column = column("AGE", "created", How::Since);
const READY: Column = column("READY", "ready", How::Of("desired"));
const UPDATED: Column = column("UPDATED", "updated", How::Number);
const IMAGES: Column = column("IMAGES", "images", How::Text);
const KIND: Column = column("KIND", "kind", How::Text);
const MOUNT: Column = column("MOUNT", "mount", How::Text);
const SEVERITY: Column = column("SEVERITY", "severity", How::Text);

const WORKLOAD: &[Column] = &[NAMESPACE, NAME, READY, UPDATED, STATUS, AGE, IMAGES];
const WORKLOAD_MORE: &[&str] = &["kind", "desired", "available", "application", "labels"];

const fn workload(name: &'static str, words: &'static [&'static str], kinds: &'static [Kind]) -> What {
    What { name, words, kinds, columns: WORKLOAD, more: WORKLOAD_MORE }
}

/// Everything that can be listed, in the order of the help.
pub static ALL: [What; 25] = [
    What {
        name: "environments",
        words: &["environment", "envs", "env", "ctx", "context", "contexts"],
        kinds: &[],
        columns: &[
            NAME,
            column("TIER", "tier", How::Text),
            SEVERITY,
            column("APPS", "applications", How::Count),
            column("PODS", "pods", How::Count),
            column("ALERTS", "alerts", How::Count),
            column("LEASES", "leases", How::Count),
            column("SYSTEMS", "systems", How::Text),
        ],
        more: &[],
    },
    What {
        name: "systems",
        words: &["system", "sys"],
        kinds: &[],
        columns: &[
            column("SYSTEM", "system", How::Text),
            KIND,
            column("STATE", "state", How::Text),
            column("SINCE", "since", How::Since),
            column("HEARD", "heard", How::Since),
            column("WHY", "why", How::Text),
        ],
        more: &[],
    },
    What {
        name: "problems",
        words: &["problem"],
        kinds: &[],
        columns: &[
            SEVERITY,
            column("WHAT", "what", How::Text),
            NAME,
            column("STATE", "state", How::Text),
            column("SINCE", "since", How::Since),
        ],
        more: &[],
    },
    What {
        name: "applications",
        words: &["application", "apps", "app", "argo"],
        kinds: &[Kind::Application],
        columns: &[
            NAME,
            column("PROJECT", "project", How::Text),
            column("SYNC", "sync", How::Text),
            column("HEALTH", "health", How::Text),
            column("REVISION", "revision", How::Short),
            column("AUTO-SYNC", "autoSync", How::Text),
            column("DEPLOYED", "deployed", How::Since),
        ],
        more: &[
            "namespace",
            "severity",
            "targetRevision",
            "destination",
            "deployedBy",
            "healthSince",
            "note",
            "images",
            "labels",
            "conditions",
        ],
    },
    What {
        name: "pods",
        words: &["pod", "po"],
        kinds: &[Kind::Pod],
        columns: &[
            NAMESPACE,
            NAME,
            column("READY", "ready", How::Of("containers")),
            STATUS,
            column("RESTARTS", "restarts", How::Number),
            AGE,
            column("NODE", "node", How::Text),
        ],
        more: &[
            "containers",
            "severity",
            "owner",
            "images",
            "labels",
            "cpuMillicores",
            "memoryBytes",
            "cpuRequestMillicores",
            "cpuLimitMillicores",
            "memoryRequestBytes",
            "memoryLimitBytes",
            "cpuPercentOfRequest",
            "cpuPercentOfLimit",
            "memoryPercentOfRequest",
            "memoryPercentOfLimit",
        ],
    },
    What {
        name: "workloads",
        words: &["workload", "wl"],
        kinds: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job],
        columns: &[NAMESPACE, KIND, NAME, READY, UPDATED, STATUS, AGE, IMAGES],
        more: &["desired", "available", "application", "labels"],
    },
    workload("deployments", &["deployment", "deploy", "dp"], &[Kind::Deployment]),
    workload("statefulsets", &["statefulset", "sts"], &[Kind::StatefulSet]),
    workload("daemonsets", &["daemonset", "ds"], &[Kind::DaemonSet]),
    workload("replicasets", &["replicaset", "rs"], &[Kind::ReplicaSet]),
    workload("jobs", &["job"], &[Kind::Job]),
    What {
        name: "nodes",
        words: &["node", "no"],
        kinds: &[Kind::Node],
        columns: &[
            NAME,
            STATUS,
            column("ROLES", "roles", How::Text),
            column("VERSION", "version", How::Text),
            column("CPU", "cpuMillicores", How::Share("cpuCapacityMillicores")),
            column("MEMORY", "memoryBytes", How::Share("memoryCapacityBytes")),
            AGE,
        ],
        more: &["severity", "cpuCapacityMillicores", "memoryCapacityBytes"],
    },
    What {
        name: "namespaces",
        words: &["namespace", "ns"],
        kinds: &[Kind::Namespace],
        columns: &[NAME, STATUS, AGE],
        more: &[],
    },
    What {
        name: "events",
        words: &["event", "ev"],
        kinds: &[Kind::Event],
        columns: &[
            NAMESPACE,
            column("LAST", "last", How::Since),
            column("TYPE", "type", How::Text),
            column("REASON", "reason", How::Text),
            column("OBJECT", "object", How::Text),
            column("COUNT", "count", How::Number),
            column("MESSAGE", "message", How::Text),
        ],
        more: &["first"],
    },
    What {
        name: "alerts",
        words: &["alert", "al"],
        kinds: &[Kind::Alert],
        columns: &[
            SEVERITY,
            NAME,
            column("STATE", "state", How::Text),
            column("SINCE", "since", How::Since),
            column("LABELS", "labels", How::Text),
        ],
        more: &["fingerprint", "namespace", "about", "summary", "annotations", "silencedBy", "inhibitedBy"],
    },
    What {
        name: "silences",
        words: &["silence", "sil"],
        kinds: &[Kind::Silence],
        columns: &[
            column("STATE", "state", How::Text),
            column("ENDS", "ends", How::Until),
            column("BY", "createdBy", How::Text),
            column("MATCHERS", "matchers", How::Text),
            column("COMMENT", "comment", How::Text),
        ],
        more: &["id", "starts"],
    },
    What {
        name: "credentials",
        words: &["credential", "creds", "cred"],
        kinds: &[Kind::Lease, Kind::StaticRole, Kind::Certificate, Kind::Secret],
        columns: &[
            KIND,
            SEVERITY,
            column("ENDS", "ends", How::Until),
            column("BEGAN", "began", How::Since),
            MOUNT,
            NAME,
        ],
        more: &[],
    },
    What {
        name: "leases",
        words: &["lease"],
        kinds: &[Kind::Lease],
        columns: &[
            column("EXPIRES", "expires", How::Until),
            column("RENEWABLE", "renewable", How::Text),
            column("ISSUED", "issued", How::Since),
            column("LEASE", "lease", How::Text),
        ],
        more: &["severity", "mount"],
    },
    What {
        name: "staticroles",
        words: &["staticrole", "static-roles", "roles", "role"],
        kinds: &[Kind::StaticRole],
        columns: &[
            MOUNT,
            column("ROLE", "role", How::Text),
            column("USERNAME", "username", How::Text),
            column("ROTATED", "rotated", How::Since),
            column("NEXT", "next", How::Until),
        ],
        more: &["severity", "periodSeconds"],
    },
    What {
        name: "secrets",
        words: &["secret", "sec"],
        kinds: &[Kind::Secret],
        columns: &[
            MOUNT,
            column("PATH", "path", How::Text),
            column("VERSION", "version", How::Number),
            column("UPDATED", "updated", How::Since),
            column("DELETED", "deleted", How::Text),
        ],
        more: &[],
    },
    What {
        name: "certificates",
        words: &["certificate", "certs", "cert"],
        kinds: &[Kind::Certificate],
        columns: &[
            MOUNT,
            column("COMMON-NAME", "commonName", How::Text),
            column("EXPIRES", "notAfter", How::Until),
            column("REVOKED", "revoked", How::Since),
            column("SERIAL", "serial", How::Text),
        ],
        more: &["severity", "notBefore"],
    },
    What {
        name: "vaults",
        words: &["vault", "bao"],
        kinds: &[Kind::Vault],
        columns: &[
            NAME,
            column("SEALED", "sealed", How::Text),
            column("STANDBY", "standby", How::Text),
            column("VERSION", "version", How::Text),
            column("CLUSTER", "cluster", How::Text),
        ],
        more: &["initialized", "nodes"],
    },
    What {
        name: "tokens",
        words: &["token"],
        kinds: &[Kind::Token],
        columns: &[
            NAME,
            column("EXPIRES", "expires", How::Until),
            column("RENEWABLE", "renewable", How::Text),
            column("POLICIES", "policies", How::Text),
        ],
        more: &[],
    },
    What {
        name: "mounts",
        words: &["mount"],
        kinds: &[Kind::Mount],
        columns: &[
            column("PATH", "path", How::Text),
            column("TYPE", "type", How::Text),
            column("VERSION", "version", How::Text),
            column("DESCRIPTION", "description", How::Text),
        ],
        more: &[],
    },
    What {
        name: "changes",
        words: &["change", "timeline", "history"],
        kinds: &[],
        columns: &[
            column("AGE", "at", How::Since),
            KIND,
            SEVERITY,
            column("BY", "by", How::Text),
            column("WHAT", "what", How::Text),
        ],
        more: &["id"],
    },
];

impl What {
    /// What a word means.
    pub fn named(word: &str) -> Option<&'static Self> {
        let word = word.to_ascii_lowercase();
        ALL.iter().find(|w| w.name == word || w.words.contains(&word.as_str()))
    }

    /// Whether it is drawn from everything that the systems tell.
    pub const fn is_drawn(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The fields of its objects after `environment`: those of the columns, then the others.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|c| c.field).chain(self.more.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_word_means_one_thing() {
        let mut seen = HashSet::new();
        for what in &ALL {
            for word in std::iter::once(&what.name).chain(what.words) {
                assert!(seen.insert(*word), "`{word}` means two things");
                assert_eq!(What::named(&word.to_uppercase()).map(|w| w.name), Some(what.name));
            }
            let fields: Vec<_> = what.fields().collect();
            assert_eq!(fields.iter().collect::<HashSet<_>>().len(), fields.len(), "{}", what.name);
        }
    }

    #[test]
    fn every_kind_is_listed_somewhere() {
        for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::Change) {
            assert!(ALL.iter().any(|w| w.kinds.contains(&kind)), "no list of {kind}s");
        }
    }
}

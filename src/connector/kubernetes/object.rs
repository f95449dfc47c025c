//! The kinds that are watched: where their lists are and how their objects become rows.

use prost::Message;
use serde::de::DeserializeOwned;

use super::{
    rows::Rows,
    wire::{self, Meta},
};
use crate::model::{Kind, Record};

/// Where a kind lives in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    pub(super) api: &'static str,
    /// The API group; empty for core.
    pub(super) group: &'static str,
    /// The plural name.
    pub(super) plural: &'static str,
    /// Whether its objects live in namespaces.
    pub(super) namespaced: bool,
}

/// Where a kind lives; `None` for kinds of other systems.
pub(super) fn resource(kind: Kind) -> Option<Resource> {
    let core = |plural, namespaced| Some(Resource { api: "/api/v1", group: "", plural, namespaced });
    let apps = |plural| Some(Resource { api: "/apis/apps/v1", group: "apps", plural, namespaced: true });
    match kind {
        Kind::Pod => core("pods", true),
        Kind::Event => core("events", true),
        Kind::Node => core("nodes", false),
        Kind::Namespace => core("namespaces", false),
        Kind::Deployment => apps("deployments"),
        Kind::StatefulSet => apps("statefulsets"),
        Kind::DaemonSet => apps("daemonsets"),
        Kind::ReplicaSet => apps("replicasets"),
        Kind::Job => {
            Some(Resource { api: "/apis/batch/v1", group: "batch", plural: "jobs", namespaced: true })
        }
        _ => None,
    }
}

impl Resource {
    /// The path of the list, in one namespace or everywhere.
    pub(super) fn list(self, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) if self.namespaced => {
                format!("{}/namespaces/{namespace}/{}", self.api, self.plural)
            }
            _ => format!("{}/{}", self.api, self.plural),
        }
    }

    /// The path of one object.
    pub(super) fn object(self, namespace: &str, name: &str) -> String {
        let namespace = self.namespaced.then_some(namespace);
        format!("{}/{}", self.list(namespace), super::access::escape(name))
    }
}

/// An object that is watched.
pub(super) trait Object: Message + DeserializeOwned + Default + Send + 'static {
    /// Its kind.
    const KIND: Kind;
    /// Its metadata.
    fn meta(&self) -> &Meta;
    /// Its row; `None` when it is not shown.
    fn record(&self, rows: &Rows) -> Option<Record>;
}

macro_rules! objects {
    ($($name:ident: |$rows:ident, $object:ident| $record:expr;)*) => { $(
        impl Object for wire::$name {
            const KIND: Kind = Kind::$name;
            fn meta(&self) -> &Meta {
                &self.metadata
            }
            fn record(&self, $rows: &Rows) -> Option<Record> {
                let $object = self;
                $record
            }
        }
    )* };
}

objects! {
    Pod: |rows, it| Some(rows.pod(it));
    Deployment: |rows, it| Some(rows.deployment(it));
    StatefulSet: |rows, it| Some(rows.stateful_set(it));
    DaemonSet: |rows, it| Some(rows.daemon_set(it));
    ReplicaSet: |rows, it| rows.replica_set(it);
    Job: |rows, it| Some(rows.job(it));
    Namespace: |rows, it| Some(rows.namespace(it));
    Node: |rows, it| Some(rows.node(it));
    Event: |rows, it| Some(Record::Event(Box::new(rows.event(it))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let jobs = resource(Kind::Job).expect("known");
        assert_eq!(jobs.list(None), "/apis/batch/v1/jobs");
        assert_eq!(jobs.list(Some("shop")), "/apis/batch/v1/namespaces/shop/jobs");
        assert_eq!(jobs.object("shop", "a"), "/apis/batch/v1/namespaces/shop/jobs/a");
        let nodes = resource(Kind::Node).expect("known");
        assert_eq!(nodes.object("", "n1"), "/api/v1/nodes/n1");
        assert_eq!(resource(Kind::Alert), None);
    }
}

//! How applications do and what pods use, as numbers: the source of every simulated metric.

use std::{collections::BTreeMap, sync::Mutex};

use crate::sim::lock;

/// How one application does right now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signal {
    /// Requests in a second.
    pub requests: f64,
    /// The share of them that fail with 5xx, 0 to 1.
    pub errors: f64,
    /// The median latency in seconds.
    pub latency_p50: f64,
    /// The 99th percentile of latency in seconds.
    pub latency_p99: f64,
    /// How full its tightest resource is, 0 to 1.
    pub saturation: f64,
    /// Database connections in use.
    pub db_connections: f64,
    /// Database connections allowed; 0 without a database.
    pub db_connections_max: f64,
    /// The wanted replicas.
    pub replicas: u32,
    /// The ready ones.
    pub ready: u32,
}

/// The signals of one environment's applications by namespace and name.
#[derive(Debug, Default)]
pub struct Signals(Mutex<BTreeMap<(String, String), Signal>>);

impl Signals {
    /// How an application does.
    pub fn get(&self, namespace: &str, app: &str) -> Option<Signal> {
        lock(&self.0).get(&(namespace.to_owned(), app.to_owned())).copied()
    }

    /// All applications: (namespace, name) and signal.
    pub fn all(&self) -> Vec<((String, String), Signal)> {
        lock(&self.0).iter().map(|(key, signal)| (key.clone(), *signal)).collect()
    }

    /// Says how an application does.
    pub fn set(&self, namespace: &str, app: &str, signal: Signal) {
        lock(&self.0).insert((namespace.to_owned(), app.to_owned()), signal);
    }

    /// Forgets an application.
    pub fn forget(&self, namespace: &str, app: &str) {
        lock(&self.0).remove(&(namespace.to_owned(), app.to_owned()));
    }
}

/// What one container uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerUsage {
    /// Its name.
    pub container: String,
    /// Processor use in nanocores.
    pub cpu: u64,
    /// Working set in bytes.
    pub memory: u64,
}

#[derive(Debug, Default)]
struct Used {
    pods: BTreeMap<(String, String), Vec<ContainerUsage>>,
    nodes: BTreeMap<String, (u64, u64)>,
}

/// What the pods and nodes of one environment use: the source of metrics.k8s.io.
#[derive(Debug, Default)]
pub struct Usage(Mutex<Used>);

impl Usage {
    /// What a pod's containers use; none before its first measurement.
    pub fn pod(&self, namespace: &str, pod: &str) -> Option<Vec<ContainerUsage>> {
        lock(&self.0).pods.get(&(namespace.to_owned(), pod.to_owned())).cloned()
    }

    /// What a node uses: nanocores and bytes.
    pub fn node(&self, node: &str) -> Option<(u64, u64)> {
        lock(&self.0).nodes.get(node).copied()
    }

    /// Puts down a new measurement of everything.
    pub fn measure(
        &self,
        pods: BTreeMap<(String, String), Vec<ContainerUsage>>,
        nodes: BTreeMap<String, (u64, u64)>,
    ) {
        *lock(&self.0) = Used { pods, nodes };
    }
}

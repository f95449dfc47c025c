//! The containers that run right now, as the kubelets have them: who writes logs, serves and uses resources.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use crate::{
    model::Time,
    sim::{catalog::Program, lock, logs::LogStream},
};

/// A namespace, a pod and a container.
pub type ContainerKey = (String, String, String);

/// A running container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its application: the pod's label `app.kubernetes.io/name`, or the container's name.
    pub app: String,
    /// Its node.
    pub node: String,
    /// What it runs; none for a program from elsewhere.
    pub program: Option<&'static Program>,
    /// The image's tag.
    pub tag: String,
    /// Since when it runs.
    pub since: Time,
    /// Whether its readiness probe succeeds.
    pub ready: bool,
    /// Whether its database refuses its password.
    pub refused: bool,
    /// Its memory limit in bytes; 0 without one.
    pub memory_limit: u64,
    /// What it writes to.
    pub log: Arc<LogStream>,
}

/// The running containers of one environment.
#[derive(Debug, Default)]
pub struct Containers(Mutex<BTreeMap<ContainerKey, Container>>);

impl Containers {
    /// Puts down a container that has started or changed.
    pub fn put(&self, key: ContainerKey, container: Container) {
        lock(&self.0).insert(key, container);
    }

    /// Forgets a container that has stopped.
    pub fn remove(&self, key: &ContainerKey) {
        lock(&self.0).remove(key);
    }

    /// Runs `look` over every running container, in order of key.
    pub fn each(&self, mut look: impl FnMut(&ContainerKey, &Container)) {
        lock(&self.0).iter().for_each(|(key, container)| look(key, container));
    }
}

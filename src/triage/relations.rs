//! What the screen is about, and what belongs to it.

use std::collections::{BTreeSet, HashSet};

use crate::{
    model::{
        Alert, Application, Change, ClusterEvent, Environment, Key, Kind, Object, Pod, Source, Str, Workload,
    },
    store::Store,
};

/// Labels that name the application a thing belongs to, most telling first.
pub const APP_LABELS: [&str; 5] =
    ["argocd.argoproj.io/instance", "app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app"];
/// Labels of an alert that name a workload or service.
const ALERT_NAMES: [&str; 8] =
    ["application", "app", "deployment", "statefulset", "daemonset", "service", "job_name", "container"];

/// What the screen is about now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// All environments.
    #[default]
    Everything,
    /// One environment.
    Environment(Str),
    /// One entity and its neighbours.
    Entity(Key),
}

/// What belongs to a focus, ready to be asked row by row.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    sources: Option<HashSet<Source>>,
    near: Option<Near>,
}

/// The neighbourhood of one entity.
#[derive(Clone, Debug, Default)]
struct Near {
    applications: HashSet<Key>,
    /// Namespaces that belong to it as a whole.
    namespaces: HashSet<Str>,
    /// Workloads, `ReplicaSet`s included, by namespace and name.
    workloads: HashSet<(Str, Str)>,
    pods: HashSet<Key>,
    node: Option<Str>,
    /// Names of applications, workloads and secrets, to be found in leases, mounts and alerts.
    words: BTreeSet<Str>,
    itself: Option<Key>,
}

impl Scope {
    /// What belongs to a focus, as the store stands.
    pub fn of(store: &Store, focus: &Focus) -> Self {
        match focus {
            Focus::Everything => Self::default(),
            Focus::Environment(env) => Self { sources: Some(sources(store, env)), near: None },
            Focus::Entity(key) => Self {
                sources: store.environment_of(key.source).map(|e| sources(store, &e.name)),
                near: Some(near(store, key)),
            },
        }
    }

    /// Whether everything belongs to it.
    pub fn is_everything(&self) -> bool {
        self.sources.is_none() && self.near.is_none()
    }

    /// Whether it is about a node, which belongs to no application.
    pub fn is_of_node(&self) -> bool {
        self.near.as_ref().is_some_and(|n| n.node.is_some())
    }

    /// Whether a system's rows can belong to it at all.
    pub fn has_source(&self, source: Source) -> bool {
        self.sources.as_ref().is_none_or(|s| s.contains(&source))
    }

    /// Whether an environment belongs to it.
    pub fn environment(&self, store: &Store, env: &Environment) -> bool {
        self.sources
            .as_ref()
            .is_none_or(|s| store.systems.iter().any(|x| x.env == env.name && s.contains(&x.source)))
    }

    fn ask(&self, key: &Key, near: impl FnOnce(&Near) -> bool) -> bool {
        self.has_source(key.source)
            && self.near.as_ref().is_none_or(|n| n.itself.as_ref() == Some(key) || near(n))
    }

    /// Whether an application belongs to it.
    pub fn application(&self, app: &Application) -> bool {
        self.ask(&app.key, |n| n.applications.contains(&app.key))
    }

    /// Whether a pod belongs to it.
    pub fn pod(&self, pod: &Pod) -> bool {
        self.ask(&pod.key, |n| n.pod(pod))
    }

    /// Whether a workload belongs to it.
    pub fn workload(&self, workload: &Workload) -> bool {
        let key = &workload.key;
        self.ask(key, |n| n.has_workload(&key.namespace, &key.name))
    }

    /// Whether an alert belongs to it.
    pub fn alert(&self, alert: &Alert) -> bool {
        self.ask(&alert.key, |n| n.alert(alert))
    }

    /// Whether an event belongs to it.
    pub fn event(&self, event: &ClusterEvent) -> bool {
        self.ask(&event.key, |n| {
            n.namespaces.contains(&event.key.namespace)
                || (&*event.about_kind == "Node" && n.node.as_ref() == Some(&event.about))
                || n.has_workload(&event.key.namespace, &event.about)
                || n.pods.iter().any(|p| p.name == event.about && p.namespace == event.key.namespace)
        })
    }

    /// Whether a lease, static role, secret or certificate belongs to it: by the names in its path.
    pub fn secret(&self, key: &Key) -> bool {
        self.ask(key, |n| n.names(&key.name))
    }

    /// Whether an object of any other kind belongs to it: by its namespace, or by the application its labels name.
    pub fn object(&self, object: &Object) -> bool {
        self.ask(&object.key, |n| {
            n.namespaces.contains(&object.key.namespace)
                || n.applications.iter().any(|app| labels_name(&object.labels, app))
        })
    }

    /// Whether a change belongs to it.
    pub fn change(&self, change: &Change) -> bool {
        let Some(subject) = &change.subject else {
            return self.near.is_none() && self.has_source(change.key.source);
        };
        self.ask(subject, |n| match subject.kind {
            // What a node's applications were changed to says nothing of the node.
            Kind::Application => n.node.is_none() && n.applications.contains(subject),
            Kind::Pod => n.pods.contains(subject) || n.namespaces.contains(&subject.namespace),
            Kind::Node => n.node.as_ref() == Some(&subject.name),
            Kind::Alert => false,
            kind if kind.is_workload() => n.has_workload(&subject.namespace, &subject.name),
            _ => n.names(&subject.name),
        })
    }
}

impl Near {
    fn pod(&self, pod: &Pod) -> bool {
        let namespace = &pod.key.namespace;
        self.pods.contains(&pod.key)
            || self.namespaces.contains(namespace)
            || self.node.as_ref().is_some_and(|n| *n == pod.node)
            || pod.owner.as_ref().is_some_and(|(_, name)| self.has_workload(namespace, name))
    }

    fn has_workload(&self, namespace: &Str, name: &Str) -> bool {
        self.namespaces.contains(namespace) || self.workloads.contains(&(namespace.clone(), name.clone()))
    }

    fn alert(&self, alert: &Alert) -> bool {
        let namespace = alert.label("namespace").or_else(|| alert.label("exported_namespace"));
        let at_node = self.node.as_ref().is_some_and(|node| {
            ["node", "instance", "kubernetes_node"].iter().any(|l| alert.label(l) == Some(node))
        });
        let at_pod = alert
            .label("pod")
            .is_some_and(|pod| self.pods.iter().any(|p| p.name == *pod && Some(&p.namespace) == namespace));
        let named = ALERT_NAMES.iter().any(|l| alert.label(l).is_some_and(|v| self.words.contains(v)));
        at_node || at_pod || named || namespace.is_some_and(|ns| self.namespaces.contains(ns))
    }

    /// Whether one of the words stands in a path, as a whole part between `/`, `-`, `_` or `.`.
    fn names(&self, path: &str) -> bool {
        self.words.iter().any(|word| contains_word(path, word))
    }
}

/// Whether `word` stands in `text` with no letter or digit on either side.
fn contains_word(text: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
        })
}

/// Whether labels name an application.
fn labels_name(labels: &[(Str, Str)], app: &Key) -> bool {
    labels.iter().any(|(k, v)| APP_LABELS.contains(&&**k) && *v == app.name)
}

/// The sources of an environment.
fn sources(store: &Store, env: &Str) -> HashSet<Source> {
    store.systems.iter().filter(|s| s.env == *env).map(|s| s.source).collect()
}

fn near(store: &Store, key: &Key) -> Near {
    let mut near = Near { itself: Some(key.clone()), ..Near::default() };
    let Some(env) = store.system(key.source).map(|s| s.env.clone()) else { return near };
    let here = sources(store, &env);
    match key.kind {
        Kind::Application => near.add_application(store, &here, key),
        Kind::Pod => {
            near.pods.insert(key.clone());
            if let Some(pod) = store.pods.get(key) {
                near.words.extend(pod.secrets.iter().cloned());
                if let Some(app) = application_of_pod(store, &here, pod) {
                    near.words.insert(app.name.clone());
                    near.applications.insert(app);
                }
            }
        }
        Kind::Node => near.add_node(store, &here, &key.name),
        Kind::Namespace => {
            near.namespaces.insert(key.name.clone());
            near.words.insert(key.name.clone());
            let inside = store
                .applications
                .iter()
                .filter(|a| a.destination == key.name && here.contains(&a.key.source));
            near.applications.extend(inside.map(|a| a.key.clone()));
        }
        Kind::Alert => {
            if let Some(alert) = store.alerts.get(key) {
                near.add_alert(store, &here, alert);
            }
        }
        kind if kind.is_workload() => {
            near.workloads.insert((key.namespace.clone(), key.name.clone()));
            near.words.insert(key.name.clone());
            near.add_children(store, &here);
            let app = store.workloads.get(key).and_then(|w| w.application.clone());
            let owners = store
                .applications
                .iter()
                .filter(|a| here.contains(&a.key.source) && Some(&a.key.name) == app.as_ref());
            near.applications.extend(owners.map(|a| a.key.clone()));
        }
        Kind::Object => {
            if let Some(app) = application_of_object(store, &here, key) {
                near.add_application(store, &here, &app);
            }
        }
        Kind::Lease | Kind::StaticRole | Kind::Secret | Kind::Certificate => {
            near.add_named_by(store, &here, &key.name);
        }
        _ => {}
    }
    near
}

impl Near {
    fn add_application(&mut self, store: &Store, here: &HashSet<Source>, key: &Key) {
        self.applications.insert(key.clone());
        self.words.insert(key.name.clone());
        let Some(app) = store.applications.get(key) else { return };
        let alone = store
            .applications
            .iter()
            .filter(|a| here.contains(&a.key.source) && a.destination == app.destination)
            .nth(1)
            .is_none();
        if alone && !app.destination.is_empty() {
            self.namespaces.insert(app.destination.clone());
        }
        for workload in store.workloads.iter().filter(|w| here.contains(&w.key.source)) {
            if workload.application.as_ref() == Some(&app.key.name)
                || (alone && workload.key.namespace == app.destination)
            {
                self.workloads.insert((workload.key.namespace.clone(), workload.key.name.clone()));
                if workload.owner.is_none() {
                    self.words.insert(workload.key.name.clone());
                }
            }
        }
        self.add_children(store, here);
        for pod in store.pods.iter().filter(|p| here.contains(&p.key.source)) {
            let labelled = pod.key.namespace == app.destination
                && pod.labels.iter().any(|(k, v)| APP_LABELS.contains(&&**k) && *v == app.key.name);
            if labelled || self.pod(pod) {
                self.pods.insert(pod.key.clone());
                self.words.extend(pod.secrets.iter().cloned());
            }
        }
    }

    /// Adds the `ReplicaSet`s and Jobs of workloads already there.
    fn add_children(&mut self, store: &Store, here: &HashSet<Source>) {
        let children: Vec<_> = store
            .workloads
            .iter()
            .filter(|w| here.contains(&w.key.source))
            .filter_map(|w| Some((w, w.owner.as_ref()?)))
            .filter(|(w, (_, owner))| self.workloads.contains(&(w.key.namespace.clone(), owner.clone())))
            .map(|(w, _)| (w.key.namespace.clone(), w.key.name.clone()))
            .collect();
        self.workloads.extend(children);
    }

    /// Adds a node, what runs on it and the applications that this is part of.
    fn add_node(&mut self, store: &Store, here: &HashSet<Source>, node: &Str) {
        self.node = Some(node.clone());
        for pod in store.pods.iter().filter(|p| here.contains(&p.key.source) && p.node == *node) {
            self.pods.insert(pod.key.clone());
            self.applications.extend(application_of_pod(store, here, pod));
        }
    }

    fn add_alert(&mut self, store: &Store, here: &HashSet<Source>, alert: &Alert) {
        let namespace = alert.label("namespace").cloned();
        // An alert about a pod often says where that runs; it is not about the node then.
        if let Some(node) = alert.label("node").filter(|_| alert.label("pod").is_none()) {
            self.add_node(store, here, node);
        }
        if let (Some(pod), Some(ns)) = (alert.label("pod"), &namespace) {
            let found = store
                .pods
                .iter()
                .filter(|p| here.contains(&p.key.source) && p.key.name == *pod && p.key.namespace == *ns);
            let found: Vec<_> = found.collect();
            for pod in found {
                self.pods.insert(pod.key.clone());
                self.applications.extend(application_of_pod(store, here, pod));
            }
        }
        let names: Vec<_> = ALERT_NAMES.iter().filter_map(|l| alert.label(l)).cloned().collect();
        let apps: Vec<_> = store
            .applications
            .iter()
            .filter(|a| here.contains(&a.key.source))
            .filter(|a| {
                names.contains(&a.key.name) || namespace.as_ref().is_some_and(|ns| *ns == a.destination)
            })
            .map(|a| a.key.clone())
            .collect();
        for app in apps {
            self.add_application(store, here, &app);
        }
        self.words.extend(names);
    }

    /// Applications and pods that a secret's path names, or that mount a Kubernetes secret so named.
    fn add_named_by(&mut self, store: &Store, here: &HashSet<Source>, path: &str) {
        let apps: Vec<_> = store
            .applications
            .iter()
            .filter(|a| here.contains(&a.key.source) && contains_word(path, &a.key.name))
            .map(|a| a.key.clone())
            .collect();
        for app in apps {
            self.add_application(store, here, &app);
        }
        let users = store
            .pods
            .iter()
            .filter(|p| here.contains(&p.key.source) && p.secrets.iter().any(|s| contains_word(path, s)));
        self.pods.extend(users.map(|p| p.key.clone()));
    }
}

/// The application a pod belongs to: by what tracks its owner, else by its labels.
fn application_of_pod(store: &Store, here: &HashSet<Source>, pod: &Pod) -> Option<Key> {
    let tracked = pod.owner.as_ref().and_then(|(kind, name)| {
        let key = Key::new(pod.key.source, *kind, pod.key.namespace.clone(), name.clone());
        let owner = store.workloads.get(&key)?;
        owner.application.clone().or_else(|| {
            let (kind, name) = owner.owner.as_ref()?;
            let kind: Kind = kind.parse().ok()?;
            let key = Key::new(pod.key.source, kind, pod.key.namespace.clone(), name.clone());
            store.workloads.get(&key)?.application.clone()
        })
    });
    let named: Vec<&Str> = tracked
        .iter()
        .chain(APP_LABELS.iter().filter_map(|l| pod.labels.iter().find(|(k, _)| &**k == *l).map(|(_, v)| v)))
        .collect();
    let mut apps = store.applications.iter().filter(|a| here.contains(&a.key.source));
    named
        .iter()
        .find_map(|name| {
            store.applications.iter().find(|a| here.contains(&a.key.source) && a.key.name == **name)
        })
        .or_else(|| {
            let first = apps.by_ref().find(|a| a.destination == pod.key.namespace)?;
            apps.all(|a| a.destination != pod.key.namespace).then_some(first)
        })
        .map(|a| a.key.clone())
}

/// The application that an object belongs to: by its labels, else the only one of its namespace.
fn application_of_object(store: &Store, here: &HashSet<Source>, key: &Key) -> Option<Key> {
    let object = store.objects.get(key)?;
    let apps = || store.applications.iter().filter(|a| here.contains(&a.key.source));
    if let Some(named) = apps().find(|a| labels_name(&object.labels, &a.key)) {
        return Some(named.key.clone());
    }
    let mut inside = apps().filter(|a| !key.namespace.is_empty() && a.destination == key.namespace);
    let first = inside.next()?;
    inside.next().is_none().then(|| first.key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_alone() {
        assert!(contains_word("database/creds/appointments-app/x", "appointments"));
        assert!(!contains_word("database/creds/disappointments", "appointments"));
        assert!(!contains_word("database/creds/odoo2", "odoo"));
        assert!(!contains_word("anything", ""));
    }
}

//! Objects of any kind that a cluster serves, in the columns that the server itself gives them.

use super::{Key, Kind, Severity, Source, Str, Time};

/// The word that lists the kinds of objects themselves.
pub const API_RESOURCES: &str = "api-resources";

/// A kind of object that a cluster serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResource {
    /// Its API group; empty for core.
    pub group: Str,
    /// The version that the server prefers.
    pub version: Str,
    /// `ingresses`.
    pub plural: Str,
    /// `ingress`.
    pub singular: Str,
    /// `Ingress`.
    pub kind: Str,
    /// `ing`.
    pub short: Vec<Str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether it can be watched.
    pub watchable: bool,
}

impl ApiResource {
    /// The name that no other has: `ingresses.networking.k8s.io`, `configmaps`.
    pub fn id(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `networking.k8s.io/v1`, `v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// How well a lower-case word names it, as for kubectl: 0 is best, `None` not at all.
    pub fn answers_to(&self, word: &str) -> Option<u8> {
        if word == self.id() {
            Some(0)
        } else if *self.plural == *word {
            Some(1)
        } else if self.short.iter().any(|s| **s == *word) {
            Some(2)
        } else if *self.singular == *word || self.kind.eq_ignore_ascii_case(word) {
            Some(3)
        } else {
            None
        }
    }

    /// The one that a word names best; of equals the first.
    pub fn find<'a>(all: &'a [Self], word: &str) -> Option<&'a Self> {
        let word = word.to_lowercase();
        let named = all.iter().filter_map(|r| Some((r.answers_to(&word)?, r)));
        named.min_by_key(|(rank, _)| *rank).map(|(_, r)| r)
    }

    /// The key of one of its objects; its name is written as kubectl takes it, `ingresses.v1.networking.k8s.io/web`.
    pub fn key(&self, source: Source, namespace: impl Into<Str>, name: &str) -> Key {
        let dot = if self.group.is_empty() { "" } else { "." };
        let name = format!("{}.{}{dot}{}/{name}", self.plural, self.version, self.group);
        Key::new(source, Kind::Object, namespace, name)
    }
}

/// What the name of an [`Object`](Kind::Object)'s key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectName<'a> {
    /// `ingresses`.
    pub plural: &'a str,
    /// `v1`; empty for what is no object of its own.
    pub version: &'a str,
    /// `networking.k8s.io`; empty for core.
    pub group: &'a str,
    /// The object's own name.
    pub name: &'a str,
}

impl<'a> ObjectName<'a> {
    /// Reads the key of an object; `None` for keys of other kinds.
    pub fn of(key: &'a Key) -> Option<Self> {
        if key.kind != Kind::Object {
            return None;
        }
        let (of, name) = key.name.split_once('/')?;
        let mut parts = of.splitn(3, '.');
        let mut part = || parts.next().unwrap_or_default();
        Some(Self { plural: part(), version: part(), group: part(), name })
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Text; from outside, not to be printed raw.
    Text(Str),
    /// A number.
    Number(i64),
    /// A moment, which the server told as an age.
    At(Time),
}

/// A column that a server gives to a kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name as the server writes it.
    pub name: Str,
    /// Whether it is one of those that only the wide form shows.
    pub wide: bool,
    /// Whether it holds numbers or moments.
    pub number: bool,
}

/// The columns of a kind of object: name, namespace and age are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableHead {
    /// The kind of object.
    pub resource: ApiResource,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// The paths that were asked for besides, as RFC 9535 writes them: their cells follow those of the columns.
    pub own: Vec<Str>,
}

/// An object of any kind, reduced to what its server shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Source, namespace, and the name as [`ApiResource::key`] makes it.
    pub key: Key,
    /// Kubernetes' uid.
    pub uid: u128,
    /// Cells, in the order of the columns.
    pub cells: Box<[Cell]>,
    /// Its labels.
    pub labels: std::sync::Arc<[(Str, Str)]>,
    /// How bad what its cells say is.
    pub severity: Severity,
    /// When it was created; none for what is no object of its own.
    pub created: Option<Time>,
}

/// Columns that say whether something is as it should be, in lower case.
const CONDITIONS: [&str; 7] = ["ready", "available", "healthy", "established", "synced", "valid", "accepted"];
/// Columns that say in a word what something is doing, in lower case.
const STATES: [&str; 6] = ["status", "phase", "state", "health", "health status", "sync status"];

/// How bad what a cell of a column says is; `None` where that cannot be told.
pub fn standing(column: &str, cell: &Cell) -> Option<Severity> {
    let Cell::Text(text) = cell else { return None };
    let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(column));
    if is(&CONDITIONS) {
        return condition(text);
    }
    // `True` and `False` mean here what the column above them is called, which nobody knows.
    if is(&STATES) { state(text) } else { None }
}

fn condition(text: &str) -> Option<Severity> {
    match text {
        "True" | "true" => Some(Severity::Ok),
        "False" | "false" => Some(Severity::Warning),
        "Unknown" => Some(Severity::Active),
        counts => {
            let (ready, of) = counts.split_once('/')?;
            let (ready, of): (u64, u64) = (ready.parse().ok()?, of.parse().ok()?);
            Some(if ready < of { Severity::Active } else { Severity::Ok })
        }
    }
}

fn state(text: &str) -> Option<Severity> {
    const BAD: [&str; 7] = ["Failed", "Error", "Degraded", "Lost", "Missing", "Invalid", "Rejected"];
    const ODD: [&str; 6] = ["OutOfSync", "NotReady", "Released", "Unknown", "Expired", "Denied"];
    const BUSY: [&str; 5] = ["Pending", "Progressing", "Terminating", "Creating", "Provisioning"];
    const GOOD: [&str; 9] =
        ["Bound", "Active", "Ready", "Healthy", "Running", "Available", "Complete", "Synced", "Succeeded"];
    let word = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    let errs = ["Error", "Failed", "BackOff"].iter().any(|end| text.ends_with(end));
    if errs || word(&BAD) {
        Some(Severity::Critical)
    } else if word(&ODD) {
        Some(Severity::Warning)
    } else if word(&BUSY) {
        Some(Severity::Active)
    } else if word(&GOOD) {
        Some(Severity::Ok)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingresses() -> ApiResource {
        ApiResource {
            group: "networking.k8s.io".into(),
            version: "v1".into(),
            plural: "ingresses".into(),
            singular: "ingress".into(),
            kind: "Ingress".into(),
            short: vec!["ing".into()],
            namespaced: true,
            watchable: true,
        }
    }

    #[test]
    fn a_key_says_what_kubectl_takes() {
        let key = ingresses().key(Source(3), "shop", "web.tls");
        assert_eq!(&*key.name, "ingresses.v1.networking.k8s.io/web.tls");
        let said = ObjectName::of(&key).expect("an object");
        assert_eq!((said.plural, said.version, said.group), ("ingresses", "v1", "networking.k8s.io"));
        assert_eq!(key.title(), "web.tls");
        assert_eq!(key.to_string(), "ingresses.networking.k8s.io shop/web.tls");
        let core = ApiResource { group: "".into(), plural: "configmaps".into(), ..ingresses() };
        let key = core.key(Source(3), "shop", "web");
        assert_eq!((&*key.name, ObjectName::of(&key).map(|n| n.group)), ("configmaps.v1/web", Some("")));
        assert_eq!(ObjectName::of(&Key::new(Source(0), Kind::Pod, "a", "b/c")), None);
    }

    #[test]
    fn words_find_the_kind_that_kubectl_finds() {
        let of = |group: &str| ApiResource { group: group.into(), ..ingresses() };
        let all = [of("networking.k8s.io"), of("example.org")];
        for word in ["ing", "ingress", "Ingresses", "Ingress", "ingresses.networking.k8s.io"] {
            assert_eq!(ApiResource::find(&all, word).map(|r| &*r.group), Some("networking.k8s.io"), "{word}");
        }
        let exact = ApiResource::find(&all, "ingresses.example.org").expect("found");
        assert_eq!(&*exact.group, "example.org");
        assert_eq!(ApiResource::find(&all, "in"), None);
    }

    #[test]
    fn cells_say_how_bad_it_is() {
        let says = |column: &str, text: &str| standing(column, &Cell::Text(text.into()));
        assert_eq!(says("Ready", "False"), Some(Severity::Warning));
        assert_eq!(says("READY", "1/2"), Some(Severity::Active));
        assert_eq!(says("Status", "SecretSyncedError"), Some(Severity::Critical));
        assert_eq!(says("Status", "Bound"), Some(Severity::Ok));
        assert_eq!(says("Suspend", "False"), None, "what it means is not known");
        assert_eq!(standing("Ready", &Cell::Number(1)), None);
    }
}

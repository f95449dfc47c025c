//! Applications by name with a cell for each environment, and where their versions part.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, HashMap},
};

use super::{
    filter::Across,
    listed::Listed,
    rows::{Row, Rows, Wish},
    subject::SortBy,
};
use crate::{
    model::{Application, Kind, Severity, Str, Tier, Time},
    store::Store,
    triage::timeline::{short, tag},
};

/// How an application's version stands to that of the environment it is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// It is the same, or it is the one compared with.
    #[default]
    Same,
    /// It is newer.
    Ahead,
    /// It is older.
    Behind,
    /// It is another one, and which is newer cannot be told.
    Apart,
}

/// An application in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its position in the table of applications.
    pub at: u32,
    /// What is deployed: the tag of its image where it is known, else the revision.
    pub version: Str,
    /// How that stands to the version compared with.
    pub drift: Drift,
}

/// An application across the environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub name: Str,
    /// A cell for each environment; none where it is not deployed.
    pub cells: Vec<Option<Cell>>,
    /// The environment that the others are compared with.
    pub reference: usize,
    /// How bad the worst of them is.
    pub severity: Severity,
}

impl Line {
    /// Whether it is another version somewhere.
    pub fn differs(&self) -> bool {
        self.cells.iter().flatten().any(|c| c.drift != Drift::Same)
    }

    /// The cell that stands for the line when an environment is chosen: that one's, or the one compared with.
    fn chosen(&self, column: usize) -> Option<&Cell> {
        self.cells.get(column).and_then(Option::as_ref).or_else(|| self.cells.get(self.reference)?.as_ref())
    }
}

/// Builds the list.
pub(super) fn build(store: &Store, wish: &Wish<'_>, rows: &mut Rows) {
    let mut lines = lines(store, wish.now);
    rows.total = lines.len();
    rows.critical = lines.iter().filter(|l| l.severity == Severity::Critical).count();
    rows.warning = lines.iter().filter(|l| l.severity == Severity::Warning).count();
    rows.differing = lines.iter().filter(|l| l.differs()).count();
    lines.retain(|line| wish.filter.passes(&Across { line, store }));
    if wish.by != SortBy::Name {
        // By name already, and sorting keeps that among equals.
        lines.sort_by_key(|l| (Reverse(l.severity), !l.differs()));
    }
    lines.retain(|l| l.chosen(wish.column).is_some());
    rows.shown = lines.iter().filter_map(|l| l.chosen(wish.column)).map(|c| Row::Application(c.at)).collect();
    rows.matrix = lines;
}

/// Every application, by name.
pub(super) fn lines(store: &Store, now: Time) -> Vec<Line> {
    let index: HashMap<&Str, usize> = store.environments.iter().zip(0..).map(|(e, n)| (&e.name, n)).collect();
    let environment: Vec<Option<usize>> = store.systems.iter().map(|s| index.get(&s.env).copied()).collect();
    let of = |source: crate::model::Source| environment.get(usize::from(source.0)).copied().flatten();
    let mut found: BTreeMap<&Str, Vec<Option<u32>>> = BTreeMap::new();
    for (at, app) in (0u32..).zip(store.applications.iter()) {
        let Some(env) = of(app.key.source) else { continue };
        let cells = found.entry(&app.key.name).or_insert_with(|| vec![None; store.environments.len()]);
        let worse =
            |other: u32| store.applications.at(other as usize).is_none_or(|o| o.severity() < app.severity());
        if cells[env].is_none_or(worse) {
            cells[env] = Some(at);
        }
    }
    let mut wanted: HashMap<(usize, &Str), Vec<&Str>> = HashMap::new();
    // What keeps state comes last: the database that an application brings along says less than the application.
    for stateful in [false, true] {
        for workload in store.workloads.iter().filter(|w| w.key.kind != Kind::ReplicaSet) {
            let (true, Some(env), Some(app)) = (
                (workload.key.kind == Kind::StatefulSet) == stateful,
                of(workload.key.source),
                &workload.application,
            ) else {
                continue;
            };
            wanted.entry((env, app)).or_default().extend(workload.images.iter());
        }
    }
    let line = |(name, places): (&Str, Vec<Option<u32>>)| {
        let apps: Vec<Option<&Application>> =
            places.iter().map(|at| at.and_then(|n| store.applications.at(n as usize))).collect();
        let images = |env: usize| -> Vec<&Str> {
            // What the cluster is told to run; what it runs may still be the version before.
            let told = wanted.get(&(env, name)).filter(|i| !i.is_empty()).cloned();
            let mut all = told.unwrap_or_else(|| apps[env].map_or(Vec::new(), |a| a.images.iter().collect()));
            // The application's own come before the databases and side-cars that it brings along.
            all.sort_by_key(|image| nearness(name, image));
            all
        };
        let is_prod = |n: usize| store.environments[n].tier == Tier::Prod;
        let present = || (0..apps.len()).filter(|n| apps[*n].is_some());
        let reference = present().find(|n| is_prod(*n)).or_else(|| present().next()).unwrap_or_default();
        let running: Vec<Vec<&Str>> = (0..apps.len()).map(&images).collect();
        let base = apps.get(reference).copied().flatten();
        let shown = telling(&running, reference);
        let cell = |env: usize| {
            let app = apps[env]?;
            let (version, drift) = match base {
                Some(other) if env != reference => {
                    compare((app, &running[env]), (other, &running[reference]), shown)
                }
                _ => (version(app, &running[env], shown), Drift::Same),
            };
            Some(Cell { at: places[env]?, version, drift })
        };
        let severity = apps.iter().flatten().map(|a| Listed::severity(*a, now)).max();
        Line {
            name: name.clone(),
            cells: (0..apps.len()).map(cell).collect(),
            reference,
            severity: severity.unwrap_or(Severity::Quiet),
        }
    };
    found.into_iter().map(line).collect()
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rfind('/').map_or(0, |at| at + 1);
    image[name..].find(':').map_or(image, |at| &image[..name + at])
}

/// How near an image is to an application: named like it, in a folder named like it, brought along.
fn nearness(application: &str, image: &str) -> u8 {
    let mut parts = repository(image).rsplit('/');
    match parts.next() {
        Some(name) if name.starts_with(application) => 0,
        _ if parts.any(|folder| folder.starts_with(application)) => 1,
        _ => 2,
    }
}

/// The repository whose versions tell most side by side: the first of the reference's that is another version
/// somewhere, else its first.
fn telling<'a>(running: &[Vec<&'a Str>], reference: usize) -> Option<&'a str> {
    let base = running.get(reference)?;
    let differs =
        |image: &str| running.iter().flatten().any(|i| repository(i) == repository(image) && ***i != *image);
    base.iter().find(|i| differs(i)).or_else(|| base.first()).map(|i| repository(i))
}

/// What an application deploys: the tag of its image from a repository, else of its first; the revision where no image
/// is known.
fn version(app: &Application, images: &[&Str], shown: Option<&str>) -> Str {
    let image = images.iter().find(|i| Some(repository(i)) == shown).or_else(|| images.first());
    image.map_or_else(|| short(&app.revision), |image| tag(image)).into()
}

/// The version to show of an application with its images, and how it stands to another's.
fn compare(
    (app, own): (&Application, &[&Str]),
    (other, theirs): (&Application, &[&Str]),
    shown: Option<&str>,
) -> (Str, Drift) {
    let here = version(app, own, shown);
    if own.is_empty() || theirs.is_empty() {
        return (here, if app.revision == other.revision { Drift::Same } else { Drift::Apart });
    }
    // First the images whose versions stand side by side, then what else both run in another version.
    let mut all = own.to_vec();
    all.sort_by_key(|image| Some(repository(image)) != shown);
    for image in all {
        let same = || theirs.iter().filter(|t| repository(t) == repository(image));
        if same().next().is_some() && !same().any(|t| *t == image) {
            let drift = match same().next().and_then(|t| order(tag(image), tag(t))) {
                Some(Ordering::Greater) => Drift::Ahead,
                Some(Ordering::Less) => Drift::Behind,
                _ => Drift::Apart,
            };
            return (tag(image).into(), drift);
        }
    }
    (here, Drift::Same)
}

/// Which of two tags is the newer one, by the numbers that they begin with: `v2.9.1` is older than `v2.10.0`. None
/// when that does not tell: `v2.9.1` and `v2.9.1-rc.1`.
fn order(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |tag: &str| -> Vec<u64> {
        let parts = tag.strip_prefix('v').unwrap_or(tag).split(['.', '-']);
        parts.map_while(|part| part.parse().ok()).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    let length = a.len().min(b.len());
    (a[..length] != b[..length]).then(|| a[..length].cmp(&b[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_one_repository_stand_side_by_side() {
        let images = ["r/shop/db:16.10", "r/shop/api:v2", "r/shop/api:v3"].map(Str::from);
        let (db, old, new) = (&images[0], &images[1], &images[2]);
        assert_eq!(telling(&[vec![db, old], vec![db, new]], 0), Some("r/shop/api"), "what differs says most");
        assert_eq!(telling(&[vec![db, old], vec![old, db]], 0), Some("r/shop/db"), "else the first");
        assert_eq!(telling(&[vec![], vec![old]], 0), None);
    }

    #[test]
    fn images_are_taken_apart() {
        assert_eq!(repository("registry:5000/a/b:v1"), "registry:5000/a/b");
        assert_eq!(repository("registry:5000/a/b"), "registry:5000/a/b");
        assert_eq!(repository("a/b:1@sha256:00"), "a/b");
        assert_eq!(nearness("appointments", "registry:5000/appointments-api:v1"), 0);
        assert_eq!(nearness("x", "r/x/api:v1"), 1);
        assert_eq!(nearness("appointments", "docker.io/postgres:16"), 2);
    }

    #[test]
    fn versions_are_numbers_where_they_can_be() {
        assert_eq!(order("v2.9.1", "v2.10.0"), Some(Ordering::Less));
        assert_eq!(order("2.10", "v2.9"), Some(Ordering::Greater));
        assert_eq!(order("v2.9.1-rc.1", "v2.9.1"), None);
        assert_eq!(order("v2.10.0-rc.1", "v2.9.1"), Some(Ordering::Greater));
        assert_eq!(order("18.0-20260930", "18.0-20261112"), Some(Ordering::Less));
        assert_eq!(order("main-4f2a", "main-9c1b"), None);
    }
}

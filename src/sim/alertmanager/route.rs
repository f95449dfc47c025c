//! The demo's routes, groups and inhibition rules.

use std::sync::LazyLock;

use super::{Alert, Labels, Matcher};

/// The receivers.
pub const RECEIVERS: [&str; 3] = ["none", "oncall", "team-chat"];

/// The configuration as `/api/v2/status` shows it.
pub const CONFIG: &str = "global:
  resolve_timeout: 5m
route:
  receiver: team-chat
  group_by:
  - alertname
  - namespace
  continue: false
  routes:
  - receiver: none
    matchers:
    - alertname=\"Watchdog\"
    continue: false
  - receiver: oncall
    matchers:
    - severity=\"critical\"
    continue: true
  - receiver: team-chat
    matchers:
    - severity=~\"warning|critical\"
    continue: false
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
inhibit_rules:
- source_matchers:
  - severity=\"critical\"
  target_matchers:
  - severity=~\"warning|info\"
  equal:
  - alertname
  - namespace
- source_matchers:
  - alertname=\"KubeNodeNotReady\"
  target_matchers:
  - alertname=~\"KubePodNotReady|TargetDown\"
  equal:
  - node
receivers:
- name: none
- name: oncall
- name: team-chat
templates: []
";

/// One route that alerts can take.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) receiver: &'static str,
    pub(super) group_by: &'static [&'static str],
    matchers: Vec<Matcher>,
    on: bool,
}

struct Inhibition {
    source: Vec<Matcher>,
    target: Vec<Matcher>,
    equal: &'static [&'static str],
}

const GROUP_BY: &[&str] = &["alertname", "namespace"];

fn matchers(texts: &[&str]) -> Vec<Matcher> {
    texts.iter().map(|text| Matcher::parse(text).expect("the demo's matchers are well formed")).collect()
}

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let route =
        |receiver, texts: &[&str], on| Route { receiver, group_by: GROUP_BY, matchers: matchers(texts), on };
    vec![
        route("none", &["alertname=\"Watchdog\""], false),
        route("oncall", &["severity=\"critical\""], true),
        route("team-chat", &["severity=~\"warning|critical\""], false),
    ]
});

static TOP: LazyLock<Route> =
    LazyLock::new(|| Route { receiver: "team-chat", group_by: GROUP_BY, matchers: Vec::new(), on: false });

static INHIBITIONS: LazyLock<Vec<Inhibition>> = LazyLock::new(|| {
    vec![
        Inhibition {
            source: matchers(&["severity=\"critical\""]),
            target: matchers(&["severity=~\"warning|info\""]),
            equal: &["alertname", "namespace"],
        },
        Inhibition {
            source: matchers(&["alertname=\"KubeNodeNotReady\""]),
            target: matchers(&["alertname=~\"KubePodNotReady|TargetDown\""]),
            equal: &["node"],
        },
    ]
});

/// The routes that an alert takes: those below the top that match, up to the first that does not go on; the top
/// when there is none.
pub(super) fn routes(labels: &Labels) -> Vec<&'static Route> {
    let mut taken = Vec::new();
    for route in ROUTES.iter() {
        if route.matchers.iter().all(|matcher| matcher.matches(labels)) {
            taken.push(route);
            if !route.on {
                break;
            }
        }
    }
    if taken.is_empty() {
        taken.push(&*TOP);
    }
    taken
}

/// The alerts that inhibit one; those that are both source and target do not inhibit each other.
pub(super) fn inhibitors(alert: &Alert, firing: &[&Alert]) -> Vec<u64> {
    let fits = |matchers: &[Matcher], alert: &Alert| matchers.iter().all(|m| m.matches(&alert.labels));
    let mut found = Vec::new();
    for rule in INHIBITIONS.iter().filter(|rule| fits(&rule.target, alert)) {
        let both = fits(&rule.source, alert);
        let source = firing.iter().find(|source| {
            let same = |name: &str| source.labels.get(name) == alert.labels.get(name);
            fits(&rule.source, source)
                && rule.equal.iter().all(|name| same(name))
                && !(both && fits(&rule.target, source))
        });
        found.extend(source.map(|source| source.fingerprint));
    }
    found
}

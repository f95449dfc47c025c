//! The deployment repository's history: who changed what, when and why.

use std::time::Duration;

use serde_json::{Value, json};

use super::{APPS, manifests, path};
use crate::{
    model::Time,
    sim::{
        git::{Authored, Git, Tree},
        world::ENVIRONMENTS,
    },
};

/// The people who commit: name and mail address.
pub const AUTHORS: [(&str, &str); 6] = [
    ("Nadia Benali", "nadia@clinic.example"),
    ("Samir Haddad", "samir@clinic.example"),
    ("Wanjiru Kamau", "wanjiru@clinic.example"),
    ("Tomasz Zielinski", "tomasz@clinic.example"),
    ("Imane El Fassi", "imane@clinic.example"),
    ("release-bot", "release-bot@clinic.example"),
];

/// One change to a manifest.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    /// A workload's image tag.
    Tag(&'static str, &'static str),
    /// A workload's replicas.
    Replicas(&'static str, u32),
    /// An environment variable of a workload.
    Variable(&'static str, &'static str, &'static str),
    /// A workload's memory request and limit.
    Memory(&'static str, &'static str, &'static str),
    /// An entry of the application's config map.
    Config(&'static str, &'static str),
}

/// Minutes before now, author, message, environment, application, changes.
type Row = (u64, usize, &'static str, &'static str, &'static str, &'static [Edit]);

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

const HISTORY: &[Row] = &[
    (31 * DAY, 5, "openmrs: 3.2.1 to prod", "prod", "openmrs", &[Edit::Tag("openmrs", "3.2.1")]),
    (
        27 * DAY,
        2,
        "appointments: release 2.14.0 to staging",
        "staging",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.14.0"), Edit::Tag("appointments-worker", "v2.14.0")],
    ),
    (
        24 * DAY + 5 * HOUR,
        2,
        "appointments: release 2.14.0 to prod\n\nReminders by SMS. Change CHG-4402.",
        "prod",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.14.0"), Edit::Tag("appointments-worker", "v2.14.0")],
    ),
    (20 * DAY, 3, "odoo: nightly of 28 October", "prod", "odoo", &[Edit::Tag("odoo", "18.0-20261028")]),
    (
        17 * DAY,
        4,
        "portal: 5.8.1, fixes login loop on Safari",
        "prod",
        "patient-portal",
        &[Edit::Tag("patient-portal", "v5.8.1"), Edit::Tag("patient-portal-bff", "v5.8.1")],
    ),
    (
        15 * DAY,
        1,
        "oauth2-proxy: 7.13.0 (CVE fix)",
        "prod",
        "oauth2-proxy",
        &[Edit::Tag("oauth2-proxy", "v7.13.0")],
    ),
    (14 * DAY, 5, "billing: 1.8.0", "prod", "billing", &[Edit::Tag("billing-api", "v1.8.0")]),
    (13 * DAY, 5, "openmrs: 3.3.0 to staging", "staging", "openmrs", &[Edit::Tag("openmrs", "3.3.0")]),
    (
        12 * DAY,
        1,
        "external-secrets: 0.20.1",
        "prod",
        "external-secrets",
        &[Edit::Tag("external-secrets", "v0.20.1"), Edit::Tag("external-secrets-webhook", "v0.20.1")],
    ),
    (11 * DAY, 5, "openmrs: 3.3.0 to prod", "prod", "openmrs", &[Edit::Tag("openmrs", "3.3.0")]),
    (
        9 * DAY,
        2,
        "appointments: release 2.14.1 to prod",
        "prod",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.14.1"), Edit::Tag("appointments-worker", "v2.14.1")],
    ),
    (8 * DAY, 3, "odoo: nightly of 12 November", "prod", "odoo", &[Edit::Tag("odoo", "18.0-20261112")]),
    (7 * DAY, 1, "grafana: 12.2.1", "prod", "grafana", &[Edit::Tag("grafana", "12.2.1")]),
    (
        6 * DAY + 3 * HOUR,
        4,
        "fhir: gateway 1.5.0 to staging",
        "staging",
        "fhir-gateway",
        &[Edit::Tag("fhir-gateway", "1.5.0")],
    ),
    (6 * DAY, 3, "lab: results 0.13.0", "staging", "lab-results", &[Edit::Tag("lab-results", "v0.13.0")]),
    (
        5 * DAY,
        3,
        "lab: results 0.13.0 to prod",
        "prod",
        "lab-results",
        &[Edit::Tag("lab-results", "v0.13.0")],
    ),
    (
        4 * DAY + 2 * HOUR,
        0,
        "runner: more of them before the release week",
        "prod",
        "gitlab-runner",
        &[Edit::Tag("gitlab-runner", "v18.5.0"), Edit::Replicas("gitlab-runner", 4)],
    ),
    (4 * DAY, 5, "openmrs: 3.4.0 to dev", "dev", "openmrs", &[Edit::Tag("openmrs", "3.4.0")]),
    (
        3 * DAY + 6 * HOUR,
        2,
        "appointments: release 2.14.2 to prod\n\nFixes double booking. CHG-4431.",
        "prod",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.14.2"), Edit::Tag("appointments-worker", "v2.14.2")],
    ),
    (3 * DAY, 5, "openmrs: 3.3.1", "prod", "openmrs", &[Edit::Tag("openmrs", "3.3.1")]),
    (
        2 * DAY + 4 * HOUR,
        0,
        "reporting: November forms",
        "prod",
        "reporting",
        &[Edit::Tag("nightly-report", "2026.11"), Edit::Tag("claims-export", "2026.11")],
    ),
    (
        2 * DAY,
        2,
        "appointments: try 2.16.0-rc.1",
        "dev",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.16.0-rc.1"), Edit::Tag("appointments-worker", "v2.16.0-rc.1")],
    ),
    (30 * HOUR, 4, "billing: 1.9.0 to staging", "staging", "billing", &[Edit::Tag("billing-api", "v1.9.0")]),
    (
        26 * HOUR,
        4,
        "portal: 5.9.1",
        "staging",
        "patient-portal",
        &[Edit::Tag("patient-portal", "v5.9.1"), Edit::Tag("patient-portal-bff", "v5.9.1")],
    ),
    (
        25 * HOUR,
        2,
        "appointments: release 2.15.0 to staging",
        "staging",
        "appointments",
        &[Edit::Tag("appointments-api", "v2.15.0"), Edit::Tag("appointments-worker", "v2.15.0")],
    ),
    (
        20 * HOUR,
        4,
        "portal: 5.9.1 to prod",
        "prod",
        "patient-portal",
        &[Edit::Tag("patient-portal", "v5.9.1"), Edit::Tag("patient-portal-bff", "v5.9.1")],
    ),
    (
        9 * HOUR,
        3,
        "odoo: more memory for the workers",
        "prod",
        "odoo",
        &[Edit::Memory("odoo", "896Mi", "1536Mi")],
    ),
    (
        5 * HOUR,
        2,
        "appointments: remind a day earlier",
        "prod",
        "appointments",
        &[Edit::Config("REMIND_HOURS", "48")],
    ),
    (
        95,
        4,
        "portal: 5.10.0 to prod, with online payment",
        "prod",
        "patient-portal",
        &[
            Edit::Tag("patient-portal", "v5.10.0"),
            Edit::Tag("patient-portal-bff", "v5.10.0"),
            Edit::Config("FEATURES", "reminders,payment"),
        ],
    ),
    (26, 3, "lab: results 0.13.2", "staging", "lab-results", &[Edit::Tag("lab-results", "v0.13.2")]),
];

/// Writes the whole history, as of a moment.
pub(super) fn write(git: &Git, now: Time) {
    let mut first = Tree::new();
    for (index, (env, _)) in ENVIRONMENTS.iter().enumerate() {
        for app in APPS {
            first.insert(path(env, app.name), manifests::render(app, index));
        }
    }
    let (author, email) = AUTHORS[1];
    let date = now.minus(Duration::from_secs(38 * DAY * 60));
    let message = "Move all environments into one repository";
    git.commit("main", &Authored { author, email, date, message }, first);
    for (ago, author, message, env, app, edits) in HISTORY {
        let (author, email) = AUTHORS[*author];
        let date = now.minus(Duration::from_secs(ago * 60));
        edit(git, &Authored { author, email, date, message }, env, app, edits);
    }
}

/// Commits changes to an application on `main` and says the new SHA.
pub fn edit(git: &Git, by: &Authored<'_>, env: &str, app: &str, edits: &[Edit]) -> String {
    let path = path(env, app);
    let mut manifests = git.manifests("main", &path).unwrap_or_default();
    for manifest in &mut manifests {
        for edit in edits {
            edit.apply(manifest);
        }
    }
    git.commit("main", by, Tree::from([(path, manifests)]))
}

impl Edit {
    fn apply(&self, manifest: &mut Value) {
        let Self::Config(key, value) = self else {
            let (Self::Tag(work, _)
            | Self::Replicas(work, _)
            | Self::Variable(work, ..)
            | Self::Memory(work, ..)) = self
            else {
                return;
            };
            if manifest["metadata"]["name"] == *work {
                self.apply_to_work(manifest);
            }
            return;
        };
        if manifest["kind"] == "ConfigMap" {
            manifest["data"][*key] = json!(value);
        }
    }

    fn apply_to_work(&self, manifest: &mut Value) {
        let pointer = match manifest["kind"].as_str() {
            Some("CronJob") => "/spec/jobTemplate/spec/template/spec/containers/0",
            Some("Deployment" | "StatefulSet" | "DaemonSet") => "/spec/template/spec/containers/0",
            _ => return,
        };
        if let Self::Replicas(_, replicas) = self {
            manifest["spec"]["replicas"] = json!(replicas);
            return;
        }
        let Some(container) = manifest.pointer_mut(pointer) else { return };
        match self {
            Self::Tag(_, tag) => {
                let (image, _) = super::split(container["image"].as_str().unwrap_or_default());
                container["image"] = json!(format!("{image}:{tag}"));
            }
            Self::Variable(_, name, value) => {
                let variables = container["env"].as_array_mut();
                for variable in variables.into_iter().flatten().filter(|variable| variable["name"] == *name) {
                    variable["value"] = json!(value);
                }
            }
            Self::Memory(_, request, limit) => {
                container["resources"]["requests"]["memory"] = json!(request);
                container["resources"]["limits"]["memory"] = json!(limit);
            }
            Self::Replicas(..) | Self::Config(..) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_changes_something_and_dates_rise() {
        let git = Git::default();
        write(&git, "2026-11-21T03:12:44Z".parse().unwrap());
        let log = git.log("main", None);
        assert_eq!(log.len(), HISTORY.len() + 1);
        assert!(log.windows(2).all(|pair| pair[0].date > pair[1].date));
        for commit in &log[..log.len() - 1] {
            let path = &commit.changed[0];
            assert_ne!(
                git.manifests(&commit.sha, path),
                git.manifests(&commit.parents[0], path),
                "{} changes nothing",
                commit.message
            );
        }
    }
}

//! Alerting rules: when an expression has held long enough, an alert fires and is sent.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use promql_parser::parser::Expr;

use super::{
    TIMEOUT,
    eval::{Evaluator, Sample, Value, parse, with},
    metrics::as_map,
    tsdb::{Labels, Tsdb, label},
};
use crate::{
    model::Time,
    sim::{Env, alertmanager::Posted, world::Tier},
};

/// How often a firing alert is sent again; `rules.alert.resend-delay`.
const RESEND: Duration = Duration::from_secs(60);
/// Until when a sent alert counts as firing: four times the longer of interval and resend delay.
const HOLDS: Duration = Duration::from_secs(240);

/// Rules that are evaluated together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name.
    pub name: &'static str,
    /// The rules.
    pub rules: Vec<Rule>,
    /// When they were last evaluated.
    pub evaluated: Time,
    /// How long that took.
    pub took: Duration,
}

/// One alerting rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The alert's name.
    pub name: &'static str,
    /// The expression.
    pub query: &'static str,
    /// How long it must hold.
    pub wait: Duration,
    /// The labels that it adds.
    pub labels: BTreeMap<String, String>,
    /// The annotations, as templates.
    pub annotations: BTreeMap<String, String>,
    /// The alerts that are pending or firing.
    pub active: Vec<Active>,
    /// Why the last evaluation failed; empty when it did not.
    pub error: String,
    expr: Arc<Expr>,
}

/// An alert that is pending or firing.
#[derive(Clone, Debug)]
pub struct Active {
    /// Its labels, with the alert's name.
    pub labels: BTreeMap<String, String>,
    /// Its annotations, filled in.
    pub annotations: BTreeMap<String, String>,
    /// Since when its expression holds.
    pub since: Time,
    /// Since when it fires; none while it is pending.
    pub fired: Option<Time>,
    /// The expression's value.
    pub value: f64,
    sent: Option<Time>,
    series: Labels,
}

/// A rule as the demo's platform team has written it.
struct Written {
    group: &'static str,
    name: &'static str,
    query: &'static str,
    wait: u64,
    severity: &'static str,
    summary: &'static str,
}

const fn rule(
    group: &'static str,
    name: &'static str,
    wait: u64,
    severity: &'static str,
    query: &'static str,
    summary: &'static str,
) -> Written {
    Written { group, name, query, wait, severity, summary }
}

const RULES: &[Written] = &[
    rule("general", "Watchdog", 0, "none", "vector(1)", "Alerting works from end to end."),
    rule(
        "general",
        "TargetDown",
        60,
        "warning",
        "up == 0",
        "{{ $labels.instance }} of {{ $labels.job }} is down",
    ),
    rule(
        "kubernetes",
        "KubePodCrashLooping",
        60,
        "warning",
        "max by (namespace, pod, container) (max_over_time(kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[5m])) >= 1",
        "Pod {{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) keeps crashing",
    ),
    rule(
        "kubernetes",
        "KubePodNotReady",
        300,
        "warning",
        "max by (namespace, pod, node) (kube_pod_status_phase{phase=~\"Pending|Unknown\"} * on (namespace, pod) group_left (node) kube_pod_info) > 0",
        "Pod {{ $labels.namespace }}/{{ $labels.pod }} has not been ready for five minutes",
    ),
    rule(
        "kubernetes",
        "KubeContainerWaiting",
        120,
        "warning",
        "sum by (namespace, pod, container, reason) (kube_pod_container_status_waiting_reason{reason=~\"ImagePullBackOff|ErrImagePull|CreateContainerConfigError\"}) > 0",
        "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} waits: {{ $labels.reason }}",
    ),
    rule(
        "kubernetes",
        "KubeDeploymentReplicasMismatch",
        180,
        "warning",
        "max by (namespace, deployment) (kube_deployment_spec_replicas - kube_deployment_status_replicas_available) > 0",
        "Deployment {{ $labels.namespace }}/{{ $labels.deployment }} lacks {{ $value }} replicas",
    ),
    rule(
        "kubernetes",
        "KubeStatefulSetReplicasMismatch",
        180,
        "warning",
        "max by (namespace, statefulset) (kube_statefulset_replicas - kube_statefulset_status_replicas_ready) > 0",
        "StatefulSet {{ $labels.namespace }}/{{ $labels.statefulset }} lacks {{ $value }} replicas",
    ),
    rule(
        "kubernetes",
        "KubeJobFailed",
        0,
        "warning",
        "max by (namespace, job_name) (kube_job_status_failed) > 0",
        "Job {{ $labels.namespace }}/{{ $labels.job_name }} failed",
    ),
    rule(
        "kubernetes",
        "KubeNodeNotReady",
        30,
        "critical",
        "max by (node) (kube_node_status_condition{condition=\"Ready\",status=\"true\"}) == 0",
        "Node {{ $labels.node }} is not ready",
    ),
    rule(
        "applications",
        "HighErrorRatio",
        60,
        "critical",
        "sum by (namespace, app) (rate(http_requests_total{code=~\"5..\"}[2m])) / sum by (namespace, app) (rate(http_requests_total[2m])) > 0.05",
        "{{ $value | humanizePercentage }} of the requests to {{ $labels.app }} fail",
    ),
    rule(
        "applications",
        "SlowRequests",
        120,
        "warning",
        "histogram_quantile(0.99, sum by (namespace, app, le) (rate(http_request_duration_seconds_bucket[5m]))) > 2",
        "One request in a hundred to {{ $labels.app }} takes more than {{ $value | humanizeDuration }}",
    ),
    rule(
        "applications",
        "DatabaseConnectionsExhausted",
        120,
        "warning",
        "max by (namespace, app) (db_connections / db_connections_max) > 0.9",
        "{{ $labels.app }} uses {{ $value | humanizePercentage }} of its database connections",
    ),
    rule(
        "credentials",
        "CertificateExpiresSoon",
        0,
        "warning",
        "min by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds - time()) < 604800",
        "Certificate {{ $labels.namespace }}/{{ $labels.name }} ends in {{ $value | humanizeDuration }}",
    ),
    rule(
        "credentials",
        "PkiCertificateExpiresSoon",
        0,
        "info",
        "min by (subject_CN) (x509_cert_not_after - time()) < 604800",
        "Certificate {{ $labels.subject_CN }} of Vault's PKI ends in {{ $value | humanizeDuration }}",
    ),
    rule(
        "credentials",
        "VaultLeaseExpiresSoon",
        0,
        "warning",
        "min by (namespace, workload, role) (vault_lease_ttl_seconds) < 600",
        "The lease of {{ $labels.workload }} on {{ $labels.role }} ends in {{ $value | humanizeDuration }}",
    ),
    rule(
        "credentials",
        "ExternalSecretNotReady",
        60,
        "warning",
        "max by (namespace, name) (externalsecret_status_condition{condition=\"Ready\",status=\"False\"}) == 1",
        "External secret {{ $labels.namespace }}/{{ $labels.name }} cannot be refreshed",
    ),
    rule("credentials", "VaultSealed", 0, "critical", "vault_core_unsealed == 0", "Vault is sealed"),
    rule(
        "argocd",
        "ArgoAppOutOfSync",
        300,
        "warning",
        "max by (name, dest_namespace, project) (argocd_app_info{sync_status=\"OutOfSync\"}) == 1",
        "Application {{ $labels.name }} is out of sync",
    ),
    rule(
        "argocd",
        "ArgoAppDegraded",
        60,
        "critical",
        "max by (name, dest_namespace, project) (argocd_app_info{health_status=\"Degraded\"}) == 1",
        "Application {{ $labels.name }} is degraded",
    ),
];

/// The rules of an environment: nothing is critical where no patient waits.
pub(super) fn groups(tier: Tier) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for written in RULES {
        let severity = match (tier, written.severity) {
            (Tier::Development | Tier::Staging, "critical") => "warning",
            (_, severity) => severity,
        };
        let mut labels = BTreeMap::from([("severity".to_owned(), severity.to_owned())]);
        if written.group == "argocd" {
            labels.insert("namespace".into(), "{{ $labels.dest_namespace }}".into());
        }
        let runbook = format!("https://runbooks.clinic.example/{}", written.name);
        let annotations = BTreeMap::from([
            ("runbook_url".to_owned(), runbook),
            ("summary".to_owned(), written.summary.to_owned()),
        ]);
        let rule = Rule {
            name: written.name,
            query: written.query,
            wait: Duration::from_secs(written.wait),
            labels,
            annotations,
            active: Vec::new(),
            error: String::new(),
            expr: Arc::new(parse(written.query).expect("the demo's rules are well formed")),
        };
        match groups.iter_mut().find(|group| group.name == written.group) {
            Some(group) => group.rules.push(rule),
            None => groups.push(Group {
                name: written.group,
                rules: vec![rule],
                evaluated: Time::default(),
                took: Duration::ZERO,
            }),
        }
    }
    groups
}

impl Group {
    /// Evaluates the rules; adds the `ALERTS` series to `own` and what must be sent to `fired`.
    pub(super) fn evaluate(
        &mut self,
        db: &Tsdb,
        env: &Env,
        now: Time,
        own: &mut Vec<(Labels, f64)>,
        fired: &mut Vec<Posted>,
    ) {
        let begun = Instant::now();
        for rule in &mut self.rules {
            match Evaluator::new(db, TIMEOUT).eval(&rule.expr, now.millis()) {
                Ok(value) => {
                    rule.error.clear();
                    rule.update(&samples(value, now), env, now, fired);
                }
                Err(error) => rule.error = format!("{error:?}"),
            }
            own.extend(rule.active.iter().map(|active| (Arc::clone(&active.series), 1.0)));
        }
        self.evaluated = now;
        self.took = begun.elapsed();
    }
}

fn samples(value: Value, now: Time) -> Vec<Sample> {
    match value {
        Value::Vector(samples) => samples,
        Value::Scalar(value) => vec![Sample { labels: Labels::default(), value, at: now.millis() }],
        Value::Matrix(_) | Value::Text(_) => Vec::new(),
    }
}

impl Rule {
    /// `firing`, `pending` or `inactive`.
    pub fn state(&self) -> &'static str {
        if self.active.iter().any(|active| active.fired.is_some()) {
            "firing"
        } else if self.active.is_empty() {
            "inactive"
        } else {
            "pending"
        }
    }

    fn update(&mut self, samples: &[Sample], env: &Env, now: Time, fired: &mut Vec<Posted>) {
        let before = std::mem::take(&mut self.active);
        for sample in samples {
            let labels = self.alert_labels(&sample.labels, sample.value);
            let held = before.iter().find(|active| active.labels == labels);
            let since = held.map_or(now, |held| held.since);
            let was = held.and_then(|held| held.fired);
            let fires = was.or_else(|| (now.since(since) >= self.wait).then_some(now));
            let fill = |text: &String| filled(text, &sample.labels, sample.value);
            let annotations = self.annotations.iter().map(|(k, text)| (k.clone(), fill(text))).collect();
            let series = alerts_series(&labels, fires.is_some());
            let sent = held.and_then(|held| held.sent);
            let mut active =
                Active { labels, annotations, since, fired: fires, value: sample.value, sent, series };
            if fires.is_some() && active.sent.is_none_or(|sent| now.since(sent) >= RESEND) {
                active.sent = Some(now);
                fired.push(self.posted(&active, env, now.plus(HOLDS)));
            }
            self.active.push(active);
        }
        for gone in before.iter().filter(|gone| gone.fired.is_some()) {
            if !self.active.iter().any(|active| active.labels == gone.labels) {
                fired.push(self.posted(gone, env, now));
            }
        }
    }

    fn alert_labels(&self, labels: &Labels, value: f64) -> BTreeMap<String, String> {
        let mut all = as_map(labels);
        all.remove("__name__");
        all.extend(self.labels.iter().map(|(name, text)| (name.clone(), filled(text, labels, value))));
        all.insert("alertname".into(), self.name.into());
        all
    }

    /// An alert as it is sent: with the labels that say which environment it is from.
    fn posted(&self, active: &Active, env: &Env, ends: Time) -> Posted {
        let mut labels = active.labels.clone();
        labels.insert("env".into(), env.name.into());
        Posted {
            labels,
            annotations: active.annotations.clone(),
            starts: active.fired,
            ends: Some(ends),
            generator: graph(self.query),
        }
    }
}

/// Where an expression can be looked at.
fn graph(query: &str) -> String {
    let mut text = String::from("http://prometheus.monitoring.svc:9090/graph?g0.expr=");
    for byte in query.bytes() {
        match byte {
            b' ' => text.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => text.push(char::from(byte)),
            byte => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text.push_str("&g0.tab=1");
    text
}

fn alerts_series(labels: &BTreeMap<String, String>, firing: bool) -> Labels {
    let state = if firing { "firing" } else { "pending" };
    let mut series = Labels::default();
    for (name, value) in labels {
        series = with(&series, name, value);
    }
    with(&with(&series, "__name__", "ALERTS"), "alertstate", state)
}

/// Fills in a template: `{{ $labels.NAME }}`, `{{ $value }}` and `{{ $value | FUNCTION }}`.
fn filled(template: &str, labels: &Labels, value: f64) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else { break };
        let inside = inside.trim();
        match inside.strip_prefix("$labels.") {
            Some(name) => out.push_str(label(labels, name)),
            None => out.push_str(&humanized(inside.strip_prefix("$value").unwrap_or_default(), value)),
        }
        rest = tail;
    }
    out + rest
}

fn humanized(function: &str, value: f64) -> String {
    match function.trim_start_matches([' ', '|']) {
        "humanizePercentage" => four_digits(value * 100.0) + "%",
        "humanizeDuration" if value.abs() < 60.0 => four_digits(value) + "s",
        "humanizeDuration" => {
            let seconds = value.abs() as u64;
            let (d, h, m, s) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
            let sign = if value < 0.0 { "-" } else { "" };
            match (d, h, m) {
                (0, 0, _) => format!("{sign}{m}m {s}s"),
                (0, _, _) => format!("{sign}{h}h {m}m {s}s"),
                _ => format!("{sign}{d}d {h}h {m}m {s}s"),
            }
        }
        _ => super::number_text(value),
    }
}

/// A number with four significant digits, as Go's `%.4g` writes those that need no exponent.
fn four_digits(value: f64) -> String {
    let whole = value.abs().max(1.0).log10().floor() as usize + 1;
    let text = format!("{value:.*}", 4_usize.saturating_sub(whole));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from Prometheus, `template/template_test.go`.
    #[test]
    fn values_are_humanized_as_prometheus_does() {
        for (function, value, expected) in [
            ("humanizePercentage", -0.22222, "-22.22%"),
            ("humanizePercentage", 0.0, "0%"),
            ("humanizePercentage", 0.123_456_7, "12.35%"),
            ("humanizePercentage", 1.23456, "123.5%"),
            ("humanizeDuration", 1.0, "1s"),
            ("humanizeDuration", 60.0, "1m 0s"),
            ("humanizeDuration", 3_600.0, "1h 0m 0s"),
            ("humanizeDuration", 86_400.0, "1d 0h 0m 0s"),
            ("humanizeDuration", -183_845.0, "-2d 3h 4m 5s"),
            ("humanizeDuration", 12.345, "12.35s"),
            ("humanizeDuration", 1.2345, "1.234s"),
        ] {
            assert_eq!(humanized(&format!(" | {function}"), value), expected, "{function} {value}");
        }
    }
}

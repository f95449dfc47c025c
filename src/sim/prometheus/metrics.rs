//! What is scraped: kube-state-metrics, cAdvisor, the applications, Vault, Argo CD, cert-manager.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::Value;

use super::{Labels, tsdb};
use crate::{
    model::Time,
    sim::{Env, cluster::known, vault::Vault, world::Signal},
};

/// The metrics' names, types and meanings.
pub const HELP: &[(&str, &str, &str)] = &[
    ("kube_pod_info", "gauge", "Information about pod."),
    ("kube_pod_status_phase", "gauge", "The pods current phase."),
    ("kube_pod_status_ready", "gauge", "Describes whether the pod is ready to serve requests."),
    (
        "kube_pod_container_status_restarts_total",
        "counter",
        "The number of container restarts per container.",
    ),
    (
        "kube_pod_container_status_waiting_reason",
        "gauge",
        "Describes the reason the container is currently in waiting state.",
    ),
    ("kube_deployment_spec_replicas", "gauge", "Number of desired pods for a deployment."),
    (
        "kube_deployment_status_replicas_available",
        "gauge",
        "The number of available replicas per deployment.",
    ),
    ("kube_statefulset_replicas", "gauge", "Number of desired pods for a StatefulSet."),
    ("kube_statefulset_status_replicas_ready", "gauge", "The number of ready replicas per StatefulSet."),
    (
        "kube_job_status_failed",
        "gauge",
        "The number of pods which reached Phase Failed and the reason for failure.",
    ),
    ("kube_node_status_condition", "gauge", "The condition of a cluster node."),
    ("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in core-seconds"),
    ("container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes"),
    ("http_requests_total", "counter", "Requests answered, by status code."),
    ("http_request_duration_seconds", "histogram", "How long requests took."),
    ("db_connections", "gauge", "Database connections in use."),
    ("db_connections_max", "gauge", "Database connections allowed."),
    ("vault_core_unsealed", "gauge", "vault_core_unsealed"),
    ("vault_expire_num_leases", "gauge", "vault_expire_num_leases"),
    ("vault_expire_num_irrevocable_leases", "gauge", "vault_expire_num_irrevocable_leases"),
    ("vault_lease_ttl_seconds", "gauge", "How long the lease that a workload holds will live."),
    ("x509_cert_not_after", "gauge", "When a certificate of a PKI mount ends, in seconds since 1970."),
    (
        "certmanager_certificate_expiration_timestamp_seconds",
        "gauge",
        "The date after which the certificate expires, in Unix epoch time.",
    ),
    ("certmanager_certificate_ready_status", "gauge", "The ready status of the certificate."),
    ("externalsecret_status_condition", "gauge", "The status condition of a specific External Secret"),
    ("argocd_app_info", "gauge", "Information about application."),
];

/// The upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Something that is scraped.
#[derive(Clone, Debug)]
pub struct Target {
    /// The scrape pool.
    pub job: String,
    /// The address.
    pub instance: String,
    /// The labels of its samples.
    pub labels: BTreeMap<String, String>,
    /// Whether it answered; else why not.
    pub error: String,
    /// When it was last scraped.
    pub scraped: Time,
}

/// Reads the environment's state as samples; keeps the counters.
#[derive(Debug, Default)]
pub(super) struct Scraper {
    texts: HashMap<String, Arc<str>>,
    /// The label sets of the last scrape, in its order.
    held: Vec<Labels>,
    last: Option<Time>,
    served: BTreeMap<(String, String), Served>,
    cpu: HashMap<(String, String, String), f64>,
}

#[derive(Debug, Default)]
struct Served {
    good: f64,
    bad: f64,
    seconds: f64,
    buckets: [f64; BUCKETS.len()],
}

/// How many label sets of the last scrape are passed over, as gone, when looking for the next.
const AHEAD: usize = 64;

/// Collects samples, with texts shared between them and label sets shared between scrapes.
struct Out<'a> {
    texts: &'a mut HashMap<String, Arc<str>>,
    /// What follows in the last scrape: this one is mostly the same again.
    held: &'a [Labels],
    samples: Vec<(Labels, f64)>,
}

impl Out<'_> {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(held) = self.texts.get(text) {
            return Arc::clone(held);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), Arc::clone(&shared));
        shared
    }

    /// The label set of the last scrape that says the same.
    fn again(&mut self, pairs: &[(&str, &str)]) -> Option<Labels> {
        let same = |labels: &Labels| {
            labels.len() == pairs.len()
                && pairs.iter().all(|(name, value)| tsdb::label(labels, name) == *value)
        };
        let at = self.held.iter().take(AHEAD).position(same)?;
        let found = Arc::clone(&self.held[at]);
        self.held = &self.held[at + 1..];
        Some(found)
    }

    fn put(&mut self, name: &str, job: &str, labels: &[(&str, &str)], value: f64) {
        let given = labels.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<(&str, &str)> =
            [("__name__", name), ("job", job)].iter().chain(given).copied().collect();
        let labels = self.again(&pairs).unwrap_or_else(|| {
            let mut pairs: Vec<_> = pairs.into_iter().map(|(k, v)| (self.text(k), self.text(v))).collect();
            pairs.sort();
            Arc::new(pairs)
        });
        self.samples.push((labels, value));
    }
}

const KSM: &str = "kube-state-metrics";

/// What a JSON pointer leads to, without the copies that `Value::pointer` makes on the way.
fn part<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.contains('~') {
        return object.pointer(pointer);
    }
    pointer.split('/').skip(1).try_fold(object, |value, name| value.get(name))
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    part(object, pointer).and_then(Value::as_str).unwrap_or_default()
}

fn number(object: &Value, pointer: &str) -> f64 {
    part(object, pointer).and_then(Value::as_f64).unwrap_or(0.0)
}

fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a str {
    let conditions = part(object, "/status/conditions").and_then(Value::as_array);
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == kind);
    found.map_or("", |condition| text(condition, "/status"))
}

impl Scraper {
    /// One scrape of everything, and what was scraped.
    pub(super) fn scrape(&mut self, env: &Env, now: Time) -> (Vec<(Labels, f64)>, Vec<Target>) {
        let elapsed = self.last.map_or(0.0, |last| now.since(last).as_secs_f64());
        self.last = Some(now);
        if self.texts.len() > 20_000 {
            self.texts.clear();
        }
        let mut texts = std::mem::take(&mut self.texts);
        let held = std::mem::take(&mut self.held);
        let mut out = Out { texts: &mut texts, held: &held, samples: Vec::with_capacity(held.len()) };
        pods(&mut out, env);
        workloads(&mut out, env);
        nodes(&mut out, env);
        custom(&mut out, env);
        vault(&mut out, env, now);
        self.applications(&mut out, env, elapsed);
        self.containers(&mut out, env, elapsed);
        let targets = self.targets(env, now);
        for target in &targets {
            let labels: Vec<_> = target
                .labels
                .iter()
                .filter(|(k, _)| *k != "job")
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            out.put("up", &target.job, &labels, flag(target.error.is_empty()));
        }
        let samples = out.samples;
        self.texts = texts;
        self.held = samples.iter().map(|(labels, _)| Arc::clone(labels)).collect();
        (samples, targets)
    }

    fn applications(&mut self, out: &mut Out<'_>, env: &Env, elapsed: f64) {
        for ((namespace, app), signal) in env.signals.all() {
            let labels = [("namespace", namespace.as_str()), ("app", app.as_str())];
            out.put("app_saturation_ratio", &app, &labels, signal.saturation);
            if signal.db_connections_max > 0.0 {
                out.put("db_connections", &app, &labels, signal.db_connections);
                out.put("db_connections_max", &app, &labels, signal.db_connections_max);
            }
            let key = (namespace.clone(), app.clone());
            if signal.requests <= 0.0 && !self.served.contains_key(&key) {
                continue;
            }
            let served = self.served.entry(key).or_default();
            served.count(&signal, elapsed);
            for (code, count) in [("200", served.good), ("500", served.bad)] {
                let labels = [labels[0], labels[1], ("code", code)];
                out.put("http_requests_total", &app, &labels, count.floor());
            }
            let total = served.good + served.bad;
            let bounds = BUCKETS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
            let counts = served.buckets.iter().copied().chain([total]);
            for (bound, count) in bounds.zip(counts) {
                let labels = [labels[0], labels[1], ("le", bound.as_str())];
                out.put("http_request_duration_seconds_bucket", &app, &labels, count.floor());
            }
            out.put("http_request_duration_seconds_count", &app, &labels, total.floor());
            out.put("http_request_duration_seconds_sum", &app, &labels, served.seconds);
        }
    }

    fn containers(&mut self, out: &mut Out<'_>, env: &Env, elapsed: f64) {
        let mut held = HashMap::new();
        for pod in env.cluster.list(known::PODS, None) {
            let (namespace, name) = (text(&pod, "/metadata/namespace"), text(&pod, "/metadata/name"));
            let node = text(&pod, "/spec/nodeName");
            for usage in env.usage.pod(namespace, name).unwrap_or_default() {
                let key = (namespace.to_owned(), name.to_owned(), usage.container.clone());
                let cpu = self.cpu.get(&key).copied().unwrap_or(0.0) + usage.cpu as f64 / 1e9 * elapsed;
                let labels = [
                    ("namespace", namespace),
                    ("pod", name),
                    ("container", usage.container.as_str()),
                    ("node", node),
                ];
                out.put("container_cpu_usage_seconds_total", "kubelet", &labels, cpu);
                out.put("container_memory_working_set_bytes", "kubelet", &labels, usage.memory as f64);
                held.insert(key, cpu);
            }
        }
        self.cpu = held;
    }

    /// What is scraped, and whether it answers: the platform's own parts, and every pod of an application that
    /// serves requests.
    fn targets(&self, env: &Env, now: Time) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut add = |job: &str, instance: String, more: &[(&str, &str)], error: String| {
            let pairs = [("job", job), ("instance", instance.as_str())];
            let labels = pairs.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            targets.push(Target { job: job.to_owned(), instance, labels, error, scraped: now });
        };
        for (job, instance) in [
            ("alertmanager", "alertmanager.monitoring.svc:9093"),
            ("argocd", "argocd-metrics.argocd.svc:8082"),
            (KSM, "kube-state-metrics.monitoring.svc:8080"),
            ("prometheus", "localhost:9090"),
        ] {
            add(job, instance.to_owned(), &[], String::new());
        }
        if env.systems.get::<Vault>().is_some() {
            add("vault", "vault.vault.svc:8200".into(), &[], String::new());
        }
        for node in env.cluster.list(known::NODES, None) {
            let name = text(&node, "/metadata/name");
            let ready = condition(&node, "Ready") == "True";
            let error = if ready { String::new() } else { unreachable(&format!("{name}:10250")) };
            add("kubelet", format!("{name}:10250"), &[("node", name)], error);
        }
        let serving: Vec<_> = self.served.keys().collect();
        for pod in env.cluster.list(known::PODS, None) {
            let (namespace, name) = (text(&pod, "/metadata/namespace"), text(&pod, "/metadata/name"));
            let app = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap_or_default();
            let serves = serving.iter().any(|(ns, served)| ns == namespace && served == app);
            let ip = text(&pod, "/status/podIP");
            if !serves || ip.is_empty() || text(&pod, "/status/phase") != "Running" {
                continue;
            }
            let instance = format!("{ip}:8080");
            let node = text(&pod, "/spec/nodeName");
            // Prometheus scrapes what runs, ready or not.
            let runs = pod["status"]["containerStatuses"][0]["state"]["running"].is_object();
            let error = match (env.faults.is_lost(node), runs) {
                (true, _) => format!("Get \"http://{instance}/metrics\": context deadline exceeded"),
                (false, false) => unreachable(&instance),
                (false, true) => String::new(),
            };
            add(app, instance, &[("namespace", namespace), ("pod", name), ("node", node)], error);
        }
        targets
    }
}

fn unreachable(instance: &str) -> String {
    format!("Get \"http://{instance}/metrics\": dial tcp {instance}: connect: connection refused")
}

impl Served {
    /// Counts the requests of a stretch of time; latencies are log-normal through the two percentiles.
    fn count(&mut self, signal: &Signal, elapsed: f64) {
        let requests = signal.requests * elapsed;
        self.bad += requests * signal.errors;
        self.good += requests * (1.0 - signal.errors);
        let median = signal.latency_p50.max(1e-4);
        let spread = ((signal.latency_p99.max(median * 1.01) / median).ln() / 2.326).max(0.01);
        self.seconds += requests * median * (spread * spread / 2.0).exp();
        for (bucket, bound) in self.buckets.iter_mut().zip(BUCKETS) {
            *bucket += requests * normal((bound / median).ln() / spread);
        }
    }
}

/// The share of a normal distribution below `z`: the logistic approximation, good to a hundredth.
fn normal(z: f64) -> f64 {
    1.0 / (1.0 + (-1.5976 * z - 0.070_56 * z.powi(3)).exp())
}

fn pods(out: &mut Out<'_>, env: &Env) {
    for pod in env.cluster.list(known::PODS, None) {
        let place = [("namespace", text(&pod, "/metadata/namespace")), ("pod", text(&pod, "/metadata/name"))];
        let owner = &pod["metadata"]["ownerReferences"][0];
        let info = [
            place[0],
            place[1],
            ("node", text(&pod, "/spec/nodeName")),
            ("pod_ip", text(&pod, "/status/podIP")),
            ("created_by_kind", text(owner, "/kind")),
            ("created_by_name", text(owner, "/name")),
        ];
        out.put("kube_pod_info", KSM, &info, 1.0);
        let phase = text(&pod, "/status/phase");
        for known in ["Pending", "Succeeded", "Failed", "Unknown", "Running"] {
            out.put(
                "kube_pod_status_phase",
                KSM,
                &[place[0], place[1], ("phase", known)],
                flag(phase == known),
            );
        }
        let ready = condition(&pod, "Ready") == "True";
        for (status, on) in [("true", ready), ("false", !ready)] {
            out.put("kube_pod_status_ready", KSM, &[place[0], place[1], ("condition", status)], flag(on));
        }
        let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
        for status in statuses.into_iter().flatten() {
            let own = [place[0], place[1], ("container", text(status, "/name"))];
            out.put("kube_pod_container_status_restarts_total", KSM, &own, number(status, "/restartCount"));
            let reason = text(status, "/state/waiting/reason");
            if !reason.is_empty() {
                let labels = [own[0], own[1], own[2], ("reason", reason)];
                out.put("kube_pod_container_status_waiting_reason", KSM, &labels, 1.0);
            }
            let reason = text(status, "/lastState/terminated/reason");
            if !reason.is_empty() {
                let labels = [own[0], own[1], own[2], ("reason", reason)];
                out.put("kube_pod_container_status_last_terminated_reason", KSM, &labels, 1.0);
            }
        }
    }
}

fn workloads(out: &mut Out<'_>, env: &Env) {
    let rows: [(_, &str, &[(&str, &str)]); 4] = [
        (
            known::DEPLOYMENTS,
            "deployment",
            &[
                ("kube_deployment_spec_replicas", "/spec/replicas"),
                ("kube_deployment_status_replicas", "/status/replicas"),
                ("kube_deployment_status_replicas_available", "/status/availableReplicas"),
                ("kube_deployment_status_replicas_updated", "/status/updatedReplicas"),
            ],
        ),
        (
            known::STATEFUL_SETS,
            "statefulset",
            &[
                ("kube_statefulset_replicas", "/spec/replicas"),
                ("kube_statefulset_status_replicas_ready", "/status/readyReplicas"),
            ],
        ),
        (
            known::DAEMON_SETS,
            "daemonset",
            &[
                ("kube_daemonset_status_desired_number_scheduled", "/status/desiredNumberScheduled"),
                ("kube_daemonset_status_number_ready", "/status/numberReady"),
            ],
        ),
        (
            known::JOBS,
            "job_name",
            &[
                ("kube_job_status_active", "/status/active"),
                ("kube_job_status_failed", "/status/failed"),
                ("kube_job_status_succeeded", "/status/succeeded"),
            ],
        ),
    ];
    for (gr, label, metrics) in rows {
        for object in env.cluster.list(gr, None) {
            let labels = [
                ("namespace", text(&object, "/metadata/namespace")),
                (label, text(&object, "/metadata/name")),
            ];
            for (metric, pointer) in metrics {
                out.put(metric, KSM, &labels, number(&object, pointer));
            }
        }
    }
}

fn nodes(out: &mut Out<'_>, env: &Env) {
    for node in env.cluster.list(known::NODES, None) {
        let name = text(&node, "/metadata/name");
        out.put("kube_node_info", KSM, &[("node", name)], 1.0);
        let unschedulable = node.pointer("/spec/unschedulable").and_then(Value::as_bool).unwrap_or(false);
        out.put("kube_node_spec_unschedulable", KSM, &[("node", name)], flag(unschedulable));
        let held = condition(&node, "Ready");
        for (status, is) in [("true", "True"), ("false", "False"), ("unknown", "Unknown")] {
            let labels = [("node", name), ("condition", "Ready"), ("status", status)];
            out.put("kube_node_status_condition", KSM, &labels, flag(held == is));
        }
        if let Some((cpu, memory)) = env.usage.node(name) {
            out.put("node_cpu_usage_cores", "kubelet", &[("node", name)], cpu as f64 / 1e9);
            out.put("node_memory_working_set_bytes", "kubelet", &[("node", name)], memory as f64);
        }
    }
}

fn custom(out: &mut Out<'_>, env: &Env) {
    for app in env.cluster.list(known::APPLICATIONS, None) {
        let labels = [
            ("name", text(&app, "/metadata/name")),
            ("namespace", text(&app, "/metadata/namespace")),
            ("project", text(&app, "/spec/project")),
            ("dest_namespace", text(&app, "/spec/destination/namespace")),
            ("sync_status", text(&app, "/status/sync/status")),
            ("health_status", text(&app, "/status/health/status")),
        ];
        out.put("argocd_app_info", "argocd", &labels, 1.0);
    }
    for certificate in env.cluster.list(known::CERTIFICATES, None) {
        let labels = [
            ("namespace", text(&certificate, "/metadata/namespace")),
            ("name", text(&certificate, "/metadata/name")),
        ];
        if let Ok(until) = text(&certificate, "/status/notAfter").parse::<Time>() {
            let metric = "certmanager_certificate_expiration_timestamp_seconds";
            out.put(metric, "cert-manager", &labels, until.secs() as f64);
        }
        let ready = condition(&certificate, "Ready");
        for is in ["True", "False", "Unknown"] {
            let labels = [labels[0], labels[1], ("condition", is)];
            out.put("certmanager_certificate_ready_status", "cert-manager", &labels, flag(ready == is));
        }
    }
    for external in env.cluster.list(known::EXTERNAL_SECRETS, None) {
        let ready = condition(&external, "Ready");
        for is in ["True", "False"] {
            let labels = [
                ("namespace", text(&external, "/metadata/namespace")),
                ("name", text(&external, "/metadata/name")),
                ("condition", "Ready"),
                ("status", is),
            ];
            out.put("externalsecret_status_condition", "external-secrets", &labels, flag(ready == is));
        }
    }
}

fn vault(out: &mut Out<'_>, env: &Env, now: Time) {
    let Some(vault) = env.systems.get::<Vault>() else { return };
    let count = vault.lease_count();
    out.put("vault_core_unsealed", "vault", &[], flag(!vault.is_sealed()));
    out.put("vault_expire_num_leases", "vault", &[], count.total as f64);
    out.put("vault_expire_num_irrevocable_leases", "vault", &[], count.irrevocable as f64);
    out.put("vault_expire_leases_created_total", "vault", &[], vault.leases_created() as f64);
    for held in vault.held() {
        if held.lease.is_empty() {
            continue;
        }
        let left = held.expires.map_or(0.0, |expires| expires.since(now).as_secs_f64());
        let labels =
            [("namespace", held.namespace.as_str()), ("workload", &held.workload), ("role", &held.role)];
        out.put("vault_lease_ttl_seconds", "vault", &labels, left.round());
    }
    for (name, until) in vault.certificates() {
        out.put("x509_cert_not_after", "vault", &[("subject_CN", name.as_str())], until.secs() as f64);
    }
}

/// A label set as an owned map.
pub(super) fn as_map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

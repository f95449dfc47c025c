//! A small world for frames: three environments in the middle of an incident.

use std::{sync::Arc, time::Duration};

use vigie::{
    model::{
        Alert, AlertState, AppHealth, Application, AutoSync, Environment, Fault, FaultKind, HistoryEntry,
        Hold, Key, Kind, Lease, Node, Pod, PodState, Policy, Record, Resources, RotatedCredential,
        SecretVersion, Severity, Source, Str, SyncStatus, System, SystemKind, Tier, Time, Workload,
    },
    store::{Batch, Delta, Status, Store},
};

/// The moment of every frame.
pub fn now() -> Time {
    "2026-11-21T03:12:44Z".parse().expect("a moment")
}

pub fn ago(secs: u64) -> Time {
    now().minus(Duration::from_secs(secs))
}

fn ahead(secs: u64) -> Time {
    now().plus(Duration::from_secs(secs))
}

/// Environments and systems, nothing heard of them yet.
pub fn silent() -> Store {
    let env =
        |name: &str, tier| Environment { name: name.into(), tier, color: None, policy: Policy::of(tier) };
    let environments = vec![env("prod", Tier::Prod), env("staging", Tier::Staging), env("dev", Tier::Dev)];
    let mut systems = Vec::new();
    for e in &environments {
        for kind in SystemKind::ALL {
            systems.push(System {
                source: Source(systems.len() as u16),
                env: e.name.clone(),
                tier: e.tier,
                kind,
                name: kind.name().into(),
            });
        }
    }
    Store::new(environments, systems)
}

/// The source of a kind of system in an environment, by the environment's position.
pub fn source(env: usize, kind: SystemKind) -> Source {
    let at = SystemKind::ALL.iter().position(|k| *k == kind).expect("known");
    Source((env * SystemKind::ALL.len() + at) as u16)
}

pub fn send(store: &mut Store, source: Source, deltas: Vec<Delta>) {
    store.apply(Batch { source, at: ago(1), deltas });
}

fn list(store: &mut Store, source: Source, kinds: &[Kind], records: Vec<Record>) {
    let mut deltas: Vec<_> = kinds.iter().map(|k| Delta::Reset(*k)).collect();
    deltas.extend(records.into_iter().map(Delta::Upsert));
    deltas.extend(kinds.iter().map(|k| Delta::Synced(*k)));
    send(store, source, deltas);
}

fn strs(texts: &[&str]) -> Arc<[Str]> {
    texts.iter().map(|t| Str::from(*t)).collect()
}

pub fn app(
    env: usize,
    name: &str,
    health: AppHealth,
    sync: SyncStatus,
    revision: &str,
    age: u64,
) -> Application {
    Application {
        key: Key::new(source(env, SystemKind::ArgoCd), Kind::Application, "argocd", name),
        uid: format!("uid-{env}-{name}").into(),
        project: "default".into(),
        sync,
        health,
        health_message: None,
        revision: revision.into(),
        target_revision: "main".into(),
        repo: "https://git.example.org/platform/apps.git".into(),
        path: name.into(),
        destination: name.into(),
        images: strs(&[]),
        auto_sync: Some(AutoSync { enabled: true, prune: true, self_heal: true }),
        hold: None,
        operation: None,
        deployed: Some(HistoryEntry {
            id: 18,
            revision: revision.into(),
            deployed: ago(age),
            by: Some("nadia".into()),
        }),
        drift: (0, 0, 0),
        conditions: Arc::new([]),
        owner: None,
        labels: Arc::new([]),
        reconciled: Some(ago(30)),
        health_since: None,
    }
}

/// Uses 120% of the CPU and 150% of the memory that it asks for, three quarters of the memory that it may take.
const SIZED: Resources =
    Resources { cpu_request: 100, cpu_limit: 0, memory_request: 64 << 20, memory_limit: 128 << 20 };

#[allow(clippy::too_many_arguments, reason = "a table of pods reads best as one")]
pub fn pod(
    env: usize,
    ns: &str,
    name: &str,
    state: PodState,
    reason: &str,
    ready: (u8, u8),
    restarts: u32,
    age: u64,
) -> Pod {
    Pod {
        key: Key::new(source(env, SystemKind::Kubernetes), Kind::Pod, ns, name),
        uid: name.bytes().fold(u128::from(env as u64), |a, b| a.wrapping_mul(31) + u128::from(b)),
        node: format!("node-{}", 1 + name.len() % 3).into(),
        owner: None,
        labels: Arc::new([("app.kubernetes.io/instance".into(), ns.into())]),
        containers: strs(&["main"]),
        images: strs(&[]),
        secrets: strs(&[]),
        reason: reason.into(),
        state,
        ready: ready.0,
        total: ready.1,
        restarts,
        last_restart: (restarts > 0).then(|| ago(41)),
        unsettled: None,
        created: ago(age),
        cpu: Some(120),
        memory: Some(96 << 20),
        resources: if ns == "appointments" { SIZED } else { Resources::default() },
    }
}

fn alert(
    env: usize,
    name: &str,
    severity: Severity,
    labels: &[(&str, &str)],
    age: u64,
    state: AlertState,
) -> Alert {
    Alert {
        key: Key::new(source(env, SystemKind::Alertmanager), Kind::Alert, "", format!("{name}{env}")),
        name: name.into(),
        severity,
        labels: labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        annotations: vec![("summary".into(), format!("{name} needs a look").into())],
        since: ago(age),
        updated: ago(20),
        state,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        generator: "".into(),
    }
}

fn lease(env: usize, name: &str, left: u64) -> Lease {
    Lease {
        key: Key::new(source(env, SystemKind::Vault), Kind::Lease, "database/", name),
        issued: ago(3600),
        expires: Some(ahead(left)),
        renewable: true,
        renewed: None,
    }
}

const COMMIT: &str = "9f31c2e0a1b2c3d4e5f60718293a4b5c6d7e8f90";
const BEFORE: &str = "41d0a7755aa2c3d4e5f60718293a4b5c6d7e8f90";

/// The world of the frames: appointments broken in production, the rest mostly well.
pub fn incident() -> Store {
    let mut store = silent();
    let argo = |env| source(env, SystemKind::ArgoCd);
    let kube = |env| source(env, SystemKind::Kubernetes);
    let mut broken = app(0, "appointments", AppHealth::Degraded, SyncStatus::Synced, COMMIT, 290);
    broken.hold = Some(Hold { by: "samir".into(), since: ago(3 * 86_400), reason: "INC-2291".into() });
    let mut openmrs = app(0, "openmrs", AppHealth::Progressing, SyncStatus::OutOfSync, "2.6.1", 3900);
    openmrs.drift = (2, 1, 1);
    let mut manual = app(0, "grafana", AppHealth::Healthy, SyncStatus::Synced, "11.2.0", 9 * 86_400);
    manual.auto_sync = None;
    let apps = vec![
        broken,
        openmrs,
        manual,
        app(0, "odoo", AppHealth::Healthy, SyncStatus::Synced, "17.0", 6 * 86_400),
        app(0, "front-end", AppHealth::Healthy, SyncStatus::Synced, BEFORE, 2 * 86_400),
        app(0, "external-secrets", AppHealth::Healthy, SyncStatus::Synced, "0.10.4", 40 * 86_400),
        app(
            0,
            "a-very-long-application-name-that-does-not-fit",
            AppHealth::Suspended,
            SyncStatus::Synced,
            "1",
            86_400,
        ),
    ];
    list(
        &mut store,
        argo(0),
        &[Kind::Application],
        apps.into_iter().map(|a| Record::Application(Box::new(a))).collect(),
    );
    let staging = vec![
        app(1, "appointments", AppHealth::Healthy, SyncStatus::Synced, COMMIT, 2 * 86_400),
        app(1, "openmrs", AppHealth::Healthy, SyncStatus::Synced, "2.6.1", 5 * 86_400),
    ];
    list(
        &mut store,
        argo(1),
        &[Kind::Application],
        staging.into_iter().map(|a| Record::Application(Box::new(a))).collect(),
    );
    let dev = vec![app(2, "appointments", AppHealth::Missing, SyncStatus::OutOfSync, COMMIT, 600)];
    list(
        &mut store,
        argo(2),
        &[Kind::Application],
        dev.into_iter().map(|a| Record::Application(Box::new(a))).collect(),
    );
    pods(&mut store);
    for env in 0..3 {
        let web = Workload {
            key: Key::new(kube(env), Kind::Deployment, "appointments", "appointments"),
            uid: env as u128,
            owner: None,
            labels: Arc::new([]),
            selector: Arc::new([]),
            images: strs(&["registry.example.org/appointments:2.14.0"]),
            desired: 6,
            ready: if env == 0 { 2 } else { 6 },
            updated: 4,
            available: 2,
            reason: "Progressing".into(),
            severity: if env == 0 { Severity::Warning } else { Severity::Ok },
            revision: Some(14),
            created: ago(90 * 86_400),
            application: Some("appointments".into()),
        };
        let node = |n: u32| Node {
            key: Key::new(kube(env), Kind::Node, "", format!("node-{n}")),
            reason: "Ready".into(),
            severity: Severity::Ok,
            roles: "worker".into(),
            version: "v1.34.4".into(),
            cpu_capacity: 8000,
            memory_capacity: 32 << 30,
            cpu: Some(2100),
            memory: Some(11 << 30),
            created: ago(200 * 86_400),
            changed: None,
        };
        let mut records = vec![Record::Workload(Box::new(web))];
        records.extend((1..=3).map(|n| Record::Node(Box::new(node(n)))));
        let kinds = [
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::DaemonSet,
            Kind::ReplicaSet,
            Kind::Job,
            Kind::Node,
            Kind::Namespace,
            Kind::Event,
        ];
        list(&mut store, kube(env), &kinds, records);
    }
    secrets(&mut store);
    alerts(&mut store);
    for env in 0..3 {
        send(&mut store, source(env, SystemKind::Loki), vec![]);
    }
    store
}

fn pods(store: &mut Store) {
    let kube = |env| source(env, SystemKind::Kubernetes);
    let (ready, failed) = (PodState::Ready, PodState::Failed);
    let mut records = vec![
        pod(0, "appointments", "appointments-7d4c9b6f5-x2x7p", failed, "CrashLoopBackOff", (0, 1), 5, 290),
        pod(0, "appointments", "appointments-7d4c9b6f5-k8q4r", failed, "CrashLoopBackOff", (0, 1), 5, 290),
        pod(0, "appointments", "appointments-7d4c9b6f5-m1c9z", PodState::Starting, "Running", (0, 1), 4, 280),
        pod(0, "appointments", "appointments-5b6f8d7c4-aaa2b", ready, "Running", (1, 1), 0, 6 * 86_400),
        pod(0, "appointments", "appointments-5b6f8d7c4-bb7ck", ready, "Running", (1, 1), 0, 6 * 86_400),
        pod(0, "openmrs", "openmrs-0", PodState::Pending, "Init:0/1", (0, 2), 0, 60),
        pod(0, "odoo", "odoo-65c8d9fb7d-qwert", ready, "Running", (2, 2), 1, 6 * 86_400),
    ];
    for n in 0..20 {
        records.push(pod(
            0,
            "front-end",
            &format!("front-end-6f7d8c9b5-{n:05}"),
            ready,
            "Running",
            (1, 1),
            0,
            172_800 + n,
        ));
    }
    let records = records.into_iter().map(Record::Pod).collect();
    list(store, kube(0), &[Kind::Pod], records);
    let one = |env| {
        Record::Pod(pod(
            env,
            "appointments",
            "appointments-5b6f8d7c4-zz1aa",
            ready,
            "Running",
            (1, 1),
            0,
            86_400,
        ))
    };
    list(store, kube(1), &[Kind::Pod], vec![one(1)]);
    list(store, kube(2), &[Kind::Pod], vec![one(2)]);
}

fn secrets(store: &mut Store) {
    let vault = source(0, SystemKind::Vault);
    let role = RotatedCredential {
        key: Key::new(vault, Kind::StaticRole, "database/", "odoo"),
        username: "odoo".into(),
        period: Some(Duration::from_secs(86_400)),
        schedule: None,
        rotated: Some(ago(1064)),
        next: Some(ahead(85_336)),
    };
    let secret = SecretVersion {
        key: Key::new(vault, Kind::Secret, "secret/", "appointments/smtp"),
        current: 4,
        oldest: 1,
        updated: ago(40 * 86_400),
        created: ago(400 * 86_400),
        deleted: false,
    };
    let records = vec![
        Record::Lease(lease(0, "database/creds/appointments-rw/1x2y3z4w5v", 581 - 300)),
        Record::Lease(lease(0, "database/creds/report/8aPq", 782)),
        Record::Lease(lease(0, "aws/sts/backup/9zz", 13_870)),
        Record::StaticRole(Box::new(role)),
        Record::Secret(Box::new(secret)),
    ];
    list(store, vault, &[Kind::Lease, Kind::StaticRole, Kind::Secret, Kind::Certificate], records);
    for env in 1..3 {
        let fault =
            Fault::new(FaultKind::Refused, "vault", "list leases", "needs list on sys/leases/lookup (sudo)")
                .hint("showing your own");
        let vault = source(env, SystemKind::Vault);
        list(store, vault, &[Kind::StaticRole, Kind::Secret, Kind::Certificate], vec![]);
        send(store, vault, vec![Delta::Status(Kind::Lease, Status::Refused(Box::new(fault)))]);
    }
}

fn alerts(store: &mut Store) {
    let at = |env| source(env, SystemKind::Alertmanager);
    let ns = [("namespace", "appointments"), ("deployment", "appointments")];
    let prod = vec![
        alert(0, "HighErrorRate", Severity::Critical, &ns, 270, AlertState::Active),
        alert(
            0,
            "PodCrashLooping",
            Severity::Warning,
            &[("namespace", "appointments"), ("pod", "appointments-7d4c9b6f5-x2x7p")],
            180,
            AlertState::Active,
        ),
        alert(
            0,
            "CertExpiresSoon",
            Severity::Warning,
            &[("instance", "gateway")],
            7300,
            AlertState::Silenced,
        ),
        alert(0, "Watchdog", Severity::Quiet, &[], 86_400 * 30, AlertState::Active),
    ];
    list(
        store,
        at(0),
        &[Kind::Alert, Kind::Silence],
        prod.into_iter().map(|a| Record::Alert(Box::new(a))).collect(),
    );
    list(store, at(1), &[Kind::Alert, Kind::Silence], vec![]);
    let fault =
        Fault::new(FaultKind::Unreachable, "alertmanager in dev", "list alerts", "connection refused");
    let down = Status::Down { fault: Box::new(fault), retry_at: ahead(8) };
    send(store, at(2), vec![Delta::Status(Kind::Alert, down.clone()), Delta::Status(Kind::Silence, down)]);
}

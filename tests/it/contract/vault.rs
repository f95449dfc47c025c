//! What holds of every Vault and OpenBao, simulated or real.

pub(crate) mod act;

use std::sync::Arc;

use vigie::{
    config::VaultConfig,
    connector::{Connector, vault::Vault},
    model::{Answer, CheckState, FaultKind, Key, Kind, Permission, Query, Source, SystemKind, Verdict},
    store::Status,
};

use super::{
    live::{self, Target},
    simulator,
    watch::{Watch, clock, credential, system},
};

/// What must be there.
struct Facts {
    /// A KV v2 mount, and a secret in it below a folder.
    kv: (&'static str, &'static str),
    /// A database mount with at least one lease, and a static role of it.
    database: (&'static str, &'static str),
    /// A PKI mount with an authority, and the common name of a certificate that it issued.
    pki: (&'static str, &'static str),
}

pub(crate) fn connect(target: &Target, token: Option<&str>, leases: &[&str]) -> Arc<Vault> {
    let config = VaultConfig {
        url: target.url.clone(),
        token: credential(token),
        namespace: None,
        ca: None,
        leases: leases.iter().map(|l| (*l).to_owned()).collect(),
    };
    Vault::new(system(SystemKind::Vault), config, clock())
}

/// The suite.
async fn suite(target: &Target, facts: &Facts) {
    let vault = connect(target, target.token.as_deref(), &[]);
    let mut watch = Watch::start(&vault);
    let state = watch.until("the seal state", |s| s.vaults.at(0).cloned()).await;
    assert!(state.initialized && !state.sealed && !state.standby && !state.version.is_empty(), "{state:?}");
    let mount =
        watch.until("the KV mount", |s| s.mounts.iter().find(|m| &*m.key.name == facts.kv.0).cloned()).await;
    assert_eq!((&*mount.engine, mount.version), ("kv", Some(2)));
    let key = Key::new(Source(0), Kind::Secret, facts.kv.0, facts.kv.1);
    let secret = watch.until("the secret's metadata", |s| s.secrets.get(&key).cloned()).await;
    assert!(secret.current >= 1 && !secret.deleted && secret.created <= secret.updated, "{secret:?}");
    let token = watch.until("the own token", |s| s.tokens.at(0).cloned()).await;
    assert!(!token.policies.is_empty());
    let (mount, role) = facts.database;
    let role = Key::new(Source(0), Kind::StaticRole, mount, role);
    let role = watch.until("the static role", |s| s.static_roles.get(&role).cloned()).await;
    assert_eq!(role.next, role.rotated.zip(role.period).map(|(at, every)| at.plus(every)), "{role:?}");
    let lease =
        watch.until("a lease", |s| s.leases.iter().find(|l| &*l.key.namespace == mount).cloned()).await;
    assert!(lease.expires.is_some_and(|end| end > lease.issued), "{lease:?}");
    assert!(lease.key.name.starts_with(mount), "{lease:?}");
    certificate(&vault, &mut watch, facts).await;
    for kind in vault.kinds() {
        watch
            .until(&format!("{kind} loaded"), |s| {
                s.freshness(Source(0), *kind)
                    .filter(|f| f.is_loaded() && *f.state() == Status::Live)
                    .map(|_| ())
            })
            .await;
    }
    watch.stop().await;
    documents(&vault, &key).await;
    rights(&vault).await;
    if let Some(viewer) = &target.viewer {
        without_sudo(target, viewer, &lease.key).await;
    }
    let stranger = connect(target, Some("not-a-token"), &[]);
    let mut watch = Watch::start(&stranger);
    let fault = watch
        .until("a refusal", |s| match s.freshness(Source(0), Kind::Token)?.state() {
            Status::Refused(fault) => Some(fault.clone()),
            _ => None,
        })
        .await;
    assert!(fault.kind == FaultKind::Refused && !fault.to_string().contains("not-a-token"), "{fault}");
    watch.until("the seal state without rights", |s| s.vaults.at(0).map(|_| ())).await;
    watch.stop().await;
}

async fn certificate(vault: &Arc<Vault>, watch: &mut Watch, facts: &Facts) {
    let (mount, name) = facts.pki;
    let leaf = watch
        .until("the certificate", |s| s.certificates.iter().find(|c| &*c.common_name == name).cloned())
        .await;
    assert!(!leaf.authority && &*leaf.key.namespace == mount && leaf.not_before < leaf.not_after);
    watch.until("its authority", |s| s.certificates.iter().find(|c| c.authority).map(|_| ())).await;
    let Answer::Certificate(again) = vault.read(Query::Certificate(leaf.key.clone())).await.unwrap() else {
        panic!()
    };
    assert_eq!(*again, leaf);
}

async fn documents(vault: &Arc<Vault>, secret: &Key) {
    let Answer::Document(yaml) = vault.read(Query::Manifest(secret.clone())).await.unwrap() else { panic!() };
    assert!(yaml.text.contains("current_version"), "{}", yaml.text);
    let token = Key::new(Source(0), Kind::Token, "", "token");
    let Answer::Document(yaml) = vault.read(Query::Manifest(token)).await.unwrap() else { panic!() };
    assert!(yaml.text.contains("policies") && !yaml.text.contains("accessor"), "{}", yaml.text);
    let missing = Key::new(Source(0), Kind::Secret, &*secret.namespace, "no/such/secret");
    assert_eq!(vault.read(Query::Manifest(missing)).await.unwrap_err().kind, FaultKind::NotFound);
}

async fn rights(vault: &Arc<Vault>) {
    let ask = |capability: &str| Permission::Vault {
        path: "sys/leases/lookup/".into(),
        capability: capability.into(),
    };
    assert_eq!(vault.may(vec![ask("list"), ask("sudo")]).await.unwrap(), [Verdict::Yes; 2]);
    let checks = vault.probe().await;
    assert!(checks.iter().all(|c| c.state == CheckState::Ok), "{checks:?}");
}

/// A token without `sudo` sees the leases that the configuration names, and is told what is missing.
async fn without_sudo(target: &Target, viewer: &str, lease: &Key) {
    let vault = connect(target, Some(viewer), &[&*lease.name]);
    let mut watch = Watch::start(&vault);
    watch.until("the named lease", |s| s.leases.get(lease).map(|_| ())).await;
    let words = watch
        .until("degraded", |s| match s.freshness(Source(0), Kind::Lease)?.state() {
            Status::Degraded(words) => Some(words.clone()),
            _ => None,
        })
        .await;
    assert!(words.contains("sys/leases/lookup/") && words.contains("the 1 named"), "{words}");
    watch.stop().await;
    let vault = connect(target, Some(viewer), &[]);
    let mut watch = Watch::start(&vault);
    let fault = watch
        .until("refused", |s| match s.freshness(Source(0), Kind::Lease)?.state() {
            Status::Refused(fault) => Some(fault.clone()),
            _ => None,
        })
        .await;
    assert!(fault.hint.contains("`sudo`"), "{fault}");
    watch.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_vault() {
    let Some(target) = live::target("VIGIE_LIVE_VAULT") else { return };
    let facts = Facts {
        kv: ("secret/", "appointments/config"),
        database: ("database/", "openmrs"),
        pki: ("pki/", "portal.example.org"),
    };
    suite(&target, &facts).await;
    let facts = act::Facts {
        role: ("database/", "appointments-app"),
        rotated: ("openmrs", "appointments"),
        root: "rotating",
        kv: "secret/",
    };
    act::changes(&target, &facts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    let facts = Facts {
        kv: ("secret/", "portal/session"),
        database: ("database/", "appointments"),
        pki: ("pki/", "portal.clinic.example"),
    };
    suite(&simulator::target("prod", "vault"), &facts).await;
    let facts = act::Facts {
        role: ("database/", "reporting-ro"),
        rotated: ("odoo", "odoo"),
        root: "odoo",
        kv: "secret/",
    };
    act::changes(&simulator::administered("dev", "vault"), &facts).await;
}

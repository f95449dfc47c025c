//! Each drill breaks what it says, and its way out resolves it.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::sim::{
    Env, Options, Platform,
    catalog::path,
    cluster::{Deletion, known},
    identity,
    server::SYSTEMS,
    vault::{Answer, Op, Request},
};

fn still() -> Options {
    let start = "2026-11-21T03:12:44Z".parse().unwrap();
    Options { speed: 0.0, start: Some(start), ..Options::default() }
}

async fn frozen() -> Platform {
    Platform::start(still()).await.unwrap()
}

/// The clusters alone, where [`sync`] does Argo CD's work.
async fn clusters() -> Platform {
    Platform::start_with(still(), &SYSTEMS[..1]).await.unwrap()
}

fn phase(platform: &Platform) -> Phase {
    platform.drill().unwrap().phase
}

/// Advances until the drill is in a phase; fails after ten simulated minutes.
fn until(platform: &Platform, wanted: Phase) {
    for _ in 0..600 {
        if phase(platform) == wanted {
            return;
        }
        platform.advance(Duration::from_secs(1));
    }
    panic!("after ten minutes still {:?}", phase(platform));
}

/// Brings the live deployments of appointments to a revision, as a sync does.
fn sync(platform: &Platform, env: &Env, revision: &str) {
    let manifests = platform.world().git.manifests(revision, &path("prod", "appointments")).unwrap();
    for manifest in manifests.into_iter().filter(|manifest| manifest["kind"] == "Deployment") {
        let name = manifest["metadata"]["name"].as_str().unwrap().to_owned();
        let apply = |held: &mut serde_json::Value| held["spec"] = manifest["spec"].clone();
        env.cluster.modify(known::DEPLOYMENTS, "appointments", &name, apply).unwrap();
    }
}

#[tokio::test]
async fn a_bad_release_crash_loops_until_it_is_rolled_back() {
    let platform = clusters().await;
    let env = platform.world().env("prod").unwrap();
    let before = platform.world().git.resolve("main").unwrap();
    platform.start_drill("bad-release").unwrap();
    platform.advance(Duration::from_secs(2));
    assert_eq!(phase(&platform), Phase::Begun);
    sync(&platform, env, "main");
    until(&platform, Phase::Broken);
    platform.advance(Duration::from_secs(120));
    let pods = env.cluster.list(known::PODS, Some("appointments"));
    let crashing: Vec<_> = pods
        .iter()
        .filter(|p| p["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff")
        .collect();
    assert!(!crashing.is_empty());
    let name = crashing[0]["metadata"]["name"].as_str().unwrap();
    let log = env.logs.get("appointments", name, "appointments-api").unwrap();
    let words = "too many connections for role \\\"appointments\\\"";
    assert!(log.all().iter().any(|line| line.text.contains(words)));
    assert!(env.signals.get("appointments", "appointments-api").unwrap().errors > 0.1);
    sync(&platform, env, &before);
    until(&platform, Phase::Resolved);
}

#[tokio::test]
async fn an_expired_credential_stops_billing_until_it_is_rotated_and_refreshed() {
    let platform = frozen().await;
    let env = platform.world().env("prod").unwrap();
    platform.start_drill("expired-credential").unwrap();
    until(&platform, Phase::Broken);
    platform.advance(Duration::from_secs(30));
    assert_eq!(env.signals.get("billing", "billing-api").unwrap().ready, 0);
    let role = Request::new(Op::Read, "database/static-roles/billing", identity::USERS[0].token);
    let vault = env.systems.get::<Vault>().unwrap();
    let Answer::Secret(role) = vault.handle(env, &role).1.unwrap() else { panic!("an envelope") };
    let rotated: Time = role.data["last_vault_rotation"].as_str().unwrap().parse().unwrap();
    assert!(platform.world().now().since(rotated) > Duration::from_secs(28 * 86_400), "missed: {rotated}");
    let path = "database/static-creds/billing";
    let new = BTreeMap::from([("username".into(), "billing".into()), ("password".into(), "fresh".into())]);
    env.credentials.put(path, new, platform.world().now(), None);
    let ask = |held: &mut serde_json::Value| held["metadata"]["annotations"]["force-sync"] = json!("1");
    env.cluster.modify(known::EXTERNAL_SECRETS, "billing", "billing-db", ask).unwrap();
    platform.advance(Duration::from_secs(30));
    assert_eq!(phase(&platform), Phase::Broken, "running pods still have the old password");
    let restart = |held: &mut serde_json::Value| {
        held["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
            json!("now");
    };
    env.cluster.modify(known::DEPLOYMENTS, "billing", "billing-api", restart).unwrap();
    let mut told = platform.drills();
    until(&platform, Phase::Resolved);
    let told = told.borrow_and_update().clone().and_then(|drill| drill.took());
    assert!(told.is_some_and(|took| took > Duration::from_secs(30)), "{told:?}");
}

#[tokio::test]
async fn a_lost_node_is_resolved_by_deleting_it() {
    let platform = frozen().await;
    let env = platform.world().env("prod").unwrap();
    platform.start_drill("node-lost").unwrap();
    until(&platform, Phase::Broken);
    platform.advance(Duration::from_secs(180));
    let lost = env.faults.lost_nodes().remove(0);
    let node = env.cluster.get(known::NODES, "", &lost).unwrap();
    let ready =
        node["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("Unknown"), &json!("NodeStatusUnknown")));
    let stuck = env.cluster.list(known::PODS, None);
    let stuck = stuck.iter().filter(|p| p["spec"]["nodeName"] == lost.as_str());
    assert!(stuck.filter(|p| p["metadata"].get("deletionTimestamp").is_some()).count() > 3);
    assert_eq!(phase(&platform), Phase::Broken);
    env.cluster.delete(known::NODES, "", &lost, &Deletion::default()).unwrap();
    until(&platform, Phase::Resolved);
}

#[tokio::test]
async fn an_unknown_drill_is_refused_by_name() {
    let platform = clusters().await;
    let error = platform.start_drill("flood").unwrap_err().to_string();
    assert_eq!(error, "no drill is called \"flood\"; there are: bad-release, expired-credential, node-lost");
}

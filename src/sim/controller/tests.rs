//! The controllers on frozen time.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::object;
use crate::sim::{
    Env, Options, Platform,
    cluster::{Deletion, known},
    server::SYSTEMS,
};

/// The clusters alone: Argo CD would take back what these tests change by hand.
async fn frozen(seed: u64) -> Platform {
    let start = "2026-11-21T03:12:44Z".parse().unwrap();
    let options = Options { seed, speed: 0.0, start: Some(start), ..Options::default() };
    Platform::start_with(options, &SYSTEMS[..1]).await.unwrap()
}

fn prod(platform: &Platform) -> &Arc<Env> {
    platform.world().env("prod").unwrap()
}

fn pods(env: &Env, namespace: &str, app: &str) -> Vec<Arc<Value>> {
    let mut pods = env.cluster.list(known::PODS, Some(namespace));
    pods.retain(|pod| object::label(pod, "app.kubernetes.io/name") == app);
    pods
}

fn image(env: &Env, namespace: &str, name: &str, image: &str) {
    let set = |held: &mut Value| held["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    env.cluster.modify(known::DEPLOYMENTS, namespace, name, set).unwrap();
}

fn events(env: &Env, namespace: &str, reason: &str) -> Vec<Arc<Value>> {
    let mut events = env.cluster.list(known::EVENTS, Some(namespace));
    events.retain(|event| event["reason"] == reason);
    events
}

#[tokio::test]
async fn the_world_starts_mostly_healthy_and_interesting() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    let all = env.cluster.list(known::PODS, None);
    assert!((60..=120).contains(&all.len()), "{} pods in prod", all.len());
    let unready: Vec<_> = all
        .iter()
        .filter(|pod| pod["status"]["phase"] != "Succeeded" && !object::is_ready(pod))
        .map(|pod| object::name(pod))
        .collect();
    assert!(unready.len() <= 1, "{unready:?}");
    for deployment in env.cluster.list(known::DEPLOYMENTS, None) {
        assert!(object::holds(&deployment, "Available"), "{}", object::name(&deployment));
    }
    let restarts = |pod: &Value| object::count(&pod["status"]["containerStatuses"][0]["restartCount"], 0);
    assert!(pods(env, "odoo", "odoo").iter().any(|pod| restarts(pod) >= 7));
    let others = all.iter().filter(|pod| object::namespace(pod) != "odoo");
    assert!(others.clone().all(|pod| restarts(pod) == 0));
    let staging = platform.world().env("staging").unwrap();
    let broken = pods(staging, "lab-results", "lab-results");
    let reason = |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    assert!(broken.iter().any(|pod| reason(pod) == "ImagePullBackOff" || reason(pod) == "ErrImagePull"));
    let api = env.cluster.get(known::DEPLOYMENTS, "appointments", "appointments-api").unwrap();
    assert_eq!(object::annotation(&api, "deployment.kubernetes.io/revision"), "4");
    assert_eq!(object::owned(env, &api, known::REPLICA_SETS).len(), 4);
}

#[tokio::test]
async fn a_rollout_replaces_pods_within_its_limits() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    image(env, "fhir-gateway", "fhir-gateway", "registry.clinic.example/fhir/gateway:1.5.0");
    let mut done = false;
    for _ in 0..240 {
        platform.advance(Duration::from_millis(500));
        let all = pods(env, "fhir-gateway", "fhir-gateway");
        let ready = all.iter().filter(|pod| object::is_ready(pod)).count();
        let active = all.iter().filter(|pod| object::is_active(pod)).count();
        assert!(ready >= 3, "34% of 4 allows one to be missing; ready: {ready}");
        assert!(active <= 5, "one more than wanted is allowed; there are {active}");
        let deployment = env.cluster.get(known::DEPLOYMENTS, "fhir-gateway", "fhir-gateway").unwrap();
        let progressing = object::condition(&deployment, "Progressing").unwrap();
        done = progressing["reason"] == "NewReplicaSetAvailable"
            && deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"]
            && deployment["status"]["updatedReplicas"] == 4;
        if done {
            assert_eq!(deployment["status"].get("unavailableReplicas"), None);
            break;
        }
    }
    assert!(done, "the rollout ends");
    platform.advance(Duration::from_secs(10));
    let images: Vec<_> = pods(env, "fhir-gateway", "fhir-gateway")
        .iter()
        .map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(images, vec!["registry.clinic.example/fhir/gateway:1.5.0"; 4]);
    assert!(!events(env, "fhir-gateway", "ScalingReplicaSet").is_empty());
}

#[tokio::test]
async fn undoing_a_rollout_takes_the_old_replica_set_again() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    let deployment = env.cluster.get(known::DEPLOYMENTS, "appointments", "appointments-api").unwrap();
    let sets = object::owned(env, &deployment, known::REPLICA_SETS);
    let old =
        sets.iter().find(|set| object::annotation(set, "deployment.kubernetes.io/revision") == "3").unwrap();
    let mut template = old["spec"]["template"].clone();
    template["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
    let undo = |held: &mut Value| held["spec"]["template"] = template.clone();
    env.cluster.modify(known::DEPLOYMENTS, "appointments", "appointments-api", undo).unwrap();
    platform.advance(Duration::from_secs(90));
    let set = env.cluster.get(known::REPLICA_SETS, "appointments", object::name(old)).unwrap();
    assert_eq!(object::annotation(&set, "deployment.kubernetes.io/revision"), "5");
    assert_eq!(set["status"]["readyReplicas"], 6);
}

#[tokio::test]
async fn a_bad_image_ends_in_back_off_with_events() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    image(env, "fhir-gateway", "fhir-gateway", "registry.clinic.example/fhir/gateway:1.5.9");
    platform.advance(Duration::from_secs(60));
    let all = pods(env, "fhir-gateway", "fhir-gateway");
    let reason =
        |pod: &Arc<Value>| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    assert!(all.iter().any(|pod| reason(pod) == "ImagePullBackOff"));
    assert!(all.iter().filter(|pod| object::is_ready(pod)).count() >= 3, "the old ones go on");
    let failed = events(env, "fhir-gateway", "Failed");
    assert!(failed.iter().any(|event| event["message"] == "Error: ImagePullBackOff"));
    let back_off = events(env, "fhir-gateway", "BackOff");
    assert!(back_off.iter().any(|event| event["count"].as_i64().unwrap() > 1));
}

#[tokio::test]
async fn a_crash_waits_twice_as_long_every_time() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    image(env, "lab-results", "lab-results", "registry.clinic.example/lab/results:v0.14.0");
    let mut waits = Vec::new();
    for _ in 0..800 {
        platform.advance(Duration::from_millis(500));
        let all = pods(env, "lab-results", "lab-results");
        let new = all
            .iter()
            .find(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().ends_with("v0.14.0"));
        let message = new.and_then(|pod| {
            pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"].as_str().map(str::to_owned)
        });
        let wait =
            message.and_then(|text| Some(text.strip_prefix("back-off ")?.split(' ').next()?.to_owned()));
        if let Some(wait) = wait
            && waits.last() != Some(&wait)
        {
            waits.push(wait);
        }
    }
    assert_eq!(waits[..4], ["10s", "20s", "40s", "1m20s"]);
    let crashed = pods(env, "lab-results", "lab-results");
    let last = crashed.iter().find_map(|pod| {
        pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"].as_i64()
    });
    assert_eq!(last, Some(2));
}

#[tokio::test]
async fn a_lost_node_gives_its_pods_away_and_a_returned_one_is_ready() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    env.faults.lose_node("prod-c-2");
    platform.advance(Duration::from_secs(180));
    let node = env.cluster.get(known::NODES, "", "prod-c-2").unwrap();
    assert_eq!(object::condition(&node, "Ready").unwrap()["status"], "Unknown");
    // A database on the lost node stays Terminating, and what needs it waits; the rest has moved.
    for app in ["fhir-gateway", "lab-results", "patient-portal"] {
        let deployment = env.cluster.get(known::DEPLOYMENTS, app, app).unwrap();
        assert_eq!(deployment["status"]["availableReplicas"], deployment["spec"]["replicas"], "{app}");
    }
    env.faults.restore_node("prod-c-2");
    platform.advance(Duration::from_secs(30));
    let node = env.cluster.get(known::NODES, "", "prod-c-2").unwrap();
    assert!(object::holds(&node, "Ready"));
    assert!(node["spec"].get("taints").is_none());
    let hanging = env.cluster.list(known::PODS, None);
    assert!(hanging.iter().all(|pod| !object::is_ending(pod)), "the kubelet has ended what was given away");
}

#[tokio::test]
async fn a_stateful_set_comes_back_in_its_place_and_a_job_completes() {
    let platform = frozen(1).await;
    let env = prod(&platform);
    let (_, gone) = env.cluster.delete(known::PODS, "odoo", "odoo-postgres-0", &Deletion::default()).unwrap();
    assert!(!gone, "it ends gracefully");
    platform.advance(Duration::from_secs(40));
    assert!(object::is_ready(&env.cluster.get(known::PODS, "odoo", "odoo-postgres-0").unwrap()));
    let cron = env.cluster.get(known::CRON_JOBS, "reporting", "claims-export").unwrap();
    let job = json!({
        "metadata": { "name": "by-hand", "namespace": "reporting" }, "spec": cron["spec"]["jobTemplate"]["spec"],
    });
    env.cluster.create(known::JOBS, job, false).unwrap();
    platform.advance(Duration::from_secs(120));
    let job = env.cluster.get(known::JOBS, "reporting", "by-hand").unwrap();
    assert!(object::holds(&job, "Complete"), "{job:#}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world() {
    let start = "2026-11-21T03:12:44Z".parse().unwrap();
    let whole = |seed| Platform::start(Options { seed, speed: 0.0, start: Some(start), drill: None });
    let worlds = [whole(7).await.unwrap(), whole(7).await.unwrap(), whole(8).await.unwrap()];
    let seen = worlds.each_ref().map(|platform| {
        platform.advance(Duration::from_secs(30));
        let env = prod(platform);
        let objects: Vec<String> =
            env.cluster.list(known::PODS, None).iter().map(std::string::ToString::to_string).collect();
        let lines: Vec<String> =
            env.logs.streams().iter().flat_map(|log| log.all()).map(|line| line.text.to_string()).collect();
        (objects, lines)
    });
    assert!(seen[0] == seen[1]);
    assert!(seen[0] != seen[2]);
}

//! Planting the catalogue into a new world: as if it had been running for weeks.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{APPS, ARGOCD, App, argo, history, nodes, path};
use crate::{
    model::Time,
    sim::{
        World,
        cluster::{Gr, known, of_object},
        controller::set_for,
        git::{Commit, hex},
        world::Env,
    },
};

/// How Argo CD marks what it manages (annotation tracking, the default since 3.0).
const TRACKING: &str = "argocd.argoproj.io/tracking-id";
/// How long the clusters have been there.
const CLUSTER_AGE: Duration = Duration::from_secs(212 * 86_400);
/// Environment and application whose newest commit nobody has synced yet.
const BEHIND: (&str, &str) = ("prod", "patient-portal");
/// Environment and application whose newest commit broke it; planted after everything else is up.
const BROKEN: (&str, &str) = ("staging", "lab-results");
/// Environment, namespace and application with a history of restarts.
const RESTARTED: (&str, &str, &str) = ("prod", "odoo", "odoo");

/// Fills git, the clusters and what Vault holds, as of `now`.
pub fn plant(world: &World, now: Time) {
    history::write(&world.git, now);
    for env in &world.envs {
        plant_env(world, env, now);
    }
}

fn plant_env(world: &World, env: &Env, now: Time) {
    let born = now.minus(CLUSTER_AGE);
    let system = ["default", "kube-system", "kube-public", "kube-node-lease", ARGOCD];
    let mut namespaces: Vec<&str> = system.into_iter().chain(APPS.iter().map(|app| app.namespace)).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    for name in namespaces {
        let namespace = json!({ "metadata": { "name": name }, "spec": {} });
        create(env, known::NAMESPACES, namespace, born);
        let account = json!({ "metadata": { "name": "default", "namespace": name } });
        create(env, known::SERVICE_ACCOUNTS, account, born);
    }
    for node in nodes::nodes(env.index) {
        create(env, known::NODES, node, born);
    }
    for object in nodes::system() {
        plant_object(env, object, born);
    }
    plant_material(env, now);
    plant_argo(world, env, born);
    for app in APPS {
        for (at, manifest) in live(world, env, app).into_iter().enumerate() {
            let created = born.plus(Duration::from_secs(86_400 * 150 + at as u64));
            plant_manifest(world, env, app, manifest, created);
        }
    }
}

fn create(env: &Env, gr: Gr, object: Value, created: Time) {
    // What is there already (a service account of the name "default") stays.
    let _ = env.cluster.create_as_of(gr, object, created);
}

fn plant_object(env: &Env, object: Value, created: Time) {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    if let Some(resource) = of_object(text("apiVersion"), text("kind")) {
        create(env, resource.stored, object, created);
    }
}

/// The commits of an application that have been synced, newest first.
fn synced(world: &World, env: &Env, app: &App) -> Vec<Commit> {
    let mut commits = world.git.log("main", Some(&path(env.name, app.name)));
    if [BEHIND, BROKEN].contains(&(env.name, app.name)) && !commits.is_empty() {
        commits.remove(0);
    }
    commits
}

fn live(world: &World, env: &Env, app: &App) -> Vec<Value> {
    let commits = synced(world, env, app);
    let revision = commits.first().map_or("main", |commit| &commit.sha);
    world.git.manifests(revision, &path(env.name, app.name)).unwrap_or_default()
}

fn tracked(app: &App, mut manifest: Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let group = text(&manifest["apiVersion"]).split_once('/').map(|(group, _)| group.to_owned());
    let (kind, name) = (text(&manifest["kind"]), text(&manifest["metadata"]["name"]));
    let namespace = text(&manifest["metadata"]["namespace"]);
    let id = format!("{}:{}/{kind}:{namespace}/{name}", app.name, group.unwrap_or_default());
    manifest["metadata"]["annotations"][TRACKING] = json!(id);
    manifest
}

fn plant_manifest(world: &World, env: &Env, app: &App, manifest: Value, created: Time) {
    let mut manifest = tracked(app, manifest);
    match manifest["kind"].as_str() {
        Some("Deployment") => return plant_deployment(world, env, app, manifest, created),
        Some("Certificate") => manifest["status"] = issued(&manifest, env, env.now()),
        Some("Service") if manifest["spec"].get("clusterIP").is_none() => {
            let sum: usize =
                manifest["metadata"]["name"].as_str().unwrap_or_default().bytes().map(usize::from).sum();
            manifest["spec"]["clusterIP"] =
                json!(format!("10.96.{}.{}", env.index * 8 + sum / 250, sum % 250 + 2));
        }
        Some("CronJob") => return plant_cron(env, manifest, created),
        _ => {}
    }
    plant_object(env, manifest, created);
}

/// A deployment with the replica sets of its earlier versions.
fn plant_deployment(world: &World, env: &Env, app: &App, manifest: Value, created: Time) {
    let path = path(env.name, app.name);
    let name = manifest["metadata"]["name"].clone();
    let mut earlier: Vec<(Time, Value)> = Vec::new();
    for commit in synced(world, env, app).iter().rev() {
        let manifests = world.git.manifests(&commit.sha, &path).unwrap_or_default();
        let same = |held: &&Value| held["kind"] == "Deployment" && held["metadata"]["name"] == name;
        let Some(version) = manifests.iter().find(same) else { continue };
        let Ok(filled) = env.cluster.create(known::DEPLOYMENTS, tracked(app, version.clone()), true) else {
            continue;
        };
        let template = filled["spec"]["template"].clone();
        if earlier.last().is_none_or(|(_, held)| *held != template) {
            earlier.push((commit.date, template));
        }
    }
    earlier.pop();
    let Ok(deployment) = env.cluster.create_as_of(known::DEPLOYMENTS, manifest, created) else { return };
    for (at, (date, template)) in earlier.into_iter().enumerate() {
        let mut old = Value::clone(&deployment);
        old["spec"]["template"] = template;
        let set = set_for(env, &old, at as i64 + 1);
        create(env, known::REPLICA_SETS, set, date.plus(Duration::from_secs(140)));
    }
}

/// A cron job with its last runs.
fn plant_cron(env: &Env, manifest: Value, created: Time) {
    let now = env.now();
    let Ok(cron) = env.cluster.create_as_of(known::CRON_JOBS, manifest, created) else { return };
    let (every, took) = if cron["spec"]["schedule"] == "10 2 * * *" { (86_400, 95) } else { (900, 95) };
    let offset = if every == 86_400 { 7_800 } else { 0 };
    let last = (now.secs() - offset).div_euclid(every) * every + offset;
    for back in 1..=3_i64 {
        let start =
            Time::from_secs(last - (3 - back) * every - if last + took > now.secs() { every } else { 0 });
        let end = start.plus(Duration::from_secs(took as u64));
        let name = format!("{}-{}", cron["metadata"]["name"].as_str().unwrap_or_default(), start.secs() / 60);
        let condition = |kind: &str| {
            json!({ "type": kind, "status": "True", "reason": "CompletionsReached",
                "message": "Reached expected number of succeeded pods", "lastTransitionTime": end.rfc3339(),
                "lastProbeTime": end.rfc3339() })
        };
        let job = json!({
            "metadata": {
                "name": name, "namespace": cron["metadata"]["namespace"],
                "labels": cron["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"],
                "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "CronJob", "name": cron["metadata"]["name"],
                    "uid": cron["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": cron["spec"]["jobTemplate"]["spec"],
            "status": {
                "startTime": start.rfc3339(), "completionTime": end.rfc3339(), "succeeded": 1, "ready": 0,
                "terminating": 0, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
            },
        });
        create(env, known::JOBS, job, start);
    }
}

/// What cert-manager says about a certificate: issued some weeks ago for 90 days.
fn issued(certificate: &Value, env: &Env, now: Time) -> Value {
    let name = certificate["metadata"]["name"].as_str().unwrap_or_default();
    let days = (name.len() as u64 * 7 + env.index as u64 * 3) % 50 + 5;
    let from = now.minus(Duration::from_secs(days * 86_400));
    let until = from.plus(Duration::from_secs(90 * 86_400));
    json!({
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "Ready",
            "message": "Certificate is up to date and has not expired", "lastTransitionTime": from.rfc3339(),
            "observedGeneration": 1,
        }],
        "notBefore": from.rfc3339(), "notAfter": until.rfc3339(),
        "renewalTime": until.minus(Duration::from_secs(30 * 86_400)).rfc3339(), "revision": 2 + days % 3,
    })
}

/// Secret material, and the Secrets that External Secrets has already made of it.
fn plant_material(env: &Env, now: Time) {
    let mut rng = fastrand::Rng::with_seed(0x0a11 + env.index as u64);
    for app in APPS {
        let Some(material) = &app.material else { continue };
        let mut data = BTreeMap::new();
        for field in material.fields {
            let bytes: Vec<u8> = (0..10).map(|_| rng.u8(..)).collect();
            let value =
                if *field == "username" { app.name.to_owned() } else { format!("demo-{}", hex(&bytes)) };
            data.insert((*field).to_owned(), value);
        }
        let changed = now.minus(Duration::from_secs(3_600 * (5 + rng.u64(..19))));
        let encoded: BTreeMap<_, _> = data.iter().map(|(key, value)| (key, STANDARD.encode(value))).collect();
        let secret = json!({
            "metadata": {
                "name": material.secret, "namespace": app.namespace,
                "labels": { "reconcile.external-secrets.io/managed": "true" },
            },
            "data": encoded,
        });
        create(env, known::SECRETS, secret, changed);
        env.credentials.put(material.path, data, changed, None);
    }
}

fn plant_argo(world: &World, env: &Env, born: Time) {
    for project in argo::projects(env.name) {
        create(env, known::APP_PROJECTS, project, born);
    }
    let owned: Vec<&App> = APPS.iter().filter(|app| app.set.is_some()).collect();
    let set = argo::set(env.name, &owned, born);
    let set = env.cluster.create_as_of(known::APPLICATION_SETS, set, born).ok();
    for app in APPS {
        let owner = app.set.and(set.as_deref());
        let application = argo::application((env.index, env.name), app, &synced(world, env, app), owner);
        create(env, known::APPLICATIONS, application, born.plus(Duration::from_secs(86_400 * 150)));
    }
}

/// Makes what has just been started look as old as its version is.
pub fn age(world: &World, now: Time) {
    for env in &world.envs {
        let mut ages: BTreeMap<String, Duration> = BTreeMap::new();
        for app in APPS {
            let newest = synced(world, env, app).first().map_or(now, |commit| commit.date);
            let age = now.since(newest.plus(Duration::from_secs(200)));
            let held = ages.entry(app.namespace.to_owned()).or_insert(age);
            *held = (*held).min(age);
        }
        let mut rng = fastrand::Rng::with_seed(0xa9e + env.index as u64);
        for gr in [
            known::DEPLOYMENTS,
            known::STATEFUL_SETS,
            known::DAEMON_SETS,
            known::CONTROLLER_REVISIONS,
            known::REPLICA_SETS,
            known::PODS,
        ] {
            for object in env.cluster.list(gr, None) {
                let meta = &object["metadata"];
                let (namespace, name) = (meta["namespace"].as_str(), meta["name"].as_str());
                let (namespace, name) = (namespace.unwrap_or_default(), name.unwrap_or_default());
                let fresh = meta["creationTimestamp"].as_str().and_then(|text| text.parse::<Time>().ok());
                let settled =
                    gr == known::REPLICA_SETS && fresh.is_some_and(|at| now.since(at).as_secs() > 3_600);
                let mut by = ages.get(namespace).copied().unwrap_or(Duration::from_secs(19 * 86_400));
                if gr == known::PODS {
                    // Pods have moved since: nodes are drained for patches now and then.
                    by = by.min(Duration::from_secs(9 * 86_400)).mul_f64(0.35 + 0.65 * rng.f64());
                    let job = meta["ownerReferences"][0]["kind"] == "Job";
                    by = if job { Duration::ZERO } else { by };
                }
                if !settled {
                    let _ = env.cluster.backdate(gr, namespace, name, by);
                }
            }
        }
        env.cluster.list(known::EVENTS, None).iter().for_each(|event| {
            let name = event["metadata"]["name"].as_str().unwrap_or_default();
            let namespace = event["metadata"]["namespace"].as_str().unwrap_or_default();
            let _ =
                env.cluster.delete(known::EVENTS, namespace, name, &crate::sim::cluster::Deletion::default());
        });
    }
}

/// What has changed since: the release that broke, and the pod that keeps running out of memory.
pub fn late_changes(world: &World, now: Time) {
    let (name, namespace, label) = RESTARTED;
    if let Some(env) = world.env(name) {
        let pods = env.cluster.list(known::PODS, Some(namespace));
        let pods = pods.iter().filter(|pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] == label);
        for (at, pod) in pods.enumerate() {
            let restarts = [7, 5, 0][at.min(2)];
            // Within what the pod has written, so that there are lines of before and after.
            let ended = now.minus(Duration::from_secs(20 + 60 * at as u64));
            let pod_name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let container = pod["spec"]["containers"][0]["name"].as_str().unwrap_or_default();
            if let Some(log) = env.logs.get(namespace, pod_name, container).filter(|_| restarts > 0) {
                log.restarted_at(u32::try_from(restarts).unwrap_or(0), ended);
            }
            let _ =
                env.cluster.modify(known::PODS, namespace, pod_name, |pod| restarted(pod, restarts, ended));
        }
    }
    let (name, app) = BROKEN;
    let Some((env, app)) = world.env(name).zip(super::app(app)) else { return };
    let manifests = world.git.manifests("main", &path(name, app.name)).unwrap_or_default();
    for manifest in manifests.into_iter().filter(|manifest| manifest["kind"] == "Deployment") {
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let apply = |held: &mut Value| held["spec"]["template"] = manifest["spec"]["template"].clone();
        let _ = env.cluster.modify(known::DEPLOYMENTS, app.namespace, &name, apply);
    }
    let commits = world.git.log("main", Some(&path(env.name, app.name)));
    let fresh = argo::application((env.index, env.name), app, &commits, None);
    let _ = env.cluster.modify(known::APPLICATIONS, ARGOCD, app.name, |held| {
        held["status"] = fresh["status"].clone();
    });
}

fn restarted(pod: &mut Value, restarts: i64, ended: Time) {
    if restarts == 0 {
        return;
    }
    let status = &mut pod["status"]["containerStatuses"][0];
    status["restartCount"] = json!(restarts);
    status["lastState"] = json!({ "terminated": {
        "exitCode": 137, "reason": "OOMKilled", "finishedAt": ended.rfc3339(),
        "startedAt": ended.minus(Duration::from_secs(2_600)).rfc3339(), "containerID": status["containerID"],
    } });
    status["state"] = json!({ "running": { "startedAt": ended.plus(Duration::from_secs(2)).rfc3339() } });
}

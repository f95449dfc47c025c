//! The rules that every API server keeps.

use super::{known::*, *};

fn cluster() -> Arc<Cluster> {
    let start = "2026-11-21T03:12:44Z".parse().unwrap();
    Arc::new(Cluster::new(Arc::new(SimClock::new(start, 0.0)), 1))
}

fn pod(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": "shop", "name": name },
        "spec": { "nodeName": "n1", "containers": [] } })
}

#[test]
fn a_stale_version_conflicts_and_a_spec_change_bumps_the_generation() {
    let cluster = cluster();
    let one = cluster.create(PODS, pod("web"), false).unwrap();
    assert_eq!(one["metadata"]["generation"], 1);
    assert_eq!(one["metadata"]["creationTimestamp"], "2026-11-21T03:12:44Z");
    let two = cluster.modify(PODS, "shop", "web", |p| p["status"] = json!({ "phase": "Running" })).unwrap();
    assert_eq!(two["metadata"]["generation"], 1);
    let refused = cluster.update(PODS, "shop", "web", Value::clone(&one), Part::Main, false).unwrap_err();
    assert_eq!((refused.code, refused.reason), (409, "Conflict"));
    let expected = "Operation cannot be fulfilled on pods \"web\": the object has been modified; \
        please apply your changes to the latest version and try again";
    assert_eq!(refused.message, expected);
    let mut three = Value::clone(&two);
    three["spec"]["nodeName"] = json!("n2");
    three["status"]["phase"] = json!("Failed");
    let three = cluster.update(PODS, "shop", "web", three, Part::Main, false).unwrap();
    assert_eq!(three["metadata"]["generation"], 2);
    assert_eq!(three["status"]["phase"], "Running", "the status has its own door");
}

#[test]
fn a_pod_ends_gracefully_and_finalizers_hold() {
    let cluster = cluster();
    cluster.create(PODS, pod("web"), false).unwrap();
    let (left, gone) = cluster.delete(PODS, "shop", "web", &Deletion::default()).unwrap();
    assert!(!gone);
    assert_eq!(left["metadata"]["deletionTimestamp"], "2026-11-21T03:13:14Z");
    let now = Deletion { grace: Some(0), ..Deletion::default() };
    assert!(cluster.delete(PODS, "shop", "web", &now).unwrap().1);
    assert_eq!(cluster.get(PODS, "shop", "web").unwrap_err().code, 404);
    let mut app = json!({ "metadata": { "namespace": "argocd", "name": "web" }, "spec": {} });
    app["metadata"]["finalizers"] = json!(["resources-finalizer.argocd.argoproj.io"]);
    cluster.create(APPLICATIONS, app, false).unwrap();
    assert!(!cluster.delete(APPLICATIONS, "argocd", "web", &Deletion::default()).unwrap().1);
    let free = |app: &mut Value| app["metadata"]["finalizers"] = json!([]);
    cluster.modify(APPLICATIONS, "argocd", "web", free).unwrap();
    assert!(cluster.get(APPLICATIONS, "argocd", "web").is_err());
}

#[test]
fn dependents_go_with_their_last_owner() {
    let cluster = cluster();
    let owner = json!({ "metadata": { "namespace": "shop", "name": "web-1" }, "spec": {} });
    let owner = cluster.create(REPLICA_SETS, owner, false).unwrap();
    let mut child = pod("web-1-a");
    child["spec"].as_object_mut().unwrap().remove("nodeName");
    child["metadata"]["ownerReferences"] = json!([{ "uid": owner["metadata"]["uid"] }]);
    cluster.create(PODS, child, false).unwrap();
    assert_eq!(cluster.owned_by(owner["metadata"]["uid"].as_str().unwrap()).len(), 1);
    cluster.delete(REPLICA_SETS, "shop", "web-1", &Deletion::default()).unwrap();
    assert!(cluster.list(PODS, None).is_empty());
}

#[tokio::test]
async fn a_watch_sees_every_change_and_an_old_one_is_gone() {
    let cluster = cluster();
    let start = cluster.version();
    let mut watch = cluster.watch(PODS, Some(start)).unwrap();
    cluster.create(PODS, pod("web"), false).unwrap();
    cluster.create(SECRETS, json!({ "metadata": { "name": "x" } }), false).unwrap();
    let events = watch.next().await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].change.name(), "ADDED");
    for n in 0..5_001 {
        cluster.modify(PODS, "shop", "web", |p| p["n"] = json!(n)).unwrap();
    }
    let gone = cluster.watch(PODS, Some(start)).unwrap_err();
    assert_eq!((gone.code, gone.reason), (410, "Expired"));
    assert_eq!(watch.drain().unwrap_err().code, 410);
}

#[test]
fn generated_names_and_uids_are_fixed_by_the_seed() {
    let make = || {
        let object = json!({ "metadata": { "generateName": "web-", "namespace": "shop" } });
        Value::clone(&*cluster().create(PODS, object, false).unwrap())
    };
    assert_eq!(make(), make());
    assert_eq!(make()["metadata"]["name"].as_str().unwrap().len(), 9);
}

//! Rows of recorded objects, in any chunking and either encoding.

use prost::Message;
use serde_json::Value;

use super::*;
use crate::connector::kubernetes::{
    frame::{FrameError, ListDecoder, WatchDecoder},
    object::Object,
};
use crate::model::Share;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/kubernetes/{name}", env!("CARGO_MANIFEST_DIR")))
        .expect("a sample")
}

fn body(name: &str) -> Value {
    let mut file: Value = serde_json::from_slice(&sample(name)).expect("JSON");
    file["body"].take()
}

/// The rows of a protobuf list that arrives in these chunks.
fn listed(rows: &Rows, chunks: &[&[u8]]) -> Result<Vec<Record>, FrameError> {
    let mut decoder = ListDecoder::default();
    let mut all = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk);
        while let Some(pod) = decoder.next::<wire::Pod>()? {
            all.extend(pod.record(rows));
        }
    }
    decoder.finish()?;
    Ok(all)
}

/// The events of a protobuf watch that arrives in these chunks.
fn watched(rows: &Rows, chunks: &[&[u8]]) -> Result<Vec<(String, Option<Record>)>, FrameError> {
    let mut decoder = WatchDecoder::default();
    let mut all = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk);
        while let Some((kind, object)) = decoder.next()? {
            all.push((kind, wire::Pod::decode(&object[..])?.record(rows)));
        }
    }
    decoder.finish()?;
    Ok(all)
}

fn cut<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % bytes.len()).collect();
    cuts.sort_unstable();
    let mut chunks = Vec::new();
    let mut from = 0;
    for to in cuts {
        chunks.push(&bytes[from..to]);
        from = to;
    }
    chunks.push(&bytes[from..]);
    chunks
}

#[test]
fn both_encodings_give_the_same_rows() {
    let rows = Rows::new(Source(3));
    let binary = listed(&rows, &[&sample("pods-states.pb")]).expect("a list");
    let text: Value = serde_json::from_slice(&sample("pods-states.json")).expect("JSON");
    let items = text["items"].as_array().expect("items");
    assert_eq!(binary.len(), items.len());
    for (record, item) in binary.iter().zip(items) {
        let pod: wire::Pod = serde_json::from_value(item.clone()).expect("a pod");
        assert_eq!(Some(record), pod.record(&rows).as_ref());
    }
}

#[test]
fn a_pod_names_its_secrets_and_shares_what_is_equal() {
    let rows = Rows::new(Source(3));
    let pods: Vec<Pod> = listed(&rows, &[&sample("pods-states.pb")])
        .expect("a list")
        .into_iter()
        .filter_map(|r| if let Record::Pod(p) = r { Some(p) } else { None })
        .collect();
    let names: Vec<&str> = pods[0].secrets.iter().map(|s| &**s).collect();
    assert_eq!(names, ["app-env", "app-tls", "app-token", "db-creds", "regcred"]);
    assert!(pods.windows(2).all(|p| Arc::ptr_eq(&p[0].secrets, &p[1].secrets)));
    assert!(pods.windows(2).all(|p| Arc::ptr_eq(&p[0].images, &p[1].images)));
    assert!(Arc::ptr_eq(&pods[0].key.namespace, &pods[1].key.namespace));
    assert_ne!(pods[0].uid, 0);
}

#[test]
fn pods_tell_what_they_ask_for_and_may_take() {
    let of = |spec: Value| {
        let pod =
            serde_json::json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": spec, "status": {} });
        let pod: wire::Pod = serde_json::from_value(pod).expect("a pod");
        match Rows::new(Source(0)).pod(&pod) {
            Record::Pod(pod) => pod,
            other => panic!("a pod, not {other:?}"),
        }
    };
    let main = serde_json::json!({ "name": "main", "resources": {
        "requests": { "cpu": "250m", "memory": "64Mi" }, "limits": { "cpu": "1", "memory": "128Mi" } } });
    let sidecar = serde_json::json!({ "name": "proxy", "restartPolicy": "Always", "resources": {
        "requests": { "cpu": "0.05" }, "limits": { "memory": "32Mi" } } });
    let once = serde_json::json!({ "name": "migrate", "resources": { "requests": { "cpu": "2" } } });
    let pod = of(serde_json::json!({ "containers": [main], "initContainers": [sidecar, once] }));
    // kubernetes docs, concepts/workloads/pods/sidecar-containers: what runs once does not add to what runs with it.
    let wanted =
        Resources { cpu_request: 300, cpu_limit: 0, memory_request: 64 << 20, memory_limit: 160 << 20 };
    assert_eq!(pod.resources, wanted, "one container may take all CPU there is");
    let used = Pod { cpu: Some(150), memory: Some(80 << 20), ..pod };
    let shares = Share::ALL.map(|share| used.percent(share));
    assert_eq!(shares, [Some(50), None, Some(125), Some(50)]);
    let none = of(serde_json::json!({ "containers": [{ "name": "main" }] }));
    assert!(Share::ALL.iter().all(|share| none.whole(*share).is_none()));
}

#[test]
fn a_recorded_watch_tells_what_happened() {
    let events = watched(&Rows::new(Source(0)), &[&sample("pods-watch.pb")]).expect("a watch");
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| &**kind).collect();
    assert_eq!(kinds.iter().filter(|k| **k == "ADDED").count(), 26);
    assert!(kinds.contains(&"MODIFIED") && kinds.contains(&"DELETED"), "{kinds:?}");
    let touched = events.iter().find_map(|(kind, record)| match record {
        Some(Record::Pod(pod)) if kind == "MODIFIED" => Some(pod),
        _ => None,
    });
    let labels = &touched.expect("a change").labels;
    assert!(labels.iter().any(|(k, v)| &**k == "touched" && &**v == "yes"), "{labels:?}");
}

#[test]
fn workloads_tell_how_they_fare() {
    let rows = Rows::new(Source(0));
    let deployment: wire::Deployment = serde_json::from_value(body("deployment.json")).expect("a deployment");
    let Record::Workload(row) = rows.deployment(&deployment) else { panic!("a workload") };
    assert_eq!((&*row.reason, row.severity), ("Available", Severity::Ok));
    assert_eq!((row.desired, row.ready, row.updated, row.available), (20, 20, 20, 20));
    assert!(row.revision.is_some() && !row.selector.is_empty() && !row.images.is_empty());
    let sets = body("replicasets.json");
    for item in sets["items"].as_array().expect("items") {
        let set: wire::ReplicaSet = serde_json::from_value(item.clone()).expect("a replica set");
        let shown = rows.replica_set(&set).is_some();
        assert_eq!(shown, item["spec"]["replicas"] != 0, "only those with pods are rows");
    }
}

#[test]
fn deployments_in_trouble_say_why() {
    let rows = Rows::new(Source(0));
    let condition = |kind: &str, status: &str, reason: &str| wire::DeploymentCondition {
        r#type: kind.into(),
        status: status.into(),
        reason: reason.into(),
    };
    let tell = |conditions: Vec<wire::DeploymentCondition>, updated: i32, paused: bool| {
        let mut it = wire::Deployment::default();
        it.spec.replicas = Some(2);
        it.spec.paused = paused;
        it.status.updated_replicas = updated;
        it.status.conditions = conditions;
        match rows.deployment(&it) {
            Record::Workload(row) => (row.reason.to_string(), row.severity),
            other => panic!("{other:?}"),
        }
    };
    let stuck = vec![condition("Progressing", "False", "ProgressDeadlineExceeded")];
    assert_eq!(tell(stuck, 1, false), ("ProgressDeadlineExceeded".into(), Severity::Critical));
    let quota = vec![condition("ReplicaFailure", "True", "FailedCreate")];
    assert_eq!(tell(quota, 0, false), ("FailedCreate".into(), Severity::Critical));
    assert_eq!(tell(vec![], 1, false), ("Progressing".into(), Severity::Active));
    assert_eq!(tell(vec![], 1, true), ("Paused".into(), Severity::Quiet));
    let down = vec![condition("Available", "False", "MinimumReplicasUnavailable")];
    assert_eq!(tell(down, 2, false), ("Unavailable".into(), Severity::Critical));
}

#[test]
fn argo_cd_tracks_by_annotation_before_label() {
    let pair = |key: &str, value: &str| Pair { key: key.into(), value: value.into() };
    let mut meta = Meta { labels: vec![pair("app.kubernetes.io/instance", "cart")], ..Meta::default() };
    assert_eq!(application(&meta), Some("cart"));
    meta.annotations = vec![pair("argocd.argoproj.io/tracking-id", "shop-cart:apps/Deployment:shop/cart")];
    assert_eq!(application(&meta), Some("shop-cart"));
}

#[test]
fn nodes_as_kubectl_prints_them() {
    let rows = Rows::new(Source(0));
    let mut node: wire::Node = serde_json::from_value(body("node.json")["items"][0].clone()).expect("a node");
    let Record::Node(row) = rows.node(&node) else { panic!("a node") };
    assert_eq!((&*row.reason, &*row.roles, row.severity), ("Ready", "worker", Severity::Ok));
    assert_eq!((row.cpu_capacity, row.memory_capacity), (64_000, 512 << 30));
    node.spec.unschedulable = true;
    let Record::Node(row) = rows.node(&node) else { panic!("a node") };
    assert_eq!((&*row.reason, row.severity), ("Ready,SchedulingDisabled", Severity::Warning));
}

#[test]
fn events_count_and_date() {
    let rows = Rows::new(Source(0));
    let value = body("core-event.json");
    let item = if value["items"].is_array() { value["items"][0].clone() } else { value };
    let event = rows.event(&serde_json::from_value(item.clone()).expect("an event"));
    assert_eq!(&*event.reason, item["reason"].as_str().expect("a reason"));
    assert_eq!(&*event.about, item["involvedObject"]["name"].as_str().expect("a name"));
    assert!(event.count >= 1 && event.last >= event.first && event.last != Time::default());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn chunking_changes_no_row(cuts in proptest::collection::vec(proptest::prelude::any::<usize>(), 0..40)) {
        let rows = Rows::new(Source(0));
        let list = sample("pods-states.pb");
        proptest::prop_assert_eq!(listed(&rows, &cut(&list, &cuts)).expect("a list"), listed(&rows, &[&list]).expect("a list"));
        let watch = sample("pods-watch.pb");
        proptest::prop_assert_eq!(watched(&rows, &cut(&watch, &cuts)).expect("a watch"), watched(&rows, &[&watch]).expect("a watch"));
    }

    #[test]
    fn what_breaks_off_is_an_error(at in proptest::prelude::any::<usize>()) {
        let rows = Rows::new(Source(0));
        let list = sample("pods-states.pb");
        proptest::prop_assert!(listed(&rows, &[&list[..at % list.len()]]).is_err());
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), at in 0usize..60_000) {
        let rows = Rows::new(Source(0));
        let _ = listed(&rows, &[&noise]);
        let _ = watched(&rows, &[&noise]);
        let mut list = sample("pods-states.pb");
        for (byte, new) in list[at..].iter_mut().zip(&noise) {
            *byte = *new;
        }
        let _ = listed(&rows, &[&list]);
    }
}

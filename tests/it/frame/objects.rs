//! The plan sheets of what is done to Kubernetes objects, planned by the verbs themselves.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use uuid::Uuid;
use vigie::{
    action::{context::Context, plan::Request, port::Systems, registry},
    app::{Event, Overlay, Sheet, Ticket},
    model::{
        Answer, Fault, FaultKind, Key, Kind, Mutation, NodePod, ObjectState, Permission, Query, Receipt,
        Replicas, Rollout, Source, Time, Verdict,
    },
};

use super::{frames, world};
use crate::driver::Driver;

/// A cluster of one deployment in good health, a pod of it, and a node with a budget in the way.
struct Cluster;

impl Systems for Cluster {
    fn read(&self, source: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        let unknown = || Fault::new(FaultKind::Unsupported, "kubernetes", "read", "not asked in these tests");
        let answer = match query {
            Query::Object(key) => Ok(Answer::Object(Box::new(state(key)))),
            Query::Autoscalers(_) => Ok(Answer::Names(vec!["appointments".into()])),
            Query::Rollouts(_) => Ok(Answer::Rollouts(vec![
                rollout(7, "2.15.0", 290, true),
                rollout(6, "2.14.0", 6 * 86_400, false),
            ])),
            Query::Drain(_) => Ok(Answer::Drain(vec![
                pod(source, "appointments-api-0", None),
                pod(source, "billing-postgres-0", Some("billing-postgres")),
            ])),
            _ => Err(unknown()),
        };
        async move { answer }.boxed()
    }

    fn may(&self, _: Source, wanted: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { Ok(vec![Verdict::Yes; wanted.len()]) }.boxed()
    }

    fn perform(&self, _: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        panic!("a plan sends nothing: {mutation}")
    }

    fn now(&self) -> Time {
        world::now()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}

fn state(key: Key) -> ObjectState {
    let pod = key.kind == Kind::Pod;
    ObjectState {
        uid: "4f1c".into(),
        generation: 9,
        observed: true,
        deleting: false,
        finalizers: Vec::new(),
        action: None,
        controller: pod.then(|| ("ReplicaSet".into(), "appointments-api-7d9f".into())),
        application: (!pod && key.kind != Kind::Node).then(|| "appointments".into()),
        replicas: key.kind.is_workload().then_some(Replicas {
            wanted: 6,
            total: 6,
            updated: 6,
            ready: 6,
            available: 6,
        }),
        images: vec![("api".into(), "registry.example/appointments:2.15.0".into())],
        restarted: None,
        unschedulable: false,
        paused: false,
        on_delete: false,
        complete: false,
        failure: None,
        key,
    }
}

fn rollout(revision: u64, tag: &str, age: u64, current: bool) -> Rollout {
    Rollout {
        revision,
        name: format!("appointments-api-{revision}").into(),
        images: vec![format!("registry.example/appointments:{tag}").into()],
        created: world::ago(age),
        cause: None,
        current,
    }
}

fn pod(source: Source, name: &str, held: Option<&str>) -> NodePod {
    NodePod {
        key: Key::new(source, Kind::Pod, "appointments", name),
        uid: "5a2d".into(),
        controller: Some(("StatefulSet".into(), "set".into())),
        bound: false,
        local_data: false,
        held_by: held.map(Into::into).into_iter().collect(),
    }
}

/// Opens the sheet of a verb on a thing and gives it the plan that the verb makes.
fn sheet(d: &mut Driver, verb: &'static str, kind: Kind, name: &str, params: &[(&'static str, &str)]) {
    let kubernetes = world::source(0, vigie::model::SystemKind::Kubernetes);
    let namespace = if kind == Kind::Node { "" } else { "appointments" };
    let params = params.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
    let request = Request { verb, target: Key::new(kubernetes, kind, namespace, name), params };
    let store = &d.state.store;
    let ctx = Context {
        systems: &Cluster,
        environment: store.environment_of(kubernetes).expect("known"),
        system: store.system(kubernetes).expect("known"),
        actor: "nadia",
        id: Uuid::nil(),
    };
    let plan = registry::plan(&ctx, &request).now_or_never().expect("nothing is waited for").expect("a plan");
    let ticket = Ticket(u64::MAX);
    d.state.overlays.push(Overlay::Sheet(Box::new(Sheet::new(request, ticket))));
    d.event(Event::Planned { ticket, plan: Ok(Box::new(plan)) });
}

#[test]
fn plans() {
    let deployment = (Kind::Deployment, "appointments-api");
    for (verb, (kind, name), params) in [
        ("restart", deployment, &[][..]),
        ("scale", deployment, &[("replicas", "2")]),
        ("rollout-undo", deployment, &[]),
        ("set-image", deployment, &[("image", "registry.example/appointments:2.16.0")]),
        ("delete", (Kind::Pod, "appointments-api-7d9f-x2"), &[]),
        ("evict", (Kind::Pod, "appointments-api-7d9f-x2"), &[]),
        ("cordon", (Kind::Node, "prod-a-1"), &[]),
        ("drain", (Kind::Node, "prod-a-1"), &[]),
    ] {
        frames(&format!("plan_{}", verb.replace('-', "_")), |d| sheet(d, verb, kind, name, params));
    }
}

//! Whether a goal about Kubernetes objects holds.

use super::Seen;
use crate::{
    action::{plan::Goal, subject::Subject},
    model::{NodePod, ObjectState, Replicas},
};

/// Whether a goal holds.
pub(super) fn look(goal: &Goal, subject: &Subject) -> Seen {
    match (goal, subject) {
        (Goal::Gone { .. }, Subject::Absent) => Seen::Holds("gone".to_owned()),
        (Goal::Gone { uid, .. }, Subject::Object(seen)) => match () {
            () if seen.uid != *uid => Seen::Holds("gone; another of its name was made since".to_owned()),
            () if seen.deleting && !seen.finalizers.is_empty() => {
                Seen::Waiting(format!("being deleted, held up by {}", seen.finalizers.join(", ")))
            }
            () if seen.deleting => Seen::Waiting("being deleted".to_owned()),
            () => Seen::Waiting("still there".to_owned()),
        },
        (Goal::Drained { .. }, Subject::Pods(pods)) => drained(pods),
        (_, Subject::Absent) => Seen::Failed(format!("{} is gone", goal.target())),
        (Goal::RolledOut { .. }, Subject::Object(seen)) => rolled_out(seen),
        (Goal::Scaled { replicas, .. }, Subject::Object(seen)) => scaled(seen, *replicas),
        (Goal::Cordoned { on, .. }, Subject::Object(seen)) => match (seen.unschedulable == *on, *on) {
            (true, true) => Seen::Holds("takes no new pods".to_owned()),
            (true, false) => Seen::Holds("takes new pods".to_owned()),
            (false, _) => Seen::Waiting(format!("unschedulable is still {}", seen.unschedulable)),
        },
        (Goal::JobDone { .. }, Subject::Object(seen)) => match &seen.failure {
            Some(why) => Seen::Failed(why.to_string()),
            None if seen.complete => Seen::Holds("the job ran to its end".to_owned()),
            None => Seen::Waiting("the job runs".to_owned()),
        },
        _ => astray(goal),
    }
}

/// A goal that was asked of the wrong kind of thing.
pub(super) fn astray(goal: &Goal) -> Seen {
    Seen::Lost(format!("{} cannot show that", goal.target()))
}

/// As `kubectl rollout status` decides (kubectl, `pkg/polymorphichelpers/rollout_status.go`).
fn rolled_out(seen: &ObjectState) -> Seen {
    if let Some(why) = &seen.failure {
        return Seen::Failed(why.to_string());
    }
    if !seen.observed {
        return Seen::Waiting("the controller has not taken it up yet".to_owned());
    }
    let Some(Replicas { wanted, total, updated, available, .. }) = seen.replicas else {
        return Seen::Lost(format!("{} has no pods to wait for", seen.key));
    };
    if updated < wanted {
        return Seen::Waiting(format!("{updated} of {wanted} pods are new"));
    }
    if total > updated {
        return Seen::Waiting(format!("{} old pods are to end", total - updated));
    }
    if available < updated {
        return Seen::Waiting(format!("{available} of {updated} new pods are available"));
    }
    Seen::Holds(match wanted {
        0 => "rolled out; no pods are wanted".to_owned(),
        1 => "rolled out: 1 pod, new and available".to_owned(),
        n => format!("rolled out: {n} pods, all new and available"),
    })
}

fn scaled(seen: &ObjectState, replicas: u32) -> Seen {
    let Some(pods) = seen.replicas else { return Seen::Lost(format!("{} has no pods to count", seen.key)) };
    if pods.wanted != replicas {
        return Seen::Failed(format!("someone set the number of replicas to {} since", pods.wanted));
    }
    if !seen.observed || pods.total != replicas || pods.ready != replicas {
        return Seen::Waiting(format!("{} of {replicas} pods ready, {} there", pods.ready, pods.total));
    }
    Seen::Holds(format!("{replicas} of {replicas} pods ready"))
}

fn drained(pods: &[NodePod]) -> Seen {
    let mut left = pods.iter().filter(|p| !p.bound);
    let Some(first) = left.next() else { return Seen::Holds("no pods are left to move".to_owned()) };
    match left.count() {
        0 => Seen::Waiting(format!("{} is still there", first.key)),
        more => Seen::Waiting(format!("{} and {more} more are still there", first.key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Key, Kind, Source};

    fn deployment(replicas: Replicas) -> ObjectState {
        ObjectState {
            key: Key::new(Source(0), Kind::Deployment, "shop", "cart"),
            uid: "u1".into(),
            generation: 2,
            observed: true,
            deleting: false,
            finalizers: Vec::new(),
            action: None,
            controller: None,
            application: None,
            replicas: Some(replicas),
            images: Vec::new(),
            restarted: None,
            unschedulable: false,
            paused: false,
            on_delete: false,
            complete: false,
            failure: None,
        }
    }

    fn seen(replicas: Replicas, goal: &Goal) -> Seen {
        look(goal, &Subject::Object(Box::new(deployment(replicas))))
    }

    #[test]
    fn a_rollout_is_over_when_every_pod_is_new_and_available() {
        let goal = Goal::RolledOut { object: deployment(Replicas::default()).key };
        let at =
            |total, updated, available| Replicas { wanted: 3, total, updated, ready: available, available };
        assert_eq!(seen(at(3, 1, 3), &goal), Seen::Waiting("1 of 3 pods are new".to_owned()));
        assert_eq!(seen(at(4, 3, 3), &goal), Seen::Waiting("1 old pods are to end".to_owned()));
        assert_eq!(seen(at(3, 3, 2), &goal), Seen::Waiting("2 of 3 new pods are available".to_owned()));
        assert!(matches!(seen(at(3, 3, 3), &goal), Seen::Holds(_)));
        let mut late = deployment(at(3, 3, 3));
        late.observed = false;
        assert!(matches!(look(&goal, &Subject::Object(Box::new(late))), Seen::Waiting(_)));
        assert!(matches!(look(&goal, &Subject::Absent), Seen::Failed(_)));
    }

    #[test]
    fn what_is_gone_is_gone_also_when_its_name_is_taken() {
        let key = deployment(Replicas::default()).key;
        let goal = |uid: &str| Goal::Gone { object: key.clone(), uid: uid.into() };
        assert!(matches!(look(&goal("u1"), &Subject::Absent), Seen::Holds(_)));
        assert!(matches!(seen(Replicas::default(), &goal("u0")), Seen::Holds(_)));
        assert!(matches!(seen(Replicas::default(), &goal("u1")), Seen::Waiting(_)));
    }

    #[test]
    fn scaling_is_verified_by_ready_pods_and_lost_to_another_number() {
        let goal = Goal::Scaled { object: deployment(Replicas::default()).key, replicas: 2 };
        let at = |wanted, ready| Replicas { wanted, total: wanted, updated: wanted, ready, available: ready };
        assert!(matches!(seen(at(2, 1), &goal), Seen::Waiting(_)));
        assert!(matches!(seen(at(2, 2), &goal), Seen::Holds(_)));
        assert!(matches!(seen(at(5, 5), &goal), Seen::Failed(_)));
    }
}

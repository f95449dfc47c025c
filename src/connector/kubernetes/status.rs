//! What a pod is doing, in the words of kubectl's STATUS column, and folded into a state.

use super::wire::{ContainerStatus, Pod};
use crate::model::{PodState, Time};

/// What a pod is doing.
#[derive(Debug, PartialEq)]
pub(super) struct Doing {
    /// kubectl's STATUS.
    pub(super) reason: String,
    /// The same folded.
    pub(super) state: PodState,
    /// Ready containers.
    pub(super) ready: u8,
    /// All containers.
    pub(super) total: u8,
    /// Restarts of all containers together.
    pub(super) restarts: u32,
    /// When a container last ended.
    pub(super) last_restart: Option<Time>,
    /// Since when it should be ready, or gone, and is not.
    pub(super) unsettled: Option<Time>,
}

/// kubectl's algorithm (kubernetes `pkg/printers/internalversion`, `printPod`), with the state beside it.
pub(super) fn of(pod: &Pod) -> Doing {
    let mut tally = Tally::default();
    let mut reason =
        if pod.status.reason.is_empty() { &pod.status.phase } else { &pod.status.reason }.clone();
    if pod.status.conditions.iter().any(|c| c.r#type == "PodScheduled" && c.reason == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut reason);
    }
    let sidecar = |status: &ContainerStatus| {
        pod.spec.init_containers.iter().any(|c| c.name == status.name && c.restart_policy == "Always")
    };
    let mut total = pod.spec.containers.len();
    total += pod.spec.init_containers.iter().filter(|c| c.restart_policy == "Always").count();

    let mut sidecars = Tally::default();
    let mut initializing = false;
    for (n, status) in pod.status.init_container_statuses.iter().enumerate() {
        tally.add(status);
        if sidecar(status) {
            sidecars.add(status);
        }
        let waiting = status.state.waiting.as_ref().filter(|w| !w.reason.is_empty());
        if status.state.terminated.as_ref().is_some_and(|t| t.exit_code == 0) {
            continue;
        }
        if sidecar(status) && status.started == Some(true) {
            tally.ready += usize::from(status.ready);
            continue;
        }
        reason = match (&status.state.terminated, waiting) {
            (Some(t), _) if !t.reason.is_empty() => format!("Init:{}", t.reason),
            (Some(t), _) if t.signal != 0 => format!("Init:Signal:{}", t.signal),
            (Some(t), _) => format!("Init:ExitCode:{}", t.exit_code),
            (None, Some(w)) if w.reason != "PodInitializing" => format!("Init:{}", w.reason),
            _ => format!("Init:{n}/{}", pod.spec.init_containers.len()),
        };
        initializing = true;
        break;
    }
    let initialized = pod.status.conditions.iter().any(|c| c.r#type == "Initialized" && c.status == "True");
    if !initializing || initialized {
        // What ordinary init containers went through is over.
        (tally.restarts, tally.last) = (sidecars.restarts, sidecars.last);
        let mut running = false;
        for status in pod.status.container_statuses.iter().rev() {
            tally.add(status);
            match (&status.state.waiting, &status.state.terminated) {
                (Some(w), _) if !w.reason.is_empty() => reason.clone_from(&w.reason),
                (_, Some(t)) if !t.reason.is_empty() => reason.clone_from(&t.reason),
                (_, Some(t)) if t.signal != 0 => reason = format!("Signal:{}", t.signal),
                (_, Some(t)) => reason = format!("ExitCode:{}", t.exit_code),
                _ if status.ready && status.state.running.is_some() => {
                    running = true;
                    tally.ready += 1;
                }
                _ => {}
            }
        }
        if reason == "Completed" && running {
            let ready = pod.status.conditions.iter().any(|c| c.r#type == "Ready" && c.status == "True");
            if ready { "Running" } else { "NotReady" }.clone_into(&mut reason);
        }
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if pod.status.reason == "NodeLost" {
            "Unknown".clone_into(&mut reason);
        } else if !matches!(&*pod.status.phase, "Failed" | "Succeeded") {
            "Terminating".clone_into(&mut reason);
        }
    }
    let state = fold(pod, &reason, tally.ready, total);
    Doing {
        unsettled: unsettled(pod, state, &reason),
        reason,
        state,
        ready: u8::try_from(tally.ready).unwrap_or(u8::MAX),
        total: u8::try_from(total).unwrap_or(u8::MAX),
        restarts: tally.restarts,
        last_restart: tally.last,
    }
}

/// Counts over container statuses.
#[derive(Default)]
struct Tally {
    ready: usize,
    restarts: u32,
    last: Option<Time>,
}

impl Tally {
    fn add(&mut self, status: &ContainerStatus) {
        self.restarts = self.restarts.saturating_add(restarts(status));
        let at = status.last_state.terminated.as_ref().and_then(|t| t.finished_at).map(Time::from);
        self.last = self.last.max(at);
    }
}

fn restarts(status: &ContainerStatus) -> u32 {
    u32::try_from(status.restart_count).unwrap_or(0)
}

/// Since when a pod should be ready, or gone, and is not.
fn unsettled(pod: &Pod, state: PodState, reason: &str) -> Option<Time> {
    // Protobuf writes a moment that is not set as an empty one, JSON as null.
    let turned = |kind: &str| {
        let condition = pod.status.conditions.iter().find(|c| c.r#type == kind)?;
        condition.last_transition_time.filter(|at| Time::from(*at) != Time::default())
    };
    let since = match state {
        // The API server writes down the end of the grace, not its beginning.
        PodState::Terminating => pod.metadata.deletion_timestamp,
        PodState::Starting | PodState::Pending if reason != "SchedulingGated" => {
            turned("Ready").or_else(|| turned("PodScheduled")).or(pod.metadata.creation_timestamp)
        }
        _ => None,
    };
    since.map(Time::from)
}

/// The reason as a state.
fn fold(pod: &Pod, reason: &str, ready: usize, total: usize) -> PodState {
    match reason {
        "Unknown" | "NodeLost" => PodState::Unknown,
        "Terminating" => PodState::Terminating,
        "Completed" | "Succeeded" if pod.status.phase == "Succeeded" => PodState::Succeeded,
        "Running" if ready >= total && !unready(pod) => PodState::Ready,
        "Running" | "NotReady" | "Completed" => PodState::Starting,
        "Pending" | "ContainerCreating" | "PodInitializing" | "SchedulingGated" => PodState::Pending,
        _ if pod.status.phase == "Succeeded" => PodState::Succeeded,
        _ => match reason.strip_prefix("Init:") {
            Some(rest) if rest == "ContainerCreating" || rest.starts_with(|c: char| c.is_ascii_digit()) => {
                PodState::Pending
            }
            _ => PodState::Failed,
        },
    }
}

/// Whether it is not ready although its containers may be: a readiness gate is shut, or its node is silent.
fn unready(pod: &Pod) -> bool {
    pod.status.conditions.iter().any(|c| c.r#type == "Ready" && c.status == "False")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::kubernetes::{frame::ListDecoder, wire};

    fn sample(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/samples/kubernetes/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("a sample")
    }

    fn from_json() -> Vec<Pod> {
        #[derive(serde::Deserialize)]
        struct List {
            items: Vec<Pod>,
        }
        serde_json::from_slice::<List>(&sample("pods-states.json")).expect("pods").items
    }

    fn from_protobuf() -> Vec<Pod> {
        let mut decoder = ListDecoder::default();
        decoder.feed(&sample("pods-states.pb"));
        std::iter::from_fn(|| decoder.next::<wire::Pod>().expect("pods")).collect()
    }

    /// What a kube-apiserver 1.34 prints for the same pods as a table: name, ready, status, restarts, age.
    fn printed() -> Vec<Vec<serde_json::Value>> {
        serde_json::from_slice(&sample("pods-states-table.json")).expect("a table")
    }

    #[test]
    fn the_same_words_as_the_servers_own_table() {
        for pods in [from_json(), from_protobuf()] {
            assert_eq!(pods.len(), printed().len());
            for (pod, row) in pods.iter().zip(printed()) {
                let doing = of(pod);
                let cell = |n: usize| row[n].as_str().expect("text").to_owned();
                assert_eq!(pod.metadata.name, cell(0));
                assert_eq!(format!("{}/{}", doing.ready, doing.total), cell(1), "{}", cell(0));
                assert_eq!(doing.reason, cell(2), "{}", cell(0));
                let restarts = cell(3);
                assert_eq!(
                    doing.restarts.to_string(),
                    restarts.split(' ').next().expect("a number"),
                    "{}",
                    cell(0)
                );
                if restarts.contains("ago") {
                    assert_eq!(
                        doing.last_restart.map(Time::rfc3339).as_deref(),
                        Some("2026-11-21T05:10:00Z")
                    );
                }
            }
        }
    }

    #[test]
    fn words_fold_into_states() {
        let expected = [
            ("pending", PodState::Pending),
            ("creating", PodState::Pending),
            ("running", PodState::Ready),
            ("notready", PodState::Starting),
            ("half-completed", PodState::Starting),
            ("crash", PodState::Failed),
            ("pull", PodState::Failed),
            ("completed", PodState::Succeeded),
            ("evicted", PodState::Failed),
            ("exitcode", PodState::Failed),
            ("init-0", PodState::Pending),
            ("init-crash", PodState::Failed),
            ("sidecar", PodState::Ready),
            ("gated", PodState::Pending),
            ("terminating", PodState::Terminating),
            ("nodelost", PodState::Unknown),
        ];
        let pods = from_json();
        for (name, state) in expected {
            let pod = pods.iter().find(|p| p.metadata.name == name).expect(name);
            assert_eq!(of(pod).state, state, "{name}");
        }
    }

    /// `notready` and `terminating` as the server gives them; see `samples/kubernetes`.
    #[test]
    fn what_is_neither_ready_nor_gone_says_since_when() {
        for pods in [from_json(), from_protobuf()] {
            let since = |name: &str| {
                let pod = pods.iter().find(|p| p.metadata.name == name).expect(name);
                of(pod).unsettled
            };
            assert_eq!((since("running"), since("crash"), since("gated")), (None, None, None));
            let terminating = pods.iter().find(|p| p.metadata.name == "terminating").expect("terminating");
            assert_eq!(since("terminating"), terminating.metadata.deletion_timestamp.map(Time::from));
            assert!(since("terminating").is_some() && since("notready").is_some());
        }
    }

    #[test]
    fn ready_containers_are_not_enough() {
        let mut pods = from_json();
        let pod = pods.iter_mut().find(|p| p.metadata.name == "running").expect("running");
        assert_eq!(of(pod).state, PodState::Ready);
        // What the node controller writes when the node is silent.
        let at = "2026-11-21T05:10:00Z".parse::<Time>().expect("a moment");
        pod.status.conditions = serde_json::from_value(serde_json::json!([
            {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T05:10:00Z"}
        ]))
        .expect("conditions");
        let doing = of(pod);
        assert_eq!((doing.state, &*doing.reason), (PodState::Starting, "Running"));
        assert_eq!(doing.ready, doing.total);
        assert_eq!(doing.unsettled, Some(at));
    }
}

//! What the containers of one environment have written, kept in bounded rings, also after their pods are gone.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::sync::watch;

use super::lock;
use crate::model::Time;

/// How many lines one container keeps.
pub const LINES_KEPT: usize = 2_000;
/// How many containers of gone pods are remembered.
const GONE_KEPT: usize = 200;

/// Where a container wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, to the nanosecond; never before the line above it.
    pub time: Time,
    /// In which run of the container: 0 for the first, one more after each restart.
    pub run: u32,
    /// Where to.
    pub output: Output,
    /// The text without its line end; may hold escape sequences, as real programs write them.
    pub text: Arc<str>,
}

/// The lines of one container of one pod, over all its runs.
#[derive(Debug)]
pub struct LogStream {
    /// The namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The labels under which Loki has it: namespace, pod, container, app, node.
    pub labels: BTreeMap<String, String>,
    run: AtomicU32,
    gone: AtomicBool,
    ring: Mutex<Ring>,
    written: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    /// The number of lines that have already fallen out.
    first: u64,
    lines: VecDeque<LogLine>,
}

impl LogStream {
    /// Writes a line in the current run.
    pub fn write(&self, time: Time, output: Output, text: impl Into<Arc<str>>) {
        let mut ring = lock(&self.ring);
        let time = ring.lines.back().map_or(time, |last| time.max(Time::from_nanos(last.time.nanos() + 1)));
        if ring.lines.len() == LINES_KEPT {
            ring.lines.pop_front();
            ring.first += 1;
        }
        ring.lines.push_back(LogLine { time, run: self.run(), output, text: text.into() });
        let end = ring.first + ring.lines.len() as u64;
        drop(ring);
        self.written.send_replace(end);
    }

    /// The number of the current run: how often the container has restarted.
    pub fn run(&self) -> u32 {
        self.run.load(Ordering::Relaxed)
    }

    /// Begins run `run`; what was written before is `previous` from now on.
    pub fn restarted(&self, run: u32) {
        self.run.store(run, Ordering::Relaxed);
        self.written.send_modify(|_| {});
    }

    /// Makes it as if run `run` had begun at a moment: what is older was written by the run before.
    pub fn restarted_at(&self, run: u32, at: Time) {
        for line in &mut lock(&self.ring).lines {
            line.run = if line.time < at { run.saturating_sub(1) } else { run };
        }
        self.restarted(run);
    }

    /// Whether the pod is gone, so that nothing more will come.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// All lines kept, oldest first, of all runs: as Loki has them.
    pub fn all(&self) -> Vec<LogLine> {
        lock(&self.ring).lines.iter().cloned().collect()
    }

    /// The lines of one run, oldest first: as the kubelet has them.
    pub fn of_run(&self, run: u32) -> Vec<LogLine> {
        lock(&self.ring).lines.iter().filter(|line| line.run == run).cloned().collect()
    }

    /// The lines numbered `from` and above, and the number that the next one will get.
    pub fn since(&self, from: u64) -> (Vec<LogLine>, u64) {
        let ring = lock(&self.ring);
        let skip = usize::try_from(from.saturating_sub(ring.first)).unwrap_or(usize::MAX);
        let lines = ring.lines.iter().skip(skip).cloned().collect();
        (lines, ring.first + ring.lines.len() as u64)
    }

    /// Wakes whenever something was written, a run began or the pod went.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }
}

/// The containers' logs of one environment.
#[derive(Debug, Default)]
pub struct LogStore {
    inner: Mutex<Streams>,
    opened: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Streams {
    live: BTreeMap<(String, String, String), Arc<LogStream>>,
    gone: VecDeque<Arc<LogStream>>,
}

impl LogStore {
    /// The log of a container, opened on first use; `labels` are added to namespace, pod and container.
    pub fn open(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        labels: &[(&str, &str)],
    ) -> Arc<LogStream> {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        let mut inner = lock(&self.inner);
        if let Some(stream) = inner.live.get(&key) {
            return Arc::clone(stream);
        }
        let own = [("namespace", namespace), ("pod", pod), ("container", container)];
        let labels = own.iter().chain(labels).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let stream = Arc::new(LogStream {
            namespace: key.0.clone(),
            pod: key.1.clone(),
            container: key.2.clone(),
            labels,
            run: AtomicU32::new(0),
            gone: AtomicBool::new(false),
            ring: Mutex::default(),
            written: watch::Sender::new(0),
        });
        inner.live.insert(key, Arc::clone(&stream));
        drop(inner);
        self.opened.send_modify(|n| *n += 1);
        stream
    }

    /// The log of a container of a pod that is there.
    pub fn get(&self, namespace: &str, pod: &str, container: &str) -> Option<Arc<LogStream>> {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        lock(&self.inner).live.get(&key).cloned()
    }

    /// Every log, also of pods that are gone: what Loki has.
    pub fn streams(&self) -> Vec<Arc<LogStream>> {
        let inner = lock(&self.inner);
        inner.gone.iter().chain(inner.live.values()).cloned().collect()
    }

    /// Wakes whenever a log was opened.
    pub fn openings(&self) -> watch::Receiver<u64> {
        self.opened.subscribe()
    }

    /// Closes the logs of a pod that is gone; followers end, Loki keeps them.
    pub fn pod_gone(&self, namespace: &str, pod: &str) {
        let mut inner = lock(&self.inner);
        let from = (namespace.to_owned(), pod.to_owned(), String::new());
        let keys: Vec<_> = inner
            .live
            .range(from..)
            .take_while(|(key, _)| key.0 == namespace && key.1 == pod)
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            if let Some(stream) = inner.live.remove(&key) {
                stream.gone.store(true, Ordering::Relaxed);
                stream.written.send_modify(|_| {});
                if inner.gone.len() == GONE_KEPT {
                    inner.gone.pop_front();
                }
                inner.gone.push_back(stream);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_kept_apart_and_gone_pods_stay_readable() {
        let store = LogStore::default();
        let log = store.open("shop", "web-1", "web", &[("app", "web")]);
        log.write(Time::from_secs(1), Output::Stdout, "one");
        log.restarted(1);
        log.write(Time::from_secs(1), Output::Stderr, "two");
        assert_eq!(log.of_run(0).len(), 1);
        assert_eq!(&*log.of_run(1)[0].text, "two");
        assert!(log.all()[1].time > log.all()[0].time, "times never stand still within a stream");
        store.pod_gone("shop", "web-1");
        assert!(store.get("shop", "web-1", "web").is_none());
        assert!(store.streams()[0].is_gone());
        assert_eq!(store.streams()[0].labels["app"], "web");
    }

    #[test]
    fn a_restart_can_be_made_up_afterwards() {
        let store = LogStore::default();
        let log = store.open("shop", "web-1", "web", &[]);
        log.write(Time::from_secs(1), Output::Stdout, "one");
        log.write(Time::from_secs(9), Output::Stdout, "two");
        log.restarted_at(7, Time::from_secs(5));
        let texts = |run| log.of_run(run).iter().map(|line| line.text.to_string()).collect::<Vec<_>>();
        assert_eq!((log.run(), texts(6), texts(7)), (7, vec!["one".to_owned()], vec!["two".to_owned()]));
    }

    #[test]
    fn a_ring_counts_what_fell_out() {
        let store = LogStore::default();
        let log = store.open("shop", "web-1", "web", &[]);
        for n in 0..LINES_KEPT + 3 {
            log.write(Time::from_secs(n as i64), Output::Stdout, format!("{n}"));
        }
        let (lines, next) = log.since(LINES_KEPT as u64 + 1);
        assert_eq!((lines.len(), next), (2, LINES_KEPT as u64 + 3));
        assert_eq!(&*lines[0].text, "2001");
    }
}

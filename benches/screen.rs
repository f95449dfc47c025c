//! What a key and a change cost with 10,000 pods on a 200×60 screen: update, views, frame and diff.
//!
//! `cargo bench --bench screen`

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::sync::Arc;

use ratatui::{Terminal, backend::TestBackend};
use vigie::{
    app::{Event, LogSettings, Notify, Settings, Size, State, load_keys, update},
    keymap::parse_sequence,
    model::{
        Environment, Key, Kind, Pod, PodState, Policy, Record, Resources, Source, Str, System, SystemKind,
        Tier, Time,
    },
    store::{Batch, Delta, Store},
    theme, ui,
};

const PODS: usize = 10_000;
const NOW: Time = Time::from_secs(1_795_230_764);

fn main() {
    divan::main();
}

/// A pod of one of a hundred deployments, in one of forty namespaces.
fn pod(n: usize, restarts: u32) -> Pod {
    let owner = n / 100;
    let shared = |text: String| -> Str { text.into() };
    Pod {
        key: Key::new(
            Source(0),
            Kind::Pod,
            format!("load-{}", owner % 40),
            format!("app-{owner}-6d4cf56db6-{n:05}"),
        ),
        uid: n as u128,
        node: shared(format!("node-{}", n % 50)),
        owner: Some((Kind::ReplicaSet, shared(format!("app-{owner}-6d4cf56db6")))),
        labels: Arc::from([]),
        containers: Arc::from(["main".into(), "sidecar".into()]),
        images: Arc::from([]),
        secrets: Arc::from([]),
        reason: "Running".into(),
        state: PodState::Ready,
        ready: 2,
        total: 2,
        restarts,
        last_restart: None,
        unsettled: None,
        created: NOW.minus(std::time::Duration::from_secs(n as u64)),
        cpu: Some(12),
        memory: Some(64 << 20),
        resources: Resources::default(),
    }
}

struct Bench {
    state: State,
    terminal: Terminal<TestBackend>,
    changed: usize,
}

impl Bench {
    fn new() -> Self {
        let environment =
            Environment { name: "big".into(), tier: Tier::Dev, color: None, policy: Policy::of(Tier::Dev) };
        let system = System {
            source: Source(0),
            env: "big".into(),
            tier: Tier::Dev,
            kind: SystemKind::Kubernetes,
            name: "kubernetes".into(),
        };
        let settings = Settings {
            keys: Arc::new(load_keys(None).0),
            theme: Arc::new(theme::shipped("dark").unwrap()),
            by_background: None,
            ascii: false,
            mouse: false,
            notify: Notify::default(),
            frames: 15,
            programs: true,
            logs: LogSettings::default(),
            aliases: vigie::config::Aliases::new(),
        };
        let state = State::new(Store::new(vec![environment], vec![system]), settings, NOW);
        let terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
        let mut bench = Self { state, terminal, changed: 0 };
        bench.event(Event::Resize(Size { width: 200, height: 60 }));
        let listed = (0..PODS).map(|n| Delta::Upsert(Record::Pod(pod(n, 0))));
        let deltas = std::iter::once(Delta::Reset(Kind::Pod)).chain(listed).chain([Delta::Synced(Kind::Pod)]);
        bench.event(Event::Batches(vec![Batch { source: Source(0), at: NOW, deltas: deltas.collect() }]));
        bench.draw();
        bench
    }

    fn event(&mut self, event: Event) {
        drop(update(&mut self.state, event));
    }

    fn keys(&mut self, keys: &str) {
        for press in parse_sequence(keys).unwrap() {
            self.event(Event::Key(press));
        }
    }

    /// Fifty pods change, as in a tenth of a second of a busy cluster.
    fn churn(&mut self) {
        let deltas = (0..50)
            .map(|_| {
                self.changed += 1;
                Delta::Upsert(Record::Pod(pod(self.changed * 7919 % PODS, 1 + self.changed as u32 / 50)))
            })
            .collect();
        self.event(Event::Batches(vec![Batch { source: Source(0), at: NOW, deltas }]));
    }

    fn draw(&mut self) {
        self.state.settle();
        self.terminal.draw(|frame| ui::view(&self.state, frame)).unwrap();
    }
}

#[divan::bench]
fn cursor_move(bencher: divan::Bencher<'_, '_>) {
    let mut bench = Bench::new();
    bencher.bench_local(|| {
        bench.keys("j");
        bench.draw();
    });
}

#[divan::bench]
fn cursor_move_amid_changes(bencher: divan::Bencher<'_, '_>) {
    let mut bench = Bench::new();
    bencher.bench_local(|| {
        bench.churn();
        bench.keys("j");
        bench.draw();
    });
}

#[divan::bench]
fn cursor_move_amid_changes_in_groups(bencher: divan::Bencher<'_, '_>) {
    let mut bench = Bench::new();
    bench.keys("g b j j j j j enter");
    assert_eq!(bench.state.pane(bench.state.active).rows.groups.len(), 50, "by node");
    bencher.bench_local(|| {
        bench.churn();
        bench.keys("j");
        bench.draw();
    });
}

#[divan::bench]
fn filter_keystroke(bencher: divan::Bencher<'_, '_>) {
    let mut bench = Bench::new();
    bench.keys("/");
    let mut typed = false;
    bencher.bench_local(|| {
        bench.keys(if typed { "backspace" } else { "7" });
        typed = !typed;
        bench.draw();
    });
}

#[divan::bench]
fn nothing_changed(bencher: divan::Bencher<'_, '_>) {
    let mut bench = Bench::new();
    bencher.bench_local(|| bench.draw());
}

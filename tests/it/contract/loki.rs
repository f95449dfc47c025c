//! What holds of every Loki, simulated or real.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::timeout};
use vigie::{
    config::LokiConfig,
    connector::{Connector, loki::Loki},
    model::{FaultKind, Kind, LogLine, LogRequest, LogTarget, Source, SystemKind},
    store::Status,
};

use super::{
    live::{self, Target},
    simulator,
    watch::{Watch, clock, credential, system},
};

fn request(query: &str, tail: u32, follow: bool) -> LogRequest {
    LogRequest {
        target: LogTarget::Query { source: Source(0), query: query.into() },
        tail: Some(tail),
        since: Some(Duration::from_secs(3600)),
        follow,
    }
}

async fn read(loki: &Arc<Loki>, query: &str, tail: u32) -> Vec<LogLine> {
    let (out, mut lines) = mpsc::channel(64);
    let reading = loki.logs(request(query, tail, false), out);
    let collecting = async {
        let mut all = Vec::new();
        while let Some(some) = lines.recv().await {
            all.extend(some);
        }
        all
    };
    let (done, all) = tokio::join!(reading, collecting);
    done.unwrap();
    all
}

/// What is there.
struct Facts {
    /// A query whose lines are all of one pod.
    query: String,
    /// The pod.
    pod: String,
    /// How many lines of the last hour there are at least.
    count: usize,
}

/// The suite; `write` adds one line of the given text to those of the query, or waits until one is added and says
/// nothing of its text.
async fn suite<W: Future<Output = Option<String>>>(
    target: &Target,
    facts: &Facts,
    write: impl Fn(String) -> W,
) {
    let (query, count) = (facts.query.as_str(), facts.count);
    let config = LokiConfig {
        url: target.url.clone(),
        token: credential(target.token.as_deref()),
        ca: None,
        tenant: None,
        namespace_label: None,
        pod_label: None,
        container_label: None,
    };
    let loki = Loki::new(system(SystemKind::Loki), config, clock());
    let mut watch = Watch::start(&loki);
    watch
        .until("its own health", |s| {
            s.freshness(Source(0), Kind::Alert).filter(|f| *f.state() == Status::Live).map(|_| ())
        })
        .await;
    watch.stop().await;
    let all = read(&loki, query, count as u32).await;
    assert_eq!(all.len(), count, "pages lose and double nothing");
    assert!(all.is_sorted_by_key(|l| l.at) && all.iter().all(|l| *l.origin == *facts.pod), "{:?}", all[0]);
    // Pods go on writing: what both have is the same.
    let last = read(&loki, query, 3).await;
    assert_eq!(last.len(), 3);
    match all.iter().position(|l| *l == last[0]) {
        Some(at) => assert!(last.starts_with(&all[at..]), "{last:?}"),
        None => assert!(last[0].at >= all[count - 1].at, "{last:?}"),
    }

    let (out, mut lines) = mpsc::channel(64);
    let following = Arc::clone(&loki);
    let follow_request = request(query, 1, true);
    let task = tokio::spawn(async move { following.logs(follow_request, out).await });
    let first = timeout(Duration::from_secs(10), lines.recv()).await.unwrap().unwrap();
    let from = last[2].at;
    assert!(first[0].at >= from, "{first:?}");
    let mut known: Vec<_> = first.iter().map(|l| (l.at, l.text.clone())).collect();
    for n in 0..3 {
        let written = write(format!("followed {n}")).await;
        let some = timeout(Duration::from_secs(40), lines.recv()).await.unwrap().unwrap();
        // What was written while the tail began may come after newer lines, but never twice.
        assert!(some.is_sorted_by_key(|l| l.at) && some[0].at >= from, "{some:?}");
        for line in &some {
            assert!(!known.contains(&(line.at, line.text.clone())), "twice: {line:?}");
            known.push((line.at, line.text.clone()));
        }
        if let Some(text) = written {
            assert_eq!(some.iter().map(|l| &*l.text).collect::<Vec<_>>(), [text.as_str()]);
        }
    }
    drop(lines);
    timeout(Duration::from_secs(5), task).await.unwrap().unwrap().unwrap();

    let (out, _lines) = mpsc::channel(1);
    let fault = loki.logs(request("{app=\"api\"", 1, true), out).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
    assert!(fault.why.contains("parse error"), "{fault}");
    let checks = loki.probe().await;
    assert!(checks.iter().any(|c| &*c.name == "labels"), "{checks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_loki() {
    let Some(target) = live::target("VIGIE_LIVE_LOKI") else { return };
    let client =
        Push { url: format!("{}/loki/api/v1/push", target.url), run: uuid::Uuid::new_v4().to_string() };
    let now = vigie::model::Clock::now(&vigie::model::SystemClock).nanos();
    // More lines than one page holds, several of them at one moment.
    let lines: Vec<_> =
        (0..6000_i64).map(|n| (now - 60_000_000_000 + n / 3 * 1_000_000, format!("line {n}"))).collect();
    for part in lines.chunks(2000) {
        client.push(part).await;
    }
    let query = format!("{{run=\"{}\"}}", client.run);
    let write = |text: String| {
        let now = vigie::model::Clock::now(&vigie::model::SystemClock).nanos();
        let client = &client;
        async move {
            client.push(&[(now, text.clone())]).await;
            Some(text)
        }
    };
    suite(&target, &Facts { query, pod: "web-0".into(), count: 6000 }, write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    let pod = simulator::pod("prod", "appointments", "appointments-api-");
    let query = format!("{{namespace=\"appointments\", pod=\"{pod}\"}}");
    let facts = Facts { query, pod, count: 300 };
    suite(&simulator::target("prod", "loki"), &facts, |_| async { None }).await;
}

struct Push {
    url: String,
    run: String,
}

impl Push {
    async fn push(&self, lines: &[(i64, String)]) {
        vigie::connector::tls::install_crypto();
        let values: Vec<_> =
            lines.iter().map(|(at, text)| serde_json::json!([at.to_string(), text])).collect();
        let labels =
            serde_json::json!({"run": self.run, "namespace": "shop", "pod": "web-0", "container": "main"});
        let body = serde_json::json!({"streams": [{"stream": labels, "values": values}]});
        let sent = reqwest::Client::new().post(&self.url).json(&body).send().await.unwrap();
        assert!(sent.status().is_success(), "{}", sent.text().await.unwrap());
    }
}

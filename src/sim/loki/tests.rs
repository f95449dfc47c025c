//! Tests of the simulated Loki against what 3.7 answered.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::sim::{SimClock, logs::Output, world::Tier};

const START: Time = Time::from_secs(1_795_239_913);

/// The lines that the recorded server held.
fn lab() -> Env {
    let clock = Arc::new(SimClock::new(START.plus(Duration::from_secs(120)), 0.0));
    let env = Env::new(0, "prod", Tier::Production, clock, 1);
    let api = env.logs.open("shop", "api-1", "api", &[("app", "api")]);
    for n in 0..20_u64 {
        let text = format!("level=info msg=\"req {n}\" status={} dur={}ms", 200 + n % 3, n * 7);
        api.write(START.plus(Duration::from_secs(n)), Output::Stdout, text);
    }
    for n in 0..5_u64 {
        let text = format!("{{\"level\":\"error\",\"msg\":\"boom {n}\",\"code\":{}}}", 500 + n);
        api.write(START.plus(Duration::from_secs(30 + n)), Output::Stderr, text);
    }
    env.logs.pod_gone("shop", "api-1");
    env
}

fn run(env: &Env, text: &str, limit: usize, direction: Direction) -> Vec<Stream> {
    let Query::Logs(logs) = parse(text).unwrap() else { panic!("a log query") };
    logs.run(env, START, env.now(), limit, direction)
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().0
}

#[test]
fn filters_and_parsers_find_what_the_real_server_found() {
    let env = lab();
    let boom = run(&env, "{app=\"api\"} |= \"boom\"", 100, Direction::Backward);
    assert_eq!((boom.len(), boom[0].entries.len()), (1, 5));
    assert!(
        boom[0].entries[0].text.contains("boom 4") && boom[0].entries[0].extra["detected_level"] == "error"
    );
    let codes = run(&env, "{app=\"api\"} | json | code >= 502", 100, Direction::Backward);
    let found: Vec<_> = codes.iter().map(|stream| stream.entries[0].extra["code"].as_str()).collect();
    assert_eq!(found, ["502", "503", "504"]);
    let status = run(&env, "{app=\"api\"} | logfmt | status=`202` | dur > 100ms", 100, Direction::Forward);
    assert!(status.iter().all(|stream| stream.entries[0].extra["status"] == "202") && status.len() == 1);
    let first = run(&env, "{app=\"api\"}", 3, Direction::Forward);
    assert_eq!(first[0].entries[0].text, "level=info msg=\"req 0\" status=200 dur=0ms");
    assert_eq!(names(&env, &[], Some("app"), START, env.now()), ["api"]);
}

#[test]
fn metric_queries_count_lines() {
    let env = lab();
    let at = START.plus(Duration::from_secs(47));
    let Query::Metric(metric) = parse("sum by (level) (count_over_time({app=\"api\"} | json [1m]))").unwrap()
    else {
        panic!("a metric query")
    };
    let errors: Vec<_> = metric.at(&env, at).into_iter().filter(|s| s.labels.contains_key("level")).collect();
    assert_eq!((errors.len(), errors[0].value), (1, 5.0));
    let Query::Metric(rate) = parse("sum(rate({app=\"api\"} |= \"boom\" [1m])) * 60 > 1").unwrap() else {
        panic!("a metric query")
    };
    assert!((rate.at(&env, at)[0].value - 5.0).abs() < 1e-9);
}

#[test]
fn errors_are_those_of_the_real_server() {
    assert_eq!(
        error("{app=\"api\""),
        "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,"
    );
    assert_eq!(error(""), "parse error : syntax error: unexpected $end");
    let empty = "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will";
    assert_eq!((error("{}").as_str(), error("{app=~\".*\"}").as_str()), (empty, empty));
}

#[test]
fn a_tail_gives_every_line_once() {
    let env = lab();
    let Query::Logs(logs) = parse("{app=\"api\"}").unwrap() else { panic!("a log query") };
    let mut tail = logs.tail(START.plus(Duration::from_secs(33)));
    let count = |streams: Vec<Stream>| streams.iter().map(|stream| stream.entries.len()).sum::<usize>();
    assert_eq!(count(tail.more(&env, 100)), 2);
    assert_eq!(count(tail.more(&env, 100)), 0);
    let again = env.logs.open("shop", "api-2", "api", &[("app", "api")]);
    again.write(env.now(), Output::Stdout, "level=info msg=back");
    assert_eq!(count(tail.more(&env, 100)), 1);
}

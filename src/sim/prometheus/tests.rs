//! Tests of the simulated Prometheus: PromQL against recorded answers and the documentation.

use std::sync::Arc;

use super::{
    eval::{Evaluator, number_text, parse},
    *,
};
use crate::sim::{
    SimClock,
    world::{Signal, Tier},
};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let mut pairs: Vec<_> = pairs.iter().map(|(k, v)| (Arc::from(*k), Arc::from(*v))).collect();
    pairs.sort();
    Arc::new(pairs)
}

fn vector(db: &Tsdb, text: &str, at: i64) -> Vec<(String, f64)> {
    match Evaluator::new(db, TIMEOUT).eval(&parse(text).unwrap(), at).unwrap() {
        Value::Vector(samples) => {
            let shown = |labels: &Labels| {
                labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
            };
            samples.iter().map(|sample| (shown(&sample.labels), sample.value)).collect()
        }
        Value::Scalar(value) => vec![(String::new(), value)],
        other => panic!("{other:?}"),
    }
}

fn sample() -> Tsdb {
    let mut db = Tsdb::default();
    for n in 0..=20_i64 {
        let at = n * 15_000;
        let count = |code: &str, each: f64| {
            (labels(&[("__name__", "http"), ("app", "a"), ("code", code)]), n as f64 * each)
        };
        let mut samples = vec![count("200", 30.0), count("500", 15.0)];
        samples.push((labels(&[("__name__", "up"), ("app", "a"), ("team", "x")]), 1.0));
        for (le, value) in [("0.1", 50.0), ("0.5", 90.0), ("+Inf", 100.0)] {
            samples.push((labels(&[("__name__", "lat_bucket"), ("le", le)]), value));
        }
        db.append(at, samples);
    }
    db
}

#[expect(clippy::float_cmp, reason = "whole numbers")]
#[test]
fn evaluates_the_usual_expressions() {
    let db = sample();
    let at = 300_000;
    let rate = vector(&db, "sum by (app) (rate(http[1m]))", at);
    assert!(rate[0].0 == "app=a" && (rate[0].1 - 3.0).abs() < 1e-9, "{rate:?}");
    let ratio = "sum by (app) (rate(http{code=~\"5..\"}[2m])) / sum by (app) (rate(http[2m])) > 0.05";
    let found = vector(&db, ratio, at);
    assert!(found[0].0 == "app=a" && (found[0].1 - 1.0 / 3.0).abs() < 1e-9, "{found:?}");
    assert_eq!(vector(&db, "http * on (app) group_left (team) up", at).len(), 2);
    assert_eq!(vector(&db, "topk(1, http)", at), [("__name__=http,app=a,code=200".into(), 600.0)]);
    let middle = vector(&db, "histogram_quantile(0.7, lat_bucket)", at)[0].1;
    assert!((middle - 0.3).abs() < 1e-9, "half way through the second bucket: {middle}");
    assert_eq!(vector(&db, "absent(nothing{x=\"y\"})", at), [("x=y".into(), 1.0)]);
    assert_eq!(vector(&db, "http > bool 400", at).iter().map(|row| row.1).sum::<f64>(), 1.0);
    assert_eq!(vector(&db, "max_over_time(http{code=\"200\"}[1m] offset 1m)", at)[0].1, 480.0);
    assert_eq!(vector(&db, "max_over_time(sum(http)[1m:15s])", at)[0].1, 900.0);
    assert!(vector(&db, "up unless on (app) http", at).is_empty());
    assert_eq!(
        vector(&db, "label_replace(up, \"t\", \"<$1>\", \"team\", \"(.*)\")", at)[0].0,
        "__name__=up,app=a,t=<x>,team=x"
    );
    assert!(vector(&db, "up", at + 300_000).is_empty(), "older than five minutes");
}

#[test]
fn numbers_and_errors_are_those_of_the_real_server() {
    assert_eq!(number_text(1.234_567_890_123_456_8e29), "1.2345678901234568e+29");
    assert_eq!((number_text(f64::INFINITY), number_text(f64::NAN)), ("+Inf".into(), "NaN".into()));
    let error = |text: &str| parse(text).unwrap_err();
    assert_eq!(error(""), EvalError::Parse("1:1: parse error: no expression found in input".into()));
    assert_eq!(error("sum("), EvalError::Parse("1:5: parse error: unclosed left parenthesis".into()));
}

#[test]
fn an_alert_is_pending_fires_is_sent_and_ends() {
    let clock = Arc::new(SimClock::new(Time::from_secs(1_795_236_000), 0.0));
    let env = Env::new(2, "prod", Tier::Production, clock, 1);
    let alertmanager = Arc::new(Alertmanager::new(env.now(), 1));
    env.systems.put(Arc::clone(&alertmanager));
    let prometheus = Arc::new(Prometheus::new(&env));
    let mut scrapes = Scrapes::new(Arc::clone(&prometheus), &env);
    let mut pass = |seconds: u64| {
        for _ in 0..seconds {
            env.clock.advance(Duration::from_secs(1));
            scrapes.reconcile(&env, env.now(), &mut fastrand::Rng::with_seed(1));
        }
    };
    let signal =
        |errors| Signal { requests: 50.0, errors, latency_p50: 0.02, latency_p99: 0.1, ..Signal::default() };
    env.signals.set("odoo", "odoo", signal(0.0));
    pass(120);
    let fires = || {
        let all = alertmanager.alerts(env.now());
        all.into_iter().find(|judged| judged.alert.labels["alertname"] == "HighErrorRatio")
    };
    assert!(fires().is_none());
    env.signals.set("odoo", "odoo", signal(0.5));
    pass(45);
    assert!(fires().is_none(), "it is only pending");
    pass(60);
    let alert = fires().unwrap().alert;
    assert_eq!((alert.labels["severity"].as_str(), alert.labels["env"].as_str()), ("critical", "prod"));
    assert_eq!(alert.annotations["runbook_url"], "https://runbooks.clinic.example/HighErrorRatio");
    let at = env.now().millis();
    let Value::Vector(own) = prometheus.query("ALERTS{alertname=\"HighErrorRatio\"}", at, TIMEOUT).unwrap()
    else {
        panic!("a vector")
    };
    assert_eq!(tsdb::label(&own[0].labels, "alertstate"), "firing");
    env.signals.set("odoo", "odoo", signal(0.0));
    pass(180);
    assert!(fires().is_none(), "it has ended");
}

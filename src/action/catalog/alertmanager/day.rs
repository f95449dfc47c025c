//! What a silence would have muted in the last day, from Prometheus' `ALERTS` series.

use std::time::Duration;

use futures::future::{Either, select};

use super::{counted, written};
use crate::{
    action::context::Context,
    model::{Answer, Matching, Query, Series, SystemKind},
};

/// How long Prometheus may take; a plan does not wait for more.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many alerts matchers hit in the last day, by name; or why that cannot be told.
pub(super) async fn last_day(ctx: &Context<'_>, matching: &Matching) -> String {
    let env = &ctx.environment.name;
    let Some(source) = ctx.systems.find(env, SystemKind::Prometheus) else {
        return format!("cannot be told: {env} has no Prometheus");
    };
    let now = ctx.systems.now();
    let query = Query::Range { source, query: query(matching).into(), from: now, to: now, step: 60 };
    match select(ctx.systems.read(source, query), ctx.systems.sleep(PATIENCE)).await {
        Either::Left((Ok(Answer::Series(series)), _)) => said(&series),
        Either::Left((Ok(_), _)) => "cannot be told: Prometheus answered with something else".to_owned(),
        Either::Left((Err(fault), _)) => format!("cannot be told: {fault}"),
        Either::Right(..) => {
            format!("cannot be told: Prometheus took longer than {} s", PATIENCE.as_secs())
        }
    }
}

fn query(matching: &Matching) -> String {
    let matchers = written(matching.matchers());
    format!("count by (alertname) (max_over_time(ALERTS{{alertstate=\"firing\", {matchers}}}[1d]))")
}

fn said(series: &[Series]) -> String {
    let counts: Vec<(&str, usize)> = series
        .iter()
        .filter_map(|line| {
            let name = line.labels.iter().find(|(name, _)| &**name == "alertname").map_or("", |(_, v)| v);
            // A count: whole, small, never negative.
            let count = line.points.last()?.1.round();
            (count >= 1.0).then_some((name, count as usize))
        })
        .collect();
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    if all == 0 {
        // Labels that Prometheus adds on the way to Alertmanager are not on its own series.
        return "cannot be told: Prometheus keeps no alert with these labels".to_owned();
    }
    format!("{all}: {}", counted(counts.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;

    #[test]
    fn the_question_is_promql() {
        let matching = Matching::parse(r#"alertname="X", pod=~"cart-.*""#).expect("matchers");
        assert_eq!(
            query(&matching),
            r#"count by (alertname) (max_over_time(ALERTS{alertstate="firing", alertname="X", pod=~"cart-.*"}[1d]))"#
        );
    }

    #[test]
    fn counts_are_told_by_name() {
        let line = |name: &str, count| Series {
            labels: vec![("alertname".into(), name.into())],
            points: vec![(Time::default(), count)],
        };
        assert_eq!(said(&[line("A", 1.0), line("B", 4.0)]), "5: B ×4, A");
        assert!(said(&[]).starts_with("cannot be told"));
        assert!(said(&[line("A", f64::NAN)]).starts_with("cannot be told"));
    }
}

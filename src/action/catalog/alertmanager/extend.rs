//! `extend`: has a silence end later.

use futures::{FutureExt, future::BoxFuture};

use super::{at, change, everything, hits, text, told, written};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Row, Verb},
        subject::Subject,
    },
    model::{Fault, Kind, Matching, Silence, SilenceEdit, SilenceState, Time, parse_duration},
};

/// Has a silence end later.
pub struct Extend;

/// By how much when not said.
const BY: &str = "2h";

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "by",
        kind: ParamKind::Text,
        help: "How much longer than now: 30m, 2h, 1d",
        default: BY,
        required: false,
    },
    ParamSpec {
        name: "until",
        kind: ParamKind::Text,
        help: "The end itself instead, as 2026-11-26T09:00:00Z",
        default: "",
        required: false,
    },
];

impl Verb for Extend {
    fn name(&self) -> &'static str {
        "extend"
    }

    fn title(&self) -> &'static str {
        "EXTEND SILENCE"
    }

    fn summary(&self) -> &'static str {
        "Have a silence end later"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Silence
    }

    fn suggest(&self, _: &Row<'_>) -> Vec<(&'static str, String)> {
        vec![("by", BY.to_owned())]
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let silence = ctx.silence(&request.target).await?;
    let mut plan = draft(ctx, request, &silence);
    if silence.state == SilenceState::Expired {
        plan.summary = format!("ended {}", at(silence.ends));
        plan.block("it has ended, and an ended silence cannot be taken up again: silence the alert anew");
        return Ok(plan);
    }
    let until = match until(request, silence.ends) {
        Ok(until) => until,
        Err(why) => {
            plan.summary = format!("ends {}", at(silence.ends));
            plan.block(why);
            return Ok(plan);
        }
    };
    plan.summary = format!("ends {} instead of {}", at(until), at(silence.ends));
    if until <= ctx.systems.now() {
        plan.block("that is past: expire it instead");
    } else if until.millis() == silence.ends.millis() {
        plan.block("that is its end already");
    } else if until < silence.ends {
        plan.warn("that is sooner than now, not later");
    }
    plan.tell_of(ctx, &silence).await;
    plan.reach.changes = 1;
    let edit = SilenceEdit::Extend { updated: silence.updated, until };
    let mutation = change(ctx, &silence.key, edit);
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until it has that end", Goal::Lasts { silence: silence.key.clone(), until });
    let params = [("until", silence.ends.to_string())].into();
    plan.undo = Some(Request { verb: "extend", target: silence.key.clone(), params });
    plan.fact("undo", format!("the end as it was, {}", at(silence.ends)));
    Ok(plan)
}

/// A plan about a silence with nothing in it yet.
pub(super) fn draft(ctx: &Context<'_>, request: &Request, silence: &Silence) -> Plan {
    let subject = Subject::Silence(Box::new(silence.clone()));
    let mut plan = Plan::draft(ctx, request, &subject, &[pin::UPDATED]);
    if !silence.comment.is_empty() {
        plan.name = silence.comment.to_string();
    }
    plan
}

/// The new end, in whole milliseconds as the API keeps it.
fn until(request: &Request, ends: Time) -> Result<Time, String> {
    let until = match text(request, "until") {
        Some(until) => {
            until.parse().map_err(|_| format!("`{until}` is no moment; write one as 2026-11-26T09:00:00Z"))?
        }
        None => ends.plus(parse_duration(text(request, "by").unwrap_or(BY))?),
    };
    Ok(Time::from_millis(until.millis()))
}

impl Plan {
    /// What a silence mutes, and whose it is.
    pub(super) async fn tell_of(&mut self, ctx: &Context<'_>, silence: &Silence) {
        self.fact("mutes", written(&silence.matchers));
        let seen = self.unanswered("what it mutes now", everything(ctx, &silence.key).await.map(Some));
        if let (Some(seen), Ok(matching)) = (seen, Matching::new(silence.matchers.clone())) {
            let found = hits(&matching, &seen.alerts);
            self.fact("hits now", told(&self.environment.name, &found));
        }
        self.fact("made by", format!("{}, {}", silence.created_by, at(silence.starts)));
        if *silence.created_by != *ctx.actor {
            self.warn(format!("it is {}'s, not yours", silence.created_by));
        }
    }
}

//! `trigger`: runs a cron job now, as `kubectl create job --from`.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, right, rights};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Row, Verb, usage},
    },
    model::{Edit, Fault, Key, Kind, ObjectName, Permission, Str},
};

/// The longest name of a job, so that its pods' names fit (kubernetes, `pkg/apis/batch/validation`).
const LONGEST: usize = 63;

/// Runs a cron job now.
pub struct Trigger;

impl Verb for Trigger {
    fn name(&self) -> &'static str {
        "trigger"
    }

    fn title(&self) -> &'static str {
        "RUN CRON JOB"
    }

    fn summary(&self) -> &'static str {
        "Run a cron job now"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Object
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        is_cron_job(row.key)
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

fn is_cron_job(key: &Key) -> bool {
    ObjectName::of(key).is_some_and(|o| o.plural == "cronjobs" && o.group == "batch")
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    if !is_cron_job(&request.target) {
        let hint = "name one as cronjobs.v1.batch/NAME".to_owned();
        return Err(usage(request, "it is no cron job".to_owned(), hint));
    }
    let object = ctx.object(&request.target).await?;
    let create = match right(&object, "create", "") {
        Permission::Kubernetes { verb, group, subresource, namespace, .. } => Permission::Kubernetes {
            verb,
            group,
            resource: "jobs".into(),
            subresource,
            namespace,
            name: "".into(),
        },
        other => other,
    };
    let rights = rights(ctx, vec![create]).await;
    let mut plan = draft(ctx, request, &object, false);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    let id = ctx.id.simple().to_string();
    // The action's id in the name: the server itself refuses a second one.
    let end = format!("-manual-{}", &id[..8]);
    let stem: String = object.key.title().chars().take(LONGEST - end.len()).collect();
    let job: Str = format!("{stem}{end}").into();
    plan.summary = format!("the job {job} runs now");
    if object.paused {
        plan.warn("the cron job is suspended; this runs all the same");
    }
    plan.fact("affects", object.images.iter().map(|(_, image)| &**image).collect::<Vec<_>>().join(", "));
    let mutation = change(ctx, &object, Edit::Trigger { job: Str::clone(&job) });
    plan.send(mutation.to_string(), mutation);
    let job = Key::new(object.key.source, Kind::Job, Str::clone(&object.key.namespace), job);
    plan.wait(format!("wait for its end, at most {} min", ROLLOUT.as_secs() / 60), Goal::JobDone { job });
    plan.deadline = ROLLOUT;
    plan.fact("undo", "none: delete the job to stop it");
    Ok(plan)
}

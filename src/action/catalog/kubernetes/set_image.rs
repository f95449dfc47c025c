//! `set-image`: sets the image of one container of a workload.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, request as other, right, rights, rolls, text};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb, usage},
    },
    model::{Edit, Fault, Kind, ObjectState, Str},
};

/// Sets the image of a container.
pub struct SetImage;

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "container",
        kind: ParamKind::Text,
        help: "Which container; the only one when not given",
        default: "",
        required: false,
    },
    ParamSpec {
        name: "image",
        kind: ParamKind::Text,
        help: "The image, with its tag or digest",
        default: "",
        required: true,
    },
];

impl Verb for SetImage {
    fn name(&self) -> &'static str {
        "set-image"
    }

    fn title(&self) -> &'static str {
        "SET IMAGE"
    }

    fn summary(&self) -> &'static str {
        "Set the image of one container of a workload"
    }

    fn applies(&self, kind: Kind) -> bool {
        rolls(kind)
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let object = ctx.object(&request.target).await?;
    let rights = rights(ctx, vec![right(&object, "patch", "")]).await;
    let mut plan = draft(ctx, request, &object, true);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    let listed = object.images.iter().map(|(name, image)| format!("{name}={image}")).collect::<Vec<_>>();
    plan.fact("now", listed.join(", "));
    let Some(image) = text(request, "image") else {
        "an image is wanted".clone_into(&mut plan.summary);
        plan.block("say which image");
        return Ok(plan);
    };
    let (container, before) = container(request, &object)?;
    plan.summary = format!("{container}: {before} → {image}");
    if &**before == image {
        plan.block("it has this image already");
    }
    plan.warn_of_gitops(&object, "git's image comes back");
    let edit = Edit::Image { container: Str::clone(container), image: image.into() };
    plan.reach.changes = 1;
    let mutation = change(ctx, &object, edit);
    plan.send(mutation.to_string(), mutation);
    let title =
        format!("wait until every pod is of it and available, at most {} min", ROLLOUT.as_secs() / 60);
    plan.wait(title, Goal::RolledOut { object: object.key.clone() });
    plan.deadline = ROLLOUT;
    let back = [("container", container.to_string()), ("image", before.to_string())];
    plan.undo = Some(other(request, "set-image", &back));
    plan.fact("undo", format!("set {before} again"));
    Ok(plan)
}

fn container<'a>(request: &Request, object: &'a ObjectState) -> Result<(&'a Str, &'a Str), Fault> {
    let wanted = text(request, "container");
    let found = match (wanted, object.images.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), all) => all.iter().find(|(container, _)| &**container == name),
    };
    found.map(|(container, image)| (container, image)).ok_or_else(|| {
        let why = wanted.map_or_else(
            || "it has several containers".to_owned(),
            |name| format!("it has no container `{name}`"),
        );
        let names = object.images.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(", ");
        usage(request, why, format!("say which: {names}"))
    })
}

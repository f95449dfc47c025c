//! The verbs: one static table from which palette, help, headless commands and the README are drawn.

use futures::future::BoxFuture;

use super::{
    catalog::{alertmanager, argocd, kubernetes, vault},
    context::Context,
    guard::policy,
    plan::{Plan, Request},
};
use crate::model::{Alert, Application, Fault, FaultKind, Key, Kind, Node};

/// Something that an engineer can do to an entity.
pub trait Verb: Sync {
    /// The name in commands, palette and journal.
    fn name(&self) -> &'static str;
    /// The plan sheet's heading: `ROLL BACK`.
    fn title(&self) -> &'static str;
    /// One line for help, palette and README.
    fn summary(&self) -> &'static str;
    /// Whether it can be done to entities of a kind.
    fn applies(&self, kind: Kind) -> bool;
    /// Whether it makes sense for this row as it is; the plan says the rest.
    fn fits(&self, _: &Row<'_>) -> bool {
        true
    }
    /// What it is done to where this row is selected.
    fn aim(&self, row: Key) -> Key {
        row
    }
    /// What parameters are at first for this row, where that is to be seen and changed on the sheet.
    fn suggest(&self, _: &Row<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Whether it can be planned for several targets at once.
    fn bulk(&self) -> bool {
        false
    }
    /// Its parameters.
    fn params(&self) -> &'static [ParamSpec];
    /// Plans it: reads the systems, changes nothing. Call it through [`plan`].
    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>>;
}

/// A row as the screen shows it, so far as choosing a verb needs it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What it is.
    pub key: &'a Key,
    /// The application, if it is one and known.
    pub application: Option<&'a Application>,
    /// The node, if it is one and known.
    pub node: Option<&'a Node>,
    /// The alert, if it is one and known.
    pub alert: Option<&'a Alert>,
}

/// A parameter of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamSpec {
    /// The name; the option is the same with `-` for `_`.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// One line of help.
    pub help: &'static str,
    /// What it is when not given; nothing when empty.
    pub default: &'static str,
    /// Whether there is nothing to plan without it.
    pub required: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// `true` or `false`.
    Flag,
    /// A whole number that is chosen from a list on screen.
    Number,
    /// A whole number that is typed, 0 or more.
    Count,
    /// Text.
    Text,
    /// Resources as `group/Kind/namespace/name` or `Kind/name`, separated by commas.
    Resources,
}

/// Every verb, in the order in which help lists them.
pub static VERBS: &[&dyn Verb] = &[
    &argocd::Sync,
    &argocd::Rollback,
    &argocd::Hold,
    &argocd::Release,
    &argocd::Terminate,
    &argocd::Refresh,
    &argocd::HardRefresh,
    &kubernetes::Restart,
    &kubernetes::Scale,
    &kubernetes::RolloutUndo,
    &kubernetes::SetImage,
    &kubernetes::Delete,
    &kubernetes::Evict,
    &kubernetes::Cordon,
    &kubernetes::Uncordon,
    &kubernetes::Drain,
    &kubernetes::Trigger,
    &vault::Renew,
    &vault::Revoke,
    &vault::RevokePrefix,
    &vault::Rotate,
    &vault::RotateRoot,
    &vault::RenewToken,
    &vault::RevokeToken,
    &vault::KvRollback,
    &vault::KvDelete,
    &vault::KvUndelete,
    &alertmanager::Silence,
    &alertmanager::Extend,
    &alertmanager::Expire,
];

/// The verb of a name.
pub fn find(name: &str) -> Option<&'static dyn Verb> {
    VERBS.iter().find(|v| v.name() == name).copied()
}

/// Plans a request: finds its verb, checks its parameters, and has the verb plan.
pub async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let verb = find(request.verb)
        .ok_or_else(|| usage(request, format!("there is no verb `{}`", request.verb), String::new()))?;
    if !verb.applies(request.target.kind) {
        return Err(usage(
            request,
            format!("{} is nothing to {}", request.target, verb.name()),
            String::new(),
        ));
    }
    for (name, value) in &request.params {
        let Some(spec) = verb.params().iter().find(|s| s.name == *name) else {
            let known = verb.params().iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
            return Err(usage(request, format!("`{name}` is not a parameter"), format!("known: {known}")));
        };
        let wrong = match spec.kind {
            ParamKind::Flag => value.parse::<bool>().is_err().then_some("true or false"),
            ParamKind::Number => value.parse::<i64>().is_err().then_some("a whole number"),
            ParamKind::Count => {
                (!value.trim().is_empty() && value.trim().parse::<u32>().is_err()).then_some("a whole number")
            }
            ParamKind::Text | ParamKind::Resources => None,
        };
        if let Some(wanted) = wrong {
            return Err(usage(request, format!("`{name}` is `{value}`"), format!("it takes {wanted}")));
        }
    }
    let mut plan = verb.plan(ctx, request).await?;
    let forbidden = policy::obstacles(&plan, ctx.systems.now());
    plan.obstacles.splice(0..0, forbidden);
    Ok(plan)
}

/// A fault of the request itself.
pub(super) fn usage(request: &Request, why: String, hint: String) -> Fault {
    Fault::new(FaultKind::Usage, "vigie", format!("{} {}", request.verb, request.target), why).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_consistent() {
        for (index, verb) in VERBS.iter().enumerate() {
            assert!(VERBS[..index].iter().all(|v| v.name() != verb.name()), "{} twice", verb.name());
            assert!(verb.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", verb.name());
            assert!(
                Kind::ALL.into_iter().chain([Kind::Object]).any(|k| verb.applies(k)),
                "{} applies to nothing",
                verb.name()
            );
            assert!(find(verb.name()).is_some_and(|v| v.title() == verb.title()));
        }
    }
}

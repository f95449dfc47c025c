//! What `doctor` looks at in an Argo CD.

use std::sync::Arc;

use super::{client::Api, core::Core, wire};
use crate::{
    connector::probe::{clock, failed, ok, reach},
    model::{Check, CheckState, Clock, Permission, Verdict},
};

pub(super) async fn probe(api: &Api, now: &Arc<dyn Clock>) -> Vec<Check> {
    let call = api.http.get("read the version", "/api/version");
    let (mut checks, reply) = reach(&api.http, call).await;
    let Some(reply) = reply else { return checks };
    checks.extend(clock(&reply, now));
    match serde_json::from_slice::<wire::Version>(&reply.body) {
        Ok(v) if !v.version.is_empty() => checks.push(ok("version", format!("Argo CD {}", v.version))),
        _ => checks.push(failed("version", "the address answers, but not as Argo CD does".into())),
    }
    match api.http.get("ask who we are", "/api/v1/session/userinfo").json::<wire::UserInfo>().await {
        Ok(user) if user.logged_in => {
            let groups = if user.groups.is_empty() {
                "no groups".to_owned()
            } else {
                format!("groups {}", user.groups.join(", "))
            };
            checks.push(ok("identity", format!("{} of {}, {groups}", user.username, user.iss)));
        }
        Ok(_) => {
            let what =
                "not logged in; run `argocd login`, or set `token` of this Argo CD in the configuration";
            checks.push(failed("identity", what.into()));
        }
        Err(f) => checks.push(failed("identity", f.to_string())),
    }
    let ask = |action: &str| Permission::ArgoCd {
        resource: "applications".into(),
        action: action.into(),
        object: "*/*".into(),
    };
    match api.may(vec![ask("get"), ask("sync"), ask("update")]).await {
        Ok(v) if v[0] == Verdict::Yes => {
            let names = [(v[1], "sync"), (v[2], "update")];
            let may: Vec<_> = names.iter().filter(|(v, _)| *v == Verdict::Yes).map(|(_, n)| *n).collect();
            let all = if may.is_empty() { "get".to_owned() } else { format!("get, {}", may.join(", ")) };
            checks.push(ok("rights", format!("{all} on every application")));
        }
        Ok(_) => checks.push(Check {
            name: "rights".into(),
            state: CheckState::Degraded,
            detail: "no right to get every application: only those of some projects are shown".into(),
        }),
        Err(f) => checks.push(failed("rights", f.to_string())),
    }
    checks
}

/// What can be looked at in core mode: whether the applications may be read and patched.
pub(super) async fn core(core: &Core) -> Vec<Check> {
    let reached =
        core.access.get::<serde_json::Value>("/apis/argoproj.io/v1alpha1", "look for Argo CD").await;
    if let Err(f) = reached {
        return vec![failed("reach", f.to_string())];
    }
    let mut checks = vec![ok("reach", "the cluster has Argo CD's custom resources".into())];
    let ask = |action: &str| Permission::ArgoCd {
        resource: "applications".into(),
        action: action.into(),
        object: "*/*".into(),
    };
    checks.push(match core.may(vec![ask("get"), ask("sync")]).await {
        Ok(v) if v[0] == Verdict::Yes => {
            let sync = if v[1] == Verdict::Yes { "read and synced" } else { "read, not synced" };
            ok("rights", format!("applications may be {sync}"))
        }
        Ok(_) => failed("rights", "no right to `get` applications.argoproj.io".into()),
        Err(f) => failed("rights", f.to_string()),
    });
    checks.push(Check {
        name: "mode".into(),
        state: CheckState::Degraded,
        detail: "core mode: no resource tree, no diff and no commit messages".into(),
    });
    checks
}

//! What `doctor` looks at in a Vault.

use std::sync::Arc;

use super::{client::Api, wire};
use crate::{
    connector::probe::{clock, failed, ok, reach},
    model::{Check, CheckState, Clock, Permission, Verdict},
};

pub(super) async fn probe(api: &Api, now: &Arc<dyn Clock>) -> Vec<Check> {
    let call = api.http.get("read the seal status", "/v1/sys/seal-status");
    let (mut checks, reply) = reach(&api.http, call).await;
    let Some(reply) = reply else { return checks };
    checks.extend(clock(&reply, now));
    let Ok(seal) = serde_json::from_slice::<wire::SealStatus>(&reply.body) else {
        checks.push(failed("version", "the address answers, but not as Vault does".into()));
        return checks;
    };
    checks.push(ok("version", format!("{} ({})", seal.version, seal.cluster_name)));
    if seal.sealed {
        let why = format!("sealed: {} of {} unseal keys given", seal.progress, seal.t);
        checks.push(failed("seal", why));
        return checks;
    }
    match api.data::<wire::TokenWire>("look up the own token", "auth/token/lookup-self").await {
        Ok(token) => {
            let until = token.expire_time.map_or("without end".to_owned(), |t| format!("until {t}"));
            let policies: Vec<&str> = token.policies.iter().map(|p| &**p).collect();
            let detail = format!("{}, policies {}, {until}", token.display_name, policies.join(", "));
            checks.push(ok("identity", detail));
        }
        Err(f) => checks.push(failed("identity", f.to_string())),
    }
    let ask = |capability: &str| Permission::Vault {
        path: "sys/leases/lookup/".into(),
        capability: capability.into(),
    };
    match api.may(vec![ask("list"), ask("sudo")]).await {
        Ok(v) if v.iter().all(|v| *v == Verdict::Yes) => {
            checks.push(ok("rights", "leases of all mounts may be listed".into()));
        }
        Ok(_) => checks.push(Check {
            name: "rights".into(),
            state: CheckState::Degraded,
            detail: "no `list` and `sudo` on `sys/leases/lookup/`: only leases named in the configuration are shown"
                .into(),
        }),
        Err(f) => checks.push(failed("rights", f.to_string())),
    }
    checks
}

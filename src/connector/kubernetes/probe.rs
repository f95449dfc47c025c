//! A look at a cluster for `doctor`: reach, TLS, version, identity, rights, clock, credentials.

use std::{sync::Arc, time::Duration};

use http::header;
use kube::client::ConfigExt;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    Core,
    access::{Ask, Session},
    certificate, kubeconfig, rights,
};
use crate::model::{Check, CheckState, Clock, Fault, Permission, SystemClock, Time, Verdict};

/// How far clocks may be apart.
const APART: Duration = Duration::from_secs(5);
/// How long before its end a certificate or token is worth a word.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

fn check(name: &str, state: CheckState, detail: impl AsRef<str>) -> Check {
    Check { name: name.into(), state, detail: crate::model::text::one_line(detail.as_ref()).as_ref().into() }
}

fn failed(name: &str, fault: &Fault) -> Check {
    check(name, CheckState::Failed, fault.to_string())
}

/// Looks at everything; stops where nothing further can be seen.
pub(super) async fn run(core: &Core) -> Vec<Check> {
    let session = match core.access.session().await {
        Ok(session) => session,
        Err(fault) => return vec![failed("config", &fault)],
    };
    let mut checks = vec![
        check("config", CheckState::Ok, format!("{} with {}", session.origin, session.credential)),
        credential(&session),
    ];
    let started = Instant::now();
    let answer = core.access.send(Ask::get("/version", "ask for the version")).await;
    let took = started.elapsed();
    let response = match answer {
        Ok(response) => response,
        Err(failure) => {
            checks.push(failed("reach", &failure.fault));
            checks.push(tls(&session).await);
            return checks;
        }
    };
    checks.push(check(
        "reach",
        CheckState::Ok,
        format!("{} in {} ms", session.config.cluster_url, took.as_millis()),
    ));
    checks.push(tls(&session).await);
    let date = response.headers().get(header::DATE).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    checks.push(clock(date.as_deref(), SystemClock.now()));
    if let Ok(body) = core.access.collect(response, "ask for the version").await {
        let version: Value = serde_json::from_slice(&body).unwrap_or_default();
        let version = version["gitVersion"].as_str().unwrap_or("unknown").to_owned();
        checks.push(check("version", CheckState::Ok, version));
    }
    checks.push(identity(core).await);
    checks.extend(rights_of(core).await);
    checks.push(metrics(core).await);
    checks
}

fn credential(session: &Session) -> Check {
    match session.until {
        None => check("credential", CheckState::Ok, format!("{}, which names no end", session.credential)),
        Some(until) => ends("credential", &session.credential, until, SystemClock.now()),
    }
}

fn ends(name: &str, what: &str, until: Time, now: Time) -> Check {
    let at = until.rfc3339();
    if until <= now {
        check(name, CheckState::Failed, format!("{what} ended at {at}: renew it"))
    } else if name != "credential" && until < now.plus(SOON) || until < now.plus(Duration::from_secs(300)) {
        check(name, CheckState::Degraded, format!("{what} ends soon, at {at}"))
    } else {
        check(name, CheckState::Ok, format!("{what} until {at}"))
    }
}

/// One handshake with the settings of the client, to see the server's certificate.
async fn tls(session: &Session) -> Check {
    let url = &session.config.cluster_url;
    if url.scheme_str() != Some("https") {
        return check("tls", CheckState::Degraded, format!("{url} is not encrypted"));
    }
    if session.config.accept_invalid_certs {
        return check(
            "tls",
            CheckState::Degraded,
            "insecure-skip-tls-verify is set: anyone in between can read along",
        );
    }
    if session.config.proxy_url.is_some() {
        return check("tls", CheckState::Ok, "verified, through a proxy");
    }
    match timeout(HANDSHAKE, peer(session)).await {
        Err(_) => check("tls", CheckState::Failed, "no handshake within 5 s"),
        Ok(Err(why)) => check("tls", CheckState::Failed, why),
        Ok(Ok(facts)) => ends(
            "tls",
            &format!("{} issued by {}", facts.subject, facts.issuer),
            facts.until,
            SystemClock.now(),
        ),
    }
}

async fn peer(session: &Session) -> Result<certificate::Facts, String> {
    let config = &session.config;
    let settings = config.rustls_client_config().map_err(|e| kubeconfig::chain(&e))?;
    let host = config.cluster_url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = config.cluster_url.port_u16().unwrap_or(443);
    let name = config.tls_server_name.clone().unwrap_or_else(|| host.clone());
    let name = ServerName::try_from(name).map_err(|e| e.to_string())?;
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|e| kubeconfig::chain(&e))?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(settings));
    let stream = connector.connect(name, stream).await.map_err(|e| kubeconfig::chain(&e))?;
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    chain
        .first()
        .and_then(|c| certificate::of_der(c))
        .ok_or_else(|| "the server showed no certificate".to_owned())
}

/// The `Date` header (RFC 9110, section 6.6.1) against our clock.
fn clock(date: Option<&str>, now: Time) -> Check {
    let Some(theirs) =
        date.and_then(|d| jiff::fmt::rfc2822::parse(d).ok()).map(|z| Time::from(z.timestamp()))
    else {
        return check("clock", CheckState::Degraded, "the server does not tell the time");
    };
    let apart = now.since(theirs).max(theirs.since(now));
    // The header has whole seconds.
    if apart <= APART {
        check("clock", CheckState::Ok, format!("within {} s of the server", apart.as_secs() + 1))
    } else {
        let way = if now > theirs { "ahead of" } else { "behind" };
        check(
            "clock",
            CheckState::Degraded,
            format!("{} s {way} the server: ages and tokens go wrong", apart.as_secs()),
        )
    }
}

async fn identity(core: &Core) -> Check {
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    match core.access.create::<Value>(path, &body, "ask who we are").await {
        Ok(review) => {
            let info = &review["status"]["userInfo"];
            let groups: Vec<&str> =
                info["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let user = info["username"].as_str().unwrap_or("unknown");
            check("identity", CheckState::Ok, format!("{user} in {}", groups.join(", ")))
        }
        Err(fault) => check("identity", CheckState::Degraded, fault.to_string()),
    }
}

/// The rights that the streams and questions need.
async fn rights_of(core: &Core) -> Vec<Check> {
    let told = core.access.namespaces();
    let scopes: Vec<&str> =
        if told.is_empty() { vec![""] } else { told.iter().map(String::as_str).collect() };
    let mut missing = Vec::new();
    let mut wanted = Vec::new();
    for kind in super::KINDS {
        let Some(resource) = super::object::resource(kind) else { continue };
        for verb in ["list", "watch"] {
            let namespaces = if resource.namespaced { &scopes[..] } else { &[""] };
            wanted
                .extend(namespaces.iter().map(|n| permission(verb, resource.group, resource.plural, "", n)));
        }
    }
    wanted.extend(scopes.iter().map(|n| permission("get", "", "pods", "log", n)));
    for wanted in &wanted {
        match rights::review(&core.access, wanted).await {
            Ok(Verdict::No) => missing.push(wanted.to_string()),
            Ok(_) => {}
            Err(fault) => return vec![failed("rights", &fault)],
        }
    }
    if missing.is_empty() {
        vec![check("rights", CheckState::Ok, format!("all {} rights are there", wanted.len()))]
    } else {
        vec![check("rights", CheckState::Degraded, format!("missing: {}", missing.join("; ")))]
    }
}

fn permission(verb: &str, group: &str, resource: &str, subresource: &str, namespace: &str) -> Permission {
    Permission::Kubernetes {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: namespace.into(),
        name: "".into(),
    }
}

async fn metrics(core: &Core) -> Check {
    match core.access.get::<Value>("/apis/metrics.k8s.io/v1beta1/nodes?limit=1", "read node metrics").await {
        Ok(_) => check("metrics", CheckState::Ok, "the metrics server answers"),
        Err(fault) => {
            check("metrics", CheckState::Degraded, format!("no CPU and memory in use: {}", fault.why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_apart_are_told() {
        let now: Time = "2026-11-21T06:04:25Z".parse().expect("a moment");
        assert_eq!(clock(Some("Sat, 21 Nov 2026 06:04:24 GMT"), now).state, CheckState::Ok);
        let late = clock(Some("Sat, 21 Nov 2026 06:14:25 GMT"), now);
        assert_eq!(late.state, CheckState::Degraded);
        assert!(late.detail.contains("600 s behind"), "{}", late.detail);
        assert_eq!(clock(Some("yesterday"), now).state, CheckState::Degraded);
    }

    #[test]
    fn ends_are_told_in_time() {
        let now = Time::from_secs(1_000_000_000);
        let at = |days: u64| ends("tls", "x", now.plus(Duration::from_secs(days * 86400)), now).state;
        assert_eq!((at(0), at(3), at(30)), (CheckState::Failed, CheckState::Degraded, CheckState::Ok));
    }
}

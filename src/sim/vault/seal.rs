//! The seal: key shares, and what the paths say that need no token.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Answer, COMMITTED, Core, Refusal, Request, VERSION};
use crate::{model::Time, sim::Env};

/// The seal of one Vault.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) sealed: bool,
    pub(super) shares: Vec<String>,
    pub(super) threshold: usize,
    given: Vec<String>,
    nonce: String,
}

impl Seal {
    pub(super) fn new(rng: &mut fastrand::Rng) -> Self {
        let share = |_| BASE64_STANDARD.encode((0..33).map(|_| rng.u8(..)).collect::<Vec<_>>());
        let shares = (0..5).map(share).collect();
        Self { sealed: false, shares, threshold: 3, given: Vec::new(), nonce: String::new() }
    }

    pub(super) fn seal(&mut self) {
        self.sealed = true;
        self.reset();
    }

    fn reset(&mut self) {
        self.given.clear();
        self.nonce.clear();
    }
}

/// The body of `sys/seal-status`.
pub(super) fn status(core: &Core) -> Value {
    let seal = &core.seal;
    let mut body = json!({
        "type": "shamir",
        "initialized": true,
        "sealed": seal.sealed,
        "t": seal.threshold,
        "n": seal.shares.len(),
        "progress": seal.given.len(),
        "nonce": seal.nonce,
        "recovery_seal": false,
        "version": VERSION,
        "commit_date": COMMITTED,
        "migration": false,
    });
    if !seal.sealed {
        body["cluster_name"] = json!(core.cluster_name);
        body["cluster_id"] = json!(core.cluster_id);
    }
    body["storage_type"] = json!("raft");
    body
}

/// `sys/health` with its status.
pub(super) fn health(core: &Core, request: &Request, now: Time) -> Answer {
    let sealed = core.seal.sealed;
    let code = |key: &str, usual: u16| request.text(key).and_then(|c| c.parse().ok()).unwrap_or(usual);
    let status = if sealed { code("sealedcode", 503) } else { code("activecode", 200) };
    let mode = if sealed { "unknown" } else { "disabled" };
    let mut body = json!({
        "initialized": true,
        "sealed": sealed,
        "standby": sealed,
        "replication_performance_mode": mode,
        "replication_dr_mode": mode,
        "server_time_utc": now.secs(),
        "version": VERSION,
    });
    if !sealed {
        body["cluster_name"] = json!(core.cluster_name);
        body["cluster_id"] = json!(core.cluster_id);
    }
    Answer::Raw(status, body)
}

/// `sys/leader`.
pub(super) fn leader(core: &Core) -> Result<Answer, Refusal> {
    if core.seal.sealed {
        return Err(Refusal::new(503, "Vault is sealed"));
    }
    Ok(Answer::Raw(
        200,
        json!({
            "ha_enabled": true,
            "is_self": true,
            "active_time": core.started.to_string(),
            "leader_address": address(0, "http", 8200),
            "leader_cluster_address": address(0, "https", 8201),
            "raft_committed_index": 4_812,
            "raft_applied_index": 4_812,
        }),
    ))
}

/// `sys/ha-status`.
pub(super) fn ha_status(core: &Core, env: &Env) -> Value {
    let now = env.now();
    let node = |at: usize| {
        let echo = if at == 0 { Value::Null } else { json!(now.max(core.started).to_string()) };
        json!({
            "hostname": format!("vault-{at}"),
            "api_address": address(at, "http", 8200),
            "cluster_address": address(at, "https", 8201),
            "active_node": at == 0,
            "last_echo": echo,
            "version": VERSION,
        })
    };
    json!({ "nodes": [node(0), node(1), node(2)] })
}

fn address(node: usize, scheme: &str, port: u16) -> String {
    format!("{scheme}://vault-{node}.vault-internal.vault.svc:{port}")
}

/// `sys/unseal`: one share at a time.
pub(super) fn unseal(core: &mut Core, request: &Request) -> Result<Answer, Refusal> {
    if request.flag("reset") {
        core.seal.reset();
        return Ok(Answer::Raw(200, status(core)));
    }
    let Some(key) = request.text("key").filter(|key| !key.is_empty()) else {
        return Err(Refusal::new(
            400,
            "'key' must be specified in request body as JSON, or 'reset' set to true",
        ));
    };
    let bytes = BASE64_STANDARD.decode(key).ok().or_else(|| from_hex(key));
    let Some(bytes) = bytes else {
        return Err(Refusal::new(400, "'key' must be a valid hex or base64 string"));
    };
    if !core.seal.sealed {
        return Ok(Answer::Raw(200, status(core)));
    }
    if bytes.len() < 16 {
        return Err(Refusal::new(400, "invalid key: key is shorter than minimum 16 bytes"));
    }
    if bytes.len() > 33 {
        return Err(Refusal::new(400, "invalid key: key is longer than maximum 33 bytes"));
    }
    if core.seal.given.is_empty() {
        core.seal.nonce = core.uuid();
    }
    let share = BASE64_STANDARD.encode(bytes);
    if !core.seal.given.contains(&share) {
        core.seal.given.push(share);
    }
    if core.seal.given.len() >= core.seal.threshold {
        let good = core.seal.given.iter().all(|share| core.seal.shares.contains(share));
        core.seal.reset();
        if !good {
            let error =
                "invalid key: failed to decrypt keys from storage: cipher: message authentication failed";
            return Err(Refusal::new(400, error));
        }
        core.seal.sealed = false;
    }
    Ok(Answer::Raw(200, status(core)))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

//! What a change to a Vault does, on whatever server: accepted once, and shown by what is read anew.

use std::sync::Arc;

use serde_json::{Value, json};
use vigie::model::{Fault, KvSecret, Mutation, Receipt, Time, VaultChange, VaultEdit, VaultItem};

use super::{Answer, Connector, FaultKind, Key, Kind, Query, Source, Target, Vault, connect};

/// What must be there.
pub(super) struct Facts {
    /// A database mount, and a role of it that gives leases.
    pub(super) role: (&'static str, &'static str),
    /// A static role of the same mount that nobody minds being rotated, and its connection.
    pub(super) rotated: (&'static str, &'static str),
    /// A connection of it whose root password nobody needs.
    pub(super) root: &'static str,
    /// A KV v2 mount.
    pub(super) kv: &'static str,
}

/// Asks a Vault as its own command line would.
pub(crate) async fn ask(target: &Target, method: &str, path: &str, body: Value) -> Value {
    vigie::connector::tls::install_crypto();
    let url = format!("{}/v1/{path}", target.url);
    let request = reqwest::Client::new().request(method.parse().unwrap(), url).json(&body);
    let request = request.header("X-Vault-Token", target.token.as_deref().unwrap());
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{method} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// A new lease of a role.
pub(crate) async fn lease(target: &Target, (mount, role): (&str, &str)) -> Key {
    let given = ask(target, "GET", &format!("{mount}creds/{role}"), json!({})).await;
    Key::new(Source(0), Kind::Lease, mount, given["lease_id"].as_str().unwrap())
}

/// A new token with everything that the target's own may, for an hour.
pub(crate) async fn token(target: &Target) -> String {
    let made = ask(target, "POST", "auth/token/create", json!({ "ttl": "1h" })).await;
    made["auth"]["client_token"].as_str().unwrap().to_owned()
}

async fn read(vault: &Vault, key: &Key) -> Result<VaultItem, Fault> {
    match vault.read(Query::VaultItem(key.clone())).await? {
        Answer::VaultItem(item) => Ok(*item),
        other => panic!("{other:?}"),
    }
}

async fn send(vault: &Vault, on: &Key, edit: VaultEdit) -> Result<Receipt, Fault> {
    vault.perform(Mutation::Vault(Box::new(VaultChange { on: on.clone(), edit }))).await
}

/// Changes to leases, a static role, a token and a secret.
pub(super) async fn changes(target: &Target, facts: &Facts) {
    let vault = connect(target, target.token.as_deref(), &[]);
    renews_and_revokes_a_lease(&vault, target, facts).await;
    revokes_a_prefix(&vault, target, facts).await;
    rotates(&vault, facts).await;
    renews_and_gives_up_a_token(target).await;
    versions_of_a_secret(&vault, target, facts.kv).await;
    if let Some(viewer) = &target.viewer {
        let viewer = connect(target, Some(viewer), &[]);
        let role = Key::new(Source(0), Kind::StaticRole, facts.role.0, facts.rotated.0);
        let fault = send(&viewer, &role, VaultEdit::Rotate).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
        assert!(fault.hint.contains("`update`"), "{fault}");
    }
}

async fn renews_and_revokes_a_lease(vault: &Vault, target: &Target, facts: &Facts) {
    let key = lease(target, facts.role).await;
    let before = read(vault, &key).await.unwrap();
    let renew = |seconds| VaultEdit::Renew { increment: Some(seconds) };
    let said = send(vault, &key, renew(120)).await.unwrap();
    assert!(said.warnings.is_empty(), "{said:?}");
    let after = read(vault, &key).await.unwrap();
    assert!(after.turned() > before.turned(), "{before:?} {after:?}");
    let given = after.expires().unwrap().since(after.turned().unwrap()).as_secs_f64();
    assert!((119.0..121.5).contains(&given), "{given}");
    let said = send(vault, &key, renew(100_000_000)).await.unwrap();
    assert!(said.warnings[0].contains("max_ttl"), "{said:?}");
    send(vault, &key, VaultEdit::Revoke).await.unwrap();
    assert_eq!(read(vault, &key).await.unwrap_err().kind, FaultKind::NotFound);
    let fault = send(vault, &key, renew(120)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
    send(vault, &key, VaultEdit::Revoke).await.expect("what is gone may be revoked again");
}

async fn revokes_a_prefix(vault: &Vault, target: &Target, facts: &Facts) {
    let (mount, role) = facts.role;
    let ours = [lease(target, facts.role).await, lease(target, facts.role).await];
    let prefix = Key::new(Source(0), Kind::Lease, mount, format!("{mount}creds/{role}/"));
    let VaultItem::Leases(ids) = read(vault, &prefix).await.unwrap() else { panic!() };
    assert!(ours.iter().all(|key| ids.contains(&key.name)), "{ids:?}");
    assert!(ids.is_sorted() && ids.iter().all(|id| id.starts_with(&*prefix.name)), "{ids:?}");
    send(vault, &prefix, VaultEdit::Revoke).await.unwrap();
    // A workload of the role may have a new one by now.
    match read(vault, &prefix).await {
        Ok(VaultItem::Leases(left)) => assert!(left.iter().all(|id| !ids.contains(id)), "{left:?}"),
        Ok(other) => panic!("{other:?}"),
        Err(fault) => assert_eq!(fault.kind, FaultKind::NotFound, "{fault}"),
    }
    for key in ours {
        assert_eq!(read(vault, &key).await.unwrap_err().kind, FaultKind::NotFound);
    }
}

async fn rotates(vault: &Vault, facts: &Facts) {
    let key = Key::new(Source(0), Kind::StaticRole, facts.role.0, facts.rotated.0);
    let before = read(vault, &key).await.unwrap();
    let VaultItem::Role { connection, .. } = &before else { panic!("{before:?}") };
    assert_eq!(**connection, *facts.rotated.1);
    send(vault, &key, VaultEdit::Rotate).await.unwrap();
    let after = read(vault, &key).await.unwrap();
    assert!(after.turned() > before.turned(), "{before:?} {after:?}");
    send(vault, &key, VaultEdit::RotateRoot { connection: facts.root.into() }).await.unwrap();
    let nowhere = VaultEdit::RotateRoot { connection: "no-such-connection".into() };
    let fault = send(vault, &key, nowhere).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Server | FaultKind::Invalid), "{fault}");
    let unknown = Key::new(Source(0), Kind::StaticRole, facts.role.0, "no-such-role");
    assert_eq!(read(vault, &unknown).await.unwrap_err().kind, FaultKind::NotFound);
    let fault = send(vault, &unknown, VaultEdit::Rotate).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
}

async fn renews_and_gives_up_a_token(target: &Target) {
    let token = token(target).await;
    let vault = connect(target, Some(&token), &[]);
    let key = Key::new(Source(0), Kind::Token, "", "token");
    let before = read(&vault, &key).await.unwrap();
    assert!(before.turned().is_none() && before.expires().is_some(), "{before:?}");
    let said = send(&vault, &key, VaultEdit::Renew { increment: Some(1800) }).await.unwrap();
    assert!(!format!("{said:?}").contains(&token), "{said:?}");
    let after = read(&vault, &key).await.unwrap();
    assert!(after.turned().is_some() && after.expires() < before.expires(), "{before:?} {after:?}");
    send(&vault, &key, VaultEdit::Revoke).await.unwrap();
    assert_eq!(read(&vault, &key).await.unwrap_err().kind, FaultKind::NotFound);
}

async fn kept(vault: &Vault, key: &Key) -> KvSecret {
    match read(vault, key).await.unwrap() {
        VaultItem::Secret(secret) => secret,
        other => panic!("{other:?}"),
    }
}

async fn same(vault: &Arc<Vault>, key: &Key, versions: (u64, u64)) -> Result<bool, Fault> {
    match vault.read(Query::SameVersions { key: key.clone(), versions }).await? {
        Answer::Holds(same) => Ok(same),
        other => panic!("{other:?}"),
    }
}

async fn versions_of_a_secret(vault: &Arc<Vault>, target: &Target, mount: &str) {
    let key = Key::new(Source(0), Kind::Secret, mount, format!("vigie/act-{:08x}", fastrand::u32(..)));
    for value in ["one", "two"] {
        let body = json!({ "data": { "password": value, "nested": { "n": [1, value] } } });
        ask(target, "POST", &format!("{mount}data/{}", key.name), body).await;
    }
    let secret = kept(vault, &key).await;
    assert_eq!((secret.current, secret.versions.len(), secret.same), (2, 2, None));
    assert!(secret.created > Time::default() && secret.versions.values().all(|v| !v.deleted && !v.destroyed));

    let fault = send(vault, &key, VaultEdit::Restore { from: 1, cas: 1 }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict, "the current version is another: {fault}");
    send(vault, &key, VaultEdit::Restore { from: 1, cas: 2 }).await.unwrap();
    assert_eq!(kept(vault, &key).await.current, 3);
    assert!(same(vault, &key, (1, 3)).await.unwrap());
    assert!(!same(vault, &key, (2, 3)).await.unwrap());

    for (edit, deleted) in [
        (VaultEdit::DeleteVersion { version: 3 }, true),
        (VaultEdit::UndeleteVersion { version: 3 }, false),
        (VaultEdit::DeleteVersion { version: 2 }, true),
    ] {
        let (VaultEdit::DeleteVersion { version } | VaultEdit::UndeleteVersion { version }) = edit else {
            panic!()
        };
        send(vault, &key, edit).await.unwrap();
        assert_eq!(kept(vault, &key).await.versions[&version].deleted, deleted, "{version}");
    }
    let fault = send(vault, &key, VaultEdit::Restore { from: 2, cas: 3 }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound, "what is deleted has no content: {fault}");
    assert_eq!(same(vault, &key, (2, 3)).await.unwrap_err().kind, FaultKind::NotFound);
    assert_eq!(kept(vault, &key).await.current, 3, "nothing was written");
    ask(target, "DELETE", &format!("{mount}metadata/{}", key.name), json!({})).await;
    assert_eq!(read(vault, &key).await.unwrap_err().kind, FaultKind::NotFound);
}

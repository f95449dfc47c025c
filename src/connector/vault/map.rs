//! From Vault's answers to records.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::wire;
use crate::model::{Certificate, Key, RotatedCredential, SecretVersion, Str, Time};

/// The version of a KV mount.
pub(super) fn kv_version(mount: &wire::MountWire) -> Option<u8> {
    (&*mount.engine == "kv").then(|| mount.options.get("version").and_then(|v| v.parse().ok()).unwrap_or(1))
}

pub(super) fn static_role(key: Key, role: wire::StaticRole) -> RotatedCredential {
    let period = role.rotation_period.filter(|p| *p > 0.0).map(Duration::from_secs_f64);
    let next = role.last_vault_rotation.zip(period).map(|(at, period)| at.plus(period));
    RotatedCredential {
        key,
        username: role.username,
        period,
        schedule: Some(role.rotation_schedule).filter(|s| !s.is_empty()),
        rotated: role.last_vault_rotation,
        next,
    }
}

pub(super) fn secret(key: Key, metadata: &wire::Metadata, now: Time) -> SecretVersion {
    let current = metadata.versions.get(&metadata.current_version.to_string());
    let deleted = |v: &wire::Version| v.destroyed || v.deletion_time.is_some_and(|at| at <= now);
    SecretVersion {
        key,
        current: metadata.current_version,
        oldest: metadata.oldest_version,
        updated: metadata.updated_time.unwrap_or_default(),
        created: metadata.created_time.unwrap_or_default(),
        deleted: current.is_some_and(deleted),
    }
}

/// Reads the certificate itself: a list tells neither revocation nor authority.
pub(super) fn certificate(key: Key, wire: &wire::CertWire) -> Result<Certificate, String> {
    let body: String = wire.certificate.lines().filter(|l| !l.starts_with("-----")).collect();
    let der = BASE64_STANDARD.decode(body.trim()).map_err(|e| format!("the certificate is not PEM: {e}"))?;
    let (_, parsed) =
        X509Certificate::from_der(&der).map_err(|e| format!("the certificate is not X.509: {e}"))?;
    let subject = parsed.subject();
    let common_name = subject.iter_common_name().next().and_then(|n| n.as_str().ok());
    let name: Str = common_name.map_or_else(|| subject.to_string(), ToOwned::to_owned).into();
    Ok(Certificate {
        key,
        common_name: name,
        not_before: Time::from_secs(parsed.validity().not_before.timestamp()),
        not_after: Time::from_secs(parsed.validity().not_after.timestamp()),
        revoked: (wire.revocation_time > 0).then(|| Time::from_secs(wire.revocation_time)),
        authority: parsed.is_ca(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};

    fn key(kind: Kind) -> Key {
        Key::new(Source(0), kind, "m/", "x")
    }

    #[test]
    fn a_live_version_may_have_a_deletion_time() {
        // samples/openbao/kv2_metadata_after_destroy.json: delete_version_after is 3 h.
        let body = r#"{"current_version":3,"oldest_version":0,"created_time":"2026-11-21T04:48:16.074800805Z",
            "updated_time":"2026-11-21T04:48:16.106447735Z","custom_metadata":{"owner":"team-a"},"versions":{
            "1":{"created_time":"2026-11-21T04:48:16.074800805Z","deletion_time":"","destroyed":true},
            "3":{"created_time":"2026-11-21T04:48:16.106447735Z","deletion_time":"2026-11-21T07:48:16.111092109Z","destroyed":false}}}"#;
        let metadata: wire::Metadata = serde_json::from_str(body).expect("metadata");
        let at = |t: &str| t.parse().expect("a moment");
        assert!(!secret(key(Kind::Secret), &metadata, at("2026-11-21T05:00:00Z")).deleted);
        assert!(secret(key(Kind::Secret), &metadata, at("2026-11-21T08:00:00Z")).deleted);
    }

    #[test]
    fn certificates_are_read_from_their_own_text() {
        // samples/openbao/pki_cert_read.json
        let wire = wire::CertWire {
            certificate: "-----BEGIN CERTIFICATE-----\nMIIBtzCCAVygAwIBAgIUYGh6Wd3023uXrKLyYbRm4Z1W+fQwCgYIKoZIzj0EAwIw\nEzERMA8GA1UEAxMIbGFiIHJvb3QwHhcNMjYxMTIxMDQ0NzQ2WhcNMjYxMTIxMDQ1\nMzE2WjAWMRQwEgYDVQQDEwtiLmxhYi5sb2NhbDBZMBMGByqGSM49AgEGCCqGSM49\nAwEHA0IABFY++z9FnpBLQrWKB8DJ3CmTDetxG9n2nREjhLSUB6hrV1FIlfDgXkG0\ni/aarJxaOS+vpCyjQoYM1EZ1IVPFLlqjgYowgYcwDgYDVR0PAQH/BAQDAgOoMB0G\nA1UdJQQWMBQGCCsGAQUFBwMBBggrBgEFBQcDAjAdBgNVHQ4EFgQUy/Wh9KI9P1Eo\njbEr6eiXjolgvJMwHwYDVR0jBBgwFoAUjScGTGVKdUgaF5MMFrR0UMzi9XIwFgYD\nVR0RBA8wDYILYi5sYWIubG9jYWwwCgYIKoZIzj0EAwIDSQAwRgIhAPBFqYFaFLN1\n4qqwyoQMj2T6WiGu+8bP2fAycioDrGMdAiEAisWYwhAChSZXnXvhxU3NS4rA1Ntq\nEQsJvqkPuh3UPEk=\n-----END CERTIFICATE-----".into(),
            revocation_time: 0,
        };
        let found = certificate(key(Kind::Certificate), &wire).expect("a certificate");
        assert_eq!(&*found.common_name, "b.lab.local");
        assert_eq!(found.not_after.rfc3339(), "2026-11-21T04:53:16Z");
        assert_eq!(found.not_before.rfc3339(), "2026-11-21T04:47:46Z");
        assert!(!found.authority && found.revoked.is_none());
    }

    #[test]
    fn a_static_role_knows_when_it_is_next() {
        // samples/openbao/db_static_role_read.json
        let body = r#"{"credential_type":"password","db_name":"pg","last_vault_rotation":"2026-11-21T04:50:38.355595865Z",
            "rotation_period":86400,"rotation_statements":["x"],"username":"static_app"}"#;
        let role = static_role(key(Kind::StaticRole), serde_json::from_str(body).expect("a role"));
        assert_eq!(role.next.expect("by period").rfc3339(), "2026-11-22T04:50:38Z");
        assert_eq!(&*role.username, "static_app");
    }
}

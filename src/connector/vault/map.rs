//! From Vault's answers to records.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::wire;
use crate::model::{Certificate, Cron, Key, RotatedCredential, SecretVersion, Str, Time};

/// The version of a KV mount.
pub(super) fn kv_version(mount: &wire::MountWire) -> Option<u8> {
    (&*mount.engine == "kv").then(|| mount.options.get("version").and_then(|v| v.parse().ok()).unwrap_or(1))
}

/// A static role goes by a period or, in Vault since 1.15, by a schedule in UTC: its next time is the first since it
/// was last rotated, which lies in the past when that rotation was missed.
pub(super) fn static_role(key: Key, role: wire::StaticRole, now: Time) -> RotatedCredential {
    let period = role.rotation_period.filter(|p| *p > 0.0).map(Duration::from_secs_f64);
    let schedule = Some(role.rotation_schedule).filter(|s| !s.is_empty());
    let rotated = role.last_vault_rotation;
    let next = match (period, &schedule) {
        (Some(period), _) => rotated.map(|at| at.plus(period)),
        (None, Some(schedule)) => Cron::parse(schedule).and_then(|cron| cron.next(rotated.unwrap_or(now))),
        (None, None) => None,
    };
    RotatedCredential { key, username: role.username, period, schedule, rotated, next }
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
    use crate::model::{Kind, Severity, Source};

    fn read(body: &str, now: &str) -> RotatedCredential {
        let role = serde_json::from_str(body).expect("a role");
        static_role(key(Kind::StaticRole), role, now.parse().expect("a moment"))
    }

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
        let role = read(body, "2026-11-21T05:00:00Z");
        assert_eq!(role.next.expect("by period").rfc3339(), "2026-11-22T04:50:38Z");
        assert_eq!(&*role.username, "static_app");
    }

    /// What Vault 1.15 and later answer (`path_roles.go`, `pathStaticRoleRead`): one of period and schedule, a window
    /// in seconds only with a schedule, no last rotation before the first.
    #[test]
    fn a_static_role_on_a_schedule_knows_it_too() {
        let body = r#"{"credential_type":"password","db_name":"pg","last_vault_rotation":"2026-11-14T00:00:03.1Z",
            "rotation_schedule":"0 0 * * SAT","rotation_window":3600,"rotation_statements":[],"username":"sched"}"#;
        let role = read(body, "2026-11-18T05:00:00Z");
        assert_eq!(role.next.expect("by schedule").rfc3339(), "2026-11-21T00:00:00Z");
        assert_eq!((role.period, role.schedule.as_deref()), (None, Some("0 0 * * SAT")));
        let missed = read(body, "2026-11-22T05:00:00Z");
        assert_eq!(missed.next, role.next, "a rotation that was missed stays due");
        assert_eq!(missed.severity("2026-11-22T05:00:00Z".parse().expect("a moment")), Severity::Warning);
        let fresh = read(
            r#"{"rotation_schedule":"0 0 * * SAT","rotation_statements":[],"username":"sched"}"#,
            "2026-11-18T05:00:00Z",
        );
        assert_eq!((fresh.rotated, fresh.next), (None, role.next));
        let odd = read(r#"{"rotation_schedule":"CRON_TZ=UTC 0 0 * * SAT"}"#, "2026-11-18T05:00:00Z");
        assert_eq!(odd.next, None);
    }
}

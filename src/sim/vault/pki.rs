//! The PKI engine: a root, roles, certificates issued, listed and revoked.

use std::{collections::BTreeMap, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use serde_json::{Map, Value, json};

use super::{
    Answer, Core, Op, Refusal, Request, Secret,
    lease::{self, Leased, Terms},
};
use crate::model::Time;

/// How long before now a certificate begins, in seconds; the engine's `not_before_duration`.
const BACKDATED: u64 = 30;

/// The state of one PKI mount.
#[derive(Debug, Default)]
pub(super) struct Pki {
    root: Option<Root>,
    roles: BTreeMap<String, Map<String, Value>>,
    certs: BTreeMap<String, Issued>,
}

struct Root {
    issuer: CertifiedIssuer<'static, KeyPair>,
    id: String,
    key_id: String,
    serial: String,
    name: String,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Root({})", self.name)
    }
}

#[derive(Debug)]
struct Issued {
    pem: String,
    name: String,
    dns: Vec<String>,
    from: Time,
    until: Time,
    revoked: Option<Time>,
}

/// PEM as the engine writes it: without the last line end.
fn trimmed(pem: &str) -> String {
    pem.replace("\r\n", "\n").trim_end().to_owned()
}

fn failed(error: rcgen::Error) -> Refusal {
    Refusal::framed(500, &format!("error signing certificate: {error}"))
}

impl Pki {
    /// The names and ends of all certificates that are not revoked.
    pub(super) fn endings(&self) -> Vec<(String, Time)> {
        let good = self.certs.values().filter(|cert| cert.revoked.is_none());
        good.map(|cert| (cert.name.clone(), cert.until)).collect()
    }

    /// Revokes a certificate; says since when it is revoked.
    pub(super) fn revoke(&mut self, serial: &str, now: Time) -> Option<Time> {
        let cert = self.certs.get_mut(serial)?;
        Some(*cert.revoked.get_or_insert(now))
    }

    /// Makes the root.
    pub(super) fn generate(
        &mut self,
        core: &mut Core,
        name: &str,
        seconds: u64,
        now: Time,
    ) -> Result<(), rcgen::Error> {
        let serial = serial(core);
        let until = now.plus(Duration::from_secs(seconds));
        let from = now.minus(Duration::from_secs(BACKDATED));
        let mut params = params(Vec::new(), name, &serial, from, until)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let cert = Issued {
            pem: trimmed(&issuer.pem()),
            name: name.to_owned(),
            dns: Vec::new(),
            from,
            until,
            revoked: None,
        };
        let root = Root {
            issuer,
            id: core.uuid(),
            key_id: core.uuid(),
            serial: colons(&serial),
            name: name.to_owned(),
        };
        self.certs.insert(root.serial.clone(), cert);
        self.root = Some(root);
        Ok(())
    }

    /// Puts a role there.
    pub(super) fn role(&mut self, name: &str, fields: Value) {
        let mut role = role_defaults();
        if let Value::Object(fields) = fields {
            role.extend(fields);
        }
        self.roles.insert(name.to_owned(), role);
    }

    /// Issues a certificate: its serial number and the new key; none while there is no root.
    pub(super) fn issue(
        &mut self,
        core: &mut Core,
        names: Vec<String>,
        seconds: u64,
        now: Time,
    ) -> Result<Option<(String, KeyPair)>, rcgen::Error> {
        let serial = serial(core);
        let from = now.minus(Duration::from_secs(BACKDATED));
        let until = now.plus(Duration::from_secs(seconds));
        let name = names.first().cloned().unwrap_or_default();
        let mut params = params(names.clone(), &name, &serial, from, until)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyAgreement];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let Some(root) = &self.root else { return Ok(None) };
        let certificate = params.signed_by(&key, &root.issuer)?;
        let serial = colons(&serial);
        let cert = Issued { pem: trimmed(&certificate.pem()), name, dns: names, from, until, revoked: None };
        self.certs.insert(serial.clone(), cert);
        Ok(Some((serial, key)))
    }

    fn crl(&self, now: Time) -> Result<String, rcgen::Error> {
        let Some(root) = &self.root else { return Ok(String::new()) };
        let since_1970 = rcgen::date_time_ymd(1970, 1, 1);
        let revoked = self.certs.iter().filter_map(|(serial, cert)| {
            Some(RevokedCertParams {
                serial_number: SerialNumber::from(bytes(serial)),
                revocation_time: since_1970 + Duration::from_secs(cert.revoked?.secs().unsigned_abs()),
                reason_code: None,
                invalidity_date: None,
            })
        });
        let params = CertificateRevocationListParams {
            this_update: since_1970 + Duration::from_secs(now.secs().unsigned_abs()),
            next_update: since_1970 + Duration::from_secs(now.secs().unsigned_abs() + 72 * 3_600),
            crl_number: SerialNumber::from(now.secs().unsigned_abs()),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&root.issuer)?.pem()
    }
}

fn params(
    names: Vec<String>,
    common: &str,
    serial: &[u8],
    from: Time,
    until: Time,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common);
    params.serial_number = Some(SerialNumber::from(serial.to_vec()));
    // The library's moments are of a crate that this one does not name: count from 1970.
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(1970, 1, 1), rcgen::date_time_ymd(1970, 1, 1));
    params.not_before += Duration::from_secs(from.secs().unsigned_abs());
    params.not_after += Duration::from_secs(until.secs().unsigned_abs());
    Ok(params)
}

fn serial(core: &mut Core) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..20).map(|_| core.rng.u8(..)).collect();
    bytes[0] = bytes[0] & 0x7f | 0x10;
    bytes
}

fn colons(serial: &[u8]) -> String {
    serial.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn bytes(serial: &str) -> Vec<u8> {
    serial.split([':', '-']).filter_map(|part| u8::from_str_radix(part, 16).ok()).collect()
}

fn role_defaults() -> Map<String, Value> {
    let defaults = json!({
        "allow_any_name": false,
        "allow_bare_domains": false,
        "allow_glob_domains": false,
        "allow_ip_sans": true,
        "allow_localhost": true,
        "allow_subdomains": false,
        "allow_wildcard_certificates": true,
        "allowed_domains": [],
        "client_flag": true,
        "enforce_hostnames": true,
        "ext_key_usage": [],
        "generate_lease": false,
        "issuer_ref": "default",
        "key_bits": 256,
        "key_type": "ec",
        "key_usage": ["DigitalSignature", "KeyAgreement", "KeyEncipherment"],
        "max_ttl": 0,
        "no_store": false,
        "not_before_duration": BACKDATED,
        "require_cn": true,
        "server_flag": true,
        "ttl": 0,
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// Everything below a PKI mount.
pub(super) fn answer(
    pki: &mut Pki,
    core: &mut Core,
    mount: &str,
    ttls: (u64, u64),
    now: Time,
    request: &Request,
    path: &str,
) -> Result<Answer, Refusal> {
    match (path.trim_end_matches('/'), request.op) {
        ("certs", Op::List) => Answer::keys(pki.certs.keys().cloned().collect()),
        ("certs/detailed", Op::List) => detailed(pki),
        ("issuers", Op::List) => issuers(pki),
        ("roles", Op::List) => Answer::keys(pki.roles.keys().cloned().collect()),
        ("revoke", Op::Write) => revoke(pki, request, now),
        ("root/generate/internal", Op::Write) => generate(pki, core, ttls, request, now),
        ("ca/pem" | "ca_chain", Op::Read) => {
            let root = pki.root.as_ref().ok_or_else(Refusal::missing)?;
            Ok(Answer::Bytes("application/pem-certificate-chain", pki.certs[&root.serial].pem.clone()))
        }
        ("crl/pem", Op::Read) => Ok(Answer::Bytes("application/x-pem-file", pki.crl(now).map_err(failed)?)),
        ("cert/crl", Op::Read) => Ok(certificate(pki.crl(now).map_err(failed)?, None)),
        (path, op) => match (path.split_once('/'), op) {
            (Some(("cert", serial)), Op::Read) => read(pki, serial),
            (Some(("roles", name)), Op::Read) => {
                let role = pki.roles.get(name).ok_or_else(Refusal::missing)?;
                Ok(Answer::data(Value::Object(role.clone())))
            }
            (Some(("roles", name)), Op::Write) => write_role(pki, request, name),
            (Some(("roles", name)), Op::Delete) => {
                pki.roles.remove(name);
                Ok(Answer::Nothing)
            }
            (Some(("issue", role)), Op::Write) => issue(pki, core, mount, ttls, now, request, role),
            (Some(("cert" | "roles" | "issue", _)), _) => Err(Refusal::unsupported_operation()),
            _ => Err(Refusal::unsupported_path()),
        },
    }
}

fn certificate(pem: String, revoked: Option<Time>) -> Answer {
    Answer::data(json!({
        "certificate": pem,
        "revocation_time": revoked.map_or(0, Time::secs),
        "revocation_time_rfc3339": revoked.map_or(String::new(), |at| at.to_string()),
    }))
}

fn read(pki: &Pki, serial: &str) -> Result<Answer, Refusal> {
    let serial = match (serial, &pki.root) {
        ("ca", Some(root)) => root.serial.clone(),
        _ => serial.replace('-', ":").to_lowercase(),
    };
    let cert = pki.certs.get(&serial).ok_or_else(Refusal::missing)?;
    Ok(certificate(cert.pem.clone(), cert.revoked))
}

fn detailed(pki: &Pki) -> Result<Answer, Refusal> {
    if pki.certs.is_empty() {
        return Err(Refusal::missing());
    }
    let issuer = pki.root.as_ref().map_or(String::new(), |root| format!("CN={}", root.name));
    let about = |cert: &Issued| {
        json!({
            "common_name": cert.name,
            "dns_names": if cert.dns.is_empty() { Value::Null } else { json!(cert.dns) },
            "issuer": issuer,
            "key_bits": 256,
            "key_type": "ec",
            "not_after": cert.until.rfc3339(),
            "not_before": cert.from.rfc3339(),
        })
    };
    let info: Map<_, _> = pki.certs.iter().map(|(serial, cert)| (serial.clone(), about(cert))).collect();
    let keys: Vec<_> = pki.certs.keys().collect();
    Ok(Answer::data(json!({ "key_info": info, "keys": keys })))
}

fn issuers(pki: &Pki) -> Result<Answer, Refusal> {
    let root = pki.root.as_ref().ok_or_else(Refusal::missing)?;
    let about = json!({
        "is_default": true,
        "issuer_name": "",
        "key_id": root.key_id,
        "serial_number": root.serial,
    });
    Ok(Answer::data(json!({ "key_info": { root.id.clone(): about }, "keys": [root.id] })))
}

fn revoke(pki: &mut Pki, request: &Request, now: Time) -> Result<Answer, Refusal> {
    let given = request.text("serial_number").unwrap_or_default();
    if given.is_empty() {
        return Err(Refusal::new(400, "The serial number or certificate to revoke must be provided."));
    }
    let serial = given.replace('-', ":").to_lowercase();
    let Some(at) = pki.revoke(&serial, now) else {
        return Err(Refusal::new(400, format!("certificate with serial {given} not found.")));
    };
    Ok(Answer::data(json!({
        "revocation_time": at.secs(),
        "revocation_time_rfc3339": at.to_string(),
        "state": "revoked",
    })))
}

fn generate(
    pki: &mut Pki,
    core: &mut Core,
    (default_ttl, max_ttl): (u64, u64),
    request: &Request,
    now: Time,
) -> Result<Answer, Refusal> {
    let name = request.text("common_name").unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Refusal::new(400, "The common_name field is required, or must be provided in a CSR"));
    }
    let ttl = request.seconds("ttl")?.unwrap_or(default_ttl).min(max_ttl);
    pki.generate(core, &name, ttl, now).map_err(failed)?;
    let root = pki.root.as_ref().ok_or_else(Refusal::missing)?;
    let pem = pki.certs[&root.serial].pem.clone();
    let data = json!({
        "certificate": pem,
        "expiration": now.secs() + ttl as i64,
        "issuer_id": root.id,
        "issuer_name": "",
        "issuing_ca": pem,
        "key_id": root.key_id,
        "key_name": "",
        "serial_number": root.serial,
    });
    Ok(Answer::data(data))
}

fn write_role(pki: &mut Pki, request: &Request, name: &str) -> Result<Answer, Refusal> {
    let mut fields = Map::new();
    for (key, value) in &request.body {
        let value = match key.as_str() {
            "ttl" | "max_ttl" => json!(request.seconds(key)?.unwrap_or(0)),
            "allowed_domains" => json!(request.texts(key).unwrap_or_default()),
            _ => value.clone(),
        };
        fields.insert(key.clone(), value);
    }
    pki.role(name, Value::Object(fields));
    Ok(Answer::data(Value::Object(pki.roles[name].clone())))
}

/// Whether a role lets a name through.
fn allowed(role: &Map<String, Value>, name: &str) -> bool {
    let flag = |key: &str| role.get(key) == Some(&Value::Bool(true));
    let domains = role.get("allowed_domains").and_then(Value::as_array);
    flag("allow_any_name")
        || (flag("allow_localhost") && name == "localhost")
        || domains.into_iter().flatten().filter_map(Value::as_str).any(|domain| {
            (flag("allow_bare_domains") && name == domain)
                || (flag("allow_subdomains")
                    && name.strip_suffix(domain).is_some_and(|head| head.len() > 1 && head.ends_with('.')))
        })
}

fn issue(
    pki: &mut Pki,
    core: &mut Core,
    mount: &str,
    (default_ttl, max_ttl): (u64, u64),
    now: Time,
    request: &Request,
    name: &str,
) -> Result<Answer, Refusal> {
    let role = pki.roles.get(name).cloned();
    let role = role.ok_or_else(|| Refusal::new(400, format!("unknown role: {name}")))?;
    let no_issuer = || Refusal::framed(500, "no default issuer configured");
    let root_serial = pki.root.as_ref().map(|root| root.serial.clone()).ok_or_else(no_issuer)?;
    let common = request.text("common_name").unwrap_or_default().to_owned();
    if common.is_empty() {
        return Err(Refusal::new(
            400,
            "the common_name field is required, or must be provided in a CSR with \"use_csr_common_name\" set to true, unless \"require_cn\" is set to false",
        ));
    }
    let mut names = vec![common];
    names.extend(request.texts("alt_names").unwrap_or_default());
    names.dedup();
    if let Some(bad) = names.iter().find(|name| !allowed(&role, name)) {
        return Err(Refusal::new(400, format!("common name {bad} not allowed by this role")));
    }
    let of_role =
        |key: &str, usual| role.get(key).and_then(Value::as_u64).filter(|s| *s > 0).unwrap_or(usual);
    let max = of_role("max_ttl", max_ttl).min(max_ttl);
    let wanted = request.seconds("ttl")?.unwrap_or_else(|| of_role("ttl", default_ttl));
    let ttl = wanted.min(max);
    let warnings = if ttl < wanted { vec![lease::capped(wanted, ttl)] } else { Vec::new() };
    let (serial, key) = pki.issue(core, names, ttl, now).map_err(failed)?.ok_or_else(no_issuer)?;
    let (ca, cert) = (pki.certs[&root_serial].pem.clone(), &pki.certs[&serial]);
    let data = json!({
        "ca_chain": [ca],
        "certificate": cert.pem,
        "expiration": cert.until.secs(),
        "issuing_ca": ca,
        "not_before": cert.from.secs(),
        "private_key": trimmed(&key.serialize_pem()),
        "private_key_type": "ec",
        "serial_number": serial,
    });
    let leased = role.get("generate_lease") == Some(&Value::Bool(true));
    let lease = leased.then(|| {
        let terms = Terms {
            path: format!("{mount}issue/{name}"),
            ttl,
            max_ttl: ttl,
            renewable: false,
            token: "",
            secret: Leased::Certificate { serial: serial.clone(), mount: mount.to_owned() },
        };
        (lease::grant(core, terms, now), ttl, false)
    });
    Ok(Answer::Secret(Box::new(Secret { data, lease, warnings, ..Secret::default() })))
}

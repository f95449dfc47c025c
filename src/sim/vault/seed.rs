//! What the demo's Vault holds at its start: mounts, roles, policies, tokens, and who holds leases.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{
    Core, Engine, Mount, Policy, State, acl,
    auth::Token,
    database::{Config, Database, Role, Rotation, StaticRole, user},
    kv::Kv,
    pki::Pki,
    seal::Seal,
};
use crate::{
    model::Time,
    sim::{
        Env, SimError,
        cron::Cron,
        identity::{Right, USERS},
        world::Tier,
    },
};

/// A workload whose agent takes a database user from Vault and keeps its lease alive.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) namespace: String,
    pub(super) workload: String,
    /// The path of the role: `database/creds/appointments`.
    pub(super) role: String,
    /// The lease; empty while there is none.
    pub(super) lease: String,
    /// Since when the agent cannot renew.
    pub(super) broken: Option<Time>,
}

impl Holder {
    /// Where among the credentials the workload finds what it holds now: `database/creds/appointments-rw@odoo`.
    pub(super) fn path(&self) -> String {
        format!("{}@{}", self.role, self.workload)
    }
}

/// Who holds a lease of which role: namespace, workload, role.
const HOLDERS: &[(&str, &str, &str)] = &[
    ("appointments", "appointments-api", "appointments-rw"),
    ("appointments", "appointments-worker", "appointments-rw"),
    ("billing", "billing-api", "billing-rw"),
    ("odoo", "odoo", "odoo-ro"),
    ("openmrs", "openmrs", "openmrs-ro"),
    ("monitoring", "grafana", "reporting-ro"),
];

/// The databases: name, its address, and whether it is MySQL.
const DATABASES: &[(&str, &str, bool)] = &[
    ("appointments", "appointments-postgres.appointments.svc:5432", false),
    ("billing", "billing-postgres.billing.svc:5432", false),
    ("odoo", "odoo-postgres.odoo.svc:5432", false),
    ("openmrs", "openmrs-mysql.openmrs.svc:3306", true),
];

/// The dynamic roles: name, database, seconds to live, most seconds.
const ROLES: &[(&str, &str, u64, u64)] = &[
    ("appointments-rw", "appointments", 3_600, 86_400),
    ("billing-rw", "billing", 3_600, 86_400),
    ("odoo-ro", "odoo", 7_200, 86_400),
    ("openmrs-ro", "openmrs", 7_200, 172_800),
    ("reporting-ro", "appointments", 1_800, 28_800),
];

/// The static role that is rotated by a schedule.
const SCHEDULED: &str = "billing";

/// The secrets of KV: path and fields.
const SECRETS: &[(&str, &[(&str, &str)])] = &[
    (
        "oauth2-proxy",
        &[
            ("client-id", "clinic-portal"),
            ("client-secret", "kT4-demo-9sQ"),
            ("cookie-secret", "6Zf-demo-x1"),
        ],
    ),
    ("gitlab-runner", &[("runner-token", "glrt-demo-7Yc1")]),
    ("grafana", &[("admin-user", "admin"), ("admin-password", "demo-Gr4f")]),
    ("odoo", &[("admin_passwd", "demo-0d00"), ("smtp_password", "demo-mail")]),
    ("portal/session", &[("key", "demo-p0rtal")]),
    ("lab/hl7", &[("endpoint", "mllp://hl7.lab.clinic.example:2575"), ("key", "demo-hl7")]),
];

/// The certificates: name, days to live, and how many days old each is.
const CERTIFICATES: &[(&str, u64, u64)] = &[
    ("portal.clinic.example", 90, 31),
    ("appointments.clinic.example", 90, 12),
    ("openmrs.clinic.example", 90, 58),
    ("odoo.clinic.example", 90, 77),
    ("hl7.lab.clinic.example", 30, 26),
];

const DEFAULT: &str = r#"
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }
path "sys/renew" { capabilities = ["update"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/lookup" { capabilities = ["update"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "sys/wrapping/wrap" { capabilities = ["update"] }
"#;

const VIEWER: &str = r#"
path "sys/mounts" { capabilities = ["read"] }
path "sys/auth" { capabilities = ["read"] }
path "sys/ha-status" { capabilities = ["read"] }
path "database/roles/*" { capabilities = ["read", "list"] }
path "database/roles" { capabilities = ["list"] }
path "database/static-roles/*" { capabilities = ["read", "list"] }
path "database/static-roles" { capabilities = ["list"] }
path "secret/metadata/*" { capabilities = ["read", "list"] }
path "pki/certs" { capabilities = ["list"] }
path "pki/certs/*" { capabilities = ["list"] }
path "pki/cert/*" { capabilities = ["read"] }
path "sys/leases/lookup/*" { capabilities = ["list"] }
"#;

const ONCALL: &str = r#"
path "sys/leases/revoke" { capabilities = ["update"] }
path "sys/leases/revoke/*" { capabilities = ["update"] }
path "sys/leases/count" { capabilities = ["read"] }
path "database/config/*" { capabilities = ["read", "list"] }
path "database/static-creds/*" { capabilities = ["read"] }
path "database/creds/reporting-ro" { capabilities = ["read"] }
path "database/rotate-role/*" { capabilities = ["create", "update"] }
path "secret/subkeys/*" { capabilities = ["read"] }
path "secret/undelete/*" { capabilities = ["update"] }
path "pki/issue/clinic" { capabilities = ["update"] }
"#;

/// Who is on call may list leases, save in staging, where the screen shows what it can without; never by prefix revoke.
const LEASES: &str = r#"
path "sys/leases/lookup" { capabilities = ["update", "list", "sudo"] }
path "sys/leases/lookup/*" { capabilities = ["list", "sudo"] }
"#;

/// The exact paths are those of `default`, which would win over the star.
const ADMIN: &str = r#"
path "sys/leases/lookup" { capabilities = ["update", "list", "sudo"] }
path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan", "sudo"] }
"#;

/// The policies of someone's tokens.
pub(super) fn policies_of(right: Right) -> Vec<String> {
    let names: &[&str] = match right {
        Right::None => &["default"],
        Right::View => &["default", "viewer"],
        Right::Operate => &["default", "oncall", "viewer"],
        Right::Admin => &["admin", "default"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A Vault as the demo's platform team has set it up.
pub(super) fn state(env: &Env, seed: u64) -> Result<State, SimError> {
    let now = env.now();
    let mut rng = fastrand::Rng::with_seed(seed ^ (0x7a17 << (8 * env.index)));
    let seal = Seal::new(&mut rng);
    let cluster_id = uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid().to_string();
    let mut core = Core {
        env: env.name,
        cluster_name: format!("vault-cluster-{:08x}", rng.u32(..)),
        cluster_id,
        rng,
        started: now.minus(Duration::from_secs(41 * 86_400)),
        seal,
        policies: BTreeMap::new(),
        tokens: BTreeMap::new(),
        leases: BTreeMap::new(),
        wraps: BTreeMap::new(),
        cubbyholes: BTreeMap::new(),
    };
    policies(&mut core, env.tier);
    tokens(&mut core, now);
    let mut mounts = BTreeMap::new();
    let plain = [
        ("sys/", "system", "system endpoints used for control, policy and debugging", Engine::System),
        ("identity/", "identity", "identity store", Engine::Identity),
        ("cubbyhole/", "cubbyhole", "per-token private secret storage", Engine::Cubbyhole),
    ];
    for (name, kind, about, engine) in plain {
        mounts.insert(name.to_owned(), Mount::new(&mut core, kind, about, engine));
    }
    let kv = Engine::Kv(Box::new(secrets(env, now)));
    mounts.insert("secret/".into(), Mount::new(&mut core, "kv", "key/value secret storage", kv));
    let db = Engine::Database(Box::new(databases(&mut core, env, now)));
    let mut mount = Mount::new(&mut core, "database", "database users of the clinic's applications", db);
    (mount.default_ttl, mount.max_ttl) = (3_600, 7 * 86_400);
    mounts.insert("database/".into(), mount);
    let pki = Engine::Pki(Box::new(certificates(&mut core, now)?));
    let mut mount = Mount::new(&mut core, "pki", "certificates below clinic.example", pki);
    mount.max_ttl = 3_650 * 86_400;
    mounts.insert("pki/".into(), mount);
    let mut auths = BTreeMap::new();
    for (name, kind, about) in
        [("token/", "token", "token based credentials"), ("userpass/", "userpass", "people of the demo")]
    {
        auths.insert(name.to_owned(), Mount::new(&mut core, kind, about, Engine::Auth));
    }
    let holder = |(namespace, workload, role): &(&str, &str, &str)| Holder {
        namespace: (*namespace).to_owned(),
        workload: (*workload).to_owned(),
        role: format!("database/creds/{role}"),
        lease: String::new(),
        broken: None,
    };
    Ok(State { core, mounts, auths, holders: HOLDERS.iter().map(holder).collect() })
}

fn policies(core: &mut Core, tier: Tier) {
    let oncall =
        if tier == Tier::Staging { ONCALL.to_owned() } else { format!("{ONCALL}{}", LEASES.trim_start()) };
    let all = [
        ("default", DEFAULT.to_owned()),
        ("viewer", VIEWER.into()),
        ("oncall", oncall),
        ("admin", ADMIN.into()),
    ];
    for (name, text) in all {
        let rules = acl::parse(&text).expect("the demo's policies are well formed");
        let policy = Policy { text: text.trim_start().to_owned(), rules, modified: core.started, version: 1 };
        core.policies.insert(name.to_owned(), policy);
    }
}

fn tokens(core: &mut Core, now: Time) {
    let ttl = super::SYSTEM_TTL;
    for user in USERS {
        let token = Token {
            id: user.token.to_owned(),
            accessor: core.letters(24),
            policies: policies_of(user.right(core.env)),
            meta: Some([("username".to_owned(), user.name.to_owned())].into()),
            path: "auth/token/create".into(),
            display_name: format!("token-{}", user.name),
            issued: now,
            creation_ttl: ttl,
            explicit_max_ttl: 0,
            period: ttl,
            expires: Some(now.plus(Duration::from_secs(ttl))),
            num_uses: 0,
            renewable: true,
            batch: false,
            parent: None,
            last_renewal: None,
        };
        core.tokens.insert(token.id.clone(), token);
    }
}

/// The static KV secrets, and those that the catalogue has put among the credentials.
fn secrets(env: &Env, now: Time) -> Kv {
    let mut kv = Kv::default();
    for (at, (name, fields)) in SECRETS.iter().enumerate() {
        let path = format!("secret/data/{name}");
        let written = now.minus(Duration::from_secs(86_400 * (9 + 13 * at as u64)));
        if env.credentials.get(&path).is_none() {
            let data = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            env.credentials.put(&path, data, written, None);
        }
    }
    for path in env.credentials.paths() {
        if let (Some(name), Some(held)) = (path.strip_prefix("secret/data/"), env.credentials.get(&path)) {
            kv.seed(name, &held.data, held.changed);
        }
    }
    kv
}

fn databases(core: &mut Core, env: &Env, now: Time) -> Database {
    let mut db = Database::default();
    for (at, (name, host, mysql)) in DATABASES.iter().enumerate() {
        let (plugin, url) = if *mysql {
            ("mysql-database-plugin", format!("{{{{username}}}}:{{{{password}}}}@tcp({host})/"))
        } else {
            (
                "postgresql-database-plugin",
                format!("postgresql://{{{{username}}}}:{{{{password}}}}@{host}/{name}"),
            )
        };
        let config =
            Config { plugin: plugin.into(), url, username: "vault".into(), allowed_roles: vec!["*".into()] };
        db.configs.insert((*name).to_owned(), config);
        // The password is 29, 22, ... days old, so that their rotations fall on different days.
        let rotated = now.minus(Duration::from_secs(86_400 * (29 - 7 * at as u64).max(1) + 3_600 * 5));
        static_role(&mut db, core, env, name, rotated);
    }
    for (name, database, default_ttl, max_ttl) in ROLES {
        let role = Role {
            db: (*database).to_owned(),
            creation: vec![
                "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';"
                    .into(),
            ],
            revocation: Vec::new(),
            default_ttl: *default_ttl,
            max_ttl: *max_ttl,
        };
        db.roles.insert((*name).to_owned(), role);
    }
    db
}

/// A static role whose password is what the catalogue has given the application, or a new one.
fn static_role(db: &mut Database, core: &mut Core, env: &Env, name: &str, rotated: Time) {
    let path = format!("database/static-creds/{name}");
    let held = env.credentials.get(&path);
    let username = held.as_ref().and_then(|held| held.data.get("username").cloned());
    let username = username.unwrap_or_else(|| name.to_owned());
    let rotated = held.as_ref().map_or(rotated, |held| held.changed);
    let (rotation, rotated) = match monthly(name, env.now()) {
        Some((cron, last)) => (Rotation::Schedule(cron), last),
        None => (Rotation::Period(30 * 86_400), rotated),
    };
    if held.is_none() {
        let password = core.password();
        env.credentials.put(&path, user(&username, &password), rotated, None);
    }
    let role = StaticRole {
        db: name.to_owned(),
        username,
        rotation,
        statements: vec!["ALTER USER \"{{name}}\" WITH PASSWORD '{{password}}';".into()],
        rotated,
    };
    db.statics.insert(name.to_owned(), role);
}

/// The schedule of the one role that has one, and when it struck last: once a month, seven hours ago, so that it does
/// not strike while someone looks.
fn monthly(name: &str, now: Time) -> Option<(Cron, Time)> {
    if name != SCHEDULED {
        return None;
    }
    let last = now.minus(Duration::from_secs(7 * 3_600));
    let cron = Cron::parse(&last.timestamp().strftime("0 %-H %-d * *").to_string())?;
    let last = cron.last(now, Duration::from_secs(86_400))?;
    Some((cron, last))
}

fn certificates(core: &mut Core, now: Time) -> Result<Pki, SimError> {
    let mut pki = Pki::default();
    let year = 365 * 86_400;
    pki.generate(core, "Clinic Internal Root", 10 * year, now.minus(Duration::from_secs(2 * year)))?;
    let role =
        json!({ "allowed_domains": ["clinic.example"], "allow_subdomains": true, "max_ttl": 90 * 86_400 });
    pki.role("clinic", role);
    let role = json!({
        "allowed_domains": ["svc.cluster.local", "clinic.example"],
        "allow_subdomains": true,
        "max_ttl": 72 * 3_600,
        "generate_lease": true,
    });
    pki.role("mesh", role);
    for (name, days, age) in CERTIFICATES {
        let issued = now.minus(Duration::from_secs(age * 86_400));
        pki.issue(core, vec![(*name).to_owned()], days * 86_400, issued)?;
    }
    Ok(pki)
}

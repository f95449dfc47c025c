//! The programs that containers run, as data: what exists in the registry and how each behaves.

/// The demo's own registry: only what is listed here can be pulled from it.
pub const REGISTRY: &str = "registry.clinic.example/";

/// How a program writes its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One JSON object per line, with trace ids.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// Log4j, with multi-line stack traces now and then.
    Java,
    /// Odoo's Python format.
    Python,
    /// An HTTP access log in the combined format.
    Access,
    /// GitLab Runner: logfmt-like with ANSI colours.
    Runner,
    /// PostgreSQL's server log.
    Postgres,
    /// MySQL's error log.
    MySql,
    /// klog, as Kubernetes components write.
    Klog,
    /// A batch program's plain progress lines.
    Batch,
}

/// A program.
#[derive(Debug)]
pub struct Program {
    /// The image without its tag.
    pub image: &'static str,
    /// The tags that exist.
    pub tags: &'static [&'static str],
    /// How it logs.
    pub style: Style,
    /// Seconds from its start until it is ready.
    pub startup: f64,
    /// Lines that one container writes in a minute.
    pub lines: f64,
    /// Processor use at rest in millicores.
    pub cpu: u64,
    /// Working set in MiB.
    pub memory: u64,
    /// Requests a second that the application gets in production at the busiest hour; 0 when it serves none.
    pub requests: f64,
    /// Its median latency in seconds.
    pub latency: f64,
    /// The database it needs.
    pub uses: Option<&'static str>,
    /// The database it is.
    pub serves: Option<&'static str>,
    /// Seconds after which it has done its work; none for what runs for ever.
    pub runs: Option<f64>,
}

/// A database with its limits.
#[derive(Debug)]
pub struct Database {
    /// Its name, also of the role that its application uses.
    pub name: &'static str,
    /// Where Vault has that role's password.
    pub path: &'static str,
    /// Most connections of that role.
    pub connections: u32,
    /// Whether it is MySQL instead of PostgreSQL.
    pub mysql: bool,
}

/// The databases.
pub const DATABASES: &[Database] = &[
    Database {
        name: "appointments",
        path: "database/static-creds/appointments",
        connections: 300,
        mysql: false,
    },
    Database { name: "billing", path: "database/static-creds/billing", connections: 200, mysql: false },
    Database { name: "odoo", path: "database/static-creds/odoo", connections: 200, mysql: false },
    Database { name: "openmrs", path: "database/static-creds/openmrs", connections: 250, mysql: true },
];

/// The database of that name.
pub fn database(name: &str) -> Option<&'static Database> {
    DATABASES.iter().find(|database| database.name == name)
}

/// What is wrong with one version of a program.
#[derive(Debug)]
pub enum Flaw {
    /// It exits with a code some seconds after its start.
    Exits {
        /// Seconds after the start.
        after: f64,
        /// The exit code.
        code: i64,
        /// What it writes last.
        words: &'static str,
    },
    /// Its memory grows until the kernel kills it, after so many minutes.
    Leaks {
        /// Minutes from start to end.
        minutes: f64,
    },
    /// A share of its requests fails.
    Fails {
        /// 0 to 1.
        share: f64,
    },
    /// Its requests take so many times longer.
    Slow {
        /// The factor.
        factor: f64,
    },
}

/// The versions that are bad: image, tag and what is wrong.
pub const FLAWS: &[(&str, &str, Flaw)] = &[
    ("registry.clinic.example/odoo/odoo", "18.0-20261112", Flaw::Leaks { minutes: 47.0 }),
    ("registry.clinic.example/appointments/api", "v2.16.0-rc.1", Flaw::Fails { share: 0.08 }),
    ("registry.clinic.example/billing/api", "v1.9.0", Flaw::Slow { factor: 4.0 }),
    (
        "registry.clinic.example/lab/results",
        "v0.14.0",
        Flaw::Exits { after: 4.0, code: 2, words: "fatal: HL7_ENDPOINT is not set" },
    ),
];

/// What is wrong with an image's version.
pub fn flaw(program: &Program, tag: &str) -> Option<&'static Flaw> {
    FLAWS.iter().find(|(image, bad, _)| *image == program.image && *bad == tag).map(|(_, _, flaw)| flaw)
}

/// An image's name without and with its tag; `latest` by default.
pub fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

/// The program in an image, if it is one of ours.
pub fn program(image: &str) -> Option<&'static Program> {
    let (name, _) = split(image);
    PROGRAMS.iter().find(|program| program.image == name)
}

/// Whether an image can be pulled: from our registry only what is listed, from elsewhere anything.
pub fn can_be_pulled(image: &str) -> bool {
    let (_, tag) = split(image);
    match program(image) {
        Some(program) => program.tags.contains(&tag),
        None => !image.starts_with(REGISTRY),
    }
}

const fn service(image: &'static str, tags: &'static [&'static str], style: Style) -> Program {
    Program {
        image,
        tags,
        style,
        startup: 4.0,
        lines: 12.0,
        cpu: 20,
        memory: 96,
        requests: 0.0,
        latency: 0.02,
        uses: None,
        serves: None,
        runs: None,
    }
}

/// Every program there is.
pub static PROGRAMS: &[Program] = &[
    Program {
        startup: 28.0,
        lines: 24.0,
        cpu: 240,
        memory: 1_650,
        requests: 38.0,
        latency: 0.14,
        uses: Some("openmrs"),
        ..service(
            "registry.clinic.example/openmrs/openmrs-reference",
            &["3.2.0", "3.2.1", "3.3.0", "3.3.1", "3.4.0"],
            Style::Java,
        )
    },
    Program {
        startup: 9.0,
        lines: 2.0,
        cpu: 130,
        memory: 1_200,
        serves: Some("openmrs"),
        ..service("docker.io/library/mysql", &["8.0.42", "8.0.43", "8.4.6"], Style::MySql)
    },
    Program {
        startup: 6.0,
        lines: 90.0,
        cpu: 110,
        memory: 240,
        requests: 120.0,
        latency: 0.028,
        uses: Some("appointments"),
        ..service(
            "registry.clinic.example/appointments/api",
            &["v2.13.2", "v2.14.0", "v2.14.1", "v2.14.2", "v2.15.0", "v2.16.0-rc.1"],
            Style::Json,
        )
    },
    Program {
        startup: 4.0,
        lines: 20.0,
        cpu: 60,
        memory: 180,
        uses: Some("appointments"),
        ..service(
            "registry.clinic.example/appointments/worker",
            &["v2.13.2", "v2.14.0", "v2.14.1", "v2.14.2", "v2.15.0", "v2.16.0-rc.1"],
            Style::Json,
        )
    },
    Program {
        startup: 5.0,
        lines: 3.0,
        cpu: 90,
        memory: 420,
        serves: Some("appointments"),
        ..service(
            "registry.clinic.example/appointments/postgres",
            &["16.9", "16.10", "17.6"],
            Style::Postgres,
        )
    },
    Program {
        startup: 7.0,
        lines: 30.0,
        cpu: 90,
        memory: 260,
        requests: 22.0,
        latency: 0.045,
        uses: Some("billing"),
        ..service(
            "registry.clinic.example/billing/api",
            &["v1.7.3", "v1.8.0", "v1.8.1", "v1.9.0"],
            Style::Json,
        )
    },
    Program {
        startup: 5.0,
        lines: 2.0,
        cpu: 60,
        memory: 300,
        serves: Some("billing"),
        ..service("registry.clinic.example/billing/postgres", &["16.9", "16.10", "17.6"], Style::Postgres)
    },
    Program {
        startup: 16.0,
        lines: 18.0,
        cpu: 180,
        memory: 690,
        requests: 9.0,
        latency: 0.22,
        uses: Some("odoo"),
        ..service(
            "registry.clinic.example/odoo/odoo",
            &["18.0-20260930", "18.0-20261028", "18.0-20261112", "19.0-20261101"],
            Style::Python,
        )
    },
    Program {
        startup: 5.0,
        lines: 2.0,
        cpu: 70,
        memory: 350,
        serves: Some("odoo"),
        ..service("registry.clinic.example/odoo/postgres", &["16.9", "16.10", "17.6"], Style::Postgres)
    },
    Program {
        startup: 2.0,
        lines: 60.0,
        cpu: 15,
        memory: 28,
        requests: 95.0,
        latency: 0.004,
        ..service(
            "registry.clinic.example/portal/web",
            &["v5.8.0", "v5.8.1", "v5.9.0", "v5.9.1", "v5.10.0"],
            Style::Access,
        )
    },
    Program {
        startup: 4.0,
        lines: 40.0,
        cpu: 70,
        memory: 160,
        requests: 80.0,
        latency: 0.035,
        ..service(
            "registry.clinic.example/portal/bff",
            &["v5.8.0", "v5.8.1", "v5.9.0", "v5.9.1", "v5.10.0"],
            Style::Json,
        )
    },
    Program {
        startup: 5.0,
        lines: 16.0,
        cpu: 45,
        memory: 140,
        requests: 6.0,
        latency: 0.06,
        ..service(
            "registry.clinic.example/lab/results",
            &["v0.12.4", "v0.13.0", "v0.13.1", "v0.14.0"],
            Style::Json,
        )
    },
    Program {
        startup: 5.0,
        lines: 20.0,
        cpu: 55,
        memory: 210,
        requests: 14.0,
        latency: 0.05,
        ..service("registry.clinic.example/fhir/gateway", &["1.4.0", "1.4.2", "1.5.0"], Style::Json)
    },
    Program {
        startup: 3.0,
        lines: 14.0,
        cpu: 30,
        memory: 74,
        ..service(
            "registry.gitlab.com/gitlab-org/gitlab-runner",
            &["v18.4.0", "v18.5.0", "v18.6.1"],
            Style::Runner,
        )
    },
    Program {
        startup: 2.0,
        lines: 24.0,
        cpu: 12,
        memory: 34,
        requests: 60.0,
        latency: 0.006,
        ..service("quay.io/oauth2-proxy/oauth2-proxy", &["v7.11.0", "v7.12.0", "v7.13.0"], Style::Logfmt)
    },
    Program {
        startup: 2.0,
        lines: 0.5,
        cpu: 14,
        memory: 22,
        ..service("docker.io/library/redis", &["7.4.5", "8.2.1"], Style::Batch)
    },
    Program {
        lines: 6.0,
        ..service("ghcr.io/external-secrets/external-secrets", &["v0.19.2", "v0.20.1", "v1.0.0"], Style::Json)
    },
    Program {
        lines: 3.0,
        ..service("quay.io/jetstack/cert-manager-controller", &["v1.18.2", "v1.19.1"], Style::Klog)
    },
    Program {
        lines: 1.0,
        ..service("quay.io/jetstack/cert-manager-cainjector", &["v1.18.2", "v1.19.1"], Style::Klog)
    },
    Program {
        lines: 1.0,
        ..service("quay.io/jetstack/cert-manager-webhook", &["v1.18.2", "v1.19.1"], Style::Klog)
    },
    Program {
        startup: 8.0,
        lines: 14.0,
        cpu: 50,
        memory: 190,
        requests: 3.0,
        latency: 0.03,
        ..service("docker.io/grafana/grafana", &["12.1.0", "12.2.0", "12.2.1"], Style::Logfmt)
    },
    Program {
        startup: 1.0,
        lines: 0.4,
        cpu: 8,
        memory: 22,
        ..service("quay.io/prometheus/node-exporter", &["v1.9.1", "v1.10.2"], Style::Logfmt)
    },
    Program {
        startup: 3.0,
        lines: 70.0,
        cpu: 80,
        memory: 130,
        requests: 180.0,
        latency: 0.002,
        ..service("registry.k8s.io/ingress-nginx/controller", &["v1.12.4", "v1.13.2"], Style::Access)
    },
    Program {
        startup: 1.0,
        lines: 1.0,
        ..service("registry.k8s.io/coredns/coredns", &["v1.12.4"], Style::Klog)
    },
    Program { startup: 1.0, lines: 0.2, ..service("registry.k8s.io/kube-proxy", &["v1.34.2"], Style::Klog) },
    Program {
        startup: 1.0,
        lines: 40.0,
        cpu: 300,
        memory: 320,
        runs: Some(95.0),
        ..service(
            "registry.clinic.example/reporting/batch",
            &["2026.10", "2026.11", "2026.11.1"],
            Style::Batch,
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_images_come_from_our_registry() {
        assert!(can_be_pulled("registry.clinic.example/appointments/api:v2.14.0"));
        assert!(!can_be_pulled("registry.clinic.example/appointments/api:v9"));
        assert!(!can_be_pulled("registry.clinic.example/nothing:1"));
        assert!(can_be_pulled("docker.io/library/busybox:1.37"));
        assert_eq!(split("localhost:5000/x"), ("localhost:5000/x", "latest"));
        for (image, tag, _) in FLAWS {
            assert!(can_be_pulled(&format!("{image}:{tag}")), "{image}:{tag}");
        }
    }
}

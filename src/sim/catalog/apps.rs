//! The applications, as data. Arrays of three are dev, staging, prod.

/// What kind of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Deployment with a Service.
    Deployment,
    /// A StatefulSet with a headless Service.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A CronJob with its schedule.
    CronJob(&'static str),
}

/// One workload of an application.
#[derive(Debug)]
pub struct Work {
    /// Its name.
    pub name: &'static str,
    /// What kind.
    pub kind: Kind,
    /// The image without its tag.
    pub image: &'static str,
    /// The tag at the beginning of the history.
    pub tags: [&'static str; 3],
    /// How many replicas.
    pub replicas: [u32; 3],
    /// Requested processor in millicores.
    pub cpu: u32,
    /// Requested memory in MiB; the limit is twice that.
    pub memory: u32,
    /// The port it serves; 0 for none.
    pub port: u16,
    /// Its readiness probe.
    pub probe: &'static str,
    /// The size of its database pool; 0 without a database.
    pub pool: u32,
}

/// Secret material that an application takes from Vault.
#[derive(Debug)]
pub struct Material {
    /// The Secret it becomes.
    pub secret: &'static str,
    /// The path in Vault.
    pub path: &'static str,
    /// The fields.
    pub fields: &'static [&'static str],
}

/// One application.
#[derive(Debug)]
pub struct App {
    /// Its name, and its directory's.
    pub name: &'static str,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its Argo CD project.
    pub project: &'static str,
    /// Whether Argo CD syncs it by itself.
    pub auto: [bool; 3],
    /// The ApplicationSet that owns it.
    pub set: Option<&'static str>,
    /// What it runs.
    pub works: &'static [Work],
    /// What it takes from Vault.
    pub material: Option<Material>,
    /// The host under which it is reached from outside.
    pub host: Option<&'static str>,
}

const fn app(name: &'static str, works: &'static [Work]) -> App {
    App {
        name,
        namespace: name,
        project: "clinic",
        auto: [true, true, true],
        set: None,
        works,
        material: None,
        host: None,
    }
}

const fn platform(name: &'static str, works: &'static [Work]) -> App {
    App { project: "platform", set: Some("platform"), ..app(name, works) }
}

const fn work(name: &'static str, image: &'static str, tags: [&'static str; 3], replicas: [u32; 3]) -> Work {
    Work {
        name,
        kind: Kind::Deployment,
        image,
        tags,
        replicas,
        cpu: 50,
        memory: 128,
        port: 8080,
        probe: "/healthz",
        pool: 0,
    }
}

const fn database(name: &'static str, image: &'static str, tag: &'static str, port: u16) -> Work {
    Work {
        kind: Kind::StatefulSet,
        cpu: 250,
        memory: 1024,
        port,
        probe: "",
        ..work(name, image, [tag, tag, tag], [1, 1, 1])
    }
}

const DB_FIELDS: &[&str] = &["username", "password"];

/// Every application of every environment.
pub static APPS: &[App] = &[
    App {
        material: Some(Material {
            secret: "openmrs-db",
            path: "database/static-creds/openmrs",
            fields: DB_FIELDS,
        }),
        host: Some("openmrs"),
        ..app(
            "openmrs",
            &[
                Work {
                    cpu: 500,
                    memory: 2048,
                    pool: 30,
                    probe: "/openmrs/health/started",
                    ..work(
                        "openmrs",
                        "registry.clinic.example/openmrs/openmrs-reference",
                        ["3.3.0", "3.2.1", "3.2.0"],
                        [1, 2, 4],
                    )
                },
                Work { memory: 2048, ..database("openmrs-mysql", "docker.io/library/mysql", "8.0.43", 3306) },
            ],
        )
    },
    App {
        material: Some(Material {
            secret: "appointments-db",
            path: "database/static-creds/appointments",
            fields: DB_FIELDS,
        }),
        host: Some("appointments"),
        ..app(
            "appointments",
            &[
                Work {
                    cpu: 200,
                    memory: 256,
                    pool: 30,
                    probe: "/readyz",
                    ..work(
                        "appointments-api",
                        "registry.clinic.example/appointments/api",
                        ["v2.14.0", "v2.13.2", "v2.13.2"],
                        [2, 2, 6],
                    )
                },
                Work {
                    cpu: 100,
                    memory: 256,
                    pool: 10,
                    probe: "/readyz",
                    ..work(
                        "appointments-worker",
                        "registry.clinic.example/appointments/worker",
                        ["v2.14.0", "v2.13.2", "v2.13.2"],
                        [1, 1, 3],
                    )
                },
                database(
                    "appointments-postgres",
                    "registry.clinic.example/appointments/postgres",
                    "16.10",
                    5432,
                ),
            ],
        )
    },
    App {
        material: Some(Material {
            secret: "billing-db",
            path: "database/static-creds/billing",
            fields: DB_FIELDS,
        }),
        ..app(
            "billing",
            &[
                Work {
                    cpu: 150,
                    memory: 320,
                    pool: 20,
                    probe: "/readyz",
                    ..work(
                        "billing-api",
                        "registry.clinic.example/billing/api",
                        ["v1.8.0", "v1.8.0", "v1.7.3"],
                        [1, 2, 4],
                    )
                },
                database("billing-postgres", "registry.clinic.example/billing/postgres", "16.10", 5432),
            ],
        )
    },
    App {
        material: Some(Material { secret: "odoo-db", path: "database/static-creds/odoo", fields: DB_FIELDS }),
        host: Some("erp"),
        auto: [true, true, false],
        ..app(
            "odoo",
            &[
                Work {
                    cpu: 300,
                    memory: 768,
                    pool: 20,
                    probe: "/web/health",
                    port: 8069,
                    ..work(
                        "odoo",
                        "registry.clinic.example/odoo/odoo",
                        ["18.0-20261028", "18.0-20260930", "18.0-20260930"],
                        [1, 1, 3],
                    )
                },
                database("odoo-postgres", "registry.clinic.example/odoo/postgres", "16.9", 5432),
            ],
        )
    },
    App {
        host: Some("portal"),
        auto: [true, true, false],
        ..app(
            "patient-portal",
            &[
                work(
                    "patient-portal",
                    "registry.clinic.example/portal/web",
                    ["v5.9.0", "v5.8.1", "v5.8.0"],
                    [1, 2, 6],
                ),
                Work {
                    cpu: 120,
                    memory: 192,
                    ..work(
                        "patient-portal-bff",
                        "registry.clinic.example/portal/bff",
                        ["v5.9.0", "v5.8.1", "v5.8.0"],
                        [1, 2, 4],
                    )
                },
            ],
        )
    },
    app(
        "lab-results",
        &[Work {
            cpu: 100,
            memory: 192,
            ..work(
                "lab-results",
                "registry.clinic.example/lab/results",
                ["v0.13.0", "v0.12.4", "v0.12.4"],
                [1, 2, 4],
            )
        }],
    ),
    app(
        "fhir-gateway",
        &[Work {
            cpu: 120,
            memory: 256,
            ..work(
                "fhir-gateway",
                "registry.clinic.example/fhir/gateway",
                ["1.5.0", "1.4.2", "1.4.2"],
                [1, 2, 4],
            )
        }],
    ),
    app(
        "reporting",
        &[
            Work {
                kind: Kind::CronJob("10 2 * * *"),
                cpu: 500,
                memory: 512,
                port: 0,
                ..work(
                    "nightly-report",
                    "registry.clinic.example/reporting/batch",
                    ["2026.11", "2026.11", "2026.10"],
                    [1, 1, 1],
                )
            },
            Work {
                kind: Kind::CronJob("*/15 * * * *"),
                cpu: 200,
                memory: 256,
                port: 0,
                ..work(
                    "claims-export",
                    "registry.clinic.example/reporting/batch",
                    ["2026.11", "2026.11", "2026.10"],
                    [1, 1, 1],
                )
            },
        ],
    ),
    App {
        material: Some(Material {
            secret: "gitlab-runner",
            path: "secret/data/gitlab-runner",
            fields: &["runner-token"],
        }),
        ..app(
            "gitlab-runner",
            &[work(
                "gitlab-runner",
                "registry.gitlab.com/gitlab-org/gitlab-runner",
                ["v18.5.0", "v18.4.0", "v18.4.0"],
                [2, 1, 3],
            )],
        )
    },
    App {
        material: Some(Material {
            secret: "oauth2-proxy",
            path: "secret/data/oauth2-proxy",
            fields: &["client-secret", "cookie-secret"],
        }),
        ..app(
            "oauth2-proxy",
            &[
                Work {
                    port: 4180,
                    probe: "/ready",
                    ..work("oauth2-proxy", "quay.io/oauth2-proxy/oauth2-proxy", ["v7.12.0"; 3], [1, 2, 3])
                },
                Work {
                    cpu: 50,
                    memory: 64,
                    replicas: [1, 1, 3],
                    ..database("oauth2-proxy-redis", "docker.io/library/redis", "7.4.5", 6379)
                },
            ],
        )
    },
    platform(
        "external-secrets",
        &[
            work("external-secrets", "ghcr.io/external-secrets/external-secrets", ["v0.19.2"; 3], [1, 1, 2]),
            work(
                "external-secrets-webhook",
                "ghcr.io/external-secrets/external-secrets",
                ["v0.19.2"; 3],
                [1, 1, 1],
            ),
        ],
    ),
    platform(
        "cert-manager",
        &[
            work("cert-manager", "quay.io/jetstack/cert-manager-controller", ["v1.18.2"; 3], [1, 1, 2]),
            work(
                "cert-manager-cainjector",
                "quay.io/jetstack/cert-manager-cainjector",
                ["v1.18.2"; 3],
                [1, 1, 1],
            ),
            work("cert-manager-webhook", "quay.io/jetstack/cert-manager-webhook", ["v1.18.2"; 3], [1, 1, 2]),
        ],
    ),
    App {
        namespace: "monitoring",
        ..platform(
            "grafana",
            &[Work {
                cpu: 100,
                memory: 256,
                port: 3000,
                probe: "/api/health",
                ..work("grafana", "docker.io/grafana/grafana", ["12.1.0"; 3], [1, 1, 2])
            }],
        )
    },
    App {
        namespace: "monitoring",
        ..platform(
            "node-exporter",
            &[Work {
                kind: Kind::DaemonSet,
                cpu: 20,
                memory: 32,
                port: 9100,
                probe: "/",
                ..work("node-exporter", "quay.io/prometheus/node-exporter", ["v1.9.1"; 3], [1, 1, 1])
            }],
        )
    },
    platform(
        "ingress-nginx",
        &[Work {
            kind: Kind::DaemonSet,
            cpu: 100,
            memory: 128,
            port: 443,
            ..work(
                "ingress-nginx-controller",
                "registry.k8s.io/ingress-nginx/controller",
                ["v1.12.4"; 3],
                [1, 1, 1],
            )
        }],
    ),
];

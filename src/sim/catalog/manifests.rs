//! The manifests of an application, as they are in git.

use serde_json::{Value, json};

use super::{
    apps::{App, Kind, Work},
    programs,
};

/// The manifests of an application in one environment (0 dev, 1 staging, 2 prod).
pub(super) fn render(app: &App, env: usize) -> Vec<Value> {
    let mut all = vec![json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(app, app.name, app.name),
    })];
    all.push(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(app, &format!("{}-config", app.name), app.name),
        "data": { "LOG_LEVEL": (["debug", "info", "info"][env]), "TZ": "Africa/Nairobi", "FEATURES": "reminders" },
    }));
    if let Some(material) = &app.material {
        let data: Vec<Value> = material
            .fields
            .iter()
            .map(|field| json!({ "secretKey": field, "remoteRef": { "key": material.path, "property": field } }))
            .collect();
        all.push(json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": meta(app, material.secret, app.name),
            "spec": {
                "refreshInterval": "1h",
                "secretStoreRef": { "kind": "ClusterSecretStore", "name": "vault" },
                "target": { "name": material.secret, "creationPolicy": "Owner" },
                "data": data,
            },
        }));
    }
    for work in app.works {
        all.push(workload(app, work, env));
        if work.port > 0 && work.kind != Kind::DaemonSet {
            all.push(service(app, work));
        }
        if work.kind == Kind::Deployment && work.replicas[env] > 2 {
            all.push(json!({
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": meta(app, work.name, work.name),
                "spec": { "maxUnavailable": 1, "selector": { "matchLabels": selector(work) } },
            }));
        }
    }
    if let Some(host) = app.host {
        all.extend(entrance(app, host, env));
    }
    all
}

fn meta(app: &App, name: &str, component: &str) -> Value {
    json!({
        "name": name,
        "namespace": app.namespace,
        "labels": { "app.kubernetes.io/name": component, "app.kubernetes.io/part-of": app.name },
    })
}

fn selector(work: &Work) -> Value {
    json!({ "app.kubernetes.io/name": work.name })
}

fn service(app: &App, work: &Work) -> Value {
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": meta(app, work.name, work.name),
        "spec": {
            "selector": selector(work),
            "ports": [{ "name": "main", "port": work.port, "targetPort": "main", "protocol": "TCP" }],
        },
    });
    if work.kind == Kind::StatefulSet {
        service["spec"]["clusterIP"] = json!("None");
    }
    service
}

fn entrance(app: &App, host: &str, env: usize) -> [Value; 2] {
    let name = format!("{host}.{}clinic.example", ["dev.", "staging.", ""][env]);
    let secret = format!("{}-tls", app.name);
    let work = &app.works[0];
    let backend = json!({ "service": { "name": work.name, "port": { "name": "main" } } });
    let paths = json!([{ "path": "/", "pathType": "Prefix", "backend": backend }]);
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta(app, app.name, app.name),
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{ "hosts": [name], "secretName": secret }],
            "rules": [{ "host": name, "http": { "paths": paths } }],
        },
    });
    let certificate = json!({
        "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": meta(app, &secret, app.name),
        "spec": {
            "secretName": secret, "dnsNames": [name], "duration": "2160h", "renewBefore": "720h",
            "issuerRef": { "kind": "ClusterIssuer", "name": "vault" },
        },
    });
    [ingress, certificate]
}

fn workload(app: &App, work: &Work, env: usize) -> Value {
    let template = json!({ "metadata": { "labels": labels(app, work) }, "spec": pod(app, work, env) });
    let meta = meta(app, work.name, work.name);
    let selector = json!({ "matchLabels": selector(work) });
    let replicas = work.replicas[env];
    match work.kind {
        Kind::Deployment => json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
            "spec": {
                "replicas": replicas, "selector": selector,
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": "34%" } },
                "template": template,
            },
        }),
        Kind::StatefulSet => json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta,
            "spec": {
                "replicas": replicas, "serviceName": work.name, "selector": selector, "template": template,
            },
        }),
        Kind::DaemonSet => json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta,
            "spec": { "selector": selector, "template": template },
        }),
        Kind::CronJob(schedule) => {
            let mut template = template;
            template["spec"]["restartPolicy"] = json!("Never");
            json!({
                "apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta,
                "spec": {
                    "schedule": schedule, "concurrencyPolicy": "Forbid",
                    "jobTemplate": { "spec": { "backoffLimit": 2, "template": template } },
                },
            })
        }
    }
}

fn labels(app: &App, work: &Work) -> Value {
    json!({ "app.kubernetes.io/name": work.name, "app.kubernetes.io/part-of": app.name })
}

fn pod(app: &App, work: &Work, env: usize) -> Value {
    let tolerations: Vec<Value> = ["not-ready", "unreachable"]
        .iter()
        .map(|taint| {
            json!({ "key": format!("node.kubernetes.io/{taint}"), "operator": "Exists", "effect": "NoExecute",
                "tolerationSeconds": 30 })
        })
        .collect();
    json!({
        "serviceAccountName": app.name,
        "tolerations": tolerations,
        "containers": [container(app, work, env)],
    })
}

fn container(app: &App, work: &Work, env: usize) -> Value {
    let mut container = json!({
        "name": work.name,
        "image": format!("{}:{}", work.image, work.tags[env]),
        "env": variables(app, work, env),
        "resources": {
            "requests": { "cpu": format!("{}m", work.cpu), "memory": format!("{}Mi", work.memory) },
            "limits": { "memory": format!("{}Mi", work.memory * 2) },
        },
    });
    if work.port > 0 {
        container["ports"] = json!([{ "name": "main", "containerPort": work.port }]);
        container["readinessProbe"] = if work.probe.is_empty() {
            json!({ "tcpSocket": { "port": "main" }, "periodSeconds": 5 })
        } else {
            json!({ "httpGet": { "path": work.probe, "port": "main" }, "periodSeconds": 5 })
        };
    }
    container
}

fn variables(app: &App, work: &Work, env: usize) -> Vec<Value> {
    let config = format!("{}-config", app.name);
    let mut all = vec![json!({
        "name": "LOG_LEVEL",
        "valueFrom": { "configMapKeyRef": { "name": config, "key": "LOG_LEVEL" } },
    })];
    let database = programs::program(work.image).and_then(|program| program.uses);
    if let (Some(database), Some(material)) = (database, &app.material) {
        // Each environment's database allows as many connections; smaller ones just use fewer.
        let pool = if env == 2 { work.pool } else { work.pool.min(15) };
        let from = |key: &str| json!({ "secretKeyRef": { "name": material.secret, "key": key } });
        all.push(json!({ "name": "DB_HOST", "value": format!("{database}-db.{}.svc", app.namespace) }));
        all.push(json!({ "name": "DB_POOL_SIZE", "value": pool.to_string() }));
        all.push(json!({ "name": "DB_USER", "valueFrom": from("username") }));
        all.push(json!({ "name": "DB_PASSWORD", "valueFrom": from("password") }));
    } else if let Some(material) = &app.material {
        for field in material.fields.iter().filter(|_| work.kind == Kind::Deployment) {
            let name = field.to_uppercase().replace('-', "_");
            let from = json!({ "secretKeyRef": { "name": material.secret, "key": field } });
            all.push(json!({ "name": name, "valueFrom": from }));
        }
    }
    all
}

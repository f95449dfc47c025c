//! The nodes, the system namespaces and what no Argo CD application manages.

use serde_json::{Value, json};

/// Name, role, cores, GiB of memory.
type Row = (&'static str, &'static str, u32, u32);

const DEV: &[Row] = &[("dev-a-1", "control-plane", 4, 16), ("dev-a-2", "", 4, 16), ("dev-a-3", "", 4, 16)];
const STAGING: &[Row] = &[
    ("stg-a-1", "control-plane", 4, 16),
    ("stg-a-2", "", 4, 16),
    ("stg-b-1", "", 4, 16),
    ("stg-b-2", "", 4, 16),
];
const PROD: &[Row] = &[
    ("prod-a-1", "control-plane", 8, 32),
    ("prod-a-2", "", 8, 32),
    ("prod-b-1", "", 8, 32),
    ("prod-b-2", "", 8, 32),
    ("prod-c-1", "", 8, 32),
    ("prod-c-2", "", 8, 32),
];

/// The nodes of an environment.
pub(super) fn nodes(env: usize) -> Vec<Value> {
    let rows = [DEV, STAGING, PROD][env.min(2)];
    rows.iter().enumerate().map(|(at, row)| node(env, at, *row)).collect()
}

fn node(env: usize, at: usize, (name, role, cores, memory): Row) -> Value {
    let zone = format!("nbo-{}", name.split('-').nth(1).unwrap_or("a"));
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": zone, "node.kubernetes.io/instance-type": format!("c{cores}m{memory}"),
            },
        },
        "spec": { "podCIDR": format!("10.{}.{at}.0/24", 42 + env), "providerID": format!("openstack:///{name}") },
        "status": {
            "capacity": { "cpu": cores.to_string(), "memory": format!("{memory}Gi"), "pods": "110" },
            "allocatable": {
                "cpu": format!("{}m", cores * 1000 - 200), "memory": format!("{}Mi", memory * 1024 - 1536), "pods": "110",
            },
            "addresses": [
                { "type": "InternalIP", "address": format!("192.168.{}.{}", 40 + env, 11 + at) },
                { "type": "Hostname", "address": name },
            ],
            "nodeInfo": {
                "kubeletVersion": "v1.34.2", "kubeProxyVersion": "", "osImage": "Ubuntu 24.04.3 LTS",
                "kernelVersion": "6.8.0-87-generic", "containerRuntimeVersion": "containerd://2.1.4",
                "operatingSystem": "linux", "architecture": "amd64", "machineID": format!("{:032x}", at + 77),
                "systemUUID": format!("{:032x}", at + 99), "bootID": format!("{:032x}", at + 55),
            },
        },
    });
    if !role.is_empty() {
        node["metadata"]["labels"][format!("node-role.kubernetes.io/{role}")] = json!("");
    }
    node
}

/// The workloads of `kube-system`.
pub(super) fn system() -> Vec<Value> {
    let meta =
        |name: &str| json!({ "name": name, "namespace": "kube-system", "labels": { "k8s-app": name } });
    let template = |name: &str, image: &str| {
        json!({
            "metadata": { "labels": { "k8s-app": name, "app.kubernetes.io/name": name } },
            "spec": {
                "priorityClassName": "system-cluster-critical",
                "containers": [{
                    "name": name, "image": image,
                    "resources": { "requests": { "cpu": "100m", "memory": "70Mi" } },
                }],
            },
        })
    };
    let selector = |name: &str| json!({ "matchLabels": { "k8s-app": name } });
    vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("coredns"),
            "spec": {
                "replicas": 2, "selector": selector("coredns"),
                "template": template("coredns", "registry.k8s.io/coredns/coredns:v1.12.4"),
            },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta("kube-proxy"),
            "spec": {
                "selector": selector("kube-proxy"),
                "template": template("kube-proxy", "registry.k8s.io/kube-proxy:v1.34.2"),
            },
        }),
    ]
}

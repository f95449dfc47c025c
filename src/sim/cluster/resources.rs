//! Which resources a simulated API server serves, as data.

use std::fmt;

/// A group and a plural resource name: where objects of one kind are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gr {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The plural name in lower case.
    pub resource: &'static str,
}

impl fmt::Display for Gr {
    /// As error messages name it: `pods`, `deployments.apps`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(self.resource)
        } else {
            write!(f, "{}.{}", self.resource, self.group)
        }
    }
}

/// One resource that is served.
#[derive(Debug)]
pub struct Resource {
    /// Its group and plural name.
    pub gr: Gr,
    /// The version it is served in.
    pub version: &'static str,
    /// The kind in its objects.
    pub kind: &'static str,
    /// The singular name.
    pub singular: &'static str,
    /// The short names that kubectl takes.
    pub short: &'static [&'static str],
    /// The categories, for example `all`.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// The subresources, for example `status`, `scale`, `log`.
    pub subresources: &'static [&'static str],
    /// Whether it comes from a custom resource definition.
    pub custom: bool,
    /// Where its objects are stored: another resource for a second view of the same objects.
    pub stored: Gr,
}

impl Resource {
    /// The `apiVersion` of its objects: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.gr.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.gr.group, self.version)
        }
    }

    /// Whether it has that subresource.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.contains(&subresource)
    }
}

/// The resource of a group and plural name.
pub fn find(group: &str, resource: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|r| r.gr.group == group && r.gr.resource == resource)
}

/// The resource whose objects have that group and kind.
pub fn of_kind(group: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|r| r.gr.group == group && r.kind == kind)
}

/// The resource whose objects have that `apiVersion` and kind.
pub fn of_object(api_version: &str, kind: &str) -> Option<&'static Resource> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    of_kind(group, kind)
}

const fn gr(group: &'static str, resource: &'static str) -> Gr {
    Gr { group, resource }
}

/// Names of stored resources that controllers use.
pub mod known {
    use super::{Gr, gr};

    /// Pods.
    pub const PODS: Gr = gr("", "pods");
    /// Services.
    pub const SERVICES: Gr = gr("", "services");
    /// Config maps.
    pub const CONFIG_MAPS: Gr = gr("", "configmaps");
    /// Secrets.
    pub const SECRETS: Gr = gr("", "secrets");
    /// Events.
    pub const EVENTS: Gr = gr("", "events");
    /// Namespaces.
    pub const NAMESPACES: Gr = gr("", "namespaces");
    /// Nodes.
    pub const NODES: Gr = gr("", "nodes");
    /// Service accounts.
    pub const SERVICE_ACCOUNTS: Gr = gr("", "serviceaccounts");
    /// Deployments.
    pub const DEPLOYMENTS: Gr = gr("apps", "deployments");
    /// Replica sets.
    pub const REPLICA_SETS: Gr = gr("apps", "replicasets");
    /// Stateful sets.
    pub const STATEFUL_SETS: Gr = gr("apps", "statefulsets");
    /// Daemon sets.
    pub const DAEMON_SETS: Gr = gr("apps", "daemonsets");
    /// Controller revisions.
    pub const CONTROLLER_REVISIONS: Gr = gr("apps", "controllerrevisions");
    /// Jobs.
    pub const JOBS: Gr = gr("batch", "jobs");
    /// Cron jobs.
    pub const CRON_JOBS: Gr = gr("batch", "cronjobs");
    /// Pod disruption budgets.
    pub const DISRUPTION_BUDGETS: Gr = gr("policy", "poddisruptionbudgets");
    /// Leases (of nodes and of leader elections).
    pub const LEASES: Gr = gr("coordination.k8s.io", "leases");
    /// Argo CD applications.
    pub const APPLICATIONS: Gr = gr("argoproj.io", "applications");
    /// Argo CD projects.
    pub const APP_PROJECTS: Gr = gr("argoproj.io", "appprojects");
    /// Argo CD application sets.
    pub const APPLICATION_SETS: Gr = gr("argoproj.io", "applicationsets");
    /// External Secrets Operator's external secrets.
    pub const EXTERNAL_SECRETS: Gr = gr("external-secrets.io", "externalsecrets");
    /// cert-manager's certificates.
    pub const CERTIFICATES: Gr = gr("cert-manager.io", "certificates");
}

const ALL: &[&str] = &["all"];
const STATUS: &[&str] = &["status"];

const fn row(
    gr: Gr,
    version: &'static str,
    kind: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    subresources: &'static [&'static str],
) -> Resource {
    Resource {
        gr,
        version,
        kind,
        singular,
        short,
        categories: &[],
        namespaced,
        subresources,
        custom: false,
        stored: gr,
    }
}

const fn in_all(mut resource: Resource) -> Resource {
    resource.categories = ALL;
    resource
}

const fn custom(mut resource: Resource) -> Resource {
    resource.custom = true;
    resource
}

const fn stored_as(mut resource: Resource, stored: Gr) -> Resource {
    resource.stored = stored;
    resource
}

/// Every resource served.
pub static RESOURCES: &[Resource] = &[
    in_all(row(
        known::PODS,
        "v1",
        "Pod",
        "pod",
        &["po"],
        true,
        &["status", "log", "eviction", "ephemeralcontainers", "exec", "attach", "portforward", "binding"],
    )),
    in_all(row(known::SERVICES, "v1", "Service", "service", &["svc"], true, STATUS)),
    row(known::CONFIG_MAPS, "v1", "ConfigMap", "configmap", &["cm"], true, &[]),
    row(known::SECRETS, "v1", "Secret", "secret", &[], true, &[]),
    row(known::EVENTS, "v1", "Event", "event", &["ev"], true, &[]),
    row(known::NAMESPACES, "v1", "Namespace", "namespace", &["ns"], false, &["status", "finalize"]),
    row(known::NODES, "v1", "Node", "node", &["no"], false, STATUS),
    row(known::SERVICE_ACCOUNTS, "v1", "ServiceAccount", "serviceaccount", &["sa"], true, &["token"]),
    row(gr("", "endpoints"), "v1", "Endpoints", "endpoints", &["ep"], true, &[]),
    row(
        gr("", "persistentvolumeclaims"),
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaim",
        &["pvc"],
        true,
        STATUS,
    ),
    row(gr("", "persistentvolumes"), "v1", "PersistentVolume", "persistentvolume", &["pv"], false, STATUS),
    row(gr("", "resourcequotas"), "v1", "ResourceQuota", "resourcequota", &["quota"], true, STATUS),
    row(gr("", "limitranges"), "v1", "LimitRange", "limitrange", &["limits"], true, &[]),
    in_all(row(
        gr("", "replicationcontrollers"),
        "v1",
        "ReplicationController",
        "replicationcontroller",
        &["rc"],
        true,
        &["status", "scale"],
    )),
    in_all(row(
        known::DEPLOYMENTS,
        "v1",
        "Deployment",
        "deployment",
        &["deploy"],
        true,
        &["status", "scale"],
    )),
    in_all(row(known::REPLICA_SETS, "v1", "ReplicaSet", "replicaset", &["rs"], true, &["status", "scale"])),
    in_all(row(
        known::STATEFUL_SETS,
        "v1",
        "StatefulSet",
        "statefulset",
        &["sts"],
        true,
        &["status", "scale"],
    )),
    in_all(row(known::DAEMON_SETS, "v1", "DaemonSet", "daemonset", &["ds"], true, STATUS)),
    row(known::CONTROLLER_REVISIONS, "v1", "ControllerRevision", "controllerrevision", &[], true, &[]),
    in_all(row(known::JOBS, "v1", "Job", "job", &[], true, STATUS)),
    in_all(row(known::CRON_JOBS, "v1", "CronJob", "cronjob", &["cj"], true, STATUS)),
    row(
        known::DISRUPTION_BUDGETS,
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudget",
        &["pdb"],
        true,
        STATUS,
    ),
    in_all(row(
        gr("autoscaling", "horizontalpodautoscalers"),
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscaler",
        &["hpa"],
        true,
        STATUS,
    )),
    row(gr("networking.k8s.io", "ingresses"), "v1", "Ingress", "ingress", &["ing"], true, STATUS),
    row(
        gr("networking.k8s.io", "networkpolicies"),
        "v1",
        "NetworkPolicy",
        "networkpolicy",
        &["netpol"],
        true,
        &[],
    ),
    row(gr("rbac.authorization.k8s.io", "roles"), "v1", "Role", "role", &[], true, &[]),
    row(gr("rbac.authorization.k8s.io", "rolebindings"), "v1", "RoleBinding", "rolebinding", &[], true, &[]),
    row(gr("rbac.authorization.k8s.io", "clusterroles"), "v1", "ClusterRole", "clusterrole", &[], false, &[]),
    row(
        gr("rbac.authorization.k8s.io", "clusterrolebindings"),
        "v1",
        "ClusterRoleBinding",
        "clusterrolebinding",
        &[],
        false,
        &[],
    ),
    row(gr("storage.k8s.io", "storageclasses"), "v1", "StorageClass", "storageclass", &["sc"], false, &[]),
    row(known::LEASES, "v1", "Lease", "lease", &[], true, &[]),
    stored_as(row(gr("events.k8s.io", "events"), "v1", "Event", "event", &["ev"], true, &[]), known::EVENTS),
    row(
        gr("apiextensions.k8s.io", "customresourcedefinitions"),
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinition",
        &["crd", "crds"],
        false,
        STATUS,
    ),
    custom(row(known::APPLICATIONS, "v1alpha1", "Application", "application", &["app", "apps"], true, &[])),
    custom(row(
        known::APP_PROJECTS,
        "v1alpha1",
        "AppProject",
        "appproject",
        &["appproj", "appprojs"],
        true,
        &[],
    )),
    custom(row(
        known::APPLICATION_SETS,
        "v1alpha1",
        "ApplicationSet",
        "applicationset",
        &["appset", "appsets"],
        true,
        STATUS,
    )),
    custom(row(known::EXTERNAL_SECRETS, "v1", "ExternalSecret", "externalsecret", &["es"], true, STATUS)),
    custom(row(
        gr("external-secrets.io", "clustersecretstores"),
        "v1",
        "ClusterSecretStore",
        "clustersecretstore",
        &["css"],
        false,
        STATUS,
    )),
    custom(row(known::CERTIFICATES, "v1", "Certificate", "certificate", &["cert", "certs"], true, STATUS)),
    custom(row(
        gr("cert-manager.io", "clusterissuers"),
        "v1",
        "ClusterIssuer",
        "clusterissuer",
        &[],
        false,
        STATUS,
    )),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_by_every_name() {
        assert_eq!(find("apps", "deployments").map(|r| r.kind), Some("Deployment"));
        assert_eq!(of_object("v1", "Pod").map(|r| r.gr), Some(known::PODS));
        assert_eq!(
            of_object("argoproj.io/v1alpha1", "Application").map(Resource::api_version).as_deref(),
            Some("argoproj.io/v1alpha1")
        );
        assert_eq!(known::DEPLOYMENTS.to_string(), "deployments.apps");
    }
}

//! What a pane lists, and by what it can be sorted.

use super::layout::PaneId;
use crate::model::{Kind, SystemKind};

/// What a pane lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Environments.
    #[default]
    Environments,
    /// Argo CD applications.
    Applications,
    /// Applications by name, with a column for each environment.
    Matrix,
    /// Pods.
    Pods,
    /// Deployments, stateful and daemon sets, jobs.
    Workloads,
    /// Nodes.
    Nodes,
    /// Namespaces.
    Namespaces,
    /// Kubernetes events.
    Events,
    /// Objects of any other kind, the one that is looked at.
    Objects,
    /// Alerts.
    Alerts,
    /// Silences.
    Silences,
    /// Leases, static roles, secrets and certificates.
    Leases,
    /// Logs.
    Logs,
    /// Changes.
    Changes,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// What is worst first.
    Worst,
    /// By name.
    Name,
    /// Newest first.
    Newest,
    /// What ends first.
    Ends,
    /// Most restarts first.
    Restarts,
    /// Most CPU first.
    Cpu,
    /// Most memory first.
    Memory,
    /// By node.
    Node,
    /// By a column of the kind that is looked at.
    Column(u16),
    /// By what rows tell at this place.
    Fact(u16),
}

impl SortBy {
    /// The word for it in a title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worst => "worst first",
            Self::Name => "by name",
            Self::Newest => "newest first",
            Self::Ends => "by what ends first",
            Self::Restarts => "by restarts",
            Self::Cpu => "by CPU",
            Self::Memory => "by memory",
            Self::Node => "by node",
            Self::Column(_) | Self::Fact(_) => "by column",
        }
    }
}

impl Subject {
    /// Everything that can be listed.
    pub const ALL: [Self; 14] = [
        Self::Environments,
        Self::Applications,
        Self::Matrix,
        Self::Pods,
        Self::Workloads,
        Self::Nodes,
        Self::Namespaces,
        Self::Events,
        Self::Objects,
        Self::Alerts,
        Self::Silences,
        Self::Leases,
        Self::Logs,
        Self::Changes,
    ];

    /// The pane that lists it.
    pub const fn pane(self) -> PaneId {
        match self {
            Self::Environments => PaneId::Environments,
            Self::Applications | Self::Matrix => PaneId::Applications,
            Self::Pods | Self::Workloads | Self::Nodes | Self::Namespaces | Self::Events | Self::Objects => {
                PaneId::Pods
            }
            Self::Alerts | Self::Silences => PaneId::Alerts,
            Self::Leases => PaneId::Leases,
            Self::Logs => PaneId::Logs,
            Self::Changes => PaneId::Changes,
        }
    }

    /// What a pane lists at first.
    pub const fn first(pane: PaneId) -> Self {
        match pane {
            PaneId::Environments => Self::Environments,
            PaneId::Applications => Self::Applications,
            PaneId::Pods => Self::Pods,
            PaneId::Alerts => Self::Alerts,
            PaneId::Leases => Self::Leases,
            PaneId::Logs => Self::Logs,
            PaneId::Changes => Self::Changes,
            PaneId::Extra1 | PaneId::Extra2 | PaneId::Extra3 | PaneId::Extra4 | PaneId::Extra5 => {
                Self::Environments
            }
        }
    }

    /// Its name in titles.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Environments => "Environments",
            Self::Applications => "Applications",
            Self::Matrix => "Applications by environment",
            Self::Pods => "Pods",
            Self::Workloads => "Workloads",
            Self::Nodes => "Nodes",
            Self::Namespaces => "Namespaces",
            Self::Events => "Events",
            Self::Objects => "Objects",
            Self::Alerts => "Alerts",
            Self::Silences => "Silences",
            Self::Leases => "Leases",
            Self::Logs => "Logs",
            Self::Changes => "Changes",
        }
    }

    /// The kinds of entities it lists; empty for what is derived.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Applications | Self::Matrix => &[Kind::Application],
            Self::Pods => &[Kind::Pod],
            Self::Workloads => &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job],
            Self::Nodes => &[Kind::Node],
            Self::Namespaces => &[Kind::Namespace],
            Self::Events => &[Kind::Event],
            Self::Objects => &[Kind::Object],
            Self::Alerts => &[Kind::Alert],
            Self::Silences => &[Kind::Silence],
            Self::Leases => &[Kind::Lease, Kind::StaticRole, Kind::Secret, Kind::Certificate],
            Self::Environments | Self::Logs | Self::Changes => &[],
        }
    }

    /// The kind of system that knows it, where one does.
    pub const fn system(self) -> Option<SystemKind> {
        match self {
            Self::Applications | Self::Matrix => Some(SystemKind::ArgoCd),
            Self::Pods | Self::Workloads | Self::Nodes | Self::Namespaces | Self::Events | Self::Objects => {
                Some(SystemKind::Kubernetes)
            }
            Self::Alerts | Self::Silences => Some(SystemKind::Alertmanager),
            Self::Leases => Some(SystemKind::Vault),
            Self::Environments | Self::Logs | Self::Changes => None,
        }
    }

    /// By what it can be sorted, the usual way first.
    pub const fn sorts(self) -> &'static [SortBy] {
        match self {
            Self::Environments | Self::Logs => &[],
            Self::Applications | Self::Workloads | Self::Objects => {
                &[SortBy::Worst, SortBy::Name, SortBy::Newest]
            }
            Self::Pods => &[
                SortBy::Worst,
                SortBy::Name,
                SortBy::Newest,
                SortBy::Restarts,
                SortBy::Cpu,
                SortBy::Memory,
                SortBy::Node,
            ],
            Self::Nodes => &[SortBy::Worst, SortBy::Name, SortBy::Newest, SortBy::Cpu, SortBy::Memory],
            Self::Namespaces => &[SortBy::Name, SortBy::Newest],
            Self::Matrix => &[SortBy::Worst, SortBy::Name],
            Self::Events | Self::Changes => &[SortBy::Newest, SortBy::Worst, SortBy::Name],
            Self::Alerts => &[SortBy::Worst, SortBy::Newest, SortBy::Name],
            Self::Silences | Self::Leases => &[SortBy::Ends, SortBy::Worst, SortBy::Name],
        }
    }

    /// Whether it has columns that only the wide form shows.
    pub const fn has_wide(self) -> bool {
        matches!(
            self,
            Self::Applications | Self::Pods | Self::Workloads | Self::Alerts | Self::Silences | Self::Objects
        )
    }

    /// What to say when nothing is there at all.
    pub const fn nothing(self) -> &'static str {
        match self {
            Self::Environments => "no environment is configured",
            Self::Applications | Self::Matrix => "no applications",
            Self::Pods => "no pods",
            Self::Workloads => "no workloads",
            Self::Nodes => "no nodes",
            Self::Namespaces => "no namespaces",
            Self::Events => "no events",
            Self::Objects => "none",
            Self::Alerts => "nothing fires",
            Self::Silences => "nothing is silenced",
            Self::Leases => "no leases, roles, secrets or certificates",
            Self::Logs => "select an application or a pod to read its logs",
            Self::Changes => "nothing changed in the last day",
        }
    }
}

//! Which connector speaks to which kind of system: one line each.

use std::sync::Arc;

use super::{
    Connector, alertmanager::Alertmanager, argocd::ArgoCd, kubernetes::Kubernetes, loki::Loki,
    prometheus::Prometheus, vault::Vault,
};
use crate::{
    config::{Config, SystemConfig},
    model::Clock,
};

/// A connector for every system of the configuration, in its order; none of them asks anything yet.
pub fn connect(config: &Config, clock: Arc<dyn Clock>) -> Vec<Arc<dyn Connector>> {
    let one = |(system, config)| -> Arc<dyn Connector> {
        let clock = Arc::clone(&clock);
        match config {
            SystemConfig::Kubernetes(c) => Kubernetes::new(system, c, clock),
            SystemConfig::ArgoCd(c, cluster) => ArgoCd::new(system, c, cluster, clock),
            SystemConfig::Vault(c) => Vault::new(system, c, clock),
            SystemConfig::Alertmanager(c) => Alertmanager::new(system, c, clock),
            SystemConfig::Prometheus(c) => Prometheus::new(system, c, clock),
            SystemConfig::Loki(c) => Loki::new(system, c, clock),
        }
    };
    config.systems().into_iter().map(one).collect()
}

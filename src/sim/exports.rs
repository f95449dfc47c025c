//! The environment variables with which the field's own tools find the simulated systems.

use super::{identity::User, server::Endpoints};

/// The variables for one environment and one user, for `export NAME=VALUE`; systems that are not served are left
/// out. The tools that read them: vault, bao, logcli; the other two are what people use in scripts.
pub fn env_exports(endpoints: &Endpoints, user: &User) -> Vec<(String, String)> {
    const VARIABLES: [(&str, &str); 5] = [
        ("vault", "VAULT_ADDR"),
        ("vault", "BAO_ADDR"),
        ("alertmanager", "ALERTMANAGER_URL"),
        ("prometheus", "PROMETHEUS_URL"),
        ("loki", "LOKI_ADDR"),
    ];
    let served = VARIABLES.iter().filter_map(|(system, variable)| {
        endpoints.get(system).map(|endpoint| ((*variable).to_owned(), endpoint.url()))
    });
    let mut exports: Vec<_> = served.collect();
    if endpoints.get("vault").is_some() {
        for variable in ["VAULT_TOKEN", "BAO_TOKEN"] {
            exports.push((variable.to_owned(), user.token.to_owned()));
        }
    }
    exports
}

//! `vigie doctor`: each system's reach, TLS, identity, rights and clock.

use futures::future::join_all;
use serde_json::json;

use crate::model::{Check, CheckState};

use super::{
    answer::Exit,
    context::Common,
    output::{Table, print},
};

/// Looks at every system at once; fails when one check fails.
pub async fn run(common: &Common) -> Exit {
    let (_, supervisor, _) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    let looks = supervisor.connectors().iter().map(|connector| async move {
        let checks = tokio::time::timeout(common.patience(), connector.probe()).await.unwrap_or_else(|_| {
            let detail = format!("no answer within {} s", common.timeout);
            vec![Check { name: "reach".into(), state: CheckState::Failed, detail: detail.into() }]
        });
        (connector.system().clone(), checks)
    });
    let mut table = Table::new(&["ENV", "SYSTEM", "CHECK", "STATE", "DETAIL"]);
    let mut values = Vec::new();
    let mut worst = CheckState::Ok;
    for (system, checks) in join_all(looks).await {
        for check in &checks {
            worst = worst.max(check.state);
            let state = match check.state {
                CheckState::Ok => "✓ ok",
                CheckState::Degraded => "! degraded",
                CheckState::Failed => "✗ failed",
            };
            let cells = [&*system.env, &*system.name, &*check.name, state, &*check.detail];
            table.rows.push(cells.map(str::to_owned).to_vec());
        }
        values.push(json!({ "environment": &*system.env, "system": &*system.name, "checks": checks }));
    }
    print(common.output, &table, &json!(values));
    if worst == CheckState::Failed { Exit::Failed } else { Exit::Done }
}

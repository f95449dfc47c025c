//! `vigie config check`: is the configuration right, and if not, where and what to write.

use clap::Subcommand;
use serde_json::json;

use super::{
    answer::Exit,
    context::Common,
    output::{Table, print, say},
};

/// What to do with the configuration.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Check the file and list what it configures; mistakes are shown with file, line and column
    Check,
}

/// Checks the configuration.
pub fn run(common: &Common, command: &Command) -> Exit {
    let Command::Check = command;
    let config = match common.load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let mut table = Table::new(&["ENV", "TIER", "SYSTEM", "CONFIRM", "REASON"]);
    let mut values = Vec::new();
    let environments = config.environments();
    for (system, _) in config.systems() {
        let Some(env) = environments.iter().find(|e| e.name == system.env) else { continue };
        let confirm = if env.policy.read_only {
            "read-only".to_owned()
        } else {
            format!("{:?}", env.policy.confirm).to_lowercase()
        };
        let reason = if env.policy.reason { "required" } else { "-" };
        let cells = [&*env.name, &env.tier.to_string(), &*system.name, &confirm, reason];
        table.rows.push(cells.map(str::to_owned).to_vec());
        values.push(json!({
            "environment": &*env.name, "tier": env.tier, "system": &*system.name,
            "confirm": confirm, "reason": env.policy.reason,
        }));
    }
    print(common.output, &table, &json!(values));
    say("the configuration is right");
    Exit::Done
}

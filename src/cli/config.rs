//! `vigie config check`: is the configuration right, and if not, where and what to write.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    answer::{Exit, Format},
    context::Common,
    output::{Table, out, print, say},
};
use crate::{config::Problem, runtime::settings::settings};

/// What to do with the configuration.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Check the file and list what it configures; mistakes are shown with file, line and column
    Check,
}

/// Checks the configuration, and the keymap and theme that it names.
pub fn run(common: &Common, command: &Command) -> Exit {
    let Command::Check = command;
    let problems = match common.read() {
        Ok(config) => settings(&config.screen).1,
        Err(problems) => problems,
    };
    if !problems.is_empty() {
        match common.output {
            Format::Table => problems.iter().for_each(say),
            format => {
                out(&format.render(&problems.iter().map(mistake).collect::<Vec<_>>(), |_| String::new()))
            }
        }
        return Exit::Usage;
    }
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

/// A mistake for programs.
fn mistake(problem: &Problem) -> Value {
    json!({
        "file": problem.file,
        "line": problem.at.map(|at| at.line),
        "column": problem.at.map(|at| at.column),
        "problem": problem.what,
        "hint": problem.hint,
    })
}

//! `vigie config check`, `show` and `schema`: whether the configuration is right, what is in force, what may be said.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    answer::{Exit, Format},
    context::Common,
    output::{Table, out, print, say},
};
use crate::{
    config::{self, Config, Loaded, Problem},
    model::text,
    runtime::{columns, memory, settings::settings, workspaces},
};

/// What to do with the configuration.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Check all files and list what they configure; every mistake is shown with file, line and column
    Check,
    /// Show what is in force, defaults and policies of tiers included; secrets only as references
    Show,
    /// Print the JSON schema of the configuration, for editors
    Schema,
}

/// Carries it out.
pub fn run(common: &Common, command: &Command) -> Exit {
    match command {
        Command::Check => check(common),
        Command::Show => show(common),
        Command::Schema => {
            out(&config::schema());
            Exit::Done
        }
    }
}

/// Checks the configuration, and the keymap, theme, workspaces and filters that belong to it.
fn check(common: &Common) -> Exit {
    let Loaded { config, mut problems, .. } = common.read_all();
    problems.extend(settings(&config.screen).1);
    problems.extend(workspaces::desk(&config.screen).1);
    problems.extend(columns::book().1);
    problems.extend(memory::memory().1);
    if !problems.is_empty() {
        match common.output {
            Format::Table => problems.iter().for_each(say),
            format => {
                out(&format.render(&problems.iter().map(mistake).collect::<Vec<_>>(), |_| String::new()));
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

/// Shows what is in force.
fn show(common: &Common) -> Exit {
    let Loaded { config, problems, files, origins, .. } = common.read_all();
    problems.iter().for_each(say);
    let config = in_force(config);
    let wanted = |name: &str| common.env.as_deref().is_none_or(|env| env == name);
    let shown = match common.output {
        Format::Table => {
            let mut text = String::new();
            if files.is_empty() {
                text.push_str("# discovered: there is no configuration file; `vigie init` writes one\n");
            }
            text.extend(files.iter().map(|f| format!("# {}\n", f.display())));
            let mut rest = Config { environments: Vec::new(), include: Vec::new(), ..config.clone() };
            rest.screen.frames.get_or_insert(crate::runtime::settings::FRAMES);
            text.push('\n');
            text.push_str(&toml::to_string(&rest).unwrap_or_default().replace("environment = []\n", ""));
            for (n, env) in config.environments.iter().enumerate().filter(|(_, e)| wanted(&e.name)) {
                let one = json!({ "environment": [env] });
                let file = origins.get(n).map_or_else(String::new, |f| format!("# {}\n", f.display()));
                text.push('\n');
                text.push_str(&file);
                text.push_str(&toml::to_string(&pruned(one)).unwrap_or_default());
            }
            text.lines().map(|line| text::clean(line).into_owned() + "\n").collect()
        }
        format => {
            let mut config = config;
            config.environments.retain(|e| wanted(&e.name));
            format.render(&pruned(json!(config)), |_| String::new())
        }
    };
    out(&shown);
    if problems.is_empty() { Exit::Done } else { Exit::Usage }
}

/// The configuration with what its environments' tiers ask written out.
fn in_force(mut config: Config) -> Config {
    let policies: Vec<_> = config.environments().into_iter().map(|e| e.policy).collect();
    for (env, policy) in config.environments.iter_mut().zip(policies) {
        (env.policy.confirm, env.policy.reason) = (Some(policy.confirm), Some(policy.reason));
    }
    config
}

/// A value without what is absent or empty.
fn pruned(value: Value) -> Value {
    let says = |v: &Value| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty());
    match value {
        Value::Object(fields) => {
            fields.into_iter().filter(|(_, v)| says(v)).map(|(k, v)| (k, pruned(v))).collect()
        }
        Value::Array(all) => all.into_iter().map(pruned).collect(),
        other => other,
    }
}

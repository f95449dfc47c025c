//! The command line: the cockpit, and every answer and action of it without a screen.

pub mod act;
pub mod answer;
pub mod audit;
mod cockpit;
mod completions;
mod config;
mod context;
mod csv;
mod demo;
mod discover;
mod doctor;
mod get;
mod headless;
mod import;
mod init;
mod keys;
mod logs;
mod man;
mod output;
mod plain;
mod policy;
mod reload;
mod snapshot;
mod status;
mod themes;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use answer::Exit;
use context::{Common, Form};
use output::say;

/// A lookout for engineers on call: every environment, system and change on one screen
#[derive(Parser, Debug)]
#[command(name = "vigie", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Open the cockpit on a simulated platform; needs no cluster
    Demo(demo::Demo),
    /// Is anything wrong, where, since when
    Status,
    /// List what every environment has of something
    #[command(after_help = get::lists())]
    Get(get::Get),
    /// Read logs of pods and of Loki, merged by time
    Logs(logs::Logs),
    /// Look at each system's reach, TLS, identity, rights and clock
    Doctor,
    /// List the themes, show one, or make one of a k9s skin
    Themes(themes::Themes),
    /// Check or show the configuration, or print its schema
    #[command(subcommand)]
    Config(config::Command),
    /// Verify or show the journal of actions
    #[command(subcommand)]
    Audit(audit::Audit),
    /// List actions without an outcome on the record, or find out what became of one
    Resume(headless::Resume),
    /// Plan and run what undoes an action that is done
    Undo(headless::Undo),
    /// Write a configuration from what this machine is set up for: kubeconfig, argocd, VAULT_ADDR, ...
    Init(init::Init),
    /// Take over what another program was taught
    #[command(subcommand)]
    Import(import::Import),
    /// Print one frame of the cockpit, once what is to be seen on it is loaded
    Snapshot(snapshot::Snapshot),
    /// List the keys as they are loaded: place, keys, command, what it does
    Keys(keys::Keys),
    /// Print what a shell needs to complete vigie's arguments
    Completions(completions::Completions),
    /// Print the manual page, or write those of all commands
    Man(man::Man),
}

/// Runs the program.
pub fn main() -> ExitCode {
    completions::answer(command);
    let matches = command().get_matches();
    crate::connector::tls::install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format!("vigie cannot start: {error}"));
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(run(&matches));
    // Tasks that wait for slow systems do not hold up the end.
    runtime.shutdown_background();
    exit.into()
}

/// All commands: those above, and one for each verb that changes something.
fn command() -> clap::Command {
    act::commands().into_iter().fold(Cli::command(), clap::Command::subcommand)
}

async fn run(matches: &ArgMatches) -> Exit {
    if let Some((name, verb)) = matches.subcommand() {
        let common = Common::of(verb);
        if matches!(common.form, Form::Frame(_)) && name != "snapshot" {
            say("frames come from `vigie snapshot`; results as -o table, json, yaml or csv");
            return Exit::Usage;
        }
        if let Some(call) = act::Invocation::read(name, verb, common.env.clone(), common.output) {
            return headless::act(&common, &call).await;
        }
    }
    let cli = Cli::from_arg_matches(matches).unwrap_or_else(|e| e.exit());
    let common = &Common::of(matches);
    match &cli.command {
        None => cockpit::run(common).await,
        Some(Command::Demo(demo)) => demo::run(common, demo).await,
        Some(Command::Status) => status::run(common).await,
        Some(Command::Get(get)) => get::run(common, get).await,
        Some(Command::Logs(logs)) => logs::run(common, logs).await,
        Some(Command::Doctor) => doctor::run(common).await,
        Some(Command::Themes(themes)) => themes::run(common, themes),
        Some(Command::Config(command)) => config::run(common, command),
        Some(Command::Audit(audit)) => headless::audit(common, audit),
        Some(Command::Resume(resume)) => headless::resume(common, resume).await,
        Some(Command::Undo(undo)) => headless::undo(common, undo).await,
        Some(Command::Init(init)) => init::run(common, init),
        Some(Command::Import(import)) => import::run(common, import),
        Some(Command::Snapshot(snapshot)) => snapshot::run(common, snapshot).await,
        Some(Command::Keys(keys)) => keys::run(common, keys),
        Some(Command::Completions(completions)) => completions::run(completions),
        Some(Command::Man(man)) => man::run(man),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_sound() {
        super::command().debug_assert();
    }
}

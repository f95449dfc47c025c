//! `vigie completions SHELL`: what makes a shell ask vigie itself how a line can go on, so that environments, lists
//! and drills are completed as they are now.

use clap::Args;
use clap_complete::{
    CompleteEnv,
    env::{Bash, EnvCompleter, Fish, Zsh},
};

use super::{
    answer::Exit,
    output::{out, say},
};

/// The variable by which the shell's script asks.
const ASKS: &str = "VIGIE_COMPLETE";

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// `source <(vigie completions bash)`, in ~/.bashrc
    Bash,
    /// `source <(vigie completions zsh)`, in ~/.zshrc after compinit
    Zsh,
    /// `vigie completions fish | source`, in ~/.config/fish/config.fish
    Fish,
}

/// Answers a shell that asks how a line can go on, and ends; does nothing when none asks.
pub fn answer(command: fn() -> clap::Command) {
    CompleteEnv::with_factory(command).var(ASKS).complete();
}

/// Prints the script of a shell.
pub fn run(args: &Completions) -> Exit {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    match shell.write_registration(ASKS, "vigie", "vigie", "vigie", &mut script) {
        Ok(()) => {
            out(&String::from_utf8_lossy(&script));
            Exit::Done
        }
        Err(error) => {
            say(format!("the script cannot be written: {error}"));
            Exit::Failed
        }
    }
}

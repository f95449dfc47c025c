//! `vigie init`: a configuration from what is found on the machine, with every guess said.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead, IsTerminal, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;

use super::{
    answer::Exit,
    context::Common,
    discover::{Candidate, Found, Origin, brief, find},
    output::{out, say},
};
use crate::{
    config::{self, Config, EnvironmentConfig, Loaded},
    model::{Tier, text},
};

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
pub struct Init {
    /// Print the configuration and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write although there is a configuration; the old one is kept beside it
    #[arg(long)]
    pub force: bool,
}

/// Looks around, asks about tiers where someone can answer, and writes the file.
pub fn run(common: &Common, init: &Init) -> Exit {
    let Some(file) = common.config.clone().or_else(config::default_file) else {
        say("there is no home directory to write to; name a file with --config");
        return Exit::Usage;
    };
    let mut found = find(false);
    leave_configured(&file, &mut found);
    tell(&found);
    if found.environments.is_empty() {
        say("nothing was found: no kubeconfig, no argocd login, no VAULT_ADDR, LOKI_ADDR, ...");
        say("copy config/vigie.toml and say what there is, or look around with `vigie demo`");
        return Exit::Failed;
    }
    if !init.dry_run && file.exists() && !init.force {
        say(format!(
            "{} is there already; --dry-run prints what would be written, --force keeps the old one beside it",
            brief(&file)
        ));
        return Exit::Usage;
    }
    if !init.dry_run && io::stdin().is_terminal() && io::stderr().is_terminal() {
        found.environments.iter_mut().for_each(ask);
    }
    let text = written(&found);
    if let Err(problems) = Config::parse(&file, &text) {
        problems.iter().for_each(say);
        return Exit::Failed;
    }
    if init.dry_run {
        out(&text);
        return Exit::Done;
    }
    match write(&file, &text) {
        Ok(kept) => {
            if let Some(kept) = kept {
                say(format!("the old one is {}", brief(&kept)));
            }
            say(format!(
                "wrote {}; next: `vigie doctor` tries every system, `vigie` opens the cockpit",
                brief(&file)
            ));
            Exit::Done
        }
        Err(error) => {
            say(format!("{}: {error}", brief(&file)));
            Exit::Failed
        }
    }
}

/// Leaves out what files of environments beside the main one have already.
fn leave_configured(file: &Path, found: &mut Found) {
    if !config::is_configured(file) {
        return;
    }
    let Loaded { config, origins, .. } = Config::load_all(file);
    for (env, origin) in config.environments.iter().zip(&origins).filter(|(_, origin)| *origin != file) {
        let context = |e: &EnvironmentConfig| e.kubernetes.as_ref().and_then(|k| k.context.clone());
        let same = |c: &Candidate| {
            c.config.name == env.name || context(env).is_some() && context(&c.config) == context(env)
        };
        if found.environments.iter().any(same) {
            found.environments.retain(|c| !same(c));
            found.notes.push(format!("{} is in {} already", env.name, brief(origin)));
        }
    }
}

/// Says what was found, and where.
fn tell(found: &Found) {
    for Candidate { config, guess, origins } in &found.environments {
        say(format!("{} ({}: {guess})", config.name, config.tier));
        for Origin { system, place, .. } in origins {
            say(format!("  {system:<13} {}", text::one_line(place)));
        }
    }
    found.notes.iter().for_each(|note| say(format!("left: {}", text::one_line(note))));
}

/// Asks how careful to be with an environment; Enter takes the guess.
fn ask(candidate: &mut Candidate) {
    let Candidate { config, guess, .. } = candidate;
    loop {
        let _ = write!(io::stderr(), "{}: dev, staging or prod? [{}] ", config.name, config.tier);
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        config.tier = match line.trim() {
            "" => return,
            "dev" | "d" => Tier::Dev,
            "staging" | "s" => Tier::Staging,
            "prod" | "p" => Tier::Prod,
            _ => continue,
        };
        "as answered".clone_into(guess);
        return;
    }
}

/// The file.
fn written(found: &Found) -> String {
    let mut text = String::from(
        "# vigie's configuration, written by `vigie init` from what this machine is set up for. Check it:\n\
         # `vigie config check` tells file, line and column of every mistake; `vigie doctor` tries every system.\n\
         # Secrets are never written here, only where they are to be had:\n\
         #   { env = \"NAME\" }   { file = \"path\" }   { command = [\"program\", \"argument\"] }   { argocd = \"context\" }\n\n\
         [screen]\n\
         # theme = \"dark\"            # a shipped theme by name, or a file\n\
         # keymap = \"default\"        # default, k9s, vim, emacs, or a file of rows on top of one\n",
    );
    for candidate in &found.environments {
        environment(&mut text, "[[environment]]\n", candidate);
    }
    for note in &found.notes {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n# left: {}", text::one_line(note));
    }
    if !found.notes.is_empty() {
        text.push('\n');
    }
    text
}

/// An environment with comments, below a heading that may be empty.
pub fn environment(text: &mut String, heading: &str, candidate: &Candidate) {
    let Candidate { config: env, guess, origins } = candidate;
    let origin = |system: &str| origins.iter().find(|o| o.system == system);
    let from = |system: &str| {
        origin(system).map_or_else(String::new, |o| format!("   # {}", text::one_line(&o.place)))
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n{heading}name = {}\ntier = \"{}\"   # {}; what changing it takes goes by this\n",
        toml::Value::String(env.name.clone()),
        env.tier,
        if guess == "as answered" { guess.clone() } else { format!("guessed: {guess}") },
    );
    if env.policy.read_only {
        text.push_str("policy = { read_only = true }\n");
    }
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // What belongs elsewhere would be guarded by the wrong tier.
            let sign = if origin(name).is_none_or(|o| o.sure) { "" } else { "# " };
            let _ = writeln!(text, "{sign}{name} = {value}{}", from(name));
        }
    };
    line("kubernetes", inline(env.kubernetes.as_ref()));
    line("argocd", inline(env.argocd.as_ref()));
    line("vault", inline(env.vault.as_ref()));
    line("alertmanager", inline(env.alertmanager.as_ref()));
    line("prometheus", inline(env.prometheus.as_ref()));
    line("loki", inline(env.loki.as_ref()));
}

/// A table in one line, without what is empty or as usual.
fn inline<T: Serialize>(value: Option<&T>) -> Option<String> {
    let table = toml::Table::try_from(value?).ok()?;
    let usual = |k: &str, v: &toml::Value| {
        v.as_array().is_some_and(Vec::is_empty) || k == "mode" && v.as_str() == Some("api")
    };
    let kept: toml::Table = table.into_iter().filter(|(k, v)| !usual(k, v)).collect();
    Some(toml::Value::Table(kept).to_string())
}

/// Writes a file that nobody else can read; where an old one was is told.
pub fn write(file: &Path, text: &str) -> io::Result<Option<PathBuf>> {
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let kept = if file.exists() { Some(keep(file)?) } else { None };
    let mut new = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    Ok(kept)
}

/// Gives a file another name that none has.
fn keep(file: &Path) -> io::Result<PathBuf> {
    let named = |n: usize| {
        let mut name = file.as_os_str().to_owned();
        name.push(if n == 0 { ".old".to_owned() } else { format!(".old{n}") });
        PathBuf::from(name)
    };
    let mut n = 0;
    while named(n).exists() {
        n += 1;
    }
    let free = named(n);
    fs::rename(file, &free)?;
    Ok(free)
}

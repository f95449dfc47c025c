//! What every command starts from: a configuration and its systems.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum, builder::PossibleValue};
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use crate::{
    config::{self, Config, Loaded, Problem},
    connector,
    model::{Clock, SystemClock},
    runtime::Supervisor,
    store::Store,
};

use super::{
    answer::{Exit, Format},
    output::say,
};

/// Arguments that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Configuration file (default: $XDG_CONFIG_HOME/vigie/vigie.toml, else what is discovered)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this environment
    #[arg(short = 'e', long = "env", global = true, value_name = "ENV", add = ArgValueCandidates::new(environments))]
    pub env: Option<String>,
    /// Lines instead of a screen, for screen readers: changes are said, questions are typed
    #[arg(long, global = true)]
    pub plain: bool,
    /// Form of the result
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value_t)]
    pub form: Form,
    /// The form, for what is no frame.
    #[arg(skip)]
    pub output: Format,
    /// Longest wait for the systems, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 15)]
    pub timeout: u64,
}

/// What `-o` takes: the form of a result, or of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Of a result.
    Result(Format),
    /// Of `vigie snapshot`.
    Frame(Picture),
}

/// The form of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Characters.
    Text,
    /// Characters and colours for a terminal.
    Ansi,
    /// A drawing.
    Svg,
}

impl Default for Form {
    fn default() -> Self {
        Self::Result(Format::Table)
    }
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Form; 7] = [
            Form::Result(Format::Table),
            Form::Result(Format::Json),
            Form::Result(Format::Yaml),
            Form::Result(Format::Csv),
            Form::Frame(Picture::Text),
            Form::Frame(Picture::Ansi),
            Form::Frame(Picture::Svg),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Result(format) => return format.to_possible_value(),
            Self::Frame(Picture::Text) => ("text", "A frame as characters (`vigie snapshot`)"),
            Self::Frame(Picture::Ansi) => ("ansi", "A frame with colours for a terminal (`vigie snapshot`)"),
            Self::Frame(Picture::Svg) => ("svg", "A frame as a drawing (`vigie snapshot`)"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// The environments of the usual configuration, to complete `-e` with.
fn environments() -> Vec<CompletionCandidate> {
    let config = Common::default().read().unwrap_or_default();
    config.environments.into_iter().map(|e| CompletionCandidate::new(e.name)).collect()
}

impl Common {
    /// What was given on the command line.
    pub fn of(matches: &ArgMatches) -> Self {
        let common = Self::from_arg_matches(matches).unwrap_or_else(|e| e.exit());
        let output = match common.form {
            Form::Result(format) => format,
            Form::Frame(_) => Format::Table,
        };
        Self { output, ..common }
    }

    /// The configuration, narrowed to the environment asked for.
    pub fn load(&self) -> Result<Config, Exit> {
        let mut config = self.read().map_err(|problems| {
            problems.iter().for_each(say);
            Exit::Usage
        })?;
        if let Some(wanted) = &self.env {
            let known: Vec<_> = config.environments.iter().map(|e| e.name.clone()).collect();
            config.environments.retain(|e| e.name == *wanted);
            if config.environments.is_empty() {
                say(format!("there is no environment `{wanted}`; known: {}", known.join(", ")));
                return Err(Exit::Usage);
            }
        }
        if config.environments.is_empty() {
            say(
                "no environments: none is configured and nothing is discovered (kubeconfig, argocd, VAULT_ADDR, …)",
            );
            super::discover::find(true).notes.iter().for_each(say);
            say("try `vigie demo`; `vigie init` writes a configuration from what it finds");
            return Err(Exit::Usage);
        }
        Ok(config)
    }

    /// The configuration as written, or what is discovered when nothing is.
    pub(super) fn read(&self) -> Result<Config, Vec<Problem>> {
        let Loaded { config, problems, .. } = self.read_all();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The same, with what is right of files that are wrong somewhere.
    pub(super) fn read_all(&self) -> Loaded {
        let mut loaded = self.file().map_or_else(Loaded::default, |file| super::policy::load(&file));
        if loaded.config.environments.is_empty() && loaded.problems.is_empty() {
            // A file about the screen alone leaves the rest to what is there.
            loaded.config.environments = super::discover::discover().environments;
        }
        loaded
    }

    /// The configuration file, if there is one.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| config::default_file().filter(|f| config::is_configured(f)))
    }

    /// How long to wait for the systems.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.clamp(1, 3600))
    }

    /// The configured systems, connected but not yet watched, and the empty store for them.
    pub fn connect(&self) -> Result<(Config, Arc<Supervisor>, Store), Exit> {
        let config = self.load()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let connectors = connector::registry::connect(&config, Arc::clone(&clock));
        let systems = config.systems().into_iter().map(|(system, _)| system).collect();
        let store = Store::new(config.environments(), systems);
        Ok((config, Arc::new(Supervisor::new(connectors, clock)), store))
    }
}

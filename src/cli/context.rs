//! What every command starts from: a configuration and its systems.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;

use crate::{
    config::{self, Config, Problem},
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
    #[arg(short = 'e', long = "env", global = true, value_name = "ENV")]
    pub env: Option<String>,
    /// Format of the result
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value_t)]
    pub output: Format,
    /// Longest wait for the systems, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 15)]
    pub timeout: u64,
}

impl Common {
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
                "no environments: no configuration file and nothing discovered (kubeconfig, argocd, VAULT_ADDR, …)",
            );
            say("try `vigie demo`, or write ~/.config/vigie/vigie.toml");
            return Err(Exit::Usage);
        }
        Ok(config)
    }

    /// The configuration as written, or what is discovered when nothing is.
    pub(super) fn read(&self) -> Result<Config, Vec<Problem>> {
        match &self.config {
            Some(file) => Config::load(file),
            None => match config::default_file().filter(|f| f.exists()) {
                Some(file) => Config::load(&file),
                None => Ok(super::discover::discover()),
            },
        }
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

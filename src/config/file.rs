//! The configuration file, the files that it includes, and the files of single environments beside it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, EnvironmentConfig, Problem, TierPolicies, places, read::Document};
use crate::model::{Environment, Source, Str, System, Tier};

/// A checked configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Files of environments to read as well, relative to this one; `*` stands for any name: `envs/*.toml`. What is
    /// in `environments/` beside this file is read in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// How the screen looks and behaves.
    pub screen: ScreenConfig,
    /// Where the journal is kept; `$XDG_STATE_HOME/vigie/journal` when absent.
    pub journal: Option<PathBuf>,
    /// What changing environments takes, by tier; each environment can ask more.
    #[serde(skip_serializing_if = "TierPolicies::is_empty")]
    pub policy: TierPolicies,
    /// Environments in the order in which screens list them.
    #[serde(rename = "environment")]
    pub environments: Vec<EnvironmentConfig>,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScreenConfig {
    /// The theme: a shipped one by name, a file, or `auto` for what fits the terminal's background.
    pub theme: Option<String>,
    /// The theme that `auto` takes on a dark background.
    pub dark: Option<String>,
    /// The theme that `auto` takes on a light background.
    pub light: Option<String>,
    /// The keymap: a shipped one by name (`default`, `k9s`, `vim`, `emacs`), or a file of rows on top of one.
    pub keymap: Option<String>,
    /// The workspace that the screen opens with; `triage` when absent.
    pub workspace: Option<String>,
    /// A file of workspaces, besides the shipped ones.
    pub workspaces: Option<PathBuf>,
    /// Whether the mouse selects, opens and scrolls; when absent, but for terminals reached over SSH.
    pub mouse: Option<bool>,
    /// ASCII signs and borders only.
    pub ascii: bool,
    /// Most frames a second that are drawn without a key being pressed; 15 when absent.
    pub frames: Option<u16>,
    /// Whether texts may be opened in `$EDITOR` and `$PAGER`; yes when absent. To be `false` where vigie is all that
    /// someone may run: either gives a shell.
    pub programs: Option<bool>,
    /// Memory for log lines; 64 MiB when absent.
    pub log_memory: Option<ByteSize>,
    /// Where log lines are saved; the current folder when absent.
    pub log_folder: Option<PathBuf>,
    /// How a new critical alert is told to someone who looks elsewhere; title and bell when absent.
    pub notify: Option<Vec<Way>>,
    /// In environments of which tiers; production when absent.
    pub notify_tiers: Option<Vec<Tier>>,
    /// Words of your own for what can be typed after `:`, as k9s's aliases: `pp = "pods app=appointments"`.
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    pub aliases: Aliases,
}

/// Words, and what is typed instead.
pub type Aliases = BTreeMap<String, String>;

/// How someone who looks elsewhere is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The terminal's bell, which tmux and screen show as activity.
    Bell,
    /// OSC 9: iTerm2, `WezTerm`, Windows Terminal, Ghostty.
    Osc9,
    /// OSC 777: urxvt, foot, Ghostty, `WezTerm`.
    Osc777,
    /// The window's title counts what is new.
    Title,
}

/// What a file of environments alone may hold.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    environment: Vec<EnvironmentConfig>,
}

/// A file of one environment; nothing where it is wrong as a whole.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct One(Option<EnvironmentConfig>);

/// What was read, as far as it is right.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What is right.
    pub config: Config,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The files that were read, the main one first.
    pub files: Vec<PathBuf>,
    /// The file that each environment is in.
    pub origins: Vec<PathBuf>,
    /// Verbs that policies name, each with what is wrong if there is no such verb.
    pub verbs: Vec<(String, Problem)>,
}

impl Config {
    /// Reads and checks a file and what belongs to it. Relative paths in a file are relative to its folder.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let loaded = Self::load_all(path);
        if loaded.problems.is_empty() { Ok(loaded.config) } else { Err(loaded.problems) }
    }

    /// The same, with what is right of files that are wrong somewhere.
    pub fn load_all(path: &Path) -> Loaded {
        let mut loaded = Loaded::default();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let beside = places::matching(&folder, "environments/*.toml");
        // Environments may stand alone, with no main file beside them.
        if path.exists() || beside.is_empty() {
            loaded.read_main(path);
        }
        for file in beside {
            loaded.read_environments(&file);
        }
        loaded.check_names();
        loaded
    }

    /// Checks the text of a file; `path` is for messages. What it includes is not read.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let mut loaded = Loaded::default();
        loaded.take_main(path, text);
        loaded.check_names();
        if loaded.problems.is_empty() { Ok(loaded.config) } else { Err(loaded.problems) }
    }

    /// The environments as the rest of the program knows them.
    pub fn environments(&self) -> Vec<Environment> {
        self.environments
            .iter()
            .map(|e| Environment {
                name: e.name.as_str().into(),
                tier: e.tier,
                color: e.color.as_deref().map(Str::from),
                policy: e.policy.over(e.tier, self.policy.of(e.tier)),
            })
            .collect()
    }

    /// The systems of all environments, numbered, with how each is reached.
    pub fn systems(&self) -> Vec<(System, super::SystemConfig)> {
        let all = self.environments.iter().flat_map(|e| e.systems().into_iter().map(move |s| (e, s)));
        all.enumerate()
            .map(|(n, (env, config))| {
                let kind = config.kind();
                let system = System {
                    source: Source(u16::try_from(n).unwrap_or(u16::MAX)),
                    env: env.name.as_str().into(),
                    tier: env.tier,
                    kind,
                    name: kind.name().into(),
                };
                (system, config)
            })
            .collect()
    }

    fn resolve(&mut self, folder: &Path) {
        if let Some(journal) = &mut self.journal {
            *journal = folder.join(super::credential::expand(journal));
        }
        for path in [&mut self.screen.workspaces, &mut self.screen.log_folder].into_iter().flatten() {
            *path = folder.join(super::credential::expand(path));
        }
        let screen = &mut self.screen;
        let names = [&mut screen.theme, &mut screen.dark, &mut screen.light, &mut screen.keymap];
        for name in names.into_iter().flatten() {
            // What has neither a folder nor an ending is the name of a shipped one.
            if name.contains('/') || Path::new(name).extension().is_some() {
                let path = folder.join(super::credential::expand(Path::new(name)));
                *name = path.to_string_lossy().into_owned();
            }
        }
        self.environments.iter_mut().for_each(|env| env.resolve(folder));
    }
}

impl Loaded {
    /// Tells of verbs that policies name and that there are not; `hint` says what else may be meant.
    pub fn hold_against(mut self, is_verb: impl Fn(&str) -> bool, hint: impl Fn(&str) -> String) -> Self {
        for (verb, problem) in self.verbs.iter().filter(|(verb, _)| verb != "*" && !is_verb(verb)) {
            self.problems.push(problem.clone().hint(hint(verb)));
        }
        self
    }

    fn read_main(&mut self, path: &Path) {
        let Some(text) = self.text(path) else { return };
        self.take_main(path, &text);
        let folder = path.parent().unwrap_or(Path::new(""));
        self.config.resolve(folder);
        for (n, pattern) in self.config.include.clone().iter().enumerate() {
            let files = places::matching(folder, pattern);
            if files.is_empty() && !pattern.contains('*') {
                let mut document = Document::parse(path, &text);
                let span = document.span(&["include", &n.to_string()]);
                document.wrong(
                    span,
                    format!("there is no file `{pattern}`"),
                    "paths are relative to this file",
                );
                self.problems.append(&mut document.problems);
            }
            for file in files {
                self.read_environments(&file);
            }
        }
    }

    fn take_main(&mut self, path: &Path, text: &str) {
        let mut document = Document::parse(path, text);
        self.config = document.take();
        self.config.policy.check(&mut document);
        for (n, env) in self.config.environments.iter_mut().enumerate() {
            env.check(&mut document, &["environment", &n.to_string()]);
        }
        for name in
            self.config.screen.aliases.keys().filter(|n| n.is_empty() || n.contains(char::is_whitespace))
        {
            let span = document.span(&["screen", "aliases", name]);
            document.wrong(span, format!("`{name}` cannot be typed as a word"), "an alias has no blanks");
        }
        self.origins = vec![path.to_owned(); self.config.environments.len()];
        self.finish(document);
    }

    /// Reads a file of environments: `[[environment]]` for each, or the fields of one, named as the file is unless it
    /// says otherwise.
    fn read_environments(&mut self, path: &Path) {
        if self.files.iter().any(|f| f == path) {
            return;
        }
        let Some(text) = self.text(path) else { return };
        let mut document = Document::parse(path, &text);
        let mut found = if document.has("environment") {
            let mut several: Several = document.take();
            for (n, env) in several.environment.iter_mut().enumerate() {
                env.check(&mut document, &["environment", &n.to_string()]);
            }
            several.environment
        } else {
            let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
            document.default_text("name", stem);
            let mut one: One = document.take();
            one.0.iter_mut().for_each(|env| env.check(&mut document, &[]));
            one.0.into_iter().collect()
        };
        for env in &mut found {
            env.resolve(path.parent().unwrap_or(Path::new("")));
        }
        self.origins.extend(found.iter().map(|_| path.to_owned()));
        self.config.environments.append(&mut found);
        self.finish(document);
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        self.files.push(path.to_owned());
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.problems.push(Problem::file(path, format!("cannot be read: {error}")));
                None
            }
        }
    }

    /// Takes a file's problems over, in the order of the file.
    fn finish(&mut self, document: Document<'_>) {
        self.verbs.extend(document.verbs);
        let mut problems = document.problems;
        problems.sort_by_key(|p| p.at.map(|at| (at.line, at.column)));
        self.problems.append(&mut problems);
    }

    /// No two environments have one name, in whatever files they are.
    fn check_names(&mut self) {
        let mut seen: HashMap<String, PathBuf> = HashMap::new();
        for (env, file) in self.config.environments.iter().zip(&self.origins) {
            let Some(first) = seen.insert(env.name.clone(), file.clone()) else { continue };
            let quoted = format!("\"{}\"", env.name);
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let again = text.rfind(&quoted).map(|at| at..at);
            let elsewhere =
                if first == *file { String::new() } else { format!(", in {} too", first.display()) };
            self.problems.push(
                Problem::span(file, &text, again, format!("environment {quoted} is there twice{elsewhere}"))
                    .hint("give each environment its own name"),
            );
        }
    }
}

#[cfg(test)]
mod tests;

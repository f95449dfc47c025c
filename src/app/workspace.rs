//! Workspaces: named arrangements of panes, shipped and the engineer's own.

mod file;
mod look;

pub(super) use file::{NAMES as LISTS, is_name, name_of, subject_named};
pub use file::{print, read};
pub use look::Look;

use std::path::PathBuf;

use super::{
    layout::{PaneId, Screen},
    subject::Subject,
};
use crate::{config::Problem, keymap::Source};

/// A named arrangement, for one or several sizes of screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// What it is for, in a few words; may be empty.
    pub title: String,
    /// Arrangements, the largest first.
    pub screens: Vec<Screen>,
    /// What its panes list, where that is not what they list by themselves.
    pub lists: Vec<List>,
}

/// What a pane of a workspace lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The pane.
    pub pane: PaneId,
    /// What it lists.
    pub subject: Subject,
    /// To what it is narrowed.
    pub filter: String,
    /// How it is shown.
    pub look: Look,
}

impl Workspace {
    /// Whether a pane that was split off is open in it.
    pub fn opens(&self, pane: PaneId) -> bool {
        pane.slot().is_none() || self.lists.iter().any(|l| l.pane == pane)
    }
}

/// What can be asked of the arrangement by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Take a workspace into use.
    Choose(String),
    /// Keep the arrangement in use under a name; empty while none is typed.
    Save(String),
    /// Forget a workspace of the engineer's own.
    Forget(String),
    /// Put a list into a pane of its own.
    Split(Subject),
}

impl Order {
    /// Reads what was typed after `workspace` or `split`; every order that it can mean, the likeliest first. `names`
    /// are the known workspaces.
    pub fn read(word: &str, rest: &str, names: &[String]) -> Vec<Self> {
        let rest = rest.trim();
        let (verb, name) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(v, n)| (v, n.trim()));
        let begins = |whole: &str, part: &str| whole.to_lowercase().starts_with(&part.to_lowercase());
        match word {
            "split" => {
                let lists = file::NAMES.iter().filter(|(n, s)| begins(n, rest) && *s != Subject::Logs);
                lists.map(|(_, s)| Self::Split(*s)).collect()
            }
            "workspace" | "ws" if verb == "save" => {
                if name.is_empty() || file::is_name(name) {
                    vec![Self::Save(name.to_owned())]
                } else {
                    Vec::new()
                }
            }
            "workspace" | "ws" if verb == "forget" => {
                names.iter().filter(|n| begins(n, name)).cloned().map(Self::Forget).collect()
            }
            "workspace" | "ws" => {
                let choices = names.iter().filter(|n| begins(n, rest)).cloned().map(Self::Choose);
                choices.chain(begins("save", rest).then(|| Self::Save(String::new()))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Its words, as they are typed.
    pub fn words(&self) -> String {
        match self {
            Self::Choose(name) => format!("workspace {name}"),
            Self::Save(name) => format!("workspace save {}", if name.is_empty() { "NAME" } else { name }),
            Self::Forget(name) => format!("workspace forget {name}"),
            Self::Split(subject) => {
                format!("split {}", name_of(*subject))
            }
        }
    }
}

/// How many changes of an arrangement can be taken back.
const TAKEN_BACK: usize = 50;

/// The workspace in use, and those that can be chosen.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Those that can be chosen: shipped ones, then the engineer's own.
    pub known: Vec<Workspace>,
    /// The one in use, as it was changed.
    pub now: Workspace,
    /// Where the engineer's own are kept.
    pub file: Option<PathBuf>,
    /// The pane whose place a pane without one takes.
    pub(super) host: PaneId,
    before: Vec<Workspace>,
}

/// The shipped workspaces' file.
pub const SHIPPED: &str = include_str!("../../config/workspaces.toml");

/// The shipped workspaces; the first is home.
pub fn shipped() -> Vec<Workspace> {
    let (known, problems) = read(&Source { path: "(workspaces)".into(), text: SHIPPED.to_owned() });
    debug_assert_eq!(problems, Vec::new());
    known
}

impl Desk {
    /// The shipped workspaces and those of files, later ones taking the place of earlier ones of the same name; and
    /// what is wrong in the files.
    pub fn load(files: &[Source], file: Option<PathBuf>) -> (Self, Vec<Problem>) {
        let mut known = shipped();
        let mut problems = Vec::new();
        for source in files {
            let (own, wrong) = read(source);
            problems.extend(wrong);
            for workspace in own {
                keep(&mut known, workspace);
            }
        }
        let now = known.first().cloned().expect("workspaces are shipped");
        (Self { known, now, file, host: PaneId::Applications, before: Vec::new() }, problems)
    }

    /// A workspace by its name.
    pub fn named(&self, name: &str) -> Option<&Workspace> {
        self.known.iter().find(|w| w.name == name)
    }

    /// Begins with a workspace; `false` when none is called so.
    pub fn start(&mut self, name: &str) -> bool {
        self.named(name).cloned().map(|w| self.now = w).is_some()
    }

    /// Takes another arrangement into use; the one before can be taken back.
    pub(super) fn change(&mut self, next: Workspace) {
        if next != self.now {
            self.before.push(std::mem::replace(&mut self.now, next));
            let over = self.before.len().saturating_sub(TAKEN_BACK);
            self.before.drain(..over);
        }
    }

    /// Goes back to the arrangement before the last change; `false` when there is none.
    pub(super) fn take_back(&mut self) -> bool {
        self.before.pop().map(|w| self.now = w).is_some()
    }

    /// Forgets a workspace; a shipped one of that name comes back. `false` when none is known but a shipped one.
    pub(super) fn forget(&mut self, name: &str) -> bool {
        let shipped = shipped().into_iter().find(|w| w.name == name);
        let Some(at) = self.known.iter().position(|w| w.name == name) else { return false };
        match shipped {
            Some(same) if self.known[at] == same => return false,
            Some(same) => self.known[at] = same,
            None => _ = self.known.remove(at),
        }
        true
    }

    /// Adds a workspace to the known ones, in the place of one of the same name.
    pub(super) fn keep(&mut self, workspace: Workspace) {
        keep(&mut self.known, workspace);
    }
}

/// Adds a workspace to others, in the place of one of the same name.
pub fn keep(known: &mut Vec<Workspace>, workspace: Workspace) {
    match known.iter_mut().find(|w| w.name == workspace.name) {
        Some(same) => *same = workspace,
        None => known.push(workspace),
    }
}

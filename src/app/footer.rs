//! The line of keys below: what runs, what was said, which commands are offered and where their keys stand.

use unicode_width::UnicodeWidthStr;

use super::{
    bulk::{BulkSheet, Stage},
    command::Command,
    layout::PaneId,
    overlay::Overlay,
    sheet::Phase,
    state::{Running, State},
    subject::Subject,
    viewer::{Sort, Viewer},
};
use crate::{
    keymap::print_sequence,
    model::{Severity, text},
};

/// A command that is offered: its key, a blank, its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Which.
    pub command: Command,
    /// The column at which its key begins.
    pub x: u16,
    /// Its key.
    pub key: String,
    /// What it does here.
    pub word: &'static str,
}

/// Something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The column at which it begins.
    pub x: u16,
    /// Columns for it.
    pub room: u16,
    /// How bad it is.
    pub severity: Severity,
    /// What; from outside, not to be printed raw.
    pub text: String,
}

/// What stands in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// What runs, at the right end.
    pub running: Option<Said>,
    /// What was said, before the commands.
    pub notice: Option<Said>,
    /// What is offered.
    pub hints: Vec<Hint>,
}

impl Hint {
    /// Columns that it takes.
    fn width(&self) -> u16 {
        columns(&self.key) + 1 + columns(self.word)
    }

    /// Whether a column is its own.
    pub fn holds(&self, x: u16) -> bool {
        (self.x..self.x + self.width()).contains(&x)
    }
}

/// Columns of a text as it is shown.
fn columns(shown: &str) -> u16 {
    u16::try_from(text::clean(shown).width()).unwrap_or(u16::MAX)
}

impl State {
    /// The line below, from a column on.
    pub fn footer(&self, from: u16) -> Footer {
        let mut footer = Footer::default();
        let width = self.layout().footer.width;
        let (mut at, mut end) = (from, width.saturating_sub(1));
        // What is said to someone leaving names what runs.
        if let Some(running) = self.running.first().filter(|_| !self.leaving) {
            let text = self.running_words(running);
            let room = columns(&text).min(end / 2);
            let x = end.saturating_sub(room);
            footer.running = Some(Said { x, room, severity: Severity::Active, text });
            end = end.saturating_sub(room + 2);
        }
        if let Some((notice, _)) = &self.notice {
            let text = format!("{} {}", self.sign(notice.severity), notice.text);
            let room = if self.running.is_empty() || self.leaving { end.saturating_sub(at) } else { end / 2 };
            let taken = columns(&text).min(room);
            footer.notice = Some(Said { x: at, room, severity: notice.severity, text });
            at += taken + 3;
        }
        if self.overlays.is_empty() && self.running.is_empty() {
            // What always helps stands at the right end, wherever there is room for anything.
            for command in [Command::Help, Command::Filter, Command::Palette] {
                let Some(mut hint) = self.hint(command, 0) else { continue };
                if end < at + hint.width() + width / 3 {
                    break;
                }
                hint.x = end - hint.width();
                end = hint.x.saturating_sub(2);
                footer.hints.push(hint);
            }
        }
        for command in useful(self) {
            let Some(hint) = self.hint(command, at) else { continue };
            if at + hint.width() > end {
                break;
            }
            at += hint.width() + 2;
            footer.hints.push(hint);
        }
        footer
    }

    /// A command as it is offered here, when a key runs it.
    fn hint(&self, command: Command, x: u16) -> Option<Hint> {
        let binding = self.settings.keys.key_for(&self.contexts(), |r| *r == command)?;
        let word = match command {
            // Nothing is cancelled by it any more.
            Command::Cancel if is_confirmed(self) => "close",
            Command::Toggle => toggled(self),
            Command::Open if is_grouped(self) => "open or fold",
            Command::Delete if self.pane(self.active).subject == Subject::Leases => "revoke",
            Command::Silence if is_on_silences(self) => "extend",
            Command::Delete if is_on_silences(self) => "expire",
            other => word(other),
        };
        Some(Hint { command, x, key: print_sequence(&binding.on), word })
    }

    fn running_words(&self, running: &Running) -> String {
        let more = match self.running.len() {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        let dot = if self.settings.ascii { "-" } else { "·" };
        let note = if running.note.is_empty() { String::new() } else { format!(" {dot} {}", running.note) };
        let (at, of) = running.step;
        format!("{} {} {at}/{of}{note}{more}", self.sign(Severity::Active), running.title)
    }

    const fn sign(&self, severity: Severity) -> &'static str {
        if self.settings.ascii { severity.ascii() } else { severity.sign() }
    }
}

/// Commands worth showing in the footer for what is selected, most wanted first.
fn useful(state: &State) -> Vec<Command> {
    use Command as C;
    match state.overlays.last() {
        Some(Overlay::Help(_)) => return vec![C::Back, C::Down],
        Some(Overlay::Chooser(chooser)) if chooser.what.is_many() => {
            return vec![C::Toggle, C::Confirm, C::Cancel];
        }
        Some(Overlay::Columns(_)) => {
            return vec![C::Toggle, C::MoveUp, C::MoveDown, C::Reset, C::Confirm, C::Cancel];
        }
        Some(Overlay::Palette(_) | Overlay::Chooser(_) | Overlay::Orders(_) | Overlay::Groups(_)) => {
            return vec![C::Confirm, C::Cancel];
        }
        Some(Overlay::Picker(_)) => return vec![C::Confirm, C::Diff, C::Copy, C::Cancel],
        Some(Overlay::Resources(_)) => {
            return vec![C::Confirm, C::Toggle, C::MarkOutOfSync, C::Diff, C::Copy, C::Cancel];
        }
        Some(Overlay::Sheet(sheet)) => {
            return if sheet.running().is_some() {
                vec![C::Cancel, C::Interrupt]
            } else if matches!(sheet.phase, Phase::Ended { .. } | Phase::Unplannable(_)) {
                vec![C::Cancel, C::Undo, C::Diff]
            } else if sheet.list().is_some() {
                vec![C::Toggle, C::NextField, C::Diff, C::Cancel]
            } else if sheet.is_typing() {
                vec![C::Confirm, C::NextField, C::Cancel]
            } else {
                vec![C::Confirm, C::NextField, C::Toggle, C::Diff, C::Cancel]
            };
        }
        Some(Overlay::Bulk(sheet)) => return of_bulk(sheet),
        Some(Overlay::Viewer(viewer)) => {
            let mut all = of_viewer(viewer);
            if state.settings.programs {
                all.extend([C::Editor, C::Pager]);
            }
            return all;
        }
        None => {}
    }
    if state.active == PaneId::Logs {
        let searching = !state.logs.search().is_empty();
        let first = [C::Follow, C::Open, C::LeastLevel, C::PreviousError];
        let search = [C::PreviousMatch, C::OnlyMatches];
        let filter = [C::Include, C::Exclude, C::Range, C::Columns];
        let rest = [C::Wrap, C::LogsPrevious, C::Archive, C::Mark, C::Save, C::Timestamps, C::Zoom];
        let search = search.into_iter().filter(|_| searching);
        return first.into_iter().chain(search).chain(filter).chain(rest).collect();
    }
    let pane = state.pane(state.active);
    if pane.rows.shown.is_empty() {
        return vec![C::Zoom];
    }
    let mut all = of_list(pane.subject);
    if pane.group.is_some() {
        all.retain(|command| *command != C::Open);
        all.splice(0..0, [C::Open, C::FoldAll]);
    }
    all.push(C::Zoom);
    all
}

/// What is done with rows of a list: the same for all of them, so that the line stays as it is while one moves.
fn of_list(subject: Subject) -> Vec<Command> {
    use Command as C;
    match subject {
        Subject::Applications | Subject::Matrix => {
            vec![C::Why, C::Diff, C::Logs, C::Rollback, C::Sync, C::Hold, C::Open]
        }
        Subject::Pods => {
            vec![C::Why, C::Logs, C::LogsPrevious, C::Describe, C::Yaml, C::Restart, C::Delete, C::Events]
        }
        Subject::Alerts => vec![C::Why, C::Silence, C::Owner, C::Yaml],
        Subject::Changes => vec![C::Why, C::Open, C::Logs],
        Subject::Workloads => {
            vec![C::Why, C::Logs, C::Describe, C::Yaml, C::Restart, C::Scale, C::Delete, C::Events]
        }
        Subject::Nodes => vec![C::Why, C::Describe, C::Yaml, C::Cordon, C::Logs, C::Events],
        Subject::Namespaces | Subject::Events => vec![C::Why, C::Logs, C::Describe, C::Yaml, C::Events],
        Subject::Objects => vec![C::Describe, C::Yaml, C::Events, C::Delete, C::Wide],
        Subject::Leases => vec![C::Why, C::Describe, C::Renew, C::Delete, C::Rotate],
        Subject::Silences => vec![C::Why, C::Silence, C::Delete],
        Subject::Environments | Subject::Logs => vec![C::Open],
    }
}

/// What is done with a bulk plan.
fn of_bulk(sheet: &BulkSheet) -> Vec<Command> {
    use Command as C;
    match sheet.stage {
        Stage::Running { .. } => vec![C::Cancel, C::Interrupt],
        Stage::Ended => vec![C::Cancel, C::Undo],
        Stage::Plan if sheet.input().is_some() => vec![C::Confirm, C::NextField, C::Cancel],
        Stage::Plan => vec![C::Confirm, C::NextField, C::Toggle, C::PageDown, C::Cancel],
    }
}

/// What is done with a text, diff or tree.
fn of_viewer(viewer: &Viewer) -> Vec<Command> {
    use Command as C;
    let next = (!viewer.search.is_empty()).then_some(C::NextMatch);
    let (first, rest): (&[C], &[C]) = match viewer.sort {
        Sort::Tree => (&[C::Back, C::Sync, C::Fold, C::NextProblem, C::Filter], &[C::Reload]),
        Sort::Diff => (
            &[C::Back, C::NextChange, C::SideBySide, C::Fold, C::MoreContext, C::Filter],
            &[C::Wrap, C::Copy],
        ),
        Sort::Document if viewer.secret().is_some() => {
            (&[C::Back, C::Reveal, C::CopyValue, C::Fold, C::Filter], &[C::Wrap, C::Copy])
        }
        Sort::Document if viewer.path().is_some() => {
            (&[C::Back, C::Fold, C::Filter], &[C::CopyPath, C::CopyValue, C::Wrap, C::Copy])
        }
        Sort::Document if viewer.has_pointer() => (&[C::Back, C::Fold, C::Filter], &[C::Wrap, C::Copy]),
        Sort::Document => (&[C::Back, C::Filter], &[C::Wrap, C::Copy]),
    };
    first.iter().copied().chain(next).chain(rest.iter().copied()).collect()
}

/// Short words for the footer, where the full title is too long.
const fn word(command: Command) -> &'static str {
    match command {
        Command::Diff => "diff",
        Command::Logs => "logs",
        Command::LogsPrevious => "previous",
        Command::Events => "events",
        Command::Why => "why",
        Command::Hold => "hold",
        Command::Restart => "restart",
        Command::Scale => "scale",
        Command::Cordon => "cordon",
        Command::Renew => "renew",
        Command::Rotate => "rotate",
        Command::Silence => "mute",
        Command::Palette => "palette",
        Command::Filter => "filter",
        Command::Help => "keys",
        Command::NextMatch => "next",
        Command::Fold => "fold",
        Command::Reveal => "show or hide",
        Command::CopyPath => "path",
        Command::CopyValue => "value",
        Command::SideBySide => "sides",
        Command::MoreContext => "context",
        Command::NextProblem => "problem",
        Command::Reload => "again",
        Command::Wrap => "wrap",
        Command::Wide => "wide",
        Command::Copy => "copy",
        Command::Editor => "editor",
        Command::Pager => "pager",
        Command::Follow => "follow",
        Command::LeastLevel => "level",
        Command::Include => "only",
        Command::Exclude => "without",
        Command::Range => "range",
        Command::Columns => "columns",
        Command::Mark => "mark",
        Command::Save => "save",
        Command::PreviousError => "last error",
        Command::PreviousMatch => "last match",
        Command::OnlyMatches => "only matches",
        Command::Archive => "loki",
        Command::PageDown => "more",
        Command::Undo => "undo",
        Command::Timestamps => "times",
        Command::Back => "back",
        Command::Owner => "application",
        Command::Zoom => "zoom",
        Command::MarkOutOfSync => "all OutOfSync",
        Command::Interrupt => "stop",
        Command::MoveUp => "left",
        Command::MoveDown => "right",
        Command::Reset => "usual",
        Command::FoldAll => "fold all",
        other => other.title(),
    }
}

/// Whether the rows of the list are in groups.
fn is_grouped(state: &State) -> bool {
    state.overlays.is_empty() && state.pane(state.active).group.is_some()
}

/// Whether silences are listed.
fn is_on_silences(state: &State) -> bool {
    state.pane(state.active).subject == Subject::Silences
}

/// What the key that switches does here.
fn toggled(state: &State) -> &'static str {
    match state.overlays.last() {
        Some(Overlay::Resources(_)) => "mark",
        Some(Overlay::Columns(_)) => "show",
        Some(Overlay::Sheet(sheet)) if sheet.list().is_some() => "choose",
        _ => "switch",
    }
}

/// Whether the sheet on top shows an action that was confirmed.
fn is_confirmed(state: &State) -> bool {
    match state.overlays.last() {
        Some(Overlay::Sheet(sheet)) => matches!(sheet.phase, Phase::Running { .. } | Phase::Ended { .. }),
        Some(Overlay::Bulk(sheet)) => sheet.stage != Stage::Plan,
        _ => false,
    }
}

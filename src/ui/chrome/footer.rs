//! The line of keys and of what is said below.

use super::place;
use crate::{
    app::{Command, Overlay, PaneId, Phase, Purpose, Query, Sort, State, Subject, Typing, Viewer, format},
    keymap::print_sequence,
    model::Severity,
    theme::Role,
    ui::{
        field, hints,
        pen::{Pen, width},
    },
};

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
        Subject::Pods => vec![C::Why, C::Logs, C::LogsPrevious, C::Describe, C::Yaml, C::Events],
        Subject::Alerts => vec![C::Why, C::Owner, C::Yaml],
        Subject::Changes => vec![C::Why, C::Open, C::Logs],
        Subject::Workloads | Subject::Nodes | Subject::Namespaces | Subject::Events => {
            vec![C::Why, C::Logs, C::Describe, C::Yaml, C::Events]
        }
        Subject::Objects => vec![C::Describe, C::Yaml, C::Events, C::Wide],
        Subject::Silences | Subject::Leases => vec![C::Why, C::Describe],
        Subject::Environments | Subject::Logs => vec![C::Open],
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

/// What the keys do here, what is typed, what runs.
pub(in crate::ui) fn footer(state: &State, pen: &mut Pen<'_>) {
    let area = state.layout().footer;
    if area.height == 0 {
        return;
    }
    pen.clear(area);
    let mut at = 1;
    if state.layout().header.height == 0 {
        // Where there is no line above, this one says where we are.
        at += place(state, at, area.y, area.width / 2, pen) + 2;
    }
    let begun = hints::begun(state);
    if !begun.is_empty() && !state.keying.told {
        at += pen.put(at, area.y, area.width.saturating_sub(at), &begun, pen.style(Role::Accent)) + 2;
    }
    if let Some(typing) = &state.typing {
        let rows = &state.pane(state.active).rows;
        let count = format!("{} of {}", format::count(rows.kept()), format::count(rows.total));
        let is_list = state.overlays.is_empty() && state.active != PaneId::Logs;
        let prompt = typing.purpose.prompt();
        let at = 1 + pen.put(1, area.y, area.width.saturating_sub(1), prompt, pen.style(Role::Key));
        let text = pen.style(Role::Text);
        field::draw(&typing.input, at, area.y, area.width.saturating_sub(at), text, pen);
        if is_list && typing.input.text().is_empty() {
            let hint = "word  !word  env=prod  restarts>3  age<2h  sev>=warning  %letters  /regex/";
            pen.put(at + 1, area.y, area.width.saturating_sub(at + 22), hint, pen.style(Role::Dim));
        }
        let for_logs = state.overlays.is_empty() && state.active == PaneId::Logs;
        if for_logs && typing.input.text().is_empty() {
            let hint = match typing.purpose {
                Purpose::Note => "a note, or nothing",
                _ => "word  !word  \"a phrase\"  status>=500  level=error  ~regex",
            };
            pen.put(at + 1, area.y, area.width.saturating_sub(at + 1), hint, pen.style(Role::Dim));
        }
        let problem = if is_list { None } else { wrong(state, typing) };
        if let Some(problem) = problem {
            let room = area.width / 2;
            pen.put_right(area.width.saturating_sub(1), area.y, room, &problem, pen.style(Role::Warning));
        }
        if is_list {
            pen.put_right(area.width.saturating_sub(1), area.y, 20, &count, pen.style(Role::Dim));
        }
        return;
    }
    let mut end = area.width.saturating_sub(1);
    if let Some(running) = state.running.first() {
        let more =
            if state.running.len() > 1 { format!(" +{}", state.running.len() - 1) } else { String::new() };
        let note =
            if running.note.is_empty() { String::new() } else { format!(" {} {}", pen.dot(), running.note) };
        let (at, of) = running.step;
        let text = format!("{} {} {at}/{of}{note}{more}", pen.sign(Severity::Active), running.title);
        let room = end / 2;
        end = end.saturating_sub(pen.put_right(end, area.y, room, &text, pen.style(Role::Active)) + 2);
    }
    if let Some((notice, _)) = &state.notice {
        let text = format!("{} {}", pen.sign(notice.severity), notice.text);
        let room = if state.running.is_empty() { end.saturating_sub(at) } else { end / 2 };
        at += pen.put(at, area.y, room, &text, pen.theme.severity(notice.severity)) + 3;
    }
    let contexts = state.contexts();
    if state.overlays.is_empty() && state.running.is_empty() {
        // What always helps stands at the right end, wherever there is room for anything.
        for command in [Command::Help, Command::Filter, Command::Palette] {
            let Some(binding) = state.settings.keys.key_for(&contexts, |r| *r == command) else { continue };
            let key = print_sequence(&binding.on);
            let taken = width(&key) + 1 + width(word(command));
            if end < at + taken + area.width / 3 {
                break;
            }
            let x = end - taken;
            let used = pen.put(x, area.y, taken, &key, pen.style(Role::Key)) + 1;
            pen.put(x + used, area.y, taken, word(command), pen.style(Role::Dim));
            end = x.saturating_sub(2);
        }
    }
    for command in useful(state) {
        let Some(binding) = state.settings.keys.key_for(&contexts, |r| *r == command) else { continue };
        let key = print_sequence(&binding.on);
        let word = match command {
            // Nothing is cancelled by it any more.
            Command::Cancel if is_confirmed(state) => "close",
            Command::Toggle => toggled(state),
            Command::Open if is_grouped(state) => "open or fold",
            other => word(other),
        };
        let taken = width(&key) + 1 + width(word);
        if at + taken > end {
            break;
        }
        at += pen.put(at, area.y, taken, &key, pen.style(Role::Key)) + 1;
        at += pen.put(at, area.y, taken, word, pen.style(Role::Dim)) + 2;
    }
}

/// Whether the rows of the list are in groups.
fn is_grouped(state: &State) -> bool {
    state.overlays.is_empty() && state.pane(state.active).group.is_some()
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
    let Some(Overlay::Sheet(sheet)) = state.overlays.last() else { return false };
    matches!(sheet.phase, Phase::Running { .. } | Phase::Ended { .. })
}

/// What is wrong with what is typed for the logs.
fn wrong(state: &State, typing: &Typing) -> Option<String> {
    let is_query = state.overlays.is_empty() && typing.purpose != Purpose::Note;
    let query = Query::new(if is_query { typing.input.text() } else { "" });
    query.problem().map(str::to_owned)
}

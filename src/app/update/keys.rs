//! From presses to commands, and commands to whoever they concern.

use super::{
    again, bulk, choose, columns, copy, details, groups, journey, leave, logs, marks, moves, panes, plans,
    resources, typing, viewer,
};
use crate::{
    app::{
        command::Command,
        event::Effect,
        input::Input,
        layout::PaneId,
        overlay::{Overlay, Purpose, Typing},
        state::State,
        subject::Subject,
        tour,
    },
    keymap::{Code, Found, Press},
    model::Severity,
};

/// Takes a press: what is typed is typed, the rest runs what the keymap says.
pub(super) fn press(state: &mut State, press: Press, effects: &mut Vec<Effect>) {
    if journey::letter(state, press, effects) {
        return;
    }
    let began = !state.pending.is_empty();
    if !began && (again::digit(state, press) || types(state, press, effects) || corrects(state, press)) {
        return;
    }
    if (began || state.keying.count.is_some()) && press == Press::plain(Code::Esc) {
        state.pending.clear();
        state.keying.leave();
        return;
    }
    state.pending.push(press);
    let keys = state.settings.keys.clone();
    match keys.find(&state.contexts(), &state.pending) {
        Found::Run(binding) if binding.run == Command::Count => {
            state.pending.clear();
            again::begin(state, press);
        }
        Found::Run(binding) => {
            state.pending.clear();
            state.keying.told = false;
            again::run(state, binding.run, effects);
        }
        Found::Prefix(_) => {}
        Found::Nothing => {
            state.pending.clear();
            state.keying.leave();
            if !began && !edit(state, press) {
                untie(state, press, effects);
            }
        }
    }
}

/// A key with alt that means nothing: terminals send escape and a key at once for it, so these two may be meant.
/// Nothing is planned by such a guess, and no plan is closed by it.
fn untie(state: &mut State, tied: Press, effects: &mut Vec<Effect>) {
    let key = Press { alt: false, ..tied };
    let keys = state.settings.keys.clone();
    let plans = |state: &State| match keys.find(&state.pane_contexts(), &[key]) {
        Found::Run(binding) => binding.run.verb().is_some() || binding.run == Command::Undo,
        _ => false,
    };
    if tied.alt && !state.overlays.last().is_some_and(Overlay::is_sheet) && !plans(state) {
        press(state, Press::plain(Code::Esc), effects);
        press(state, key, effects);
    }
}

/// Corrects what is typed in a plan: there readline's keys come before the plan's own.
fn corrects(state: &mut State, press: Press) -> bool {
    let typing = match state.overlays.last() {
        Some(Overlay::Sheet(sheet)) => sheet.is_typing(),
        Some(Overlay::Bulk(sheet)) => sheet.input().is_some(),
        _ => false,
    };
    let letter = matches!(press.code, Code::Char(c) if c.is_ascii_lowercase() && !"cg".contains(c));
    let alone = (press.ctrl != press.alt) && letter && typing && state.typing.is_none();
    alone && edit(state, press)
}

/// Puts a typed character where text is typed; `false` when none is.
fn types(state: &mut State, press: Press, effects: &mut Vec<Effect>) -> bool {
    if press.typed().is_none() {
        return false;
    }
    match state.overlays.last() {
        Some(Overlay::Sheet(sheet)) if state.typing.is_none() && sheet.is_yes(press) => {
            plans::confirm(state, true, effects);
            return true;
        }
        Some(Overlay::Bulk(sheet)) if state.typing.is_none() && sheet.is_yes(press) => {
            bulk::confirm(state, true, effects);
            return true;
        }
        _ => {}
    }
    edit(state, press)
}

/// Lets the line that is typed take an editing press.
fn edit(state: &mut State, press: Press) -> bool {
    if let Some(typing) = &mut state.typing {
        let taken = typing.input.press(press);
        if taken {
            typing::edited(state);
            apply_typing(state);
        }
        return taken;
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => {
            let taken = palette.input.press(press);
            if taken {
                palette.find(&state.store, state.now);
            }
            taken
        }
        Some(Overlay::Sheet(sheet)) => {
            sheet.missing = None;
            sheet.input_mut().is_some_and(|input| input.press(press))
        }
        Some(Overlay::Bulk(sheet)) => sheet.input_mut().is_some_and(|input| input.press(press)),
        _ => false,
    }
}

/// Takes pasted text where text is typed; anywhere else it must not become commands.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(typing) = &mut state.typing {
        typing.input.insert(text);
        typing::edited(state);
        apply_typing(state);
        return;
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => {
            palette.input.insert(text);
            palette.find(&state.store, state.now);
        }
        Some(Overlay::Sheet(sheet)) => {
            if let Some(input) = sheet.input_mut() {
                input.insert(text);
            }
        }
        Some(Overlay::Bulk(sheet)) => {
            if let Some(input) = sheet.input_mut() {
                input.insert(text);
            }
        }
        _ => state.say(Severity::Quiet, "pasted text is ignored here"),
    }
}

/// Narrows or searches with what is typed, live.
pub(super) fn apply_typing(state: &mut State) {
    let Some(typing) = &state.typing else { return };
    let (purpose, text) = (typing.purpose, typing.input.text().to_owned());
    if is_for_logs(state) {
        logs::typed(state, purpose, &text);
    } else {
        set_filter(state, &text);
    }
}

/// Whether what is typed is typed for the logs pane.
pub(super) fn is_for_logs(state: &State) -> bool {
    state.active == PaneId::Logs && state.overlays.is_empty()
}

pub(super) fn set_filter(state: &mut State, text: &str) {
    let room = state.room();
    if let Some(Overlay::Viewer(viewer)) = state.overlays.last_mut() {
        viewer.search(text);
        viewer.scroll = viewer.first(room);
    } else {
        let active = state.active;
        state.narrow(active, text);
    }
}

fn current_filter(state: &State) -> String {
    match state.overlays.last() {
        Some(Overlay::Viewer(viewer)) => viewer.search.clone(),
        _ => state.pane(state.active).filter.text().to_owned(),
    }
}

/// Runs a command where the keys go now.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if state.typing.is_some() {
        return typing::run(state, command, effects);
    }
    leave::stay(state, command);
    match command {
        Command::Quit => leave::quit(state, effects),
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => {
            viewer::hide(state);
            effects.push(Effect::Suspend);
        }
        Command::Palette
            if !matches!(
                state.overlays.last(),
                Some(Overlay::Sheet(_) | Overlay::Bulk(_) | Overlay::Resources(_))
            ) =>
        {
            choose::open(state, effects);
        }
        Command::Help if !matches!(state.overlays.last(), Some(Overlay::Help(_))) => {
            state.overlays.push(Overlay::Help(0));
        }
        Command::Filters => choose::open_with(state, "filter ", effects),
        Command::BreakGlass => choose::open_with(state, "break-glass ", effects),
        Command::Close if state.overlays.is_empty() => close(state, effects),
        Command::Close => run(state, Command::Back, effects),
        Command::JumpBack | Command::JumpForward | Command::JumpLast
            if !matches!(state.overlays.last(), None | Some(Overlay::Viewer(_) | Overlay::Help(_))) => {}
        Command::Quiet => quiet(state),
        _ if journey::run(state, command, effects) => {}
        Command::Undo => plans::undo(state, effects),
        _ => match state.overlays.last() {
            Some(Overlay::Help(_)) => help(state, command),
            Some(Overlay::Palette(_)) => choose::run(state, command, effects),
            Some(Overlay::Sheet(_)) => plans::run(state, command, effects),
            Some(Overlay::Bulk(_)) => bulk::run(state, command, effects),
            Some(Overlay::Picker(_)) => plans::pick(state, command, effects),
            Some(Overlay::Resources(_)) => resources::run(state, command, effects),
            Some(Overlay::Chooser(_)) => logs::pick(state, command, effects),
            Some(Overlay::Groups(_)) => groups::choose(state, command),
            Some(Overlay::Columns(_)) => columns::run(state, command, effects),
            Some(Overlay::Orders(_)) => moves::choose_order(state, command),
            Some(Overlay::Viewer(_)) => viewer::run(state, command, effects),
            None => pane(state, command, effects),
        },
    }
}

/// Leaves what fills the screen, back to where it was opened; the program where nothing does.
fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.zoom {
        leave::quit(state, effects);
    } else if !journey::unzoom(state, effects) {
        state.zoom = false;
    }
}

fn quiet(state: &mut State) {
    state.attention.quiet = !state.attention.quiet;
    let is = if state.attention.quiet { "off" } else { "on" };
    state.say(Severity::Quiet, format!("bell and notifications are {is}"));
}

fn help(state: &mut State, command: Command) {
    let help = state.help();
    let page = usize::from(help.area.height.saturating_sub(2)).max(1);
    let Some(Overlay::Help(scroll)) = state.overlays.last_mut() else { return };
    let to = match command {
        Command::Down => *scroll + 1,
        Command::Up => scroll.saturating_sub(1),
        Command::HalfPageDown => *scroll + page.div_ceil(2),
        Command::HalfPageUp => scroll.saturating_sub(page.div_ceil(2)),
        Command::PageDown => *scroll + page,
        Command::PageUp => scroll.saturating_sub(page),
        Command::Top => 0,
        Command::Bottom => help.last(),
        Command::Back | Command::Help | Command::Cancel => {
            state.overlays.pop();
            return;
        }
        _ => return,
    };
    *scroll = to.min(help.last());
}

pub(super) fn pane(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if state.active == PaneId::Logs && logs::run(state, command, effects) {
        return;
    }
    match command {
        Command::Filter => {
            let before = current_filter(state);
            let input = Input::new(before.clone());
            state.typing = Some(Typing { purpose: Purpose::Filter, input, before, ..Typing::default() });
        }
        Command::Back if tour::is_left(state) => {
            state.tour = None;
            state.say(Severity::Quiet, "the tour is over; `vigie demo --tour` begins it anew");
        }
        Command::Back => moves::back(state),
        Command::Columns => columns::open(state),
        Command::Zoom => state.zoom = !state.zoom,
        _ if marks::run(state, command) => {}
        _ if state.active != PaneId::Logs && groups::run(state, command) => {}
        Command::Copy
        | Command::CopyRow
        | Command::CopyYaml
        | Command::CopyCommand
        | Command::ExportCsv
        | Command::ExportJson
            if state.active != PaneId::Logs =>
        {
            copy::run(state, command, effects);
        }
        _ if command.verb().is_some() => plans::request(state, command, effects),
        Command::Why
        | Command::Diff
        | Command::Describe
        | Command::Yaml
        | Command::Events
        | Command::Open
        | Command::Copy
        | Command::Logs
        | Command::LogsPrevious => details::open(state, command, effects),
        // Chosen from the palette elsewhere: there first.
        _ if command.is_for_logs() && state.active != PaneId::Logs => {
            moves::show(state, Subject::Logs);
            if state.active == PaneId::Logs {
                logs::run(state, command, effects);
            }
        }
        Command::Editor | Command::Pager => {
            state.say(Severity::Quiet, "that shows YAML, a description, a diff or a tree: open one first");
        }
        _ if panes::run(state, command, effects) => {}
        _ => moves::run(state, command),
    }
}

/// Begins a search in the viewer on top.
pub(super) fn search(state: &mut State) {
    let before = current_filter(state);
    state.typing = Some(Typing { before, ..Typing::default() });
}

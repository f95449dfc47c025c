//! The line of keys and of what is said below.

use super::place;
use crate::{
    app::{Hint, PaneId, Purpose, Query, Said, State, Typing, format},
    theme::Role,
    ui::{field, hints, pen::Pen},
};

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
    let footer = state.footer(at);
    if let Some(Said { x, room, text, .. }) = footer.running {
        pen.put(x, area.y, room, &text, pen.style(Role::Active));
    }
    if let Some(Said { x, room, severity, text }) = footer.notice {
        pen.put(x, area.y, room, &text, pen.theme.severity(severity));
    }
    for Hint { x, key, word, .. } in footer.hints {
        let at = x + pen.put(x, area.y, area.width, &key, pen.style(Role::Key)) + 1;
        pen.put(at, area.y, area.width, word, pen.style(Role::Dim));
    }
}

/// What is wrong with what is typed for the logs.
fn wrong(state: &State, typing: &Typing) -> Option<String> {
    let is_query = state.overlays.is_empty() && typing.purpose != Purpose::Note;
    let query = Query::new(if is_query { typing.input.text() } else { "" });
    query.problem().map(str::to_owned)
}

//! The screen as a pure read of the state: [`view`] draws, and changes nothing.

mod chrome;
mod field;
mod hints;
mod matrix;
mod overlay;
mod pane;
mod pen;
mod tour;
mod typing;
mod widget;

use ratatui::Frame;

use crate::{
    app::{Overlay, PaneId, State},
    config::Way,
    theme::Role,
};

use pen::Pen;

/// Draws the state.
pub fn view(state: &State, frame: &mut Frame) {
    let theme = state.settings.theme.clone();
    let area = frame.area();
    let base = theme.style(Role::Text);
    let mut pen = Pen { buf: frame.buffer_mut(), theme: &theme, ascii: state.settings.ascii };
    pen.buf.set_style(area, base);
    // What is drawn was laid out for this size; a resize that is still under way draws nothing out of place.
    let full = state.overlays.iter().rposition(|o| matches!(o, Overlay::Viewer(_)));
    chrome::header(state, &mut pen);
    match full.map(|n| &state.overlays[n]) {
        Some(Overlay::Viewer(viewer)) => widget::document::draw(state, viewer, &mut pen),
        _ => panes(state, &mut pen),
    }
    for overlay in &state.overlays[full.map_or(0, |n| n + 1)..] {
        overlay::draw(state, overlay, &mut pen);
    }
    tour::draw(state, &mut pen);
    chrome::footer(state, &mut pen);
    typing::draw(state, &mut pen);
    hints::draw(state, &mut pen);
    let cursor = if state.typing.is_some() { chrome::typing_cursor(state) } else { overlay::cursor(state) };
    if let Some((x, y)) = cursor
        && x < area.right()
        && y < area.bottom()
    {
        frame.set_cursor_position((x, y));
    }
}

fn panes(state: &State, pen: &mut Pen<'_>) {
    let layout = state.layout();
    chrome::overview(state, &layout, pen);
    for placed in &layout.panes {
        if placed.pane == PaneId::Logs {
            widget::logs::draw(state, placed.area, pen);
        } else {
            pane::draw(state, placed.pane, placed.area, pen);
        }
    }
    chrome::rules(&layout, pen);
}

/// The environment that the screen is about, how much is critical there and what is new, for the window's title.
pub fn title(state: &State) -> String {
    let place = match (state.current_environment(), state.store.environments.as_slice()) {
        (Some(env), _) => env.name.to_uppercase(),
        (None, []) => "no environment".to_owned(),
        (None, all) => format!("{} environments", all.len()),
    };
    let here = state.current_environment().map(|e| &e.name);
    let all =
        state.store.environments.iter().enumerate().filter(|(_, e)| here.is_none_or(|name| *name == e.name));
    let critical: u32 = all.map(|(n, _)| state.summary(n).critical).sum();
    let critical = if critical > 0 { format!(", {critical} critical") } else { String::new() };
    let broken = |e: &&crate::model::Environment| e.policy.broken(state.now).is_some();
    let broken: Vec<&str> = state.store.environments.iter().filter(broken).map(|e| &*e.name).collect();
    let glass =
        if broken.is_empty() { String::new() } else { format!("BREAK-GLASS {}: ", broken.join(", ")) };
    let told = state.settings.notify.ways.contains(&Way::Title) && !state.attention.quiet;
    let new = match state.attention.unread() {
        n if n > 0 && told => format!(", {n} new"),
        _ => String::new(),
    };
    crate::model::text::one_line(&format!("{glass}vigie {place}{critical}{new}")).into_owned()
}

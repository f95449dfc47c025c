//! Settings chosen in the palette: taken from now on.

use std::sync::Arc;

use crate::{
    app::{palette::Setting, state::State},
    model::Severity,
    theme::shipped,
};

/// Takes a setting from now on, and says how it stays where it can.
pub(super) fn set(state: &mut State, setting: Setting) {
    match setting {
        Setting::Theme(name) => return theme(state, name),
        Setting::Ascii(on) => state.settings.ascii = on,
        Setting::Quiet(on) => state.attention.quiet = on,
        Setting::Wide(on) => {
            let active = state.active;
            if !state.pane(active).subject.has_wide() {
                return state.say(Severity::Quiet, "this list has no more columns");
            }
            state.pane_mut(active).wide = on;
        }
        Setting::Wrap(on) => state.logs.wrap = on,
        Setting::Times(times) => state.logs.times = times,
    }
    state.say(Severity::Quiet, format!("{} is {}: {}", setting.name(), setting.value(), setting.title()));
}

/// Takes a theme from now on, and says how it stays.
fn theme(state: &mut State, name: &str) {
    let Some(theme) = shipped(name) else { return };
    state.settings.theme = Arc::new(theme.at(state.settings.theme.depth));
    state.settings.by_background = None;
    state.say(
        Severity::Quiet,
        format!("theme {name} until the end; `theme = \"{name}\"` under [screen] keeps it"),
    );
}

//! Settings chosen in the palette: taken from now on.

use std::sync::Arc;

use crate::{
    app::{keymaps::load_keys_on, palette::Setting, state::State},
    model::Severity,
    theme::shipped,
};

/// Takes a setting from now on, and says how it stays where it can.
pub(super) fn set(state: &mut State, setting: Setting) {
    match setting {
        Setting::Theme(name) => return theme(state, name),
        Setting::Keymap(name) => return keymap(state, name),
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

/// Takes a keymap from now on, the engineer's own rows still on top, and says how it stays.
fn keymap(state: &mut State, name: &'static str) {
    let own = state.settings.keys.base.1.clone();
    let stays = if own.is_some() {
        format!("`inherits = \"{name}\"` in your keymap keeps it")
    } else {
        format!("`keymap = \"{name}\"` under [screen] keeps it")
    };
    let (keys, problems) = load_keys_on(name, own);
    state.settings.keys = Arc::new(keys);
    match problems.first() {
        Some(problem) => state.say(Severity::Warning, problem.to_string()),
        None => state.say(Severity::Quiet, format!("keymap {name} until the end; {stays}")),
    }
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

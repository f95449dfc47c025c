//! What can be set while the screen is up: `:set theme nord`, `:set wide on`.

use crate::{
    app::{keymaps::KEYMAPS, logs::Times, state::State},
    theme::SHIPPED,
};

/// Something set to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The theme.
    Theme(&'static str),
    /// The keys.
    Keymap(&'static str),
    /// Signs and borders in plain ASCII.
    Ascii(bool),
    /// No bell and no notifications.
    Quiet(bool),
    /// More columns in the list in use.
    Wide(bool),
    /// Long log lines wrapped.
    Wrap(bool),
    /// The clock of log lines.
    Times(Times),
}

impl Setting {
    /// Every setting with every value.
    pub fn all() -> Vec<Self> {
        let switches = [Self::Ascii, Self::Quiet, Self::Wide, Self::Wrap];
        let times = [Times::Utc, Times::Local, Times::Hidden].map(Self::Times);
        let themes = SHIPPED.iter().map(|(name, _)| Self::Theme(name));
        let switches = switches.into_iter().flat_map(|s| [s(true), s(false)]);
        let keymaps = KEYMAPS.iter().map(|(name, _)| Self::Keymap(name));
        switches.chain(times).chain(keymaps).chain(themes).collect()
    }

    /// What is set.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Theme(_) => "theme",
            Self::Keymap(_) => "keymap",
            Self::Ascii(_) => "ascii",
            Self::Quiet(_) => "quiet",
            Self::Wide(_) => "wide",
            Self::Wrap(_) => "wrap",
            Self::Times(_) => "times",
        }
    }

    /// To what.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Theme(name) | Self::Keymap(name) => name,
            Self::Ascii(on) | Self::Quiet(on) | Self::Wide(on) | Self::Wrap(on) => {
                if on {
                    "on"
                } else {
                    "off"
                }
            }
            Self::Times(Times::Utc) => "utc",
            Self::Times(Times::Local) => "local",
            Self::Times(Times::Hidden) => "none",
        }
    }

    /// What that does, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Theme(_) => "colours",
            Self::Keymap(_) => "keys, your own rows on top",
            Self::Ascii(_) => "signs and borders in plain ASCII",
            Self::Quiet(_) => "no bell, no notifications",
            Self::Wide(_) => "more columns in this list",
            Self::Wrap(_) => "long log lines in several",
            Self::Times(_) => "the clock of log lines",
        }
    }

    /// Its words, as they are typed.
    pub fn words(self) -> String {
        format!("set {} {}", self.name(), self.value())
    }

    /// Whether it is so.
    pub fn is_in_use(self, state: &State) -> bool {
        match self {
            Self::Theme(name) => state.settings.theme.name == name,
            Self::Keymap(name) => state.settings.keys.base.0 == name,
            Self::Ascii(on) => state.settings.ascii == on,
            Self::Quiet(on) => state.attention.quiet == on,
            Self::Wide(on) => state.pane(state.active).wide == on,
            Self::Wrap(on) => state.logs.wrap == on,
            Self::Times(times) => state.logs.times == times,
        }
    }

    /// Those that were said: `set NAME VALUE`, `theme NAME`, as far as they are typed.
    pub fn read(word: &str, rest: &str) -> Vec<Self> {
        let rest = rest.trim().to_lowercase();
        let (name, value) = match word {
            "set" => {
                let (name, value) = rest.split_once([' ', '=']).unwrap_or((rest.as_str(), ""));
                (name, value.trim())
            }
            "theme" | "themes" | "skin" => {
                let named = |s: &Self| s.name() == "theme" && s.value().contains(&rest);
                return Self::all().into_iter().filter(named).collect();
            }
            "keymap" | "keymaps" | "keys" => ("keymap", rest.as_str()),
            _ => return Vec::new(),
        };
        let exact = Self::all().iter().any(|s| s.name() == name);
        let fits = |s: &Self| {
            (if exact { s.name() == name } else { s.name().starts_with(name) })
                && s.value().starts_with(value)
        };
        Self::all().into_iter().filter(fits).collect()
    }
}

/// Whether the words of other programs are typed that leave them.
pub(super) fn leaves(text: &str) -> bool {
    matches!(text, "q" | "q!" | "qa" | "wq" | "exit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for setting in Setting::all() {
            let words = setting.words();
            let (word, rest) = words.split_once(' ').expect("two words");
            assert!(Setting::read(word, rest).contains(&setting), "{words}");
        }
        assert_eq!(Setting::read("set", "wide o"), [Setting::Wide(true), Setting::Wide(false)]);
        assert_eq!(Setting::read("set", "times=local"), [Setting::Times(Times::Local)]);
        assert_eq!(Setting::read("keymap", "vi"), [Setting::Keymap("vim")]);
        assert_eq!(Setting::read("theme", "nor"), [Setting::Theme("nord")]);
        assert!(Setting::read("set", "colour").is_empty() && Setting::read("reset", "").is_empty());
    }
}

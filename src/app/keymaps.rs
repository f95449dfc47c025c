//! The shipped keymaps, and the engineer's own rows on top of one of them.

use super::{
    command::{Command, Keys},
    state::State,
};
use crate::{
    config::Problem,
    keymap::{self, Source, print_sequence},
};

/// The shipped keymaps by name. The first holds every key; the others stand on it and say what is other with them.
pub const KEYMAPS: [(&str, &str); 4] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("k9s", include_str!("../../keymaps/k9s.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// The shipped keymap of a name.
pub fn keymap_named(name: &str) -> Option<&'static str> {
    KEYMAPS.iter().map(|(known, _)| *known).find(|known| *known == name)
}

/// Reads the shipped keymap that the engineer's own file inherits, and that file after it.
pub fn load_keys(own: Option<Source>) -> (Keys, Vec<Problem>) {
    let names = KEYMAPS.map(|(name, _)| name);
    let (base, unknown) = match &own {
        Some(file) => keymap::inherits(file, &names),
        None => (names[0], None),
    };
    let (keys, mut problems) = load_keys_on(base, own);
    problems.splice(0..0, unknown);
    (keys, problems)
}

/// Reads a shipped keymap, and the engineer's own file after it, whatever that inherits.
pub fn load_keys_on(base: &'static str, own: Option<Source>) -> (Keys, Vec<Problem>) {
    let wanted = KEYMAPS.iter().enumerate().filter(|(n, (name, _))| *n == 0 || *name == base);
    // Those that come with the program are named in parentheses.
    let shipped = wanted
        .map(|(_, (name, text))| Source { path: format!("({name} keymap)").into(), text: (*text).into() });
    let files: Vec<_> = shipped.chain(own.clone()).collect();
    let (mut keys, problems) =
        keymap::load(&files, |run| Command::named(run).map(|c| (c, c.title().to_owned())));
    keys.base = (base, own);
    (keys, problems)
}

impl State {
    /// The key of a command where the keys go now, or in the panes, or anywhere; its name where it has none.
    pub fn key_name(&self, command: Command) -> String {
        let here = self.settings.keys.key_for(&self.contexts(), |run| *run == command);
        here.map_or_else(|| self.pane_key(command), |b| print_sequence(&b.on))
    }

    /// The key of a command in the panes, whatever lies over them, or anywhere; its name where it has none.
    pub fn pane_key(&self, command: Command) -> String {
        let (keys, is) = (&self.settings.keys, |run: &Command| *run == command);
        let binding = keys.key_for(&self.pane_contexts(), is).or_else(|| keys.key_anywhere(is));
        binding.map_or_else(|| format!(":{}", command.name()), |b| print_sequence(&b.on))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::keymap::{Context, Found};

    fn all() -> impl Iterator<Item = (&'static str, Keys)> {
        KEYMAPS.iter().map(|(name, _)| {
            let (keys, problems) = load_keys_on(name, None);
            assert_eq!(problems, Vec::new(), "{name}");
            (*name, keys)
        })
    }

    /// The places whose keys work together, as on the screen.
    const PLACES: [&[Context]; 10] = [
        &[Context::Table, Context::Global, Context::Pane],
        &[Context::Log, Context::Global, Context::Pane],
        &[Context::Document, Context::Global],
        &[Context::Diff, Context::Global],
        &[Context::Tree, Context::Global],
        &[Context::Resources, Context::Picker, Context::Global],
        &[Context::Columns, Context::Picker, Context::Global],
        &[Context::Sheet],
        &[Context::Palette],
        &[Context::Input],
    ];

    /// What can be run in a place, each key pressed as the screen takes it.
    fn reachable(keys: &Keys, place: &[Context]) -> BTreeSet<&'static str> {
        let here = keys.bindings().iter().filter(|b| place.contains(&b.context));
        here.filter_map(|b| match keys.find(place, &b.on) {
            Found::Run(found) => Some(found.run.name()),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn what_one_keymap_can_all_can_in_the_same_places() {
        let (_, whole) = all().next().expect("the default");
        for command in Command::ALL {
            assert!(
                PLACES.iter().any(|p| reachable(&whole, p).contains(command.name())),
                "no key runs {}",
                command.name()
            );
        }
        for (name, keys) in all() {
            for place in PLACES {
                let missing: Vec<_> =
                    reachable(&whole, place).difference(&reachable(&keys, place)).copied().collect();
                assert!(missing.is_empty(), "{name}: nothing in {place:?} runs {missing:?}");
            }
        }
    }

    #[test]
    fn no_key_hides_behind_another_of_its_place() {
        for (name, keys) in all() {
            for place in PLACES {
                for b in keys.bindings().iter().filter(|b| place[0] == b.context) {
                    assert!(
                        matches!(keys.find(place, &b.on), Found::Run(found) if found == b),
                        "{name}: `{}` in {place:?} cannot be reached",
                        print_sequence(&b.on)
                    );
                }
            }
        }
    }

    #[test]
    fn control_and_lower_case_never_plan() {
        for (name, keys) in all() {
            for b in keys.bindings().iter().filter(|b| b.run.verb().is_some() || b.run == Command::Undo) {
                let on = print_sequence(&b.on);
                // k9s rolls back and deletes with these keys; here they show the plan.
                let known =
                    [("ctrl-l", Command::Rollback), ("ctrl-d", Command::Delete), ("ctrl-k", Command::Delete)];
                if name == "k9s" && known.contains(&(on.as_str(), b.run)) {
                    continue;
                }
                assert!(b.on.iter().all(|p| !p.ctrl), "{name}: {on} plans {}", b.run.name());
                let last = b.on.last().and_then(|p| match p.code {
                    keymap::Code::Char(c) => Some(c),
                    _ => None,
                });
                assert!(last.is_some_and(char::is_uppercase), "{name}: {on} plans {}", b.run.name());
            }
        }
    }

    #[test]
    fn own_rows_come_on_top_of_any_of_them() {
        for (name, _) in KEYMAPS {
            let text =
                format!("inherits = \"{name}\"\nkeys = [{{ on = \"j\", run = \"help\", in = \"table\" }}]");
            let own = Source { path: "own.toml".into(), text };
            let (keys, problems) = load_keys(Some(own));
            assert_eq!(problems, Vec::new());
            assert_eq!(keys.base.0, name);
            let j = "j".parse().expect("a key");
            assert!(
                matches!(keys.find(&[Context::Table], &[j]), Found::Run(b) if b.run == Command::Help),
                "{name}"
            );
        }
    }

    #[test]
    fn a_keymap_that_there_is_not_is_told_with_its_line() {
        let own = Source { path: "own.toml".into(), text: "# mine\ninherits = \"nano\"\n".into() };
        let (keys, problems) = load_keys(Some(own));
        assert_eq!(keys.base.0, "default");
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("own.toml:2:"), "{told:?}");
        assert!(told[0].contains("default, k9s, vim, emacs"), "{told:?}");
    }

    #[test]
    fn a_clash_in_any_of_them_is_told_with_its_line() {
        for (name, text) in KEYMAPS {
            let twice = "  { on = \"j\", run = \"up\", in = \"table\" }, { on = \"j\", run = \"up\", in = \"table\" },\n]";
            let clashing = text.trim_end().trim_end_matches(']').to_owned() + twice;
            let source = Source { path: "clash.toml".into(), text: clashing.clone() };
            let (_, problems) =
                keymap::load(&[source], |run| Command::named(run).map(|c| (c, String::new())));
            let line = clashing.lines().count() - 1;
            assert!(
                problems.iter().any(|p| p.to_string().contains(&format!("clash.toml:{line}:"))),
                "{name}: {problems:?}"
            );
        }
    }
}

//! The tour: steps that name the keys as they are loaded, each left behind when the engineer has done it.

use super::{command::Command, layout::PaneId, overlay::Overlay, state::State};

/// A step: what to do, with commands in braces standing for their keys, and how it is seen that it was done.
struct Step {
    text: &'static str,
    done: fn(&State) -> bool,
}

/// The tour, two minutes long.
const STEPS: &[Step] = &[
    Step {
        text: "The simulated platform starts: in a moment the lists fill.",
        done: |s| !s.pane(PaneId::Applications).rows.shown.is_empty(),
    },
    Step {
        text: "What is wrong stands on top. {down} and {up} move; all other panes follow what is selected.",
        done: |s| PaneId::ALL.iter().any(|p| s.pane(*p).touched),
    },
    Step {
        text: "{next-pane} goes to the next pane, {go-pods} to the pods; {zoom} shows one alone.",
        done: |s| s.active != PaneId::Applications || s.zoom,
    },
    Step {
        text: "{go-applications} goes back to the applications. {why} asks why: one page of facts about what is selected.",
        done: |s| matches!(s.overlays.last(), Some(Overlay::Viewer(v)) if v.what == "why"),
    },
    Step { text: "{back} closes it. It is the way back from everywhere.", done: is_clear },
    Step {
        text: "{palette} finds every thing in every environment, and every action, by a few letters: type appo",
        done: |s| matches!(s.overlays.last(), Some(Overlay::Palette(p)) if !p.input.text().is_empty()),
    },
    Step { text: "{confirm} goes to what is chosen, {cancel} closes.", done: is_clear },
    Step {
        text: "{filter} narrows a list: type a word, !word for what must not be there, then {confirm}.",
        done: |s| s.typing.is_none() && is_filtered(s),
    },
    Step { text: "{back} shows all of it again.", done: |s| !is_filtered(s) },
    Step {
        text: "lower case looks, UPPER CASE plans. {go-applications}, then {sync}: what a sync would do. Nothing is sent.",
        done: |s| matches!(s.overlays.last(), Some(Overlay::Sheet(_))),
    },
    Step {
        text: "A plan says what, to whom, and the way back. {cancel} leaves it, and nothing has happened.",
        done: is_clear,
    },
    Step {
        text: "{help} shows the keys of the place you are in.",
        done: |s| matches!(s.overlays.last(), Some(Overlay::Help(_))),
    },
    Step { text: "{back} closes it.", done: is_clear },
    Step {
        text: "That is all. Find what broke and why with {why}; {rollback} plans the way back. {back} closes this box.",
        done: |_| false,
    },
];

/// How far someone is on the tour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tour {
    step: usize,
}

impl Tour {
    /// The number of the step, from one, and of how many.
    pub fn place(self) -> (usize, usize) {
        (self.step + 1, STEPS.len())
    }

    /// What to do, piece by piece; `true` for keys.
    pub fn pieces(self, state: &State) -> Vec<(String, bool)> {
        let text = STEPS.get(self.step).map_or("", |s| s.text);
        let mut pieces = Vec::new();
        for part in text.split('{') {
            let (name, rest) = part.split_once('}').map_or((None, part), |(name, rest)| (Some(name), rest));
            if let Some(command) = name.and_then(Command::named) {
                pieces.push((state.key_name(command), true));
            }
            pieces.push((rest.to_owned(), false));
        }
        pieces
    }
}

/// Goes on when a step is done.
pub(super) fn advance(state: &mut State) {
    let Some(Tour { step }) = state.tour else { return };
    if STEPS.get(step).is_some_and(|s| (s.done)(state)) {
        state.tour = Some(Tour { step: step + 1 });
    }
}

/// Whether `back` leaves the tour: there is nothing else that it could close.
pub(super) fn is_left(state: &State) -> bool {
    state.tour.is_some() && is_clear(state) && !is_filtered(state) && !state.zoom && !state.pinned
}

fn is_clear(state: &State) -> bool {
    state.overlays.is_empty() && state.typing.is_none()
}

fn is_filtered(state: &State) -> bool {
    let logs = &state.logs;
    let narrowed = !logs.search().is_empty() || logs.filters().next().is_some();
    (state.active == PaneId::Logs && narrowed) || !state.pane(state.active).filter.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_names_commands_that_there_are() {
        for step in STEPS {
            for part in step.text.split('{').skip(1) {
                let name = part.split_once('}').expect("a closing brace").0;
                assert!(Command::named(name).is_some(), "`{name}` in {}", step.text);
            }
        }
    }
}

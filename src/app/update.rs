//! The only place where the state changes.

mod again;
mod browse;
mod bulk;
mod choose;
mod columns;
mod copy;
mod details;
mod filters;
mod groups;
mod guard;
mod journey;
mod keys;
mod leave;
mod logs;
mod marks;
mod mouse;
mod moves;
mod panes;
mod plans;
mod resources;
mod settings;
mod sorts;
mod typing;
mod viewer;
mod window;

use std::sync::Arc;

pub use journey::words as place_words;

use super::{
    event::{Effect, Event, Notice},
    format,
    layout::PaneId,
    overlay::Overlay,
    sheet::Phase,
    state::{Dirty, State},
    tour,
};
use crate::{
    action::plan::{ActionId, Outcome, Progress},
    model::Severity,
};

impl State {
    /// Takes workspaces into use.
    pub fn arrange(&mut self, desk: super::workspace::Desk) {
        self.desk = desk;
        panes::arrive(self, &[]);
    }
}

/// Takes in what happened and says what is wanted outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Key(press) => {
            state.settle();
            journey::track(state);
            if state.active == PaneId::Alerts {
                state.attention.look();
            }
            if state.active == PaneId::Changes {
                state.attention.look_at_changes(state.now);
            }
            keys::press(state, press, &mut effects);
            journey::track(state);
            tour::advance(state);
            state.touch(Dirty::Now);
        }
        Event::Mouse(did) => {
            state.settle();
            mouse::take(state, did, &mut effects);
            journey::track(state);
            state.touch(Dirty::Now);
        }
        Event::Paste(text) => {
            keys::paste(state, &text);
            state.touch(Dirty::Now);
        }
        Event::Run(command) => {
            state.settle();
            journey::track(state);
            keys::run(state, command, &mut effects);
            journey::track(state);
            state.touch(Dirty::Now);
        }
        Event::Resize(size) => {
            state.size = size;
            viewer::resize(state);
        }
        Event::Batches(batches) => {
            let alert = moves::looked_at(state);
            for batch in batches {
                state.now = state.now.max(batch.at);
                state.store.apply(batch);
            }
            moves::let_go(state, alert);
            attend(state, &mut effects);
            state.touch(Dirty::Data);
        }
        Event::Browsed { ticket, batches } => browse::take(state, ticket, batches),
        Event::Tick(now) => {
            state.now = now;
            state.retell();
            expire(state);
            viewer::tick(state, &mut effects);
            guard::expire(state, &mut effects);
            tour::advance(state);
            logs::follow_pods(state, &mut effects);
            attend(state, &mut effects);
            state.touch(Dirty::Data);
        }
        Event::Idle => {
            state.logs.work();
            logs::tell_missed(state);
            state.touch(Dirty::Data);
        }
        Event::Rest => {
            state.settle();
            moves::rest(state, &mut effects);
        }
        Event::Waited => {
            if state.waits_for_keys() {
                state.keying.told = true;
                state.touch(Dirty::Now);
            }
        }
        Event::Identity(identity) => {
            state.identity = format::line(&identity).as_ref().into();
            state.touch(Dirty::Data);
        }
        Event::Answer { ticket, answer } => {
            if !browse::measured(state, ticket, &answer)
                && !copy::answer(state, ticket, &answer, &mut effects)
            {
                details::answer(state, ticket, answer);
            }
        }
        Event::Logs { ticket, lines } => {
            if ticket == state.logs.ticket {
                state.logs.push(lines);
                state.touch(Dirty::Data);
            }
        }
        Event::LogsEnded { ticket, origin, fault } => {
            if ticket == state.logs.ticket {
                state.logs.end(origin, fault);
                state.touch(Dirty::Data);
            }
        }
        Event::Planned { ticket, plan } => {
            let waiting = sheets(state).find(|s| s.ticket == ticket && matches!(s.phase, Phase::Planning));
            if waiting.map(|s| s.planned(plan)).is_some() {
                state.touch(Dirty::Now);
            }
        }
        Event::PlannedPart { ticket, bulk, index, plan } => bulk::planned(state, ticket, bulk, index, plan),
        Event::BulkProgress { id, progress } => bulk::progressed(state, id, progress),
        Event::Progress { id, progress } => progressed(state, id, progress),
        Event::Show(key) => {
            state.settle();
            moves::go_to(state, &key);
            journey::track(state);
            state.touch(Dirty::Now);
        }
        Event::ShowEnvironment(name) => {
            choose::environment(state, name);
            state.touch(Dirty::Now);
        }
        Event::Settings(settings) => {
            let was_light =
                state.settings.by_background.as_ref().map(|t| Arc::ptr_eq(&t[1], &state.settings.theme));
            state.settings = *settings;
            state.logs.limit(state.settings.logs.memory);
            // The terminal is asked once only.
            if let Some(light) = was_light {
                background(state, light);
            }
            state.pending.clear();
            state.keying.leave();
            state.touch(Dirty::Now);
        }
        Event::Policies(environments) => guard::policies(state, environments, &mut effects),
        Event::Glass { environment, glass } => guard::broken(state, &environment, glass, &mut effects),
        Event::Background { light } => background(state, light),
        Event::Notice(notice) => state.say(notice.severity, notice.text),
        Event::Problems(problems) => {
            if let Some(first) = problems.first() {
                let more = if problems.len() > 1 {
                    format!(" (and {} more)", problems.len() - 1)
                } else {
                    String::new()
                };
                state.say(Severity::Warning, format!("{first}{more}"));
            }
        }
        Event::Hangup => effects.push(Effect::Quit),
    }
    browse::feed(state, &mut effects);
    effects
}

fn sheets(state: &mut State) -> impl Iterator<Item = &mut super::Sheet> {
    state.overlays.iter_mut().filter_map(|o| match o {
        Overlay::Sheet(sheet) => Some(&mut **sheet),
        _ => None,
    })
}

/// Looks whether there are new alerts to tell of.
fn attend(state: &mut State, effects: &mut Vec<Effect>) {
    let State { attention, store, settings, now, .. } = state;
    effects.extend(attention.watch(store, &settings.notify, *now));
}

/// Takes the theme that fits the background, where that decides.
fn background(state: &mut State, light: bool) {
    if let Some(themes) = &state.settings.by_background {
        state.settings.theme = themes[usize::from(light)].clone();
        state.touch(Dirty::Now);
    }
}

/// Notices go after a while by the wall clock, which ticks come by: a simulated platform's may hurry.
fn expire(state: &mut State) {
    const SHOWN: u32 = 8;
    let Some((notice, ticks)) = &mut state.notice else { return };
    *ticks += 1;
    if *ticks >= if notice.severity.is_problem() { 4 * SHOWN } else { SHOWN } {
        state.notice = None;
        state.leaving = false;
    }
}

fn progressed(state: &mut State, id: ActionId, progress: Progress) {
    if let Some(running) = state.running.iter_mut().find(|r| r.id == id) {
        match &progress {
            Progress::Started => {}
            Progress::Step(n) => {
                running.step.0 = n + 1;
                running.note.clear();
            }
            Progress::Note(text) => running.note = format::line(text).into_owned(),
            Progress::Ended(outcome) => running.outcome = Some(outcome.clone()),
        }
    }
    if let Progress::Ended(outcome) = &progress {
        let title =
            state.running.iter().find(|r| r.id == id).map_or("the action", |r| r.title.as_str()).to_owned();
        let (severity, text) = match outcome {
            Outcome::Done { summary, undo } => {
                state.undo = undo.iter().cloned().collect();
                (Severity::Ok, format!("{title}: done. {summary}"))
            }
            Outcome::Refused(fault) => (Severity::Warning, format!("{title}: refused. {}", fault.why)),
            Outcome::Failed { fault, done } => {
                (Severity::Critical, format!("{title}: failed after {done} steps. {}", fault.why))
            }
            Outcome::Unverified(what) => (Severity::Critical, format!("{title}: not verified. {what}")),
            Outcome::Cancelled { done } => {
                (Severity::Warning, format!("{title}: stopped after {done} steps"))
            }
        };
        state.notice = Some((Notice::new(severity, text), 0));
        state.running.retain(|r| r.id != id);
    }
    let wanted = |s: &&mut super::Sheet| matches!(&s.phase, Phase::Running { plan, .. } if plan.id == id);
    if let Some(sheet) = sheets(state).find(wanted) {
        sheet.progress(progress);
    }
    state.touch(Dirty::Data);
}

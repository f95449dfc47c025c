//! Choosing how far back logs are read, and which of their fields stand in columns.

use std::{collections::HashMap, time::Duration};

use super::reopen;
use crate::{
    app::{
        chooser::{Chooser, Choosing, Offer},
        command::Command,
        event::Effect,
        logs::FieldColumn,
        message::{fields, is_usual},
        overlay::Overlay,
        state::State,
    },
    model::Severity,
};

/// How far back logs can be read.
const RANGES: [(&str, u64); 6] =
    [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3600), ("6h", 21_600), ("1d", 86_400)];
/// So many lines are looked at for their fields.
const SAMPLE: usize = 2000;
/// The most fields that are offered.
const OFFERED: usize = 40;
/// How wide a column is at most.
const WIDEST: usize = 24;

/// Offers how far back.
pub(super) fn range(state: &mut State) {
    let reading = &state.logs.reading;
    let offer = |name: String, note: &str, on| Offer { name, note: note.into(), on };
    let plain = reading.since.is_none() && !reading.previous;
    let mut offers = vec![offer("latest".into(), "the last 200 lines of each pod", plain)];
    offers.extend(RANGES.iter().map(|(name, secs)| {
        let on = reading.since == Some(Duration::from_secs(*secs)) && !reading.previous;
        offer(format!("last {name}"), "", on)
    }));
    let note = "what the containers wrote before they were restarted";
    offers.push(offer("before the last restart".into(), note, reading.previous));
    state.overlays.push(Overlay::Chooser(Chooser::new(Choosing::Range, offers)));
}

/// Offers the fields that occur, the most frequent first.
pub(super) fn columns(state: &mut State) {
    let mut found: HashMap<String, (usize, usize)> = HashMap::new();
    for entry in state.logs.upwards().take(SAMPLE) {
        for (name, value) in fields(entry.text).into_iter().filter(|(name, _)| !is_usual(name)) {
            let seen = found.entry(name).or_default();
            *seen = (seen.0 + 1, seen.1.max(value.chars().count()));
        }
    }
    for column in &state.logs.columns {
        found.entry(column.name.clone()).or_default();
    }
    if found.is_empty() {
        state.say(Severity::Quiet, "no line has fields: none is JSON or logfmt");
        return;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|(a, (many, _)), (b, (more, _))| more.cmp(many).then_with(|| a.cmp(b)));
    let is_on = |name: &str| state.logs.columns.iter().any(|c| c.name == *name);
    let offers = found.into_iter().take(OFFERED).map(|(name, (count, widest))| {
        let on = is_on(&name);
        Offer { note: format!("in {count} lines, up to {widest} wide"), name, on }
    });
    let offers = offers.collect();
    state.overlays.push(Overlay::Chooser(Chooser::new(Choosing::Columns, offers)));
}

/// Runs a command on the list on top.
pub(in crate::app::update) fn pick(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Chooser(chooser)) = state.overlays.last_mut() else { return };
    if chooser.run(command) {
        return;
    }
    match command {
        Command::Cancel | Command::Back => {
            state.overlays.pop();
        }
        Command::Confirm | Command::Open => {
            let Some(Overlay::Chooser(mut chosen)) = state.overlays.pop() else { return };
            match chosen.what {
                Choosing::Range => {
                    let ranges = RANGES.get(chosen.cursor.wrapping_sub(1));
                    let since = ranges.map(|(_, secs)| Duration::from_secs(*secs));
                    reopen(state, since, chosen.cursor == RANGES.len() + 1, effects);
                }
                Choosing::Columns => {
                    // Nothing was switched: what the cursor is on is meant.
                    let names: Vec<_> = state.logs.columns.iter().map(|c| c.name.clone()).collect();
                    let same = chosen.offers.iter().all(|o| o.on == names.contains(&o.name));
                    if let Some(offer) = chosen.offers.get_mut(chosen.cursor).filter(|_| same) {
                        offer.on = !offer.on;
                    }
                    show(state, &chosen);
                }
            }
        }
        _ => {}
    }
}

/// Shows the chosen fields, those that were shown first.
fn show(state: &mut State, chosen: &Chooser) {
    let is_on = |name: &str| chosen.offers.iter().any(|o| o.on && o.name == *name);
    let mut columns: Vec<FieldColumn> =
        state.logs.columns.iter().filter(|c| is_on(&c.name)).cloned().collect();
    for offer in chosen.offers.iter().filter(|o| o.on) {
        if columns.iter().any(|c| c.name == offer.name) {
            continue;
        }
        let values = state.logs.upwards().take(SAMPLE);
        let widths =
            values.filter_map(|e| crate::app::logs::field(e.text, &offer.name).map(|v| v.chars().count()));
        let widest = widths.max().unwrap_or(0).max(offer.name.chars().count()).min(WIDEST);
        columns.push(FieldColumn { name: offer.name.clone(), width: u16::try_from(widest).unwrap_or(1) });
    }
    state.logs.columns = columns;
}

//! One line looked at: where it is from, its fields, its JSON made readable.

use crate::{
    app::{
        event::Effect,
        logs::Entry,
        message::{fields, trace},
        overlay::Overlay,
        state::State,
        viewer::{Line, Sort, Tone, Viewer},
    },
    model::{LogTarget, Severity, text},
};

/// Opens the line that is looked at; while following, the newest.
pub(super) fn open(state: &mut State) {
    state.logs.pause();
    let zone = state.settings.logs.zone.clone();
    let Some(entry) = state.logs.current() else {
        state.say(Severity::Quiet, "there is no line yet");
        return;
    };
    let origin = entry.origin.clone();
    let mut viewer = Viewer::of("log line", Sort::Document, lines(&entry, &zone));
    viewer.about = state.logs.targets.iter().find_map(|t| match t {
        LogTarget::Pod { key, .. } if key.name == origin => Some(key.clone()),
        _ => None,
    });
    state.overlays.push(Overlay::Viewer(Box::new(viewer)));
}

/// Copies the line that is looked at, as it came.
pub(super) fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(text) = state.logs.current().map(|e| text::one_line(e.text).into_owned()) else {
        state.say(Severity::Quiet, "there is no line yet");
        return;
    };
    state.say(Severity::Quiet, "copied the line");
    effects.push(Effect::Copy(text));
}

fn lines(entry: &Entry<'_>, zone: &jiff::tz::TimeZone) -> Vec<Line> {
    let all = fields(entry.text);
    let there = entry.at.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z");
    let mut head = vec![("time", format!("{} · {there}", entry.at)), ("pod", entry.origin.to_string())];
    head.push(("container", entry.container.to_string()));
    head.push(("level", format!("{:?}", entry.level).to_lowercase()));
    head.push(("trace", trace(&all).unwrap_or_default().to_owned()));
    let said = head.into_iter().filter(|(_, value)| !value.is_empty());
    let mut lines: Vec<Line> = said
        .map(|(name, value)| Line::new(Tone::Field, format!("{name}: {}", text::one_line(&value))))
        .collect();
    lines.push(Line::new(Tone::Text, ""));
    lines.extend(body(entry.text, &all));
    // A stack trace in a field reads as lines.
    for (name, value) in all.iter().filter(|(_, value)| value.contains('\n')) {
        lines.push(Line::new(Tone::Text, ""));
        lines.push(Line::new(Tone::Strong, name));
        lines.extend(value.lines().map(|l| Line::new(Tone::Text, l)));
    }
    lines
}

fn body(text: &str, fields: &[(String, String)]) -> Vec<Line> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) if json.is_object() => {
            let pretty = serde_json::to_string_pretty(&json).unwrap_or_default();
            pretty.lines().map(|l| Line::new(Tone::Field, l)).collect()
        }
        _ if !fields.is_empty() => {
            let field = |(name, value): &(String, String)| {
                Line::new(Tone::Field, format!("{name}: {}", text::one_line(value)))
            };
            fields.iter().map(field).collect()
        }
        _ => text.lines().map(|l| Line::new(Tone::Text, l)).collect(),
    }
}

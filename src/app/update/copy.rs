//! Copies of names, rows, YAML and commands, and lists written to files.

use super::marks;
use crate::{
    app::{
        command::Command,
        event::{Effect, Ticket},
        export::{Format, tabbed},
        format,
        pane::Item,
        rows::Row,
        state::State,
    },
    model::{Answer, Fault, Key, Query, Severity, text},
};

/// Runs a command that copies or exports what is marked, or else selected.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::CopyYaml => yaml(state, effects),
        Command::ExportCsv => export(state, Format::Csv, effects),
        Command::ExportJson => export(state, Format::Json, effects),
        _ => copy(state, command, effects),
    }
}

fn copy(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let (rows, left_out) = marks::chosen(state);
    let what = match command {
        Command::CopyRow => "row",
        Command::CopyCommand => "command",
        _ => "name",
    };
    let lines: Vec<String> = rows.iter().filter_map(|row| line(state, *row, command)).collect();
    let said = match lines.as_slice() {
        [] if rows.is_empty() => format!("nothing to copy{left_out}"),
        [] => "no command shows this outside of vigie".to_owned(),
        [one] if command == Command::CopyRow => format!("copied the row{}{left_out}", size(one)),
        [one] => format!("copied {}{left_out}", one.trim_start_matches('\t')),
        many => format!("copied {} {what}s{left_out}", format::count(many.len())),
    };
    if !lines.is_empty() {
        effects.push(Effect::Copy(lines.join("\n")));
    }
    state.say(Severity::Quiet, said);
}

/// What a thing is called: alerts by their names rather than their fingerprints.
fn name(state: &State, key: &Key) -> Option<String> {
    let key = state.about(key.clone())?;
    let alert = state.store.alerts.get(&key).map(|a| a.name.clone());
    let name = alert.as_deref().unwrap_or_else(|| key.title());
    Some(text::one_line(name).into_owned())
}

fn size(line: &str) -> String {
    format!(" · {} columns", line.split('\t').count())
}

fn line(state: &State, row: Row, command: Command) -> Option<String> {
    match command {
        Command::CopyRow => Some(tabbed(&state.facts_in(state.active, row))),
        Command::CopyCommand => {
            state.equivalent(&state.about(row.key(&state.store, &state.timeline)?.clone())?)
        }
        _ => Some(match row.key(&state.store, &state.timeline) {
            Some(key) => name(state, key)?,
            None => state.store.environments.get(row.position() as usize)?.name.to_string(),
        }),
    }
}

/// Asks for the YAML of the selected thing, to be copied when it comes.
fn yaml(state: &mut State, effects: &mut Vec<Effect>) {
    if state.pane(state.active).marks.len() > 1 {
        state.say(Severity::Quiet, "YAML is copied of one thing at a time: take the marks away first");
        return;
    }
    let Some(key) = state.target() else {
        state.say(Severity::Quiet, "select something first");
        return;
    };
    let ticket = state.ticket();
    state.copying = Some(ticket);
    effects.push(Effect::Read { ticket, source: key.source, query: Query::Manifest(key.clone()) });
    state.say(Severity::Quiet, format!("asking for the YAML of {}", key.title()));
}

/// Copies the YAML that came; `false` when the answer is to another question.
pub(super) fn answer(
    state: &mut State,
    ticket: Ticket,
    answer: &Result<Answer, Fault>,
    effects: &mut Vec<Effect>,
) -> bool {
    if state.copying != Some(ticket) {
        return false;
    }
    state.copying = None;
    match answer {
        Ok(Answer::Document(document)) => {
            let lines: Vec<_> = document.text.lines().map(text::clean).collect();
            state.say(Severity::Quiet, format!("copied the YAML, {} lines", format::count(lines.len())));
            effects.push(Effect::Copy(lines.join("\n") + "\n"));
        }
        Ok(_) => state.say(Severity::Warning, "the system answered something else than was asked"),
        Err(fault) => state.say(Severity::Warning, fault.to_string()),
    }
    true
}

/// Has the marked rows, or all that are shown, written to a file.
fn export(state: &mut State, format: Format, effects: &mut Vec<Effect>) {
    let pane = state.pane(state.active);
    let (rows, left_out) = if pane.marks.is_empty() {
        (pane.rows.listed().collect(), String::new())
    } else {
        marks::chosen(state)
    };
    if rows.is_empty() {
        state.say(Severity::Quiet, format!("nothing to export{left_out}"));
        return;
    }
    let name = state.pane_title(state.active).to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let moment = state.now.rfc3339().replace([':', '-'], "");
    let facts: Vec<_> = rows.iter().map(|row| state.facts_in(state.active, *row)).collect();
    let what = match facts.len() {
        1 => format!("1 row{left_out}"),
        n => format!("{} rows{left_out}", format::count(n)),
    };
    let text = format.write(&facts);
    effects.push(Effect::Export {
        name: format!("{name}-{moment}"),
        extension: format.extension(),
        text,
        what,
    });
}

impl State {
    /// What an entity of a list stands for; `None` for changes of nothing in particular.
    fn about(&self, key: Key) -> Option<Key> {
        self.stands_for(&Item::Entity(key))
    }
}

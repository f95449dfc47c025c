//! The plan sheet: what will be done, what stands in the way, what it takes, how it goes.

use ratatui::style::Style;

use super::lines::{Line, Text, key, plain, prompt, scratch, typed};
use crate::{
    action::{
        guard::{demand, ticket},
        plan::{Call, Outcome, Plan},
        registry::{self, ParamKind},
    },
    app::{Command, Field, Phase, Sheet, State, format},
    model::{Confirm, Severity, Verdict},
    theme::Role,
    ui::{
        field,
        pen::{Pen, width},
    },
};

/// Draws the sheet.
pub(super) fn draw(state: &State, sheet: &Sheet, pen: &mut Pen<'_>) {
    let text = lines(state, sheet, pen).broken(state);
    let env = state.store.environment_of(sheet.request.target.source);
    let title = registry::find(sheet.request.verb).map_or(sheet.request.verb, |v| v.title());
    let name = format::line(&state.name_of(&sheet.request.target)).into_owned();
    let title = format!(" {title}  {name}  in ");
    text.draw(state, (&title, env), sheet.scroll, sheet.field, pen);
}

fn lines(state: &State, sheet: &Sheet, pen: &Pen<'_>) -> Text {
    let (text, dim) = (pen.style(Role::Text), pen.style(Role::Dim));
    let mut lines = Vec::new();
    match &sheet.phase {
        Phase::Planning => {
            lines.push(plain("", format!("reading the systems to make the plan{}", pen.more()), dim));
        }
        Phase::Unplannable(fault) => {
            lines.push(plain(
                "",
                format!("{} {}", pen.sign(Severity::Critical), fault.why),
                pen.style(Role::Critical),
            ));
            lines.push(plain("", format!("{}: {}", fault.system, fault.what), dim));
            if !fault.hint.is_empty() {
                lines.push(plain("", &*fault.hint, text));
            }
        }
        Phase::Ready(plan) => describe(plan, None, None, &mut lines, pen),
        Phase::Running { plan, step, .. } => describe(plan, Some(step.unwrap_or(0)), None, &mut lines, pen),
        Phase::Ended { plan, step, outcome } => describe(plan, Some(*step), Some(outcome), &mut lines, pen),
    }
    let tail = lines.len();
    lines.push(plain("", "", text));
    match &sheet.phase {
        Phase::Running { note, since, stopping, .. } => {
            let age = format::age(state.now.since(*since));
            let note = if note.is_empty() { "under way" } else { note };
            let stop = if *stopping { " · stops before the next step" } else { "" };
            lines.push(plain("now", format!("{note} · {age}{stop}"), pen.style(Role::Active)));
        }
        Phase::Ended { outcome, .. } => ended(state, outcome, &mut lines, pen),
        Phase::Planning | Phase::Unplannable(_) | Phase::Ready(_) => {}
    }
    fields(state, sheet, &mut lines, pen);
    if let Some(missing) = &sheet.missing {
        lines.push(plain("", format!("{} {missing}", pen.sign(Severity::Warning)), pen.style(Role::Warning)));
    }
    if lines.len() == tail + 1 {
        lines.pop();
    }
    Text::new(lines, tail)
}

/// What will be done, and what is known about it.
fn describe(
    plan: &Plan,
    step: Option<usize>,
    outcome: Option<&Outcome>,
    lines: &mut Vec<Line>,
    pen: &Pen<'_>,
) {
    let (text, dim) = (pen.style(Role::Text), pen.style(Role::Dim));
    for line in plan.summary.lines() {
        // What it goes from and what it goes to stand one under the other.
        let (lead, said) = match (line.strip_prefix("from "), line.strip_prefix("to ")) {
            (Some(from), _) if plan.summary.contains('\n') => ("from", from),
            (_, Some(to)) if plan.summary.contains('\n') => ("to", to),
            _ => ("", line),
        };
        lines.push(plain(lead, said, pen.style(Role::Strong)));
    }
    for (n, s) in plan.steps.iter().enumerate() {
        let (mark, style) = mark(n, step, outcome, pen);
        let title = format!("{mark} {}  {}", n + 1, s.title);
        lines.push(Line {
            lead: if n == 0 { "steps" } else { "" },
            pieces: vec![(title, style)],
            field: None,
            hang: 5,
            under_way: step == Some(n),
        });
        if let Call::Send(mutation) = &s.call {
            let call = mutation.to_string();
            if call != s.title {
                lines.push(plain("", format!("     {call}"), dim));
            }
        }
    }
    for (name, value) in &plan.facts {
        lines.push(plain(name, format::line(value), text));
    }
    for (n, (permission, verdict)) in plan.rights.iter().enumerate() {
        let severity = match verdict {
            Verdict::Yes => Severity::Ok,
            Verdict::No => Severity::Critical,
            Verdict::Unknown => Severity::Warning,
        };
        let lead = if n == 0 { "rights" } else { "" };
        let text = format!("{} {permission}", pen.sign(severity));
        lines.push(plain(lead, text, pen.theme.severity(severity)));
    }
    for (n, obstacle) in plan.obstacles.iter().enumerate() {
        let severity = if obstacle.blocks { Severity::Critical } else { Severity::Warning };
        let lead = match (obstacle.blocks, n) {
            (true, _) => "stops it",
            (false, 0) => "mind",
            (false, _) => "",
        };
        lines.push(plain(
            lead,
            format!("{} {}", pen.sign(severity), obstacle.text),
            pen.theme.severity(severity),
        ));
    }
}

/// The mark of a step: done, under way, failed, to come.
fn mark(n: usize, step: Option<usize>, outcome: Option<&Outcome>, pen: &Pen<'_>) -> (&'static str, Style) {
    let severity = match (step, outcome) {
        (None, _) => return (" ", pen.style(Role::Text)),
        (_, Some(Outcome::Done { .. })) => Severity::Ok,
        (_, Some(Outcome::Refused(_))) => Severity::Quiet,
        (Some(at), Some(_)) if n == at => Severity::Critical,
        (Some(at), None) if n == at => Severity::Active,
        (Some(at), _) if n < at => Severity::Ok,
        _ => Severity::Quiet,
    };
    (pen.sign(severity), pen.theme.severity(severity))
}

fn ended(state: &State, outcome: &Outcome, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    let (severity, text) = match outcome {
        Outcome::Done { summary, .. } => (Severity::Ok, format!("done: {summary}")),
        Outcome::Refused(fault) => (Severity::Critical, format!("refused, nothing was changed: {fault}")),
        Outcome::Failed { fault, done } => {
            (Severity::Critical, format!("failed after {done} steps: {fault}"))
        }
        Outcome::Unverified(what) => (Severity::Critical, format!("accepted but not verified: {what}")),
        Outcome::Cancelled { done } => (Severity::Warning, format!("stopped after {done} steps")),
    };
    let text = format!("{} {text}", pen.sign(severity));
    lines.push(plain("outcome", text, pen.theme.severity(severity)));
    let style = pen.style(Role::Text);
    let close = key(state, Command::Cancel);
    match outcome {
        Outcome::Done { undo: Some(request), .. } => {
            let text = format!(
                "{} closes ·{} plans the undo: {} {}",
                close.trim(),
                key(state, Command::Undo).replace("  ", " "),
                request.verb,
                state.name_of(&request.target)
            );
            lines.push(plain("next", text, style));
        }
        Outcome::Failed { .. } | Outcome::Unverified(_) | Outcome::Cancelled { .. } => {
            let text = format!("{} closes · what was done stays done: look before going on", close.trim());
            lines.push(plain("next", text, style));
        }
        _ => lines.push(plain("next", format!("{} closes", close.trim()), style)),
    }
}

/// The places that take keys.
fn fields(state: &State, sheet: &Sheet, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    for field in sheet.fields() {
        let (lead, pieces) = match field {
            Field::Flag(name) => {
                let on = sheet.is_on(name);
                let sign = if on { "[x] " } else { "[ ] " };
                let style = pen.style(if on { Role::Warning } else { Role::Text });
                (name, vec![(format!("{sign}{}", help(sheet, name)), style)])
            }
            Field::Text(name) => {
                let input = sheet.texts.iter().find(|(n, _)| *n == name).map(|(_, i)| i);
                (name, typed(input, help(sheet, name), sheet.field == field, pen))
            }
            Field::Resources(name) => (name, resources(state, sheet, name, pen)),
            Field::Reason => {
                let pattern = sheet.plan().and_then(|plan| ticket(plan, state.now));
                let hint = pattern
                    .map_or("why, with a ticket".to_owned(), |p| format!("why, with a ticket like {p}"));
                ("reason", typed(Some(&sheet.reason), &hint, sheet.field == field, pen))
            }
            Field::Confirm => confirm(state, sheet, pen),
        };
        lines.push(Line { lead, pieces, field: Some(field), hang: 0, under_way: false });
    }
}

/// How many resources are chosen of how many, and which; how to choose them, where the keys go there.
fn resources(state: &State, sheet: &Sheet, name: &str, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let chosen = sheet.chosen(name);
    let (count, all) = (chosen.len(), sheet.resources.as_ref().map(Vec::len));
    let said = match (count, all) {
        (0, None) => ("all".to_owned(), pen.style(Role::Dim)),
        (0, Some(all)) => (format!("all {all}"), pen.style(Role::Dim)),
        (count, None) => (format!("{count}: {}", chosen.join(", ")), pen.style(Role::Strong)),
        (count, Some(all)) => (format!("{count} of {all}: {}", chosen.join(", ")), pen.style(Role::Strong)),
    };
    let mut pieces = vec![said];
    if count == 0 && sheet.list().is_some() {
        pieces.push((key(state, Command::Confirm), pen.style(Role::Key)));
        pieces.push((" chooses some".to_owned(), pen.style(Role::Dim)));
    }
    pieces
}

fn help(sheet: &Sheet, name: &str) -> &'static str {
    let specs = registry::find(sheet.request.verb).map_or(&[][..], |v| v.params());
    let spec = specs.iter().find(|s| s.name == name && s.kind != ParamKind::Number);
    spec.map_or("", |s| s.help)
}

fn confirm(state: &State, sheet: &Sheet, pen: &Pen<'_>) -> (&'static str, Vec<(String, Style)>) {
    let Some(plan) = sheet.plan() else { return ("", Vec::new()) };
    let (text, key) = (pen.style(Role::Text), pen.style(Role::Key));
    let name = &plan.environment.name;
    match demand(plan).confirm {
        Confirm::Enter => {
            let on = state.key_name(Command::Confirm);
            ("confirm", vec![(on, key), (format!(" does it in {name}"), text)])
        }
        Confirm::Yes => ("confirm", vec![("y".to_owned(), key), (format!(" does it in {name}"), text)]),
        Confirm::Name => {
            let mut pieces = prompt(&plan.environment, name, pen);
            pieces.extend(field::pieces(&sheet.typed, 0, pen.style(Role::Strong)));
            ("confirm", pieces)
        }
    }
}

/// Where the cursor stands while something is typed.
pub(super) fn cursor(state: &State, sheet: &Sheet) -> Option<(u16, u16)> {
    let input = sheet.input()?;
    scratch(state, |pen| {
        let text = lines(state, sheet, pen).broken(state);
        let before = match (sheet.field, sheet.plan()) {
            (Field::Confirm, Some(plan)) => {
                prompt(&plan.environment, &plan.environment.name, pen).iter().map(|(t, _)| width(t)).sum()
            }
            _ => 0,
        };
        text.cursor(state, sheet.scroll, sheet.field, before + width(input.split().0))
    })
}

//! The sheet of a bulk plan: a line for each target, what they change together, what it takes, how it goes.

use ratatui::style::Style;

use super::lines::{Line, Text, key, plain, prompt, scratch, typed};
use crate::{
    action::{
        bulk::{self, reach},
        guard::ticket,
        plan::{Outcome, Plan},
        registry,
    },
    app::{BulkSheet, BulkTarget, Command, Field, Going, HIDDEN, Stage, State, format},
    model::{Confirm, Severity, Verdict},
    theme::Role,
    ui::{
        field,
        pen::{Pen, width},
    },
};

/// The widest column of names.
const NAME: u16 = 30;

/// Draws the sheet.
pub(super) fn draw(state: &State, sheet: &BulkSheet, pen: &mut Pen<'_>) {
    let text = lines(state, sheet, pen).broken(state);
    let title = registry::find(sheet.verb).map_or(sheet.verb, |v| v.title());
    let title = format!(" {title}  {}  in ", count(sheet));
    text.draw(state, (&title, Some(&sheet.environment)), sheet.scroll, sheet.field, pen);
}

/// Where the cursor stands while something is typed.
pub(super) fn cursor(state: &State, sheet: &BulkSheet) -> Option<(u16, u16)> {
    let input = sheet.input()?;
    scratch(state, |pen| {
        let text = lines(state, sheet, pen).broken(state);
        let before = match (sheet.field, sheet.demand()) {
            (Field::Confirm, Some(demand)) => {
                let phrase = demand.phrase(&sheet.environment.name);
                prompt(&sheet.environment, &phrase, pen).iter().map(|(t, _)| width(t)).sum()
            }
            _ => 0,
        };
        text.cursor(state, sheet.scroll, sheet.field, before + width(input.split().0))
    })
}

/// `3 targets`, `2 of 3 targets`.
fn count(sheet: &BulkSheet) -> String {
    let (all, planned) = (sheet.targets.len(), sheet.planned_count());
    let s = if all == 1 { "" } else { "s" };
    match sheet.plans().len() {
        runs if planned == all && runs < all => format!("{runs} of {all} target{s}"),
        _ => format!("{all} target{s}"),
    }
}

fn lines(state: &State, sheet: &BulkSheet, pen: &Pen<'_>) -> Text {
    let mut lines = Vec::new();
    let names = sheet.targets.iter().map(|t| width(&t.key.name)).max().unwrap_or(0).min(NAME);
    for (n, target) in sheet.targets.iter().enumerate() {
        let (sign, text, style) = told(target, sheet.stage, pen);
        let name = format!("{:<1$}", target.key.name, usize::from(names));
        let under_way = matches!(target.going, Going::Running { .. });
        lines.push(Line {
            lead: if n == 0 { "targets" } else { "" },
            pieces: vec![(format!("{sign} {name}  {}", format::line(&text)), style)],
            field: None,
            hang: usize::from(names) + 4,
            under_way,
        });
    }
    match sheet.stage {
        Stage::Plan => together(sheet, &mut lines, pen),
        Stage::Ended => undoing(state, sheet, &mut lines, pen),
        Stage::Running { .. } => {}
    }
    let tail = lines.len();
    lines.push(plain("", "", pen.style(Role::Text)));
    match sheet.stage {
        Stage::Plan if sheet.planned_count() < sheet.targets.len() => {
            let (is, all) = (sheet.planned_count(), sheet.targets.len());
            let text = format!("reading the systems to make the plans: {is} of {all}{}", pen.more());
            lines.push(plain("", text, pen.style(Role::Dim)));
        }
        Stage::Plan => {}
        Stage::Running { since, stops } => {
            let age = format::age(state.now.since(since));
            let done = sheet.targets.iter().filter(|t| matches!(t.going, Going::Ended(_))).count();
            let stop = match stops {
                0 => String::new(),
                1 => format!(
                    " · stops after this one,{} again before its next step",
                    key(state, Command::Interrupt).replace("  ", " ")
                ),
                _ => " · stops before the next step".to_owned(),
            };
            let text = format!("{done} of {} done · {age}{stop}", sheet.plans().len());
            lines.push(plain("now", text, pen.style(Role::Active)));
        }
        Stage::Ended => ended(state, sheet, &mut lines, pen),
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

/// What is told of a target: a sign, words, and how they stand out.
fn told(target: &BulkTarget, stage: Stage, pen: &Pen<'_>) -> (&'static str, String, Style) {
    let styled = |severity, text: String| (pen.sign(severity), text, pen.theme.severity(severity));
    let plan = match target.runnable() {
        None => return (" ", format!("planning{}", pen.more()), pen.style(Role::Dim)),
        Some(Err(why)) => {
            let severity = if stage == Stage::Plan { Severity::Critical } else { Severity::Quiet };
            return styled(severity, format!("left out: {why}"));
        }
        Some(Ok(plan)) => plan,
    };
    match &target.going {
        Going::Waiting if stage == Stage::Plan => (" ", planned(plan), pen.style(Role::Text)),
        Going::Waiting => styled(Severity::Quiet, "waiting".to_owned()),
        Going::NotBegun => styled(Severity::Warning, "not begun".to_owned()),
        Going::Running { step, note } => {
            let at = step.unwrap_or(0);
            let title = plan.steps.get(at).map_or("", |s| s.title.as_str());
            let note = if note.is_empty() { title } else { note };
            styled(Severity::Active, format!("{}/{}  {note}", at + 1, plan.steps.len()))
        }
        Going::Ended(outcome) => {
            let severity = match outcome {
                Outcome::Done { .. } => Severity::Ok,
                Outcome::Cancelled { .. } => Severity::Warning,
                _ => Severity::Critical,
            };
            let word = outcome.ending().name();
            styled(severity, format!("{word}: {outcome}"))
        }
    }
}

/// What a plan comes to, on one line.
fn planned(plan: &Plan) -> String {
    let mut words = vec![plan.summary.replace('\n', " ")];
    if changes(plan).is_some() {
        words.push(format!("{} changed", plan.reach.changes));
    }
    if !plan.reach.deletes.is_empty() {
        words.push(format!("{} deleted", plan.reach.deletes.len()));
    }
    words.join(" · ")
}

fn changes(plan: &Plan) -> Option<&str> {
    plan.facts.iter().find(|(name, _)| *name == "changes").map(|(_, value)| value.as_str())
}

/// What all plans come to, and what should be known of them.
fn together(sheet: &BulkSheet, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    let plans = sheet.plans();
    let text = pen.style(Role::Text);
    let all = reach(&plans);
    if plans.iter().any(|p| changes(p).is_some()) && !sheet.is_on("dry-run") {
        let changed = plans.iter().filter(|p| p.reach.changes > 0).count();
        let said = match all.changes {
            0 => "nothing".to_owned(),
            1 => format!("1 resource in 1 of {}", plans.len()),
            n => format!("{n} resources in {changed} of {}", plans.len()),
        };
        lines.push(plain("changes", said, text));
    }
    if sheet.is_on("prune") && !plans.is_empty() {
        let said = match all.deletes.as_slice() {
            [] => "nothing".to_owned(),
            some => format!("{}: {}", some.len(), some.join(", ")),
        };
        lines.push(plain(
            "deletes",
            said,
            pen.style(if all.deletes.is_empty() { Role::Text } else { Role::Warning }),
        ));
    }
    rights(&plans, lines, pen);
    let warnings = plans
        .iter()
        .flat_map(|p| p.obstacles.iter().filter(|o| !o.blocks).map(|o| (o.text.clone(), p.name.clone())));
    for (n, (text, names)) in grouped(warnings).into_iter().enumerate() {
        let of = if names.len() == plans.len() { "all".to_owned() } else { names.join(", ") };
        let said = format!("{} {text} · {of}", pen.sign(Severity::Warning));
        lines.push(plain(if n == 0 { "mind" } else { "" }, said, pen.theme.severity(Severity::Warning)));
    }
    let stopped = match &sheet.environment {
        env if env.policy.read_only => Some(format!("{} is read-only", env.name)),
        _ if plans.is_empty() && sheet.planned_count() == sheet.targets.len() => {
            Some("every target is left out: there is nothing to confirm".to_owned())
        }
        _ => None,
    };
    if let Some(why) = stopped {
        let said = format!("{} {why}", pen.sign(Severity::Critical));
        lines.push(plain("stops it", said, pen.theme.severity(Severity::Critical)));
    }
}

/// The rights that are not known to be had, each with whom it concerns; those denied leave their target out.
fn rights(plans: &[&Plan], lines: &mut Vec<Line>, pen: &Pen<'_>) {
    let not_had = plans.iter().flat_map(|plan| {
        let of = |(permission, verdict): &(crate::model::Permission, Verdict)| {
            let word = if *verdict == Verdict::No { "denied" } else { "not known" };
            (*verdict != Verdict::Yes).then(|| (word.to_owned(), permission.to_string()))
        };
        plan.rights.iter().filter_map(of)
    });
    let groups = grouped(not_had);
    if groups.is_empty() && plans.iter().any(|p| !p.rights.is_empty()) {
        let said = format!("{} granted for all {}", pen.sign(Severity::Ok), plans.len());
        lines.push(plain("rights", said, pen.theme.severity(Severity::Ok)));
    }
    for (n, (word, which)) in groups.into_iter().enumerate() {
        let said = format!("{} {word}: {}", pen.sign(Severity::Warning), which.join(", "));
        lines.push(plain(if n == 0 { "rights" } else { "" }, said, pen.theme.severity(Severity::Warning)));
    }
}

/// Pairs by their first, in the order in which those come.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (of, what) in pairs {
        match groups.iter_mut().find(|(is, _)| *is == of) {
            Some((_, all)) => all.push(what),
            None => groups.push((of, vec![what])),
        }
    }
    groups
}

/// What undoes those that are done, where it is not one plan.
fn undoing(state: &State, sheet: &BulkSheet, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    if bulk::undo(&sheet.undos()).is_some() {
        return;
    }
    let done = sheet.targets.iter().filter_map(|t| match (&t.going, t.runnable()) {
        (Going::Ended(Outcome::Done { undo: Some(undo), .. }), Some(Ok(plan))) => Some((plan, undo)),
        _ => None,
    });
    for (n, (plan, undo)) in done.enumerate() {
        let id = plan.id.to_string();
        let said = format!("vigie undo {}  {} {}", &id[..8], undo.verb, state.name_of(&undo.target));
        lines.push(plain(if n == 0 { "undo" } else { "" }, said, pen.style(Role::Dim)));
    }
}

fn ended(state: &State, sheet: &BulkSheet, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    let (severity, text) = sheet.summary();
    let text = format!("{} {text}", pen.sign(severity));
    lines.push(plain("outcome", text, pen.theme.severity(severity)));
    let close = key(state, Command::Cancel);
    let next = match bulk::undo(&sheet.undos()).as_deref() {
        Some([first, ..]) => {
            let undo = key(state, Command::Undo).replace("  ", " ");
            format!("{} closes ·{undo} plans the undo: {} {}", close.trim(), first.verb, sheet.undos().len())
        }
        _ if severity != Severity::Ok => {
            format!("{} closes · what was done stays done: look before going on", close.trim())
        }
        _ => format!("{} closes", close.trim()),
    };
    lines.push(plain("next", next, pen.style(Role::Text)));
}

/// The places that take keys.
fn fields(state: &State, sheet: &BulkSheet, lines: &mut Vec<Line>, pen: &Pen<'_>) {
    for field in sheet.fields() {
        let (lead, pieces) = match field {
            Field::Flag(name) => {
                let on = sheet.is_on(name);
                let sign = if on { "[x] " } else { "[ ] " };
                let style = pen.style(if on { Role::Warning } else { Role::Text });
                (name, vec![(format!("{sign}{}", help(sheet, name)), style)])
            }
            Field::Reason => {
                let pattern = sheet.plans().iter().find_map(|plan| ticket(plan, state.now));
                let like = pattern.map_or_else(String::new, |p| format!(" like {p}"));
                let hint = format!("why, with a ticket{like}; kept with each");
                ("reason", typed(Some(&sheet.reason), &hint, sheet.field == field, pen))
            }
            Field::Confirm => ("confirm", confirm(state, sheet, pen)),
            // Names of resources and revisions are one application's own.
            Field::Text(_) | Field::Resources(_) => continue,
        };
        lines.push(Line { lead, pieces, field: Some(field), hang: 0, under_way: false });
    }
}

fn help(sheet: &BulkSheet, name: &str) -> String {
    if name == HIDDEN {
        return match sheet.hidden.len() {
            1 => "Take in 1 marked row that is not shown".to_owned(),
            n => format!("Take in {n} marked rows that are not shown"),
        };
    }
    let specs = registry::find(sheet.verb).map_or(&[][..], |v| v.params());
    specs.iter().find(|s| s.name == name).map_or_else(String::new, |s| s.help.to_owned())
}

fn confirm(state: &State, sheet: &BulkSheet, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let Some(demand) = sheet.demand() else { return Vec::new() };
    let (env, style) = (&sheet.environment, pen.style(Role::Key));
    let does = format!(" does it to {} in {}, one after the other", sheet.plans().len(), env.name);
    let text = pen.style(Role::Text);
    match demand.confirm {
        Confirm::Enter => vec![(state.key_name(Command::Confirm), style), (does, text)],
        Confirm::Yes => vec![("y".to_owned(), style), (does, text)],
        Confirm::Name => {
            let mut pieces = prompt(env, &demand.phrase(&env.name), pen);
            pieces.extend(field::pieces(&sheet.typed, 0, pen.style(Role::Strong)));
            pieces
        }
    }
}

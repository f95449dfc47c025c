//! The plan sheet: what will be done, what stands in the way, what it takes, how it goes.

use ratatui::style::Style;

use crate::{
    action::{
        guard::demand,
        plan::{Call, Outcome, Plan},
        registry::{self, ParamKind},
    },
    app::{Area, Command, Field, Input, Phase, Sheet, State, format, wrap},
    keymap::{Context, print_sequence},
    model::{Confirm, Environment, Severity, Verdict},
    theme::Role,
    ui::{
        chrome, field,
        pen::{Pen, width},
    },
};

/// A line of the sheet: words before it, and pieces of text.
struct Line {
    lead: &'static str,
    pieces: Vec<(String, Style)>,
    /// The field it stands for, and where its text begins.
    field: Option<Field>,
    /// Columns by which what follows of a broken line is set in.
    hang: usize,
    /// Whether it is the step under way, or the one at which the action ended.
    under_way: bool,
}

/// Columns of the words at the left.
const LEAD: u16 = 10;

fn area(state: &State) -> Area {
    let room = super::middle(state);
    room.centred(room.width.min(104), room.height.min(38))
}

/// What the sheet says, and where of it the lines begin that always stay in sight.
struct Text {
    lines: Vec<Line>,
    tail: usize,
}

/// How the text lies in the sheet.
struct Fit {
    /// The first line shown of what scrolls, and how many of it are.
    skip: usize,
    body: usize,
    /// How many of what scrolls lie below.
    below: usize,
    /// The first line shown of what stays.
    tail: usize,
}

/// Fits the text into so many lines.
fn fit(text: &Text, sheet: &Sheet, height: u16) -> Fit {
    let height = usize::from(height);
    let stays = (text.lines.len() - text.tail).min(height);
    let body = (height - stays).min(text.tail);
    let most = text.tail - body;
    // What runs is looked at by itself; the engineer's scrolling comes before that.
    let under_way = text.lines[..text.tail].iter().position(|l| l.under_way);
    let wanted = match (sheet.scroll, under_way) {
        (0, Some(at)) => at.saturating_sub(body / 2),
        (scroll, _) => usize::from(scroll),
    };
    let skip = wanted.min(most);
    Fit { skip, body, below: most - skip, tail: text.lines.len() - stays }
}

/// Draws the sheet.
pub(super) fn draw(state: &State, sheet: &Sheet, pen: &mut Pen<'_>) {
    let text = wrapped(state, sheet, pen);
    let env = state.store.environment_of(sheet.request.target.source);
    let inner = frame(sheet, env, placed(state, &text), pen);
    let fit = fit(&text, sheet, inner.height);
    let body = text.lines[..text.tail].iter().skip(fit.skip).take(fit.body);
    let tail = text.lines[fit.tail..].iter();
    for (y, line) in (inner.y..inner.y + inner.height).zip(body.chain(tail)) {
        let focused = line.field == Some(sheet.field) && line.field.is_some();
        let lead = pen.style(if focused { Role::Accent } else { Role::Dim });
        if focused {
            let pointer = pen.pointer();
            pen.put(inner.x, y, 1, pointer, pen.style(Role::Accent));
        }
        pen.put(inner.x + 1, y, LEAD, line.lead, lead);
        let x = inner.x + 1 + LEAD;
        let pieces: Vec<(&str, Style)> = line.pieces.iter().map(|(t, s)| (t.as_str(), *s)).collect();
        pen.pieces(x, y, inner.width.saturating_sub(LEAD + 2), &pieces);
    }
    if fit.below + fit.skip > 0 {
        hidden(state, &fit, inner, pen);
    }
}

/// Says on the line between what scrolls and what stays that there is more, and which keys show it.
fn hidden(state: &State, fit: &Fit, inner: Area, pen: &mut Pen<'_>) {
    let way = match (fit.below, fit.skip) {
        (0, above) => (above, "lines above", Command::PageUp),
        (below, _) => (below, "more lines", Command::PageDown),
    };
    let text = format!("{} {} {}{}", pen.more(), way.0, way.1, key(state, way.2));
    let y = inner.y + u16::try_from(fit.body).unwrap_or(0);
    pen.put(inner.x + 1 + LEAD, y, inner.width.saturating_sub(LEAD + 2), &text, pen.style(Role::Accent));
}

/// The key of a command on the sheet, after two blanks.
fn key(state: &State, command: Command) -> String {
    let keys = &state.settings.keys;
    keys.key_for(&[Context::Sheet], |r| *r == command)
        .map_or_else(String::new, |b| format!("  {}", print_sequence(&b.on)))
}

/// Where the sheet lies: as high as its text.
fn placed(state: &State, text: &Text) -> Area {
    let room = super::middle(state);
    let height = u16::try_from(text.lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(room.height);
    Area { height, ..area(state) }
}

/// The environment's colour all around, and its name in the title.
fn frame(sheet: &Sheet, env: Option<&Environment>, area: Area, pen: &mut Pen<'_>) -> Area {
    let (badge, style) = env.map_or((String::new(), pen.style(Role::Text)), |e| chrome::badge(pen, e));
    let edge = style.bg.map_or(pen.style(Role::Border), |c| Style::new().fg(c));
    let title = registry::find(sheet.request.verb).map_or(sheet.request.verb, |v| v.title());
    let title = format!(" {title}  {}  in ", sheet.request.target.name);
    let strong = pen.style(Role::Strong);
    pen.frame(area, &[(&title, strong), (&badge, style), (" ", strong)], edge)
}

/// The lines, long ones broken.
fn wrapped(state: &State, sheet: &Sheet, pen: &Pen<'_>) -> Text {
    let room = area(state).width.saturating_sub(LEAD + 4);
    let text = lines(state, sheet, pen);
    let mut out = Text { lines: Vec::new(), tail: 0 };
    for (at, line) in text.lines.into_iter().enumerate() {
        if at == text.tail {
            out.tail = out.lines.len();
        }
        match line.pieces.as_slice() {
            [(text, style)] if width(text) > room && line.field.is_none() => {
                // Lines that go on stand under where they began.
                let split = text.char_indices().nth(line.hang).map_or(text.len(), |(at, _)| at);
                let narrow = room.saturating_sub(u16::try_from(line.hang).unwrap_or(0));
                for (n, part) in wrap(&text[split..], narrow).into_iter().enumerate() {
                    let (lead, indent) = if n == 0 {
                        (line.lead, text[..split].to_owned())
                    } else {
                        ("", " ".repeat(line.hang))
                    };
                    let pieces = vec![(format!("{indent}{part}"), *style)];
                    let under_way = line.under_way && n == 0;
                    out.lines.push(Line { lead, pieces, field: None, hang: 0, under_way });
                }
            }
            _ => out.lines.push(line),
        }
    }
    if text.tail >= out.lines.len() {
        out.tail = out.lines.len();
    }
    out
}

fn plain(lead: &'static str, text: impl Into<String>, style: Style) -> Line {
    let text = text.into();
    let hang = text.len() - text.trim_start().len();
    Line { lead, pieces: vec![(text, style)], field: None, hang, under_way: false }
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
    Text { lines, tail }
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
                request.target.name
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
                ("reason", typed(Some(&sheet.reason), "why, with a ticket", sheet.field == field, pen))
            }
            Field::Confirm => confirm(state, sheet, pen),
        };
        lines.push(Line { lead, pieces, field: Some(field), hang: 0, under_way: false });
    }
}

fn typed(input: Option<&Input>, hint: &str, focused: bool, pen: &Pen<'_>) -> Vec<(String, Style)> {
    match input.filter(|i| !i.text().is_empty()) {
        Some(input) => field::pieces(input, 0, pen.style(Role::Strong)),
        None if focused => vec![(format!("  {hint}"), pen.style(Role::Dim))],
        None => vec![(hint.to_owned(), pen.style(Role::Dim))],
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
            let mut pieces = prompt(plan, pen);
            pieces.extend(field::pieces(&sheet.typed, 0, pen.style(Role::Strong)));
            ("confirm", pieces)
        }
    }
}

/// The words before what is typed to confirm.
fn prompt(plan: &Plan, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let style = pen.theme.tier(plan.environment.tier, plan.environment.color.as_deref());
    let text = pen.style(Role::Text);
    vec![
        ("type ".to_owned(), text),
        (plan.environment.name.to_string(), style),
        (" to go on: ".to_owned(), text),
    ]
}

/// Where the cursor stands while something is typed.
pub(super) fn cursor(state: &State, sheet: &Sheet) -> Option<(u16, u16)> {
    let input = sheet.input()?;
    // Signs and styles do not matter for where things stand.
    let mut scratch = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::ZERO);
    let pen = Pen { buf: &mut scratch, theme: &state.settings.theme, ascii: state.settings.ascii };
    let text = wrapped(state, sheet, &pen);
    let area = placed(state, &text);
    let fit = fit(&text, sheet, area.height.saturating_sub(2));
    let at = text.lines.iter().position(|l| l.field == Some(sheet.field))?;
    let y = u16::try_from(fit.body + at.checked_sub(fit.tail)?).ok()?;
    let before = match (sheet.field, sheet.plan()) {
        (Field::Confirm, Some(plan)) => prompt(plan, &pen).iter().map(|(t, _)| width(t)).sum(),
        _ => 0,
    };
    let x = area.x + 2 + LEAD + before + width(input.split().0);
    Some((x.min(area.x + area.width.saturating_sub(2)), area.y + 1 + y))
}

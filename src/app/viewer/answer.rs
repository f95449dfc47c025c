//! What systems answered, as it is shown.

use super::{Content, Diff, Line, Sort, Text, Tone, Tree, Viewer};
use crate::{
    app::format,
    model::{Answer, ClusterEvent, Fault, FaultKind, Severity, Time, text},
};

impl Viewer {
    /// Takes the answer, on a screen of a width.
    pub fn answer(&mut self, answer: Result<Answer, Fault>, now: Time, width: u16) {
        (self.loading, self.again) = (false, false);
        if let (Content::Tree(tree), Ok(Answer::Tree(nodes))) = (&mut self.content, &answer) {
            self.cursor = tree.renew(nodes.clone(), self.cursor);
            return;
        }
        let said = |line| Content::Text(Text::plain(vec![line]));
        self.content = match answer {
            Err(fault) => Content::Text(Text::plain(fault_lines(&fault))),
            Ok(Answer::Document(document)) => Content::Text(Text::of(&document)),
            Ok(Answer::Events(events)) => Content::Text(Text::plain(event_lines(&events, now))),
            Ok(Answer::Diff(resources)) => match Diff::new(&resources, width) {
                diff if diff.resources().is_empty() => said(alike(resources.len())),
                diff => Content::Diff(diff),
            },
            Ok(Answer::Tree(nodes)) if nodes.is_empty() => said(Line::new(Tone::Dim, "no resources")),
            Ok(Answer::Tree(nodes)) => Content::Tree(Tree::new(nodes)),
            Ok(_) => said(Line::new(Tone::Dim, "the system answered something else than was asked")),
        };
        if self.sort == Sort::Tree && !matches!(self.content, Content::Tree(_)) {
            self.wrap = true;
        }
    }
}

/// Says that nothing differs.
fn alike(resources: usize) -> Line {
    let of = match resources {
        0 => String::new(),
        1 => " in 1 resource".to_owned(),
        n => format!(" in {n} resources"),
    };
    Line::new(Tone::Severity(Severity::Ok), format!("no difference{of}"))
}

fn fault_lines(fault: &Fault) -> Vec<Line> {
    let severity = if fault.kind == FaultKind::Refused { Severity::Warning } else { Severity::Critical };
    let mut lines = vec![
        Line::new(Tone::Severity(severity), format!("{} {}: {}", severity.sign(), fault.system, fault.what)),
        Line::new(Tone::Text, format!("  {}", text::one_line(&fault.why))),
    ];
    if !fault.hint.is_empty() {
        lines.push(Line::new(Tone::Dim, format!("  {}", text::one_line(&fault.hint))));
    }
    lines
}

/// Two lines for each event: when, how often, why and about what; what happened.
fn event_lines(events: &[ClusterEvent], now: Time) -> Vec<Line> {
    if events.is_empty() {
        return vec![Line::new(Tone::Dim, "no events; Kubernetes keeps them for an hour")];
    }
    let mut sorted: Vec<_> = events.iter().collect();
    sorted.sort_by_key(|e| std::cmp::Reverse(e.last));
    let warnings = events.iter().filter(|e| e.warning).count();
    let s = if events.len() == 1 { "" } else { "s" };
    let of = if warnings > 0 { format!(", {warnings} of them warnings") } else { String::new() };
    let head = format!("{} event{s}{of}, newest first", format::count(events.len()));
    let mut lines = vec![Line::new(Tone::Dim, head)];
    for event in sorted {
        lines.extend(event_line(event, now));
    }
    lines
}

fn event_line(event: &ClusterEvent, now: Time) -> [Line; 2] {
    let tone = if event.warning { Tone::Severity(Severity::Warning) } else { Tone::Strong };
    let sign = if event.warning { '!' } else { ' ' };
    let age = format::age(now.since(event.last));
    let times = match event.count {
        0 | 1 => String::new(),
        n => format!(" · ×{n} in {}", format::age(event.last.since(event.first))),
    };
    let about = format!("{}/{}", event.about_kind, event.about);
    [
        Line::new(tone, format!("{sign} {age:>4}  {}{times} · {about}", event.reason)),
        Line::new(Tone::Text, format!("        {}", text::one_line(&event.message))),
    ]
}

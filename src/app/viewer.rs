//! Texts, diffs and trees that fill the screen: what they hold, how far they are scrolled, what is searched.

use similar::{ChangeTag, TextDiff};

use super::{command::Command, event::Ticket, filter::contains, format};
use crate::model::{
    Answer, AppHealth, ClusterEvent, Fault, Key, ResourceDiff, Severity, Syntax, Time, TreeNode, text,
};

/// How a line stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    Text,
    /// Matters less.
    Dim,
    /// A heading.
    Strong,
    /// Has the form `key: value`.
    Field,
    /// Is added.
    Add,
    /// Goes.
    Remove,
    /// Says where in a diff.
    Hunk,
    /// Is this bad.
    Severity(Severity),
}

/// A line to show; safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it stands out.
    pub tone: Tone,
    /// The text.
    pub text: String,
}

impl Line {
    /// A line; the text is made safe.
    pub fn new(tone: Tone, line: impl AsRef<str>) -> Self {
        Self { tone, text: text::clean(line.as_ref()).into_owned() }
    }
}

/// What sort of text it is, which decides the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// YAML, descriptions, events, why, help.
    Document,
    /// A diff.
    Diff,
    /// A resource tree.
    Tree,
}

/// A text on the whole screen.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// What it is: `YAML`, `diff`.
    pub what: &'static str,
    /// Of what.
    pub about: Option<Key>,
    /// The question whose answer it shows.
    pub ticket: Ticket,
    /// What sort of text.
    pub sort: Sort,
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the answer is still to come.
    pub loading: bool,
    /// First line shown.
    pub scroll: usize,
    /// The line that the pointer is on, in a tree.
    pub cursor: usize,
    /// Columns scrolled to the right.
    pub shift: u16,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// What is searched, in lower case.
    pub search: String,
    /// What the lines of a tree are.
    nodes: Vec<TreeNode>,
}

impl Viewer {
    /// A text that is to come.
    pub fn waiting(what: &'static str, about: Key, sort: Sort, ticket: Ticket) -> Self {
        Self { ticket, loading: true, about: Some(about), ..Self::of(what, sort, Vec::new()) }
    }

    /// A text that is there.
    pub fn of(what: &'static str, sort: Sort, lines: Vec<Line>) -> Self {
        Self {
            what,
            about: None,
            ticket: Ticket::default(),
            sort,
            lines,
            loading: false,
            scroll: 0,
            cursor: 0,
            shift: 0,
            wrap: sort == Sort::Document,
            search: String::new(),
            nodes: Vec::new(),
        }
    }

    /// Takes the answer.
    pub fn answer(&mut self, answer: Result<Answer, Fault>, now: Time) {
        self.loading = false;
        self.lines = match answer {
            Err(fault) => fault_lines(&fault),
            Ok(Answer::Document(document)) => {
                let tone = if document.syntax == Syntax::Plain { Tone::Text } else { Tone::Field };
                document.text.lines().map(|l| Line::new(tone, l)).collect()
            }
            Ok(Answer::Events(events)) => event_lines(&events, now),
            Ok(Answer::Diff(resources)) => diff_lines(&resources),
            Ok(Answer::Tree(nodes)) => {
                self.nodes = nodes;
                tree_lines(&self.nodes, now)
            }
            Ok(_) => vec![Line::new(Tone::Dim, "the system answered something else than was asked")],
        };
    }

    /// The resource that the pointer is on, in a tree.
    pub fn pointed(&self) -> Option<&TreeNode> {
        self.nodes.get(self.cursor)
    }

    /// The nearest resource that Argo CD syncs itself, from where the pointer is up the tree.
    pub fn managed(&self) -> Option<&TreeNode> {
        let mut node = self.pointed()?;
        // A parent is the nearest one before that is less deep.
        for before in self.nodes[..self.cursor].iter().rev() {
            if node.managed {
                break;
            }
            if before.depth < node.depth {
                node = before;
            }
        }
        node.managed.then_some(node)
    }

    /// The first line to show of so many: in a tree the pointer stays in sight.
    pub fn first(&self, height: usize) -> usize {
        match self.sort {
            Sort::Tree => self.scroll.clamp((self.cursor + 1).saturating_sub(height.max(1)), self.cursor),
            Sort::Document | Sort::Diff => self.scroll,
        }
    }

    /// The line from which moves and searches go on.
    fn here(&self) -> usize {
        if self.sort == Sort::Tree { self.cursor } else { self.scroll }
    }

    fn go(&mut self, to: usize) {
        if self.sort == Sort::Tree { self.cursor = to } else { self.scroll = to }
    }

    /// Runs a command on it with `height` lines to see; `false` when it knows no such command.
    pub fn run(&mut self, command: Command, height: usize) -> bool {
        let seen = if self.sort == Sort::Tree { 1 } else { height.max(1) };
        let last = self.lines.len().saturating_sub(seen);
        let here = self.here();
        let to = match command {
            Command::Down => here + 1,
            Command::Up => here.saturating_sub(1),
            Command::HalfPageDown => here + height / 2,
            Command::HalfPageUp => here.saturating_sub(height / 2),
            Command::PageDown => here + height,
            Command::PageUp => here.saturating_sub(height),
            Command::Top => 0,
            Command::Bottom => last,
            Command::Left => {
                self.shift = self.shift.saturating_sub(8);
                return true;
            }
            Command::Right => {
                self.shift = self.shift.saturating_add(8).min(2000);
                return true;
            }
            // A tree's lines are as many as its resources.
            Command::Wrap if self.sort != Sort::Tree => {
                self.wrap = !self.wrap;
                self.shift = 0;
                return true;
            }
            Command::NextMatch => return self.jump(true),
            Command::PreviousMatch => return self.jump(false),
            _ => return false,
        };
        self.go(to.min(last));
        self.scroll = self.first(height);
        true
    }

    /// Searches, and goes to the first match from here.
    pub fn search(&mut self, text: &str) {
        self.search = text.to_lowercase();
        let here = self.here();
        let matching = |l: &Line| contains(&l.text, &self.search);
        if !self.search.is_empty()
            && let Some(at) = self.lines.iter().skip(here).position(matching)
        {
            self.go(here + at);
        }
    }

    fn jump(&mut self, forward: bool) -> bool {
        if self.search.is_empty() {
            return false;
        }
        let here = self.here();
        let matching = |l: &Line| contains(&l.text, &self.search);
        let found = if forward {
            self.lines.iter().skip(here + 1).position(matching).map(|n| here + 1 + n)
        } else {
            self.lines[..here.min(self.lines.len())].iter().rposition(matching)
        };
        if let Some(at) = found {
            self.go(at);
        }
        true
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

fn fault_lines(fault: &Fault) -> Vec<Line> {
    let mut lines = vec![
        Line::new(Tone::Severity(Severity::Critical), format!("{}: {}", fault.system, fault.what)),
        Line::new(Tone::Text, &fault.why),
    ];
    if !fault.hint.is_empty() {
        lines.push(Line::new(Tone::Dim, &fault.hint));
    }
    lines
}

fn event_lines(events: &[ClusterEvent], now: Time) -> Vec<Line> {
    if events.is_empty() {
        return vec![Line::new(Tone::Dim, "no events; Kubernetes keeps them for an hour")];
    }
    let line = |e: &ClusterEvent| {
        let tone = if e.warning { Tone::Severity(Severity::Warning) } else { Tone::Text };
        let sign = if e.warning { '!' } else { ' ' };
        let age = format::age(now.since(e.last));
        let about = format!("{}/{}", e.about_kind, e.about);
        let message = text::one_line(&e.message);
        Line::new(tone, format!("{sign} {age:>4} ×{:<4} {:<20} {about}  {message}", e.count, e.reason))
    };
    events.iter().map(line).collect()
}

fn diff_lines(resources: &[ResourceDiff]) -> Vec<Line> {
    let mut lines = Vec::new();
    for resource in resources.iter().filter(|r| r.changed) {
        let (live, target) = (resource.live.as_deref(), resource.target.as_deref());
        let fate = match (live, target) {
            (None, _) => " · would be created",
            (_, None) => " · would be deleted",
            _ => "",
        };
        if !lines.is_empty() {
            lines.push(Line::new(Tone::Text, ""));
        }
        lines.push(Line::new(Tone::Strong, format!("{}{fate}", resource.resource)));
        let diff = TextDiff::from_lines(live.unwrap_or(""), target.unwrap_or(""));
        for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
            lines.push(Line::new(Tone::Hunk, hunk.header().to_string().trim_end()));
            for change in hunk.iter_changes() {
                let (tone, sign) = match change.tag() {
                    ChangeTag::Equal => (Tone::Text, ' '),
                    ChangeTag::Insert => (Tone::Add, '+'),
                    ChangeTag::Delete => (Tone::Remove, '-'),
                };
                lines.push(Line::new(tone, format!("{sign} {}", change.value().trim_end_matches('\n'))));
            }
        }
    }
    if lines.is_empty() {
        lines.push(Line::new(Tone::Severity(Severity::Ok), "no difference"));
    }
    lines
}

fn tree_lines(nodes: &[TreeNode], now: Time) -> Vec<Line> {
    let line = |n: &TreeNode| {
        let severity = n.health.map_or(Severity::Quiet, AppHealth::severity);
        let health = n.health.map_or(String::new(), |h| format!("{h:?}"));
        let age = n.created.map_or(String::new(), |t| format::age(now.since(t)));
        let name = format!("{}{}", "  ".repeat(usize::from(n.depth)), n.resource);
        let tone = if severity.is_problem() { Tone::Severity(severity) } else { Tone::Text };
        let message = text::one_line(&n.message);
        Line::new(tone, format!("{} {name:<56} {health:<12} {age:>4}  {message}", severity.sign()))
    };
    if nodes.is_empty() {
        return vec![Line::new(Tone::Dim, "no resources")];
    }
    nodes.iter().map(line).collect()
}

//! The lines of a plan sheet: what scrolls, what stays in sight below it, and where the cursor is.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{Area, Command, Field, Input, State, wrap},
    keymap::{Context, print_sequence},
    model::Environment,
    theme::Role,
    ui::{
        chrome, field,
        pen::{Pen, width},
    },
};

/// A line of the sheet: words before it, and pieces of text.
pub(super) struct Line {
    pub(super) lead: &'static str,
    pub(super) pieces: Vec<(String, Style)>,
    /// The field it stands for, and where its text begins.
    pub(super) field: Option<Field>,
    /// Columns by which what follows of a broken line is set in.
    pub(super) hang: usize,
    /// Whether it is what is under way, or that at which it ended.
    pub(super) under_way: bool,
}

/// Columns of the words at the left.
const LEAD: u16 = 10;

/// What the sheet says, and where of it the lines begin that always stay in sight.
pub(super) struct Text {
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

/// A line of one piece.
pub(super) fn plain(lead: &'static str, text: impl Into<String>, style: Style) -> Line {
    let text = text.into();
    let hang = text.len() - text.trim_start().len();
    Line { lead, pieces: vec![(text, style)], field: None, hang, under_way: false }
}

/// What is typed in a field, or a hint at what it takes.
pub(super) fn typed(input: Option<&Input>, hint: &str, focused: bool, pen: &Pen<'_>) -> Vec<(String, Style)> {
    match input.filter(|i| !i.text().is_empty()) {
        Some(input) => field::pieces(input, 0, pen.style(Role::Strong)),
        None if focused => vec![(format!("  {hint}"), pen.style(Role::Dim))],
        None => vec![(hint.to_owned(), pen.style(Role::Dim))],
    }
}

/// The words before what is typed to confirm.
pub(super) fn prompt(env: &Environment, phrase: &str, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let text = pen.style(Role::Text);
    vec![
        ("type ".to_owned(), text),
        (phrase.to_owned(), pen.theme.tier(env.tier, env.color.as_deref())),
        (" to go on: ".to_owned(), text),
    ]
}

/// The key of a command on the sheet, after two blanks.
pub(super) fn key(state: &State, command: Command) -> String {
    let keys = &state.settings.keys;
    keys.key_for(&[Context::Sheet], |r| *r == command)
        .map_or_else(String::new, |b| format!("  {}", print_sequence(&b.on)))
}

/// Asks a pen that draws nowhere: signs and styles do not matter for where things stand.
pub(super) fn scratch<T>(state: &State, ask: impl FnOnce(&Pen<'_>) -> T) -> T {
    let mut nowhere = Buffer::empty(Rect::ZERO);
    ask(&Pen { buf: &mut nowhere, theme: &state.settings.theme, ascii: state.settings.ascii })
}

fn area(state: &State) -> Area {
    let room = super::middle(state);
    room.centred(room.width.min(104), room.height.min(38))
}

impl Text {
    /// Lines, those from `tail` on always in sight.
    pub(super) fn new(lines: Vec<Line>, tail: usize) -> Self {
        Self { lines, tail }
    }

    /// The same with long lines broken.
    pub(super) fn broken(self, state: &State) -> Self {
        let room = area(state).width.saturating_sub(LEAD + 4);
        let mut out = Self { lines: Vec::new(), tail: 0 };
        let tail = self.tail;
        for (at, line) in self.lines.into_iter().enumerate() {
            if at == tail {
                out.tail = out.lines.len();
            }
            out.lines.extend(parts(line, room));
        }
        if tail >= out.lines.len() {
            out.tail = out.lines.len();
        }
        out
    }

    /// Draws them in a box: the environment's colour all around, its name after the title.
    pub(super) fn draw(
        &self,
        state: &State,
        (title, env): (&str, Option<&Environment>),
        scroll: u16,
        field: Field,
        pen: &mut Pen<'_>,
    ) {
        let inner = frame(title, env, self.placed(state), pen);
        let fit = self.fit(scroll, inner.height);
        let body = self.lines[..self.tail].iter().skip(fit.skip).take(fit.body);
        let tail = self.lines[fit.tail..].iter();
        for (y, line) in (inner.y..inner.y + inner.height).zip(body.chain(tail)) {
            let focused = line.field == Some(field);
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

    /// Where the cursor stands in a field, so many columns from where its text begins.
    pub(super) fn cursor(&self, state: &State, scroll: u16, field: Field, column: u16) -> Option<(u16, u16)> {
        let area = self.placed(state);
        let fit = self.fit(scroll, area.height.saturating_sub(2));
        let at = self.lines.iter().position(|l| l.field == Some(field))?;
        let y = u16::try_from(fit.body + at.checked_sub(fit.tail)?).ok()?;
        let x = area.x + 2 + LEAD + column;
        Some((x.min(area.x + area.width.saturating_sub(2)), area.y + 1 + y))
    }

    /// Where the sheet lies: as high as its text.
    fn placed(&self, state: &State) -> Area {
        let room = super::middle(state);
        let height = u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(room.height);
        Area { height, ..area(state) }
    }

    /// Fits the text into so many lines.
    fn fit(&self, scroll: u16, height: u16) -> Fit {
        let height = usize::from(height);
        let stays = (self.lines.len() - self.tail).min(height);
        let body = (height - stays).min(self.tail);
        let most = self.tail - body;
        // What runs is looked at by itself; the engineer's scrolling comes before that.
        let under_way = self.lines[..self.tail].iter().position(|l| l.under_way);
        let wanted = match (scroll, under_way) {
            (0, Some(at)) => at.saturating_sub(body / 2),
            (scroll, _) => usize::from(scroll),
        };
        let skip = wanted.min(most);
        Fit { skip, body, below: most - skip, tail: self.lines.len() - stays }
    }
}

/// A line in as many as it takes; what goes on stands under where it began.
fn parts(line: Line, room: u16) -> Vec<Line> {
    let [(text, style)] = line.pieces.as_slice() else { return vec![line] };
    if width(text) <= room || line.field.is_some() {
        return vec![line];
    }
    let split = text.char_indices().nth(line.hang).map_or(text.len(), |(at, _)| at);
    let narrow = room.saturating_sub(u16::try_from(line.hang).unwrap_or(0));
    let part = |(n, part): (usize, String)| {
        let (lead, indent) =
            if n == 0 { (line.lead, text[..split].to_owned()) } else { ("", " ".repeat(line.hang)) };
        let pieces = vec![(format!("{indent}{part}"), *style)];
        Line { lead, pieces, field: None, hang: 0, under_way: line.under_way && n == 0 }
    };
    wrap(&text[split..], narrow).into_iter().map(str::to_owned).enumerate().map(part).collect()
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

fn frame(title: &str, env: Option<&Environment>, area: Area, pen: &mut Pen<'_>) -> Area {
    let (badge, style) = env.map_or((String::new(), pen.style(Role::Text)), |e| chrome::badge(pen, e));
    let edge = style.bg.map_or(pen.style(Role::Border), |c| Style::new().fg(c));
    let strong = pen.style(Role::Strong);
    pen.frame(area, &[(title, strong), (&badge, style), (" ", strong)], edge)
}

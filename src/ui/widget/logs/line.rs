//! One log line: what stands before it, and its text in pieces that look different.

use ratatui::style::{Color, Modifier, Style};

use crate::{
    app::{Entry, Ink, InkColor, LogBook, Message, State, Times, field, format, wrap},
    model::{Level, LogTarget, text},
    theme::{Depth, Role},
    ui::{
        pen::{Pen, width},
        widget::document::skip,
    },
};

/// A line ready to be drawn.
pub(super) struct Drawn {
    /// Its number.
    pub n: u64,
    /// What stands before it, each in a column of its own.
    pub prefix: Vec<(String, u16, Style)>,
    /// Its text.
    pub text: String,
    /// Where the text is cut into the lines of the screen.
    pub parts: Vec<(usize, usize)>,
    /// How the text looks from where to where.
    looks: Vec<(usize, usize, Style)>,
    /// Whether it is a mark.
    pub mark: bool,
}

/// Columns of the pod and of the container.
const POD: u16 = 5;
const CONTAINER: u16 = 9;
/// Columns of a level.
const LEVEL: u16 = 5;

/// Which columns stand before lines, in a pane of so many columns.
pub(super) struct Columns<'a> {
    logs: &'a LogBook,
    zone: &'a jiff::tz::TimeZone,
    millis: bool,
    pods: bool,
    containers: bool,
    names: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    /// The columns for what is open.
    pub(super) fn of(state: &'a State, room: u16) -> Self {
        let logs = &state.logs;
        let one_pod = logs.pods().count() == 1
            && (logs.queries() == 0 || matches!(logs.targets.as_slice(), [LogTarget::Pod { .. }, ..]));
        Self {
            logs,
            zone: &state.settings.logs.zone,
            millis: room >= 100,
            pods: !one_pod,
            containers: logs.has_containers() && room >= 70,
            names: logs.columns.iter().map(|c| c.name.as_str()).collect(),
        }
    }

    /// Their headings.
    pub(super) fn heading(&self) -> Vec<(String, u16)> {
        let mut all = Vec::new();
        if self.logs.times != Times::Hidden {
            all.push(("TIME".to_owned(), self.clock()));
        }
        if self.pods {
            all.push(("POD".to_owned(), POD));
        }
        if self.containers {
            all.push(("CONTAINER".to_owned(), CONTAINER));
        }
        all.push(("LEVEL".to_owned(), LEVEL));
        all.extend(self.logs.columns.iter().map(|c| (c.name.to_uppercase(), c.width)));
        all.push(("MESSAGE".to_owned(), 7));
        all
    }

    const fn clock(&self) -> u16 {
        if self.millis { 12 } else { 8 }
    }

    fn time(&self, entry: &Entry<'_>) -> String {
        let there = match self.logs.times {
            Times::Local => entry.at.timestamp().to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string(),
            _ => format::clock_seconds(entry.at),
        };
        let millis = entry.at.millis().rem_euclid(1000);
        if self.millis { format!("{there}.{millis:03}") } else { there }
    }

    fn before(&self, entry: &Entry<'_>, pen: &Pen<'_>) -> Vec<(String, u16, Style)> {
        let mut all = Vec::new();
        let origin = pen.style(Role::LogOrigin);
        if self.logs.times != Times::Hidden {
            all.push((self.time(entry), self.clock(), pen.style(Role::LogTime)));
        }
        if self.pods {
            // The last part of a pod's name tells pods of one owner apart.
            all.push((entry.origin.rsplit('-').next().unwrap_or("").to_owned(), POD, origin));
        }
        if self.containers {
            all.push((entry.container.to_string(), CONTAINER, origin));
        }
        all.push((word(entry.level).to_owned(), LEVEL, pen.theme.level(entry.level)));
        for column in &self.logs.columns {
            let value = field(entry.text, &column.name).unwrap_or_default();
            all.push((text::one_line(&value).into_owned(), column.width, pen.style(Role::Strong)));
        }
        all
    }

    /// A line for a pane of so many columns.
    pub(super) fn draw(&self, entry: &Entry<'_>, room: u16, pen: &Pen<'_>) -> Drawn {
        if entry.mark {
            return self.mark(entry, pen);
        }
        let prefix = self.before(entry, pen);
        let taken: u16 = prefix.iter().map(|(_, width, _)| width + 1).sum();
        let message = Message::read(entry.text, &self.names);
        let looks = self.looks(entry, &message, pen);
        let text = message.text;
        let body = room.saturating_sub(taken);
        let place = |part: &str| {
            let at = part.as_ptr() as usize - text.as_ptr() as usize;
            (at, at + part.len())
        };
        let parts = if self.logs.wrap {
            wrap(&text, body).into_iter().map(place).collect()
        } else {
            let rest = skip(&text, self.logs.shift);
            vec![(text.len() - rest.len(), text.len())]
        };
        Drawn { n: entry.n, prefix, text, parts, looks, mark: false }
    }

    fn mark(&self, entry: &Entry<'_>, pen: &Pen<'_>) -> Drawn {
        let note = text::one_line(entry.text);
        let colon = if note.is_empty() { "" } else { ": " };
        let text = format!(" {} mark{colon}{note} ", self.time(entry));
        let looks = vec![(0, text.len(), pen.style(Role::Accent))];
        Drawn { n: entry.n, prefix: Vec::new(), parts: vec![(0, text.len())], text, looks, mark: true }
    }

    /// How the text looks: by its level, the program's own colours over it, what is searched over these.
    fn looks(&self, entry: &Entry<'_>, message: &Message, pen: &Pen<'_>) -> Vec<(usize, usize, Style)> {
        let base = match entry.level {
            Level::Error | Level::Fatal => pen.theme.level(entry.level),
            Level::Trace | Level::Debug => pen.style(Role::Dim),
            _ => pen.style(Role::Text),
        };
        let found = pen.style(Role::Match);
        let places = self.logs.search().places(&message.text);
        // What fits but is not on screen: in a name, in a column, in what JSON says otherwise.
        let whole = places.is_empty() && self.logs.is_match(entry);
        let inks: &[_] =
            if self.logs.colours && pen.theme.depth != Depth::None { &message.inks } else { &[] };
        let mut cuts = vec![0, message.fields, message.text.len()];
        cuts.extend(inks.iter().map(|(at, _)| *at));
        cuts.extend(places.iter().flat_map(|(from, to)| [*from, *to]));
        cuts.sort_unstable();
        cuts.dedup();
        let look = |from: usize| {
            let mut style = if from < message.fields { base } else { pen.style(Role::Dim) };
            if let Some((_, ink)) = inks.iter().rev().find(|(at, _)| *at <= from) {
                style = inked(style, *ink, pen.theme.depth);
            }
            let is_found = whole || places.iter().any(|(start, end)| (*start..*end).contains(&from));
            if is_found { style.patch(found) } else { style }
        };
        cuts.windows(2).map(|cut| (cut[0], cut[1], look(cut[0]))).collect()
    }
}

/// How a program wanted it to look, with the colours that the terminal has.
fn inked(mut style: Style, ink: Ink, depth: Depth) -> Style {
    let color = ink.color.map(|c| match c {
        InkColor::Indexed(n) => Color::Indexed(n),
        InkColor::Rgb(r, g, b) => Color::Rgb(r, g, b),
    });
    if let Some(color) = color.and_then(|c| depth.fit(c)) {
        style.fg = Some(color);
    }
    let modifiers = [
        (ink.bold, Modifier::BOLD),
        (ink.dim, Modifier::DIM),
        (ink.italic, Modifier::ITALIC),
        (ink.underlined, Modifier::UNDERLINED),
    ];
    modifiers.into_iter().filter(|(on, _)| *on).fold(style, |style, (_, m)| style.add_modifier(m))
}

impl Drawn {
    /// Writes one of its parts; what does not fit is left out with a sign.
    pub(super) fn part(&self, n: usize, x: u16, y: u16, room: u16, pen: &mut Pen<'_>) {
        let (from, to) = self.parts[n];
        let fits = width(&self.text[from..to]) <= room;
        let limit = if fits { room } else { room.saturating_sub(1) };
        let mut at = 0;
        let last = self.looks.last().map(|(.., style)| *style).unwrap_or_default();
        for (start, end, style) in &self.looks {
            let (start, end) = ((*start).max(from), (*end).min(to));
            if start < end && at < limit {
                let piece = fitting(&self.text[start..end], limit - at);
                at += pen.put(x + at, y, limit - at, piece, *style);
            }
        }
        if !fits {
            let more = pen.more();
            pen.put(x + limit, y, 1, more, last);
        }
    }
}

/// As much of a text as fits.
fn fitting(text: &str, room: u16) -> &str {
    if width(text) <= room {
        return text;
    }
    let ends = text.char_indices().map(|(at, _)| at).take_while(|at| width(&text[..*at]) <= room);
    &text[..ends.last().unwrap_or(0)]
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::None => "",
        Level::Trace => "TRACE",
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
        Level::Fatal => "FATAL",
    }
}

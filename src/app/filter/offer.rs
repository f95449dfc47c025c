//! What a filter that is being typed can go on with: columns, then the values that are really there.

use std::{collections::HashMap, ops::Range};

use super::{
    Filter,
    column::{Column, Columns, Field, Labels, Measure},
    read::{PERCENTS, QUANTITIES, parts},
    split::split,
    term::{Told, Value},
};
use crate::app::{layout::PaneId, state::State};

/// At most so many are offered.
const OFFERED: usize = 100;

/// One thing that can be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is put in.
    pub text: String,
    /// What is known of it: how often it is there, other names.
    pub note: String,
}

/// What can be put in, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// What there is, the likeliest first.
    pub all: Vec<Offer>,
    /// The one that is put in.
    pub cursor: usize,
    /// What can be typed there besides.
    pub hint: String,
    /// What was typed before any was put in.
    pub before: String,
    /// Where it goes, in bytes.
    pub place: Range<usize>,
}

impl Offers {
    /// The text with the chosen one in its place, and where the cursor stands then.
    pub(in crate::app) fn put(&self) -> (String, usize) {
        let chosen = self.all.get(self.cursor).map_or("", |o| &o.text);
        let Range { start, end } = self.place;
        let text = format!("{}{chosen}{}", &self.before[..start], &self.before[end..]);
        (text, start + chosen.len())
    }

    /// Goes to the next one or the one before, round the ends.
    pub(in crate::app) fn step(&mut self, forward: bool) {
        let count = self.all.len().max(1);
        self.cursor = (self.cursor + if forward { 1 } else { count - 1 }) % count;
    }
}

/// What is asked for where the cursor stands.
enum Asked<'a> {
    /// A term begins.
    Term,
    /// A value of a column.
    Column(&'a Column),
    /// The name of a label.
    LabelName,
    /// The value of a label.
    LabelValue(&'a str),
}

impl State {
    /// What the filter of a pane can go on with where the cursor stands in it; nothing where nothing is known.
    pub(in crate::app) fn offers(&self, id: PaneId, text: &str, cursor: usize) -> Option<Offers> {
        let columns = self.filter_columns(id);
        let places = split(text);
        let at = places.iter().position(|p| p.start <= cursor && cursor <= p.end);
        let term = at.map_or(cursor..cursor, |n| places[n].clone());
        let typed = &text[term.start..cursor];
        let bare = typed.strip_prefix('!').unwrap_or(typed);
        let selects = at
            .and_then(|n| n.checked_sub(1))
            .or_else(|| at.is_none().then(|| places.len().checked_sub(1))?);
        let selects = selects.is_some_and(|n| &text[places[n].clone()] == "-l");
        let (asked, part) = asked(bare, selects, &columns);
        // The others narrow what is offered.
        let from = if selects {
            places.iter().rev().find(|p| p.end <= term.start).map_or(term.start, |p| p.start)
        } else {
            term.start
        };
        let others = Filter::new(&format!("{} {}", &text[..from], &text[term.end..]), &columns);
        let mut all = match asked {
            Asked::Term => names(part, &columns),
            _ => Vec::new(),
        };
        let mut found = Counts::default();
        self.visit(id, &mut |row| {
            if others.passes(row) {
                found.take(row, &asked, part, &columns, !all.is_empty());
            }
        });
        all.extend(found.offers(part));
        all.truncate(OFFERED);
        let hint = hint(&asked);
        let place = cursor - part.len()..term.end;
        (!all.is_empty() || !hint.is_empty()).then(|| Offers {
            all,
            cursor: 0,
            hint,
            before: text.to_owned(),
            place,
        })
    }
}

/// What is asked for, and the part of it that is typed already.
fn asked<'a>(bare: &'a str, selects: bool, columns: &'a Columns) -> (Asked<'a>, &'a str) {
    let last = |text: &'a str| text.rsplit(',').next().unwrap_or(text);
    let label = |text: &'a str| match parts(text) {
        Some((name, _, value)) => (Asked::LabelValue(name), last(value)),
        None => (Asked::LabelName, text.trim_start_matches('!')),
    };
    if selects {
        return label(last(bare));
    }
    if let Some(rest) = bare.strip_prefix("label:") {
        return label(rest);
    }
    match parts(bare) {
        Some((name, _, value)) => match columns.named(name) {
            Some(column) => (Asked::Column(column), last(value)),
            None if columns.labels == Labels::Bare => (Asked::LabelValue(name), last(value)),
            None => (Asked::Term, bare),
        },
        None => (Asked::Term, bare),
    }
}

/// Columns whose names begin with what is typed.
fn names(part: &str, columns: &Columns) -> Vec<Offer> {
    let part = part.to_lowercase();
    let fits = |column: &&Column| {
        column.name.starts_with(&part) || column.others.iter().any(|other| other.starts_with(&part))
    };
    let sign = |measure| match measure {
        Measure::Text | Measure::Severity | Measure::Any => "=",
        Measure::Duration | Measure::Part => "<",
        Measure::Number
        | Measure::Quantity
        | Measure::Percent
        | Measure::Cpu { .. }
        | Measure::Memory { .. } => ">",
    };
    let offer = |column: &Column| Offer {
        text: format!("{}{}", column.name, sign(column.measure)),
        note: column.others.join(" "),
    };
    let mut all: Vec<Offer> = columns.all.iter().filter(fits).map(offer).collect();
    if columns.labels != Labels::None && "-l".starts_with(&part) {
        all.push(Offer { text: "-l ".into(), note: "labels".into() });
    }
    all
}

fn hint(asked: &Asked<'_>) -> String {
    let Asked::Column(column) = asked else { return String::new() };
    match column.measure {
        Measure::Duration => "30s 10m 2h 1h30m 1d 2w",
        Measure::Cpu { share: true } => "500m 2 80%",
        Measure::Cpu { share: false } => "500m 2",
        Measure::Memory { share: true } => "512Mi 1Gi 80%",
        Measure::Memory { share: false } => "512Mi 1Gi",
        Measure::Part => "1 1/2 50% all",
        Measure::Quantity => QUANTITIES,
        Measure::Percent => PERCENTS,
        _ => "",
    }
    .to_owned()
}

/// Values, and how many rows have each.
#[derive(Default)]
struct Counts(HashMap<String, usize>);

impl Counts {
    fn add(&mut self, value: &str) {
        match self.0.get_mut(value) {
            Some(count) => *count += 1,
            None if value.is_empty() => {}
            None => _ = self.0.insert(value.to_owned(), 1),
        }
    }

    fn take(&mut self, row: &dyn Told, asked: &Asked<'_>, part: &str, columns: &Columns, named: bool) {
        match asked {
            Asked::Column(column) => self.column(row, column),
            Asked::LabelName => self.label_names(row, ""),
            Asked::LabelValue(name) => {
                row.label(&mut |n, value| {
                    if n == *name {
                        self.add(value);
                    }
                    false
                });
            }
            Asked::Term => {
                if columns.labels == Labels::Bare {
                    self.label_names(row, "=");
                }
                if !named && !part.is_empty() {
                    self.any(row, part, columns);
                }
            }
        }
    }

    fn column(&mut self, row: &dyn Told, column: &Column) {
        use Measure as M;
        if matches!(column.measure, M::Duration | M::Quantity | M::Percent | M::Cpu { .. } | M::Memory { .. })
        {
            return;
        }
        row.value(column.field, &mut |value| {
            match value {
                Value::Text(text) => self.add(text),
                Value::Severity(severity) => self.add(severity.name()),
                Value::Number(n) => self.add(&n.to_string()),
                Value::Part(some, of) => self.add(&format!("{some}/{of}")),
            }
            false
        });
    }

    fn label_names(&mut self, row: &dyn Told, end: &str) {
        row.label(&mut |name, _| {
            self.add(&format!("{name}{end}"));
            false
        });
    }

    /// Whatever holds what is typed: the column with it.
    fn any(&mut self, row: &dyn Told, part: &str, columns: &Columns) {
        let part = part.to_lowercase();
        for column in columns.all.iter().filter(|c| c.measure == Measure::Text && c.field != Field::Message) {
            row.value(column.field, &mut |value| {
                if let Value::Text(text) = value
                    && super::contains(text, &part)
                {
                    self.add(&format!("{}={}", column.name, quoted(text)));
                }
                false
            });
        }
    }

    /// What holds what is typed: what begins with it first, then what is there most.
    fn offers(self, part: &str) -> Vec<Offer> {
        let part = part.trim_matches('"').to_lowercase();
        let mut all: Vec<(String, usize)> = self.0.into_iter().collect();
        all.retain(|(value, _)| super::contains(value, &part));
        all.sort_by(|(a, n), (b, m)| {
            let later = |value: &str| !value.to_lowercase().starts_with(&part);
            later(a).cmp(&later(b)).then(m.cmp(n)).then_with(|| a.cmp(b))
        });
        let offer = |(value, count): (String, usize)| Offer {
            text: if value.contains('=') { value } else { quoted(&value) },
            note: count.to_string(),
        };
        all.into_iter().map(offer).collect()
    }
}

/// A value as it has to be typed.
fn quoted(value: &str) -> String {
    let plain = !value.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '*' | '('));
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('"', "")) }
}

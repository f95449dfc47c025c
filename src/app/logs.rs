//! The log lines on screen: merged by time within a budget of bytes, filtered, searched, followed or held.

mod bits;
mod chunk;
mod field;
mod query;
mod save;
mod scan;
mod seek;
mod store;
#[cfg(test)]
mod tests;
mod view;

use std::{collections::HashSet, path::PathBuf, time::Duration};

use super::{command::Command, event::Ticket, message::level};
use crate::{
    model::{Fault, Key, Level, LogLine, LogTarget, Str, Time},
    triage::Focus,
};

pub use field::field;
pub use query::{GRAMMAR, Query};
pub use save::Saved;
pub use seek::Wish;
pub use store::Entry;

use scan::{Sieve, Wanted};
use seek::Seek;
use store::Store;
use view::Place;

/// Bytes of lines that are held unless configured.
pub const LOG_MEMORY: usize = 64 << 20;
/// Stands for the uid of a pod that is no more.
pub(super) const GONE: u128 = 0;

/// What of the logs does not change while the screen is up.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// Bytes of lines that are held.
    pub memory: usize,
    /// Where they are saved; the current folder when nothing is said.
    pub folder: Option<PathBuf>,
    /// The engineer's own zone.
    pub zone: jiff::tz::TimeZone,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { memory: LOG_MEMORY, folder: None, zone: jiff::tz::TimeZone::UTC }
    }
}

/// Which clock times are shown by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// That of UTC.
    #[default]
    Utc,
    /// That of where the engineer sits.
    Local,
    /// None.
    Hidden,
}

/// A field that stands in a column of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldColumn {
    /// Its name.
    pub name: String,
    /// How wide the column is; it stays so whatever comes.
    pub width: u16,
}

/// Of what logs are open, and how far back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What the screen was about.
    pub of: Focus,
    /// How far back was asked for; the latest lines when nothing is said.
    pub since: Option<Duration>,
    /// Whether it is of before the last restart.
    pub previous: bool,
}

/// Where the view was when a search began to be typed: paused somewhere, or following.
#[derive(Clone, Copy, Debug)]
struct Origin(Option<Place>);

/// The logs that are open.
#[derive(Clone, Debug)]
pub struct LogBook {
    /// Which opening its lines belong to.
    pub ticket: Ticket,
    /// Of what: `appointments · 2 pods`.
    pub title: String,
    /// Of what, and how far back.
    pub reading: Reading,
    /// What is read.
    pub targets: Vec<LogTarget>,
    /// Streams that ended with a failure.
    pub faults: Vec<(Str, Fault)>,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Which clock times are shown by.
    pub times: Times,
    /// Whether the colours of the programs are kept.
    pub colours: bool,
    /// Fields in columns of their own.
    pub columns: Vec<FieldColumn>,
    /// Columns scrolled to the right.
    pub shift: u16,
    /// Whether lines that a Loki kept are read too.
    pub archived: bool,
    /// Pods that are read, and which of that name.
    opened: Vec<(Key, u128)>,
    /// Pods whose log came to its end.
    ended: HashSet<Str>,
    store: Store,
    wanted: Wanted,
    least: Level,
    filters: Vec<(Query, bool)>,
    /// A filter that is being typed.
    draft: Option<(Query, bool)>,
    /// Whether only lines that match are shown.
    narrowed: bool,
    place: Option<Place>,
    /// Where the view was when a search began to be typed.
    origin: Option<Origin>,
    seek: Option<Seek>,
    missed: Option<(Wish, bool)>,
    busy: bool,
    /// So many chunks about the view are known.
    reach: usize,
}

impl LogBook {
    /// An empty book of so many bytes that follows.
    pub fn new(memory: usize) -> Self {
        Self {
            ticket: Ticket::default(),
            title: String::new(),
            reading: Reading::default(),
            targets: Vec::new(),
            faults: Vec::new(),
            wrap: false,
            times: Times::Utc,
            colours: true,
            columns: Vec::new(),
            shift: 0,
            archived: true,
            opened: Vec::new(),
            ended: HashSet::new(),
            store: Store::new(memory),
            wanted: Wanted::default(),
            least: Level::None,
            filters: Vec::new(),
            draft: None,
            narrowed: false,
            place: None,
            origin: None,
            seek: None,
            missed: None,
            busy: false,
            reach: 0,
        }
    }

    /// Takes so many bytes of memory from now on.
    pub fn limit(&mut self, memory: usize) {
        self.store.limit(memory);
        self.moved(&[]);
        self.reach = 0;
        self.work();
    }

    /// Begins anew; how lines are shown stays.
    pub fn open(&mut self, ticket: Ticket, title: String, reading: Reading) {
        (self.ticket, self.title, self.reading) = (ticket, title, reading);
        self.targets.clear();
        self.opened.clear();
        self.ended.clear();
        self.store = Store::new(self.store.budget());
        self.faults.clear();
        self.shift = 0;
        (self.place, self.origin, self.seek, self.missed) = (None, None, None, None);
        (self.busy, self.reach) = (false, 0);
    }

    /// Reads these as well; pods with their uids.
    pub fn add(&mut self, targets: &[LogTarget], pods: Vec<(Key, u128)>) {
        let fresh: Vec<_> = targets.iter().filter(|t| !self.targets.contains(t)).cloned().collect();
        self.targets.extend(fresh);
        for pod in pods {
            self.ended.remove(&pod.0.name);
            self.opened.retain(|(key, _)| *key != pod.0);
            self.opened.push(pod);
        }
    }

    /// The pods that are read.
    pub fn pods(&self) -> impl Iterator<Item = &Key> {
        self.opened.iter().map(|(key, _)| key)
    }

    /// Whether a pod is read, or was to its end; one of the same name that took its place is another.
    pub fn is_open(&self, key: &Key, uid: u128) -> bool {
        self.opened.iter().any(|(k, u)| k == key && (*u == uid || !self.ended.contains(&key.name)))
    }

    /// A log came to its end, or failed.
    pub fn end(&mut self, origin: Str, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.faults.retain(|(o, _)| *o != origin);
            self.faults.push((origin.clone(), fault));
        }
        self.ended.insert(origin);
    }

    /// Takes lines in, each at its time.
    pub fn push(&mut self, mut lines: Vec<LogLine>) {
        if self.is_merged() {
            // What Loki kept comes from the pod too.
            let mut fresh: Vec<LogLine> = Vec::with_capacity(lines.len());
            lines.sort_by_key(|l| l.at);
            for line in lines {
                let same_time = fresh.iter().rev().take_while(|l| l.at == line.at);
                let twice = same_time.into_iter().any(|l| l.text == line.text && l.origin == line.origin);
                if !twice && !self.store.holds(&line) {
                    fresh.push(line);
                }
            }
            lines = fresh;
        }
        if self.place.is_some() {
            let came = lines.iter().filter(|l| self.is_wanted(l)).count() as u64;
            self.place = self.place.map(|p| Place { came: p.came + came, ..p });
        }
        let put = self.store.push(lines, level);
        self.moved(&put);
        self.busy |= self.wanted.sieve_version + self.wanted.search_version > 0;
        self.reach = 0;
        self.work();
    }

    fn is_wanted(&self, line: &LogLine) -> bool {
        let LogLine { at, origin, container, text } = line;
        let level = if self.wanted.sieve_version == 0 { Level::None } else { level(text) };
        self.wanted.sieve.is_open()
            || self.wanted.sieve.passes(&Entry { n: 0, at: *at, level, origin, container, text, mark: false })
    }

    /// Lines were put before others: what is remembered by number follows.
    fn moved(&mut self, put: &[u64]) {
        let oldest = self.store.dropped();
        let follow = |n: &mut u64| {
            for put in put {
                *n += u64::from(put <= n);
            }
            *n = oldest.max(*n);
        };
        let origin = self.origin.iter_mut().flat_map(|Origin(place)| place);
        for place in self.place.iter_mut().chain(origin) {
            follow(&mut place.bottom);
            follow(&mut place.cursor);
        }
        if let Some(seek) = &mut self.seek {
            follow(&mut seek.from);
        }
    }

    /// Sets a mark: behind the line that is looked at, or behind the newest.
    pub fn mark(&mut self, now: Time, note: &str) {
        let at = match self.current() {
            Some(entry) if !self.is_following() => entry.at,
            _ => self.store.last().map_or(now, |last| last.max(now)),
        };
        let n = self.store.mark(at, note);
        if n + 1 < self.store.end() {
            self.moved(&[n]);
        }
        self.busy = true;
        self.reach = 0;
        self.work();
    }

    /// Whether lines come from pods and from a Loki that may have the same ones.
    fn is_merged(&self) -> bool {
        let queries = self.queries();
        queries > 0 && queries < self.targets.len()
    }

    /// How many of the targets are queries to a Loki.
    pub fn queries(&self) -> usize {
        self.targets.iter().filter(|t| matches!(t, LogTarget::Query { .. })).count()
    }

    /// Whether a line is what is searched, and stands out among the others.
    pub fn is_match(&self, entry: &Entry<'_>) -> bool {
        !self.wanted.search.is_empty() && !self.narrowed && self.wanted.search.fits(entry)
    }

    /// Whether only lines that match are shown.
    pub fn is_narrowed(&self) -> bool {
        self.narrowed && !self.wanted.search.is_empty()
    }

    /// The least level that is shown.
    pub fn least(&self) -> Level {
        self.least
    }

    /// Whether any origin has more than one container.
    pub fn has_containers(&self) -> bool {
        self.store.streams.has_containers()
    }

    /// How many lines are held.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.store.len() == 0
    }

    /// How many lines are shown, as far as is known.
    pub fn shown(&self) -> usize {
        self.store.shown(&self.wanted)
    }

    /// How many lines are what is searched up to the one that is looked at, and in all, as far as is known.
    pub fn matches(&self) -> (usize, usize) {
        self.store.matches(self.cursor().map_or(0, |n| n + 1), &self.wanted)
    }

    /// How many lines went because they no longer fitted.
    pub fn dropped(&self) -> u64 {
        self.store.dropped()
    }

    /// Bytes that the lines take.
    pub fn bytes(&self) -> usize {
        self.store.bytes()
    }

    /// What is searched.
    pub fn search(&self) -> &Query {
        &self.wanted.search
    }

    /// The filters, and whether each excludes.
    pub fn filters(&self) -> impl Iterator<Item = &(Query, bool)> {
        self.filters.iter().chain(&self.draft)
    }

    /// A search begins to be typed: where the view is now is where each attempt looks from.
    pub fn begin_search(&mut self) {
        self.origin = Some(Origin(self.place));
    }

    /// The search was typed, or left: where the view is stays.
    pub fn end_search(&mut self) {
        self.origin = None;
    }

    /// What was typed is left: what was searched before is again, and the view is where it was.
    pub fn cancel_search(&mut self, before: Query) {
        if let Some(Origin(origin)) = self.origin.take() {
            self.set_search(before, 0);
            self.place = origin;
        }
    }

    fn is_typing(&self) -> bool {
        self.origin.is_some()
    }

    /// Searches with `height` lines to see. While it is typed the view goes to the nearest match only when none is in
    /// sight, and back when there is none.
    pub fn set_search(&mut self, search: Query, height: usize) {
        let empty = search.is_empty();
        self.wanted.seek(search);
        (self.seek, self.reach, self.busy) = (None, 0, true);
        if self.narrowed {
            self.sift();
        }
        self.work();
        let Some(Origin(origin)) = self.origin else { return };
        self.place = origin;
        let is_found = |spot| self.store.is_found(spot, &self.wanted);
        let in_sight = self.store.walk(self.bottom(), true, &self.wanted).take(height.max(1)).any(is_found);
        if !empty && !self.narrowed && !in_sight {
            self.begin(Seek { wish: Wish::Match, up: true, from: self.bottom(), either: true, height });
        }
    }

    /// Shows what passes a filter that is being typed, or no longer does.
    pub fn set_draft(&mut self, draft: Option<(Query, bool)>) {
        self.draft = draft.filter(|(q, _)| !q.is_empty() && q.problem().is_none());
        self.sift();
    }

    /// Keeps the filter that was typed; nothing typed clears all filters.
    pub fn keep_draft(&mut self) {
        match self.draft.take() {
            Some(draft) => self.filters.push(draft),
            None => self.filters.clear(),
        }
        self.sift();
    }

    /// Takes the last filter away; `false` when there is none.
    pub fn drop_filter(&mut self) -> bool {
        let had = self.filters.pop().is_some();
        self.sift();
        had
    }

    fn sift(&mut self) {
        let mut queries: Vec<_> = self.filters().cloned().collect();
        if self.is_narrowed() {
            queries.push((self.wanted.search.clone(), false));
        }
        self.wanted.sift(Sieve { least: self.least, queries });
        (self.busy, self.reach) = (true, 0);
        self.work();
        self.stay();
    }

    /// Runs a command on it with `height` lines to see; `false` when it knows no such command.
    pub fn run(&mut self, command: Command, height: usize) -> bool {
        match command {
            Command::OnlyMatches => {
                self.narrowed = !self.narrowed;
                self.sift();
            }
            Command::Wrap => self.wrap = !self.wrap,
            Command::Colours => self.colours = !self.colours,
            Command::Timestamps => {
                self.times = match self.times {
                    Times::Utc => Times::Local,
                    Times::Local => Times::Hidden,
                    Times::Hidden => Times::Utc,
                }
            }
            Command::LeastLevel => {
                self.least = match self.least {
                    Level::Warn => Level::Error,
                    Level::Error => Level::None,
                    _ => Level::Warn,
                };
                self.sift();
            }
            _ => return self.walk(command, height),
        }
        true
    }
}

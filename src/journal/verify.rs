//! Reads the journal and proves the chain: every change, insertion, reordering, removal and cut is found and named.

use std::path::Path;

use serde::Serialize;

use super::{
    Error, Phase,
    chain::{Head, digest},
    entry::Record,
    file::{Dir, HEAD},
    tail,
};

/// One line of a month file.
#[derive(Clone, Debug)]
pub struct Line {
    /// The file's name.
    pub file: String,
    /// The line's number in it, from 1.
    pub number: usize,
    /// The record, or why it is none.
    pub record: Result<Record, String>,
}

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many good records there are.
    pub records: u64,
    /// How many month files.
    pub files: usize,
    /// The last record's number.
    pub seq: u64,
    /// The last record's hash.
    pub hash: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is worth knowing but explained: lines that a crash tore and a repair record covers.
    pub notes: Vec<Problem>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }

    /// The last record's place in the chain; absent in an empty journal.
    pub fn head(&self) -> Option<Head> {
        (self.seq > 0).then(|| Head { seq: self.seq, hash: self.hash.clone() })
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line's number in it, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Problem {
    /// `2026-11.jsonl:17: …`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Every line of the journal in `dir`, oldest first.
pub fn read(dir: &Path) -> Result<Vec<Line>, Error> {
    let dir = Dir::open(dir)?;
    let _lock = dir.lock_shared()?;
    let mut lines = Vec::new();
    for file in dir.months()? {
        let bytes = dir.contents(&file)?;
        for (index, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            lines.push(Line { file: file.clone(), number: index + 1, record: Record::from_line(line) });
        }
    }
    Ok(lines)
}

/// Proves the chain in `dir` by itself.
pub fn verify(dir: &Path) -> Result<Report, Error> {
    let dir = Dir::open(dir)?;
    let _lock = dir.lock_shared()?;
    let mut check =
        Check { report: Report::default(), head: Head::genesis(), claimed: None, claim_seen: false };
    check.claim(&dir)?;
    for file in dir.months()? {
        check.report.files += 1;
        check.file(&file, &dir.contents(&file)?);
    }
    check.finish();
    Ok(check.report)
}

/// Proves the chain and that it still holds what was anchored outside: a journal cut short or written anew shows.
pub fn verify_against(dir: &Path, anchor: &Head) -> Result<Report, Error> {
    let mut report = verify(dir)?;
    let found = read(dir)?
        .into_iter()
        .find_map(|l| l.record.ok().filter(|r| r.seq == anchor.seq).map(|r| (l.file, l.number, r.hash)));
    match found {
        None => report.problems.push(Problem {
            file: HEAD.to_owned(),
            line: 0,
            what: format!("record {} was anchored outside and is missing: the journal was cut", anchor.seq),
        }),
        Some((file, line, hash)) if hash != anchor.hash => report.problems.push(Problem {
            file,
            line,
            what: format!(
                "record {} is not the one anchored outside: the journal was written anew",
                anchor.seq
            ),
        }),
        Some(_) => {}
    }
    Ok(report)
}

struct Check {
    report: Report,
    head: Head,
    claimed: Option<Head>,
    claim_seen: bool,
}

impl Check {
    fn claim(&mut self, dir: &Dir) -> Result<(), Error> {
        if !dir.has(HEAD) {
            if !dir.months()?.is_empty() {
                self.problem(HEAD, 0, "missing: how far the chain once went cannot be told");
            }
            return Ok(());
        }
        let text = String::from_utf8_lossy(&dir.contents(HEAD)?).into_owned();
        match text.parse::<Head>() {
            Ok(head) if head.to_line() == text => self.claimed = Some(head),
            _ if text.is_empty() => {}
            _ => self.problem(HEAD, 1, "not a number and a hash: it was changed"),
        }
        Ok(())
    }

    fn problem(&mut self, file: &str, line: usize, what: impl Into<String>) {
        self.report.problems.push(Problem { file: file.to_owned(), line, what: what.into() });
    }

    fn file(&mut self, file: &str, bytes: &[u8]) {
        // Lines that are no record, until the next one that is: first line, why, where the bytes begin.
        let mut strange: Option<(usize, String, usize)> = None;
        let mut offset = 0;
        for (index, raw) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
            let number = index + 1;
            let begin = offset;
            offset += raw.len();
            let ended = raw.ends_with(b"\n");
            match Record::from_line(raw.strip_suffix(b"\n").unwrap_or(raw)) {
                Ok(record) => {
                    if let Some((line, why, from)) = strange.take() {
                        self.gap(file, line, why, &bytes[from..begin], &record);
                    }
                    self.record(file, number, &record);
                    if !ended {
                        self.problem(file, number, "the line has no end: writing it was cut off");
                    }
                }
                Err(why) => {
                    let why = if ended { why } else { format!("{why}; the line has no end: it was cut off") };
                    strange.get_or_insert((number, why, begin));
                }
            }
        }
        if let Some((line, why, _)) = strange {
            self.problem(file, line, why);
        }
    }

    fn gap(&mut self, file: &str, line: usize, why: String, bytes: &[u8], next: &Record) {
        let covered = |bytes: &[u8]| {
            next.phase == Phase::Repair
                && next.detail.get(tail::TORN_BYTES).is_some_and(|n| *n == bytes.len().to_string())
                && next.detail.get(tail::TORN_HASH).is_some_and(|h| *h == digest(bytes))
        };
        if covered(bytes) || bytes.strip_suffix(b"\n").is_some_and(covered) {
            let what = format!("torn by a crash, covered by record {}", next.seq);
            self.report.notes.push(Problem { file: file.to_owned(), line, what });
        } else {
            self.problem(file, line, why);
        }
    }

    fn record(&mut self, file: &str, line: usize, record: &Record) {
        self.report.records += 1;
        if record.seq != self.head.seq + 1 {
            let what = format!("record {} follows record {}", record.seq, self.head.seq);
            self.problem(file, line, what);
        } else if record.prev != self.head.hash {
            self.problem(file, line, format!("record {} does not follow from the one before it", record.seq));
        }
        if record.time.rfc3339().get(..7).is_none_or(|month| Some(month) > file.get(..7)) {
            self.problem(file, line, format!("record {} is from a later month than its file", record.seq));
        }
        if record.phase == Phase::Repair
            && (record.detail.contains_key(tail::LOST_SEQ) || record.detail.contains_key(tail::HEAD_MISSING))
        {
            self.problem(file, line, record.text.clone());
        }
        if self.claimed.as_ref().is_some_and(|c| c.seq == record.seq) {
            self.claim_seen = true;
            if self.claimed.as_ref().is_some_and(|c| c.hash != record.hash) {
                self.problem(file, line, format!("record {} is not the one that HEAD knows", record.seq));
            }
        }
        self.head = record.head();
    }

    fn finish(&mut self) {
        if let Some(claimed) = self.claimed.take()
            && !self.claim_seen
        {
            let what = format!(
                "HEAD knows record {}, the chain ends at {}: records are missing",
                claimed.seq, self.head.seq
            );
            self.problem(HEAD, 1, what);
        }
        self.report.seq = self.head.seq;
        self.report.hash = if self.head.seq == 0 { String::new() } else { self.head.hash.clone() };
    }
}

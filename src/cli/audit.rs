//! `vigie audit verify` and `vigie audit show`.

use std::path::Path;

use serde::Serialize;

use super::answer::{Exit, Format};
use crate::{
    action::{bulk, glass},
    journal::{self, Head, Line, Phase, Record, Report},
    model::text::clean,
};

/// `vigie audit …`.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Audit {
    /// Prove the journal: every change, insertion, reordering, removal and cut is found
    Verify {
        /// A record's number and hash kept elsewhere, as SEQ:HASH; the journal must still hold it
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Head>,
    },
    /// Show what was done, oldest first
    Show {
        /// Only the last N records
        #[arg(long, value_name = "N")]
        last: Option<usize>,
        /// Only one action, bulk plan or break-glass, by the beginning of its id
        #[arg(long, value_name = "ID")]
        action: Option<String>,
    },
}

/// Carries out an audit command on the journal in `dir`; gives what goes to stdout and what to stderr.
pub fn audit(command: &Audit, dir: &Path, env: Option<&str>, format: Format) -> (Exit, String, String) {
    let result = match command {
        Audit::Verify { anchor } => verify(dir, anchor.as_ref(), format),
        Audit::Show { last, action } => show(dir, *last, action.as_deref(), env, format),
    };
    result.unwrap_or_else(|error| (Exit::Failed, String::new(), format!("{}\n", clean(&error.to_string()))))
}

fn verify(
    dir: &Path,
    anchor: Option<&Head>,
    format: Format,
) -> Result<(Exit, String, String), journal::Error> {
    let report = match anchor {
        Some(anchor) => journal::verify_against(dir, anchor)?,
        None => journal::verify(dir)?,
    };
    let exit = if report.is_intact() { Exit::Done } else { Exit::Failed };
    Ok((exit, format.render(&report, verdict), String::new()))
}

fn verdict(report: &Report) -> String {
    let problems = report.problems.iter().map(|p| format!("✗ {p}"));
    let notes = report.notes.iter().map(|n| format!("! {n}"));
    let head = report.head().map_or_else(|| "empty".to_owned(), |h| format!("head {}:{}", h.seq, h.hash));
    let word = match report.problems.len() {
        0 => "✓ intact".to_owned(),
        n => format!("✗ not intact ({n} findings)"),
    };
    let last = format!("{word}: {} records in {} files, {head}", report.records, report.files);
    problems.chain(notes).chain([last]).map(|line| clean(&line).into_owned() + "\n").collect()
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row {
    Record(Box<Record>),
    Broken { file: String, line: usize, broken: String },
}

fn show(
    dir: &Path,
    last: Option<usize>,
    action: Option<&str>,
    env: Option<&str>,
    format: Format,
) -> Result<(Exit, String, String), journal::Error> {
    let mut rows: Vec<Row> =
        journal::read(dir)?.into_iter().filter(|line| wanted(line, action, env)).map(row).collect();
    if let Some(last) = last {
        rows.drain(..rows.len().saturating_sub(last));
    }
    let broken = rows.iter().filter(|r| matches!(r, Row::Broken { .. })).count();
    let (exit, words) = if broken == 0 {
        (Exit::Done, String::new())
    } else {
        (Exit::Failed, format!("{broken} lines are no records: run vigie audit verify\n"))
    };
    Ok((exit, format.render(&rows, |rows| rows.iter().map(table_line).collect()), words))
}

fn wanted(line: &Line, action: Option<&str>, env: Option<&str>) -> bool {
    line.record.as_ref().map_or(true, |r| {
        action.is_none_or(|a| {
            r.action.starts_with(a)
                || [bulk::of(r), glass::of(r)].into_iter().flatten().any(|of| of.starts_with(a))
        }) && env.is_none_or(|e| r.environment == e || r.phase == Phase::Repair)
    })
}

fn row(line: Line) -> Row {
    match line.record {
        Ok(record) => Row::Record(Box::new(record)),
        Err(broken) => Row::Broken { file: line.file, line: line.number, broken },
    }
}

fn table_line(row: &Row) -> String {
    let text = match row {
        Row::Broken { file, line, broken } => format!("✗ {file}:{line}: {broken}"),
        Row::Record(r) => {
            let what = match r.outcome {
                // It begins and ends by records of its own, which say so.
                _ if r.verb == glass::VERB => String::new(),
                Some(outcome) => format!("{}: ", outcome.name()),
                None => format!("{:?}: ", r.phase).to_lowercase(),
            };
            let target = r.target.as_ref().map(|t| format!(" {}", t.name)).unwrap_or_default();
            let from = r.ssh.as_ref().map(|s| format!(" from {s}")).unwrap_or_default();
            let why = if r.reason.is_empty() { String::new() } else { format!("  [{}]", r.reason) };
            let id = r.action.get(..8).unwrap_or(&r.action);
            let part = bulk::place(r).map(|p| format!("  ({p})")).unwrap_or_default();
            let under = glass::of(r).map(|g| format!("  BREAK-GLASS {}", g.get(..8).unwrap_or(g)));
            let under = under.unwrap_or_default();
            format!(
                "{:>5}  {}  {id}  {}{from}  {}  {}{target}  {what}{}{why}{part}{under}",
                r.seq,
                r.time.rfc3339(),
                r.actor.name,
                r.environment,
                r.verb,
                r.text
            )
        }
    };
    clean(&text).into_owned() + "\n"
}

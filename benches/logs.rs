//! What log lines cost: taking them in, searching half a gigabyte of them, and the memory that they take.
//!
//! `cargo bench --bench logs`; `VIGIE_LINES=10000000` says what as many lines take (2.6 GB of them).

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::time::{Duration, Instant};

use divan::counter::{BytesCount, ItemsCount};
use vigie::{
    app::{Command, LOG_MEMORY, LogBook, Query},
    model::{LogLine, Time},
};

/// Half a gigabyte of text, in lines of 220 bytes.
const LINES: usize = 2_330_000;
/// So many are taken in at a time, as they come from a stream.
const BATCH: usize = 1000;

fn main() {
    let count = std::env::var("VIGIE_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(LINES);
    held(count);
    bounded(count);
    divan::main();
}

/// Tells what lines take beside their text when all are held.
fn held(count: usize) {
    let book = full(count);
    assert_eq!((book.len(), book.dropped()), (count / BATCH * BATCH, 0));
    let text: usize = book.downwards(0).map(|e| e.text.len() + 1).sum();
    println!(
        "{} lines, {text} bytes of text, {} bytes held: {:.2} a line beside the text",
        book.len(),
        book.bytes(),
        (book.bytes() - text) as f64 / book.len() as f64
    );
}

/// Tells what they take within the usual bound, and how fast they go in.
fn bounded(count: usize) {
    let mut book = LogBook::new(LOG_MEMORY);
    let (mut most, mut took) = (0, Duration::ZERO);
    for batch in 0..count / BATCH {
        let lines = (batch * BATCH..(batch + 1) * BATCH).map(line).collect();
        let start = Instant::now();
        book.push(lines);
        took += start.elapsed();
        most = most.max(book.bytes());
    }
    assert!(most <= LOG_MEMORY, "{most} bytes held within {LOG_MEMORY}");
    let taken = book.len() as f64 + book.dropped() as f64;
    println!(
        "{taken} lines through {LOG_MEMORY} bytes: {most} held at most, {:.2} million lines a second",
        taken / took.as_secs_f64() / 1e6
    );
}

fn line(n: usize) -> LogLine {
    let level = if n.is_multiple_of(97) { "error" } else { "info" };
    let text = format!(
        r#"{{"ts":"2026-11-21T03:12:44.{:06}Z","level":"{level}","msg":"request done","path":"/API/slots/{}","status":{},"duration_ms":{},"client":"10.42.7.19","agent":"gateway/2.9","trace_id":"{:032x}"}}"#,
        n % 1_000_000,
        n % 5000,
        200 + n % 4 * 100,
        n % 900,
        n as u128 * 0x9e37_79b9_7f4a_7c15
    );
    LogLine {
        at: Time::from_nanos(1_795_230_764_000_000_000 + n as i64 * 40_000),
        origin: "appointments-7d4c9b6f5-x2x7p".into(),
        container: "main".into(),
        text: text.into(),
    }
}

fn batches(count: usize, each: usize) -> Vec<Vec<LogLine>> {
    (0..count / each).map(|batch| (batch * each..(batch + 1) * each).map(line).collect()).collect()
}

fn full(count: usize) -> LogBook {
    let mut book = LogBook::new(8 << 30);
    for batch in 0..count / BATCH {
        book.push((batch * BATCH..(batch + 1) * BATCH).map(line).collect());
    }
    book
}

fn finish(book: &mut LogBook) {
    while book.is_busy() {
        book.work();
    }
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn take_in_order(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(100_000usize)).with_inputs(|| batches(100_000, 200)).bench_local_values(
        |all| {
            let mut book = LogBook::new(64 << 20);
            for batch in all {
                book.push(batch);
            }
            book
        },
    );
}

/// With a filter on, the level and the field of each line are read too.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn take_in_parsed(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(100_000usize)).with_inputs(|| batches(100_000, 200)).bench_local_values(
        |all| {
            let mut book = LogBook::new(64 << 20);
            book.set_draft(Some((Query::new("status>=500"), false)));
            book.keep_draft();
            for batch in all {
                book.push(batch);
            }
            finish(&mut book);
            assert_eq!(book.shown(), 25_000);
            book
        },
    );
}

/// Two sources, each a little behind the other.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn take_in_a_little_late(bencher: divan::Bencher<'_, '_>) {
    let swapped = || {
        let mut all = batches(100_000, 20);
        all.chunks_mut(2).for_each(|pair| pair.swap(0, 1));
        all
    };
    bencher.counter(ItemsCount::new(100_000usize)).with_inputs(swapped).bench_local_values(|all| {
        let mut book = LogBook::new(64 << 20);
        for batch in all {
            book.push(batch);
        }
        book
    });
}

fn search(bencher: divan::Bencher<'_, '_>, typed: &str) {
    let mut book = full(LINES);
    let bytes = book.bytes();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        book.set_search(Query::new(typed), 50);
        finish(&mut book);
        book.matches()
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn search_literal(bencher: divan::Bencher<'_, '_>) {
    search(bencher, "API/slots/4999\"");
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn search_in_any_case(bencher: divan::Bencher<'_, '_>) {
    search(bencher, "slots/4999\"");
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn search_regex(bencher: divan::Bencher<'_, '_>) {
    search(bencher, r#"~"status":5\d\d,"duration_ms":8"#);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn search_field(bencher: divan::Bencher<'_, '_>) {
    search(bencher, "duration_ms>=895");
}

/// What a key waits for: the first slice, and with it whatever search was under way is given up.
#[divan::bench]
fn search_first_slice(bencher: divan::Bencher<'_, '_>) {
    let mut book = full(LINES);
    let mut odd = false;
    bencher.bench_local(|| {
        odd = !odd;
        book.set_search(Query::new(if odd { "slots/1" } else { "slots/2" }), 50);
    });
}

#[divan::bench]
fn key_in_all_lines(bencher: divan::Bencher<'_, '_>) {
    let mut book = full(LINES);
    bencher.bench_local(|| book.run(Command::Up, 50));
}

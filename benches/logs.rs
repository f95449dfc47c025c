//! What log lines cost: taking them in, searching a million of them, and the memory that they take.
//!
//! `cargo bench --bench logs`; `VIGIE_LINES=10000000` says what as many lines take.

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use divan::counter::{BytesCount, ItemsCount};
use vigie::{
    app::{Command, LogBook, Query},
    model::{LogLine, Time},
};

const LINES: usize = 1_000_000;

fn main() {
    let count = std::env::var("VIGIE_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(LINES);
    let book = full(count);
    assert_eq!((book.len(), book.dropped()), (count, 0));
    let text: usize = book.downwards(0).map(|e| e.text.len() + 1).sum();
    println!(
        "{count} lines, {} bytes of text, {} bytes held: {:.2} a line beside the text",
        text,
        book.bytes(),
        (book.bytes() - text) as f64 / count as f64
    );
    drop(book);
    divan::main();
}

fn line(n: usize) -> LogLine {
    let level = if n.is_multiple_of(97) { "error" } else { "info" };
    let text = format!(
        r#"{{"ts":"2026-11-21T03:12:44.{:06}Z","level":"{level}","msg":"request done","path":"/API/slots/{}","status":{},"duration_ms":{},"trace_id":"{:032x}"}}"#,
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
    for batch in 0..count / 1000 {
        book.push((batch * 1000..(batch + 1) * 1000).map(line).collect());
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

/// What a key waits for: the first slice.
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
fn key_in_a_million_lines(bencher: divan::Bencher<'_, '_>) {
    let mut book = full(LINES);
    bencher.bench_local(|| book.run(Command::Up, 50));
}

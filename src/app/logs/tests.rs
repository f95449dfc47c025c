//! What must hold of the lines that are held, whatever comes in whatever order.

use proptest::prelude::*;

use super::*;

fn line(micros: i64, text: impl Into<String>) -> LogLine {
    LogLine {
        at: Time::from_nanos(micros * 1000),
        origin: "appointments-7d4c9-x2x7p".into(),
        container: "main".into(),
        text: text.into().into(),
    }
}

fn texts(book: &LogBook) -> Vec<String> {
    book.downwards(0).map(|e| e.text.to_owned()).collect()
}

/// Lines in batches, each with a moment in microseconds and a text that says which it is.
fn batches() -> impl Strategy<Value = Vec<Vec<(i64, String)>>> {
    let line = (0i64..60, 0usize..120);
    prop::collection::vec(prop::collection::vec(line, 0..30), 0..20).prop_map(|batches| {
        let mut n = 0;
        let name = |(at, length): (i64, usize)| {
            n += 1;
            (at, format!("{n}:{}", "x".repeat(length)))
        };
        let mut name = name;
        batches.into_iter().map(|batch| batch.into_iter().map(&mut name).collect()).collect()
    })
}

fn lines(batch: &[(i64, String)]) -> Vec<LogLine> {
    batch.iter().map(|(at, text)| line(*at, text.clone())).collect()
}

/// The plain way: each line behind all that are not later.
fn plainly(batches: &[Vec<(i64, String)>]) -> Vec<String> {
    let mut all: Vec<(i64, String)> = Vec::new();
    for (at, text) in batches.iter().flatten() {
        let place = all.partition_point(|(a, _)| a <= at);
        all.insert(place, (*at, text.clone()));
    }
    all.into_iter().map(|(_, text)| text).collect()
}

proptest! {
    #[test]
    fn any_order_in_any_chunking_is_the_order_of_time(batches in batches()) {
        // Chunks of four kilobytes: lines have to go between and into many of them.
        let mut book = LogBook::new(1 << 16);
        for batch in &batches {
            book.push(lines(batch));
        }
        prop_assert_eq!(book.dropped(), 0);
        prop_assert_eq!(texts(&book), plainly(&batches));
        let up: Vec<String> = book.upwards().map(|e| e.text.to_owned()).collect();
        prop_assert!(up.iter().rev().eq(&texts(&book)));
    }

    #[test]
    fn what_is_dropped_is_counted_and_memory_is_bounded(batches in batches()) {
        let mut book = LogBook::new(6000);
        let mut pushed = 0;
        for batch in &batches {
            book.push(lines(batch));
            pushed += batch.len();
            prop_assert_eq!(book.len() + usize::try_from(book.dropped()).unwrap(), pushed);
            prop_assert!(book.bytes() <= 6000 || book.shown() <= 30, "{} bytes", book.bytes());
            prop_assert!(book.downwards(0).is_sorted_by_key(|e| e.at));
        }
    }

    #[test]
    fn a_pause_stays_on_its_lines(batches in batches(), at in 0usize..100, more in batches(), memory in prop_oneof![Just(6000usize), Just(1 << 16)]) {
        let mut book = LogBook::new(memory);
        for batch in &batches {
            book.push(lines(batch));
        }
        for _ in 0..=at {
            book.run(Command::Up, 10);
        }
        let Some(before) = book.current().map(|e| e.text.to_owned()) else { return Ok(()) };
        let mut came = 0;
        for batch in &more {
            let fresh: Vec<_> = batch.iter().map(|(at, text)| line(*at, format!("new {text}"))).collect();
            came += fresh.len() as u64;
            book.push(fresh);
            prop_assert_eq!(book.came(), came);
            let held = texts(&book).contains(&before);
            let now = book.current().map(|e| e.text.to_owned());
            prop_assert!(!held || now.as_ref() == Some(&before), "{before:?} became {now:?}");
        }
    }

    #[test]
    fn a_search_agrees_with_the_plain_way(
        texts in prop::collection::vec("[abA =\\n]{0,12}", 0..200),
        query in prop_oneof![
            "[abA]{1,3}", "![ab]{1,2}", "[ab] [abA]", "\"a b\"", "a=b", "a!=b",
            Just("/^a/".to_owned()), Just("/b$/".to_owned()), Just("/a[^b]b/".to_owned()), Just("~a\\s+b".to_owned()),
            Just("/\\Aa/".to_owned()), Just("/x*/".to_owned()), Just("/(/".to_owned()), Just("level>=warn".to_owned()),
        ],
    ) {
        let mut book = LogBook::new(1 << 14);
        for (n, text) in texts.iter().enumerate() {
            book.push(vec![line(i64::try_from(n).unwrap(), text.clone())]);
        }
        let query = Query::new(&query);
        let plain: Vec<u64> = book.downwards(0).filter(|e| query.fits(e)).map(|e| e.n).collect();
        book.set_search(query.clone(), 10);
        while book.is_busy() {
            book.work();
        }
        if !query.is_empty() {
            prop_assert_eq!(book.matches().1, plain.len());
        }
        // Upwards through all of them.
        let mut found = Vec::new();
        book.run(Command::PreviousMatch, 10);
        while book.take_missed().is_none() {
            found.push(book.cursor().expect("on a match"));
            book.run(Command::PreviousMatch, 10);
        }
        prop_assert!(found.iter().rev().eq(plain.iter()) || query.is_empty(), "{found:?} {plain:?}");
        // And alone.
        if !query.is_empty() {
            book.run(Command::OnlyMatches, 10);
            let shown: Vec<u64> = book.downwards(0).map(|e| e.n).collect();
            prop_assert_eq!(book.shown(), shown.len());
            prop_assert_eq!(shown, plain);
        }
    }
}

/// `count` lines a millisecond apart; every hundredth an error.
fn many(count: i64) -> LogBook {
    let mut book = LogBook::new(1 << 30);
    for batch in 0..count / 1000 {
        let one = |n: i64| {
            let level = if n % 100 == 0 { "error" } else { "info" };
            line(
                n * 1000,
                format!(r#"{{"level":"{level}","msg":"request {n}","status":{}}}"#, 200 + n % 7 * 50),
            )
        };
        book.push((batch * 1000..(batch + 1) * 1000).map(one).collect());
    }
    book
}

#[test]
fn lines_take_eight_bytes_beside_their_text() {
    let book = many(100_000);
    let text: usize = book.downwards(0).map(|e| e.text.len() + 1).sum();
    assert!(book.bytes() <= text + 8 * book.len() + (1 << 17), "{} for {text}", book.bytes());
}

#[test]
fn a_long_search_is_done_in_slices_and_near_lines_come_first() {
    let mut book = many(200_000);
    book.begin_search();
    book.set_search(Query::new("request 199990"), 20);
    assert!(book.is_following(), "what is in sight needs no move");
    assert!(book.is_busy(), "a slice is not all of it");
    book.set_search(Query::new("request 170000"), 20);
    let mut slices = 1;
    while book.is_busy() {
        assert!(book.progress().is_some_and(|p| p <= 100));
        book.work();
        slices += 1;
    }
    assert!(slices > 5, "{slices}");
    assert!(book.current().is_some_and(|e| e.text.contains("request 170000")));
    book.cancel_search(Query::default());
    assert!(book.is_following(), "a search that is left leaves the view where it was");
}

#[test]
fn filters_stack_and_the_last_goes_first() {
    let mut book = many(2000);
    for (typed, excludes, left) in
        [("status>=400", false, 856), ("level=error", false, 8), ("request 900", true, 7)]
    {
        book.set_draft(Some((Query::new(typed), excludes)));
        book.keep_draft();
        assert_eq!(book.shown(), left, "{typed}");
    }
    book.mark(Time::from_secs(0), "deployed");
    assert_eq!(book.shown(), 8, "a mark is always shown");
    assert!(book.drop_filter());
    assert_eq!(book.shown(), 9);
    book.set_draft(None);
    book.keep_draft();
    assert_eq!(book.shown(), 2001, "nothing typed clears them all");
    assert!(!book.drop_filter());
    book.run(Command::LeastLevel, 10);
    book.run(Command::LeastLevel, 10);
    assert_eq!(book.shown(), 21);
}

#[test]
fn fields_in_queries() {
    let held = [
        (r#"{"level":"error","status":503,"http":{"path":"/pay"},"trace_id":"4bf9"}"#, "a"),
        ("level=warn status=404 path=/healthz", "b"),
        ("GET /healthz status=200 took 12ms", "c"),
    ];
    let cases = [
        ("status>=500", "a"),
        ("status<500", "bc"),
        ("status=404", "b"),
        ("status!=404", "ac"),
        ("level=error", "a"),
        ("level>=warn", "ab"),
        ("http.path=/pay", "a"),
        ("trace_id=4bf9", "a"),
        ("trace_id~^4b", "a"),
        ("!healthz", "a"),
        ("healthz !took", "b"),
        ("\"took 12ms\"", "c"),
        ("~health.*200", "c"),
        ("/HEALTHZ/", ""),
        ("pod=appointments-7d4c9-x2x7p status=200", "c"),
        ("container!=main", ""),
    ];
    for (typed, wanted) in cases {
        let query = Query::new(typed);
        let mut book = LogBook::new(1 << 20);
        book.push(held.iter().zip(0..).map(|((text, _), n)| line(n, *text)).collect());
        book.set_draft(Some((query, false)));
        let found: String = book.downwards(0).map(|e| held[usize::try_from(e.n).unwrap()].1).collect();
        assert_eq!(found, wanted, "{typed}");
    }
}

#[test]
fn lines_of_loki_and_of_the_pod_are_one() {
    let key = Key::new(crate::model::Source(0), crate::model::Kind::Pod, "a", "p");
    let mut book = LogBook::new(1 << 20);
    let query = LogTarget::Query { source: crate::model::Source(1), query: "{}".into() };
    book.add(&[LogTarget::Pod { key, container: None, previous: false }, query], Vec::new());
    book.push(vec![line(5, "a"), line(5, "a"), line(6, "b")]);
    book.push(vec![line(4, "x"), line(5, "a"), line(6, "c")]);
    assert_eq!(texts(&book), ["x", "a", "b", "c"]);
}

#[test]
fn what_is_saved_is_what_is_shown() {
    let mut book = many(1000);
    book.set_draft(Some((Query::new("level=error"), false)));
    book.keep_draft();
    book.push(vec![line(5_000_000, "ERROR \u{1b}]0;owned\u{7}\u{1b}[31mred")]);
    book.mark(Time::from_secs(9), "rolled back");
    let mut out = Vec::new();
    assert_eq!(book.saved().write(&mut out).unwrap(), 12);
    let text = String::from_utf8(out).unwrap();
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert_eq!(last[0], "1970-01-01T00:00:09.000000Z ---- mark rolled back");
    assert_eq!(last[1], "1970-01-01T00:00:05.000000Z appointments-7d4c9-x2x7p/main ERROR red");
}

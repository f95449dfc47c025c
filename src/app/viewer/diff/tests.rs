//! Tests of diffs.

use proptest::prelude::*;

use super::*;
use crate::model::ResourceRef;

fn differ(name: &str, live: Option<&str>, target: Option<&str>) -> ResourceDiff {
    ResourceDiff {
        resource: ResourceRef { kind: "Deployment".into(), name: name.into(), ..ResourceRef::default() },
        live: live.map(ToOwned::to_owned),
        target: target.map(ToOwned::to_owned),
        changed: true,
    }
}

/// Twenty fields, of which the one at `at` has another value.
fn fields(at: usize, value: &str) -> String {
    let lines: Vec<_> = (0..20).map(|n| format!("f{n}: {}", if n == at { value } else { "x" })).collect();
    lines.join("\n")
}

fn two() -> Vec<ResourceDiff> {
    vec![
        differ("a", Some(&fields(10, "old")), Some(&fields(10, "new"))),
        differ("b", None, Some("one: 1\ntwo: 2\n")),
    ]
}

#[test]
fn what_is_alike_is_folded_but_for_its_edges() {
    let diff = Diff::new(&two(), 80);
    let expected = [
        DiffRow::Head(0),
        DiffRow::Gap(0, 0, 7),
        DiffRow::Both(0, 7),
        DiffRow::Both(0, 8),
        DiffRow::Both(0, 9),
        DiffRow::One(0, 10, Side::Left),
        DiffRow::One(0, 10, Side::Right),
        DiffRow::Both(0, 11),
        DiffRow::Both(0, 12),
        DiffRow::Both(0, 13),
        DiffRow::Gap(0, 14, 6),
        DiffRow::Head(1),
        DiffRow::One(1, 0, Side::Right),
        DiffRow::One(1, 1, Side::Right),
    ];
    assert_eq!(diff.rows(), expected);
    assert_eq!(diff.counts(), (3, 1));
    assert_eq!((diff.resources()[0].added, diff.resources()[0].removed), (1, 1));
    assert_eq!(diff.resources()[1].title, "Deployment/b · would be created");
}

#[test]
fn one_stretch_opens_and_closes() {
    let mut diff = Diff::new(&two(), 80);
    let at = diff.fold(Folding::Here, 1);
    assert_eq!(diff.rows()[at], DiffRow::Both(0, 0), "the pointer is on the first line that was hidden");
    assert!(matches!(diff.rows().last(), Some(DiffRow::One(1, ..))));
    assert!(diff.rows().contains(&DiffRow::Gap(0, 14, 6)), "the other stays folded");
    let at = diff.fold(Folding::Here, at);
    assert_eq!(diff.rows()[at], DiffRow::Gap(0, 0, 7));
    let at = diff.fold(Folding::Here, 0);
    assert_eq!((at, diff.rows()[1]), (0, DiffRow::Head(1)));
}

#[test]
fn levels() {
    let mut diff = Diff::new(&two(), 80);
    diff.fold(Folding::More, 0);
    assert_eq!(diff.rows(), [DiffRow::Head(0), DiffRow::Head(1)]);
    diff.fold(Folding::None, 0);
    assert!(!diff.rows().iter().any(|r| matches!(r, DiffRow::Gap(..))));
    assert_eq!(diff.rows().len(), 1 + 21 + 1 + 2);
}

#[test]
fn beside_from_160_columns_or_as_chosen() {
    let mut diff = Diff::new(&two(), 160);
    assert!(diff.is_beside());
    let row = diff.rows().iter().position(|r| *r == DiffRow::Both(0, 10)).expect("the change");
    let row = diff.resize(159, row);
    assert_eq!(diff.rows()[row], DiffRow::One(0, 10, Side::Left), "the pointer stays on the change");
    let row = diff.switch(row);
    assert!(diff.is_beside());
    assert_eq!(diff.rows()[row], DiffRow::Both(0, 10));
    diff.resize(80, row);
    assert!(diff.is_beside(), "what was chosen stays");
}

#[test]
fn context_and_changes() {
    let mut diff = Diff::new(&two(), 80);
    assert_eq!(diff.change(0, true), Some(5));
    assert_eq!(diff.change(5, true), Some(12), "the next resource begins with what is added");
    assert_eq!(diff.change(12, false), Some(5));
    assert_eq!(diff.change(12, true), None);
    diff.widen(false, 0);
    assert_eq!((diff.context(), diff.rows()[1]), (2, DiffRow::Gap(0, 0, 8)));
    for _ in 0..9 {
        diff.widen(true, 0);
    }
    assert!(!diff.rows().iter().any(|r| matches!(r, DiffRow::Gap(..))));
}

#[test]
fn a_search_opens_what_hides_the_match() {
    let mut diff = Diff::new(&two(), 80);
    diff.fold(Folding::All, 0);
    let row = diff.seek("f2:", 0, Seek::Here).expect("found");
    assert_eq!(diff.rows()[row], DiffRow::Both(0, 2));
    assert_eq!(diff.seek("f2:", row, Seek::Next), None);
}

#[test]
fn words_stand_out_and_all_is_copied() {
    let diff = Diff::new(&two(), 80);
    let line = diff.side(0, 10, Side::Right).expect("a line");
    let pieces: Vec<_> = line.pieces(0, line.text.len()).collect();
    assert_eq!(pieces, [("f10: ", Tone::Add), ("new", Tone::AddWord)]);
    let all = diff.all();
    assert!(all.contains("- f10: old\n+ f10: new\n"), "{all}");
    assert!(all.starts_with("Deployment/a +1 -1\n@@ 7 lines alike @@\n"), "{all}");
}

proptest! {
    #[test]
    fn folds_lose_no_line(
        left in "([ab]: [cd]\n){0,12}",
        right in "([ab]: [cd]\n){0,12}",
        steps in prop::collection::vec((0usize..8, 0usize..30), 0..16),
    ) {
        let mut diff = Diff::new(&[differ("a", Some(&left), Some(&right))], 80);
        let count = diff.resources[0].steps.len();
        for (what, at) in steps {
            let row = at % diff.rows().len();
            let to = match what {
                0 => diff.fold(Folding::Here, row),
                1 => diff.fold(Folding::More, row),
                2 => diff.fold(Folding::Less, row),
                3 => diff.switch(row),
                4 => diff.widen(true, row),
                5 => diff.widen(false, row),
                6 => diff.seek("a", row, Seek::Next).unwrap_or(row),
                _ => diff.change(row, at % 2 == 0).unwrap_or(row),
            };
            prop_assert!(to < diff.rows().len());
            if diff.resources[0].folded {
                prop_assert_eq!(diff.rows(), [DiffRow::Head(0)]);
                continue;
            }
            let mut told = BTreeSet::new();
            for row in diff.rows() {
                match *row {
                    DiffRow::Gap(_, from, count) => told.extend(from..from + count),
                    DiffRow::Both(_, step) | DiffRow::One(_, step, _) => _ = told.insert(step),
                    DiffRow::Head(_) => {}
                }
            }
            prop_assert_eq!(told.len(), count);
        }
    }
}

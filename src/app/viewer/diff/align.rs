//! Which lines of two texts stand beside each other, and which words of theirs differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What two lines beside each other are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// The same.
    Same,
    /// The same thing with another value.
    Changed,
    /// Nothing; or there is only one.
    Apart,
}

/// A line of either text, or one of each beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the left text.
    pub left: Option<usize>,
    /// The line of the right text.
    pub right: Option<usize>,
    /// What they are to each other.
    pub kin: Kin,
    /// What of either differs, in bytes; nothing where all does.
    pub words: [Vec<Range<usize>>; 2],
}

impl Step {
    fn of(left: Option<usize>, right: Option<usize>, kin: Kin) -> Self {
        Self { left, right, kin, words: Default::default() }
    }
}

/// The lines of two texts beside each other, each line of either once and in its order.
pub fn align(left: &[String], right: &[String]) -> Vec<Step> {
    let mut steps = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, left, right) {
        let (old, new) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            steps.extend(old.zip(new).map(|(l, r)| Step::of(Some(l), Some(r), Kin::Same)));
        } else {
            changed(left, right, old, new, &mut steps);
        }
    }
    steps
}

/// Pairs what differs: fields of the same name, and what is left over between them by its place.
fn changed(left: &[String], right: &[String], old: Range<usize>, new: Range<usize>, steps: &mut Vec<Step>) {
    let names = |lines: &[String], range: &Range<usize>| -> Vec<String> {
        lines[range.clone()].iter().map(|l| name(l).to_owned()).collect()
    };
    for op in capture_diff_slices(Algorithm::Myers, &names(left, &old), &names(right, &new)) {
        let lefts = op.old_range().map(|at| old.start + at);
        let rights = op.new_range().map(|at| new.start + at);
        if matches!(op, DiffOp::Equal { .. }) {
            steps.extend(lefts.zip(rights).map(|(l, r)| Step {
                words: words(&left[l], &right[r]),
                ..Step::of(Some(l), Some(r), Kin::Changed)
            }));
            continue;
        }
        let (mut lefts, mut rights) = (lefts, rights);
        loop {
            match (lefts.next(), rights.next()) {
                (None, None) => break,
                (l, r) => steps.push(Step::of(l, r, Kin::Apart)),
            }
        }
    }
}

/// What names the thing that a line is about: its key with all before it, or the dash of an element.
fn name(line: &str) -> &str {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    line.split_once(": ").map(|(key, _)| key).or_else(|| line.strip_suffix(':')).unwrap_or(&line[..indent])
}

/// What differs between two lines, in bytes of each; nothing when little is alike.
fn words(left: &str, right: &str) -> [Vec<Range<usize>>; 2] {
    let (old, new) = (tokens(left), tokens(right));
    let texts = |line: &'_ str, tokens: &[Range<usize>]| -> Vec<String> {
        tokens.iter().map(|t| line[t.clone()].to_owned()).collect()
    };
    let mut out: [Vec<Range<usize>>; 2] = Default::default();
    let mut alike = 0;
    for op in capture_diff_slices(Algorithm::Myers, &texts(left, &old), &texts(right, &new)) {
        if matches!(op, DiffOp::Equal { .. }) {
            alike += old[op.old_range()].iter().filter(|t| !left[(*t).clone()].trim().is_empty()).count();
            continue;
        }
        for (n, tokens) in [&old[op.old_range()], &new[op.new_range()]].into_iter().enumerate() {
            if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
                out[n].push(first.start..last.end);
            }
        }
    }
    if alike == 0 { Default::default() } else { out }
}

/// A line in words, numbers and signs.
fn tokens(line: &str) -> Vec<Range<usize>> {
    let class = |c: char| if c.is_alphanumeric() { 0 } else { 1 + u8::from(c == ' ') };
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    for (at, c) in line.char_indices() {
        let now = class(c);
        let end = at + c.len_utf8();
        match tokens.last_mut() {
            Some(last) if before == Some(now) && now != 1 => last.end = end,
            _ => tokens.push(at..end),
        }
        before = Some(now);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(ToOwned::to_owned).collect()
    }

    /// The differing words of either side.
    fn differ(left: &str, right: &str) -> [Vec<String>; 2] {
        let [l, r] = words(left, right);
        [
            l.into_iter().map(|w| left[w].to_owned()).collect(),
            r.into_iter().map(|w| right[w].to_owned()).collect(),
        ]
    }

    #[test]
    fn only_the_words_that_differ() {
        let texts = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            differ("  image: registry.lab/cart:1.0.0", "  image: registry.lab/cart:1.2.0"),
            [texts(&["0"]), texts(&["2"])]
        );
        assert_eq!(differ("replicas: 3", "replicas: 12"), [texts(&["3"]), texts(&["12"])]);
        assert_eq!(differ("- a", "+ b"), [texts(&[]), texts(&[])], "nothing is alike");
    }

    #[test]
    fn fields_of_the_same_name_stand_beside_each_other() {
        let left = lines("spec:\n  old: 3\n  image: a:1\n  end: x");
        let right = lines("spec:\n  image: a:2\n  paused: true\n  end: x");
        let steps = align(&left, &right);
        let image = steps.iter().find(|s| s.kin == Kin::Changed).expect("the image changed");
        assert_eq!(image.left.map(|l| left[l].as_str()), Some("  image: a:1"));
        assert_eq!(image.right.map(|r| right[r].as_str()), Some("  image: a:2"));
    }

    proptest::proptest! {
        #[test]
        fn each_line_stands_once_and_in_order(left in "([ -]{0,2}[ab](: [cd])?\n){0,8}", right in "([ -]{0,2}[ab](: [cd])?\n){0,8}") {
            let (left, right) = (lines(&left), lines(&right));
            let steps = align(&left, &right);
            let lefts: Vec<_> = steps.iter().filter_map(|s| s.left).collect();
            let rights: Vec<_> = steps.iter().filter_map(|s| s.right).collect();
            proptest::prop_assert_eq!(lefts, (0..left.len()).collect::<Vec<_>>());
            proptest::prop_assert_eq!(rights, (0..right.len()).collect::<Vec<_>>());
            for step in &steps {
                let same = matches!((step.left, step.right), (Some(l), Some(r)) if left[l] == right[r]);
                proptest::prop_assert!(step.kin != Kin::Same || same);
            }
        }
    }
}

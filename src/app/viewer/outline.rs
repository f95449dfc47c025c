//! What lies below what, and what of it is folded away.

/// A change of folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// What the pointer is on, or in.
    Here,
    /// One level less is open.
    More,
    /// One level more is open.
    Less,
    /// All.
    All,
    /// Nothing.
    None,
}

/// Lines in levels: what follows a line deeper than it lies below it, and can be folded into it.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Behind which line what lies below a line ends.
    ends: Vec<usize>,
    parents: Vec<Option<usize>>,
    depths: Vec<usize>,
    folded: Vec<bool>,
    shown: Vec<usize>,
    /// How many levels are open, where that was said.
    level: Option<usize>,
}

impl Outline {
    /// Lines of these levels, all of them shown.
    pub fn new(levels: &[usize]) -> Self {
        let count = levels.len();
        let mut outline = Self {
            ends: vec![count; count],
            parents: vec![None; count],
            depths: vec![0; count],
            folded: vec![false; count],
            shown: (0..count).collect(),
            level: None,
        };
        let mut above: Vec<usize> = Vec::new();
        for (line, level) in levels.iter().enumerate() {
            while let Some(last) = above.pop_if(|last| levels[*last] >= *level) {
                outline.ends[last] = line;
            }
            outline.parents[line] = above.last().copied();
            outline.depths[line] = above.len();
            above.push(line);
        }
        outline
    }

    /// The lines that are shown.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// What a line lies below.
    pub fn parent(&self, line: usize) -> Option<usize> {
        self.parents.get(line).copied().flatten()
    }

    /// Behind which line what lies below this one ends.
    pub fn end(&self, line: usize) -> usize {
        self.ends.get(line).copied().unwrap_or(line)
    }

    /// Whether anything lies below a line.
    pub fn is_head(&self, line: usize) -> bool {
        self.end(line) > line + 1
    }

    /// Whether anything lies below anything.
    pub fn has_heads(&self) -> bool {
        (0..self.len()).any(|line| self.is_head(line))
    }

    /// How many lines are folded into a line that is shown.
    pub fn hidden(&self, line: usize) -> usize {
        if self.folded.get(line) == Some(&true) { self.end(line) - line - 1 } else { 0 }
    }

    /// The place among what is shown of a line, or of the line that it is folded into.
    pub fn row(&self, line: usize) -> usize {
        self.shown.partition_point(|shown| *shown <= line).saturating_sub(1)
    }

    /// Folds lines that have something below them.
    pub fn fold(&mut self, lines: impl IntoIterator<Item = usize>) {
        for line in lines {
            self.folded[line] = self.is_head(line);
        }
        self.settle();
    }

    /// Has a line shown.
    pub fn open(&mut self, line: usize) {
        let mut above = self.parent(line);
        while let Some(head) = above {
            self.folded[head] = false;
            above = self.parent(head);
        }
        self.settle();
    }

    /// Changes folds from where the pointer is; the line that it is on then.
    pub fn change(&mut self, folding: Folding, line: usize) -> usize {
        let to = match folding {
            Folding::Here => self.toggle(line),
            Folding::More => self.open_levels(self.level().saturating_sub(1)),
            Folding::Less => self.open_levels(self.level() + 1),
            Folding::All => self.open_levels(0),
            Folding::None => self.open_levels(usize::MAX),
        };
        self.settle();
        to.unwrap_or_else(|| self.shown.get(self.row(line)).copied().unwrap_or_default())
    }

    /// How many levels are open.
    pub fn level(&self) -> usize {
        self.level.unwrap_or_else(|| self.deepest() + 1)
    }

    /// The depth of the deepest line that has something below it.
    fn deepest(&self) -> usize {
        (0..self.len())
            .filter(|line| self.is_head(*line))
            .map(|line| self.depths[line])
            .max()
            .unwrap_or_default()
    }

    fn open_levels(&mut self, level: usize) -> Option<usize> {
        let level = level.min(self.deepest() + 1);
        self.level = Some(level);
        for line in 0..self.len() {
            self.folded[line] = self.is_head(line) && self.depths[line] >= level;
        }
        None
    }

    /// Folds or unfolds a line, or folds what it lies in.
    fn toggle(&mut self, line: usize) -> Option<usize> {
        let head = if self.is_head(line) { line } else { self.parent(line)? };
        self.folded[head] = !self.folded[head];
        Some(head)
    }

    fn settle(&mut self) {
        self.shown.clear();
        let mut line = 0;
        while line < self.len() {
            self.shown.push(line);
            line = if self.folded[line] { self.ends[line] } else { line + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_below_folds() {
        let mut outline = Outline::new(&[0, 1, 2, 2, 1, 0]);
        assert_eq!((outline.end(0), outline.end(1), outline.end(4)), (5, 4, 5));
        assert_eq!(outline.change(Folding::Here, 2), 1, "a leaf folds what it lies in");
        assert_eq!(outline.shown(), [0, 1, 4, 5]);
        assert_eq!((outline.hidden(1), outline.hidden(0)), (2, 0));
        assert_eq!(outline.row(3), 1, "what is folded away stands where it is folded into");
        outline.open(3);
        assert_eq!(outline.shown().len(), 6);
        assert_eq!(outline.change(Folding::All, 3), 0);
        assert_eq!(outline.shown(), [0, 5]);
        outline.change(Folding::Less, 0);
        assert_eq!(outline.shown(), [0, 1, 4, 5]);
        outline.change(Folding::None, 0);
        outline.change(Folding::More, 0);
        assert_eq!(outline.shown(), [0, 1, 4, 5]);
    }

    #[test]
    fn nothing_folds_where_nothing_lies_below() {
        let mut outline = Outline::new(&[0, 0]);
        assert!(!outline.has_heads());
        assert_eq!(outline.change(Folding::Here, 1), 1);
        assert_eq!(outline.shown(), [0, 1]);
        assert_eq!(Outline::new(&[]).change(Folding::All, 0), 0);
    }

    fn folding() -> impl Strategy<Value = Folding> {
        prop::sample::select(vec![Folding::Here, Folding::More, Folding::Less, Folding::All, Folding::None])
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_the_order_stays(
            levels in prop::collection::vec(0usize..6, 0..40),
            steps in prop::collection::vec((folding(), 0usize..40), 0..20),
        ) {
            let mut outline = Outline::new(&levels);
            for (folding, at) in steps {
                let line = outline.shown().get(at % outline.shown().len().max(1)).copied().unwrap_or_default();
                let to = outline.change(folding, line);
                prop_assert!(levels.is_empty() || outline.shown().contains(&to), "the pointer is on a line shown");
                let mut told = Vec::new();
                for shown in outline.shown() {
                    told.extend(*shown..=*shown + outline.hidden(*shown));
                }
                prop_assert_eq!(told, (0..levels.len()).collect::<Vec<_>>());
            }
            for line in 0..levels.len() {
                outline.open(line);
                prop_assert!(outline.shown().contains(&line));
            }
        }
    }
}

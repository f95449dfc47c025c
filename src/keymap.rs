//! Keys as data: which presses run which command in which place.
//!
//! A keymap is a list of rows. Later files override earlier ones row by row; a row that is wrong is reported with
//! file and line and left out, and the rest still works.

mod file;
mod press;

use std::path::PathBuf;

pub use file::{Source, inherits, load};
pub use press::{Code, Press, parse_sequence, print_sequence};

/// Where a binding works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but where text is typed.
    Global,
    /// Lists of entities.
    Table,
    /// The logs pane.
    Log,
    /// The arrangement of panes, from any of them.
    Pane,
    /// Texts: YAML, descriptions, why, help.
    Document,
    /// Diffs.
    Diff,
    /// Resource trees.
    Tree,
    /// The plan sheet.
    Sheet,
    /// Lists to pick from: history, resources.
    Picker,
    /// The list of an application's resources, whose rows are marked.
    Resources,
    /// The list of a table's columns, which are switched and moved.
    Columns,
    /// The command palette.
    Palette,
    /// Where a filter or search is typed.
    Input,
}

impl Context {
    /// Every context, in the order in which help shows them.
    pub const ALL: [Self; 13] = [
        Self::Global,
        Self::Table,
        Self::Log,
        Self::Pane,
        Self::Document,
        Self::Diff,
        Self::Tree,
        Self::Sheet,
        Self::Picker,
        Self::Resources,
        Self::Columns,
        Self::Palette,
        Self::Input,
    ];

    /// The name used in keymap files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Table => "table",
            Self::Log => "log",
            Self::Pane => "pane",
            Self::Document => "document",
            Self::Diff => "diff",
            Self::Tree => "tree",
            Self::Sheet => "sheet",
            Self::Picker => "picker",
            Self::Resources => "resources",
            Self::Columns => "columns",
            Self::Palette => "palette",
            Self::Input => "input",
        }
    }
}

/// One row of a keymap.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding<R> {
    /// The presses, in order.
    pub on: Vec<Press>,
    /// What they run.
    pub run: R,
    /// What that does, in a few words.
    pub desc: String,
    /// Where it works.
    pub context: Context,
    /// The file and line it was read from.
    pub origin: (PathBuf, usize),
    /// How many files were read before that one.
    pub layer: usize,
}

/// A loaded keymap; `R` is what a key runs.
#[derive(Clone, Debug)]
pub struct Keymap<R> {
    /// The shipped map it is made of, and the engineer's own file on top of that.
    pub base: (&'static str, Option<Source>),
    bindings: Vec<Binding<R>>,
}

impl<R> Default for Keymap<R> {
    fn default() -> Self {
        Self { base: ("", None), bindings: Vec::new() }
    }
}

/// What presses so far amount to.
#[derive(Debug, PartialEq)]
pub enum Found<'a, R> {
    /// They run this.
    Run(&'a Binding<R>),
    /// They begin these.
    Prefix(Vec<&'a Binding<R>>),
    /// Nothing.
    Nothing,
}

impl<R> Keymap<R> {
    /// All rows, in the order of the files.
    pub fn bindings(&self) -> &[Binding<R>] {
        &self.bindings
    }

    /// What the presses amount to in these contexts, the first context that knows them deciding.
    pub fn find(&self, contexts: &[Context], pressed: &[Press]) -> Found<'_, R> {
        let mut prefixes: Vec<&Binding<R>> = Vec::new();
        for context in contexts {
            let here = self.bindings.iter().filter(|b| b.context == *context);
            for binding in here.filter(|b| b.on.starts_with(pressed)) {
                if binding.on.len() > pressed.len() {
                    if !prefixes.iter().any(|p| p.on == binding.on) {
                        prefixes.push(binding);
                    }
                } else if prefixes.is_empty() {
                    return Found::Run(binding);
                }
            }
        }
        if prefixes.is_empty() { Found::Nothing } else { Found::Prefix(prefixes) }
    }

    /// The presses to name for something in one of the contexts: of the file read last, the shortest.
    pub fn key_for(&self, contexts: &[Context], runs: impl Fn(&R) -> bool) -> Option<&Binding<R>> {
        contexts.iter().find_map(|context| {
            let here = self.bindings.iter().filter(|b| b.context == *context && runs(&b.run));
            let here = here.filter(|b| self.works(contexts, b));
            here.min_by_key(|b| (std::cmp::Reverse(b.layer), b.on.len()))
        })
    }

    /// The presses to name for something, wherever they work.
    pub fn key_anywhere(&self, runs: impl Fn(&R) -> bool) -> Option<&Binding<R>> {
        Context::ALL.iter().find_map(|context| self.key_for(&[*context], &runs))
    }

    /// Whether a row is not hidden in these contexts by one that comes first.
    pub fn works(&self, contexts: &[Context], binding: &Binding<R>) -> bool {
        matches!(self.find(contexts, &binding.on), Found::Run(found) if std::ptr::eq(found, binding))
    }

    /// The map as a keymap file; `name` tells what a row runs.
    pub fn print(&self, name: impl Fn(&R) -> &str) -> String {
        let mut out = String::new();
        for b in &self.bindings {
            let on = print_sequence(&b.on);
            let row = format!(
                "{{ on = {}, run = {}, in = {}, desc = {} }}",
                quote(&on),
                quote(name(&b.run)),
                quote(b.context.name()),
                quote(&b.desc)
            );
            out.push_str(if out.is_empty() { "keys = [\n" } else { "" });
            out.push_str("  ");
            out.push_str(&row);
            out.push_str(",\n");
        }
        out.push_str(if out.is_empty() { "keys = []\n" } else { "]\n" });
        out
    }
}

fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

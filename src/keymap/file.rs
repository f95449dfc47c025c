//! Keymap files: rows of `{ on = "g e", run = "go-environments", in = "global", desc = "…" }`.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Binding, Context, Keymap, parse_sequence, print_sequence};
use crate::config::{Position, Problem};

/// A keymap file's text, and its name for messages.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The shipped keymap below this one.
    inherits: Option<toml::Spanned<String>>,
    #[serde(default)]
    keys: Vec<toml::Spanned<toml::Table>>,
}

/// What `run` unbinds a key.
const NOTHING: &str = "none";

/// Which of the shipped keymaps a file stands on: the first when it names none. A name that there is not is told.
pub fn inherits(file: &Source, shipped: &[&'static str]) -> (&'static str, Option<Problem>) {
    let first = shipped.first().copied().unwrap_or_default();
    // What is not TOML is told when its rows are read.
    let named = toml::from_str::<File>(&file.text).ok().and_then(|f| f.inherits);
    let Some(named) = named else { return (first, None) };
    if let Some(known) = shipped.iter().find(|name| **name == named.get_ref()) {
        return (known, None);
    }
    let what = format!("no shipped keymap is called `{}`", named.get_ref());
    let problem = Problem::span(&file.path, &file.text, Some(named.span()), what);
    (first, Some(problem.hint(format!("one of {}", shipped.join(", ")))))
}

/// Reads files, later ones overriding earlier ones; `resolve` tells what a `run` means and what it is called.
pub fn load<R: Clone + PartialEq>(
    files: &[Source],
    resolve: impl Fn(&str) -> Option<(R, String)>,
) -> (Keymap<R>, Vec<Problem>) {
    let mut map = Keymap::default();
    let mut problems = Vec::new();
    for (layer, file) in files.iter().enumerate() {
        let rows = match toml::from_str::<File>(&file.text) {
            Ok(parsed) => parsed.keys,
            Err(error) => {
                problems.push(Problem::toml(&file.path, &file.text, &error));
                continue;
            }
        };
        let mut own = Vec::new();
        for row in rows {
            let span = row.span();
            match read_row(row.into_inner(), &resolve) {
                Ok(read) => {
                    let line = Position::of(&file.text, span.start).line;
                    for (on, context, run, desc) in read {
                        own.push((span.clone(), Row { on, context, run, desc, line }));
                    }
                }
                Err((what, hint)) => {
                    problems.push(Problem::span(&file.path, &file.text, Some(span), what).hint(hint));
                }
            }
        }
        merge(&mut map, (layer, file), own, &mut problems);
    }
    (map, problems)
}

struct Row<R> {
    on: Vec<super::Press>,
    context: Context,
    /// `None` unbinds.
    run: Option<R>,
    desc: String,
    line: usize,
}

fn merge<R: Clone + PartialEq>(
    map: &mut Keymap<R>,
    (layer, file): (usize, &Source),
    own: Vec<(std::ops::Range<usize>, Row<R>)>,
    problems: &mut Vec<Problem>,
) {
    let before = map.bindings.len();
    let mut inherited: Vec<Binding<R>> = std::mem::take(&mut map.bindings);
    let mut fresh: Vec<Binding<R>> = Vec::new();
    for (span, row) in own {
        let clash = fresh.iter().find(|b| b.context == row.context && overlaps(&b.on, &row.on));
        if let Some(other) = clash {
            let what = format!(
                "`{}` in {} clashes with `{}` of line {}",
                print_sequence(&row.on),
                row.context.name(),
                print_sequence(&other.on),
                other.origin.1
            );
            problems.push(
                Problem::span(&file.path, &file.text, Some(span), what)
                    .hint("give one of them another key; the first stands"),
            );
            continue;
        }
        inherited.retain(|b| b.context != row.context || !overlaps(&b.on, &row.on));
        if let Some(run) = row.run {
            fresh.push(Binding {
                on: row.on,
                run,
                desc: row.desc,
                context: row.context,
                origin: (file.path.clone(), row.line),
                layer,
            });
        }
    }
    debug_assert!(inherited.len() <= before, "overriding only removes");
    inherited.extend(fresh);
    map.bindings = inherited;
}

/// Whether one sequence is the other or begins it: then only one of them can be reached.
fn overlaps(a: &[super::Press], b: &[super::Press]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

type Read<R> = Vec<(Vec<super::Press>, Context, Option<R>, String)>;

fn read_row<R: Clone>(
    row: toml::Table,
    resolve: &impl Fn(&str) -> Option<(R, String)>,
) -> Result<Read<R>, (String, String)> {
    const FIELDS: [&str; 4] = ["on", "run", "in", "desc"];
    if let Some(field) = row.keys().find(|k| !FIELDS.contains(&k.as_str())) {
        return Err((format!("unknown field `{field}`"), format!("a key has {}", FIELDS.join(", "))));
    }
    let on = texts(&row, "on")?;
    if on.is_empty() {
        return Err(("the key is missing".into(), "write `on = \"ctrl-d\"`".into()));
    }
    let Some(run) = row.get("run").and_then(toml::Value::as_str) else {
        return Err(("what it runs is missing".into(), "write `run = \"help\"`".into()));
    };
    let resolved = if run == NOTHING {
        None
    } else {
        let unknown = || (format!("unknown command `{run}`"), "`vigie keys` lists them all".to_owned());
        Some(resolve(run).ok_or_else(unknown)?)
    };
    let mut contexts = Vec::new();
    for name in texts(&row, "in")? {
        let known = || Context::ALL.map(Context::name).join(", ");
        let context = Context::ALL.into_iter().find(|c| c.name() == name);
        contexts
            .push(context.ok_or_else(|| (format!("unknown place `{name}`"), format!("one of {}", known())))?);
    }
    if contexts.is_empty() {
        contexts.push(Context::Global);
    }
    let title = resolved.as_ref().map_or(String::new(), |(_, title)| title.clone());
    let desc = row.get("desc").and_then(toml::Value::as_str).map_or(title, str::to_owned);
    let desc = crate::model::text::one_line(&desc).into_owned();
    let mut out = Vec::new();
    for text in on {
        let sequence = parse_sequence(&text).map_err(|e| (e, String::new()))?;
        for context in &contexts {
            let run = resolved.as_ref().map(|(run, _)| run.clone());
            out.push((sequence.clone(), *context, run, desc.clone()));
        }
    }
    Ok(out)
}

/// A field that is a text or a list of texts.
fn texts(row: &toml::Table, field: &str) -> Result<Vec<String>, (String, String)> {
    let wrong = || (format!("`{field}` must be a text or a list of texts"), String::new());
    match row.get(field) {
        None => Ok(Vec::new()),
        Some(toml::Value::String(one)) => Ok(vec![one.clone()]),
        Some(toml::Value::Array(many)) => {
            many.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Found, Press};
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "keys.toml".into(), text: text.into() }
    }

    fn read(texts: &[&str]) -> (Keymap<String>, Vec<String>) {
        let files: Vec<_> = texts.iter().map(|t| source(t)).collect();
        let known = |run: &str| {
            ["up", "down", "sync", "go"].contains(&run).then(|| (run.to_owned(), run.to_uppercase()))
        };
        let (map, problems) = load(&files, known);
        (map, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn sequences_wait_and_run() {
        let (map, problems) = read(&[
            "keys = [\n{ on = [\"j\", \"down\"], run = \"down\" },\n{ on = \"g e\", run = \"go\", in = \"table\" },\n]",
        ]);
        assert_eq!(problems, Vec::<String>::new());
        let places = [Context::Table, Context::Global];
        assert!(
            matches!(map.find(&places, &[Press::char('j')]), Found::Run(b) if b.run == "down" && b.desc == "DOWN")
        );
        assert!(matches!(map.find(&places, &[Press::char('g')]), Found::Prefix(p) if p.len() == 1));
        assert!(matches!(map.find(&places, &[Press::char('g'), Press::char('e')]), Found::Run(_)));
        assert_eq!(map.find(&places, &[Press::char('q')]), Found::Nothing);
    }

    #[test]
    fn mistakes_are_told_and_the_rest_works() {
        let (map, problems) = read(&[
            "keys = [\n{ on = \"j\", run = \"down\" },\n{ on = \"k\", run = \"upp\" },\n{ on = \"hyper-k\", run = \"up\" },\n{ on = \"j\", run = \"up\" },\n{ on = \"x\", runs = \"up\" },\n]",
        ]);
        assert_eq!(map.bindings().len(), 1);
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].starts_with("keys.toml:3:1: unknown command `upp`"), "{problems:?}");
        assert!(problems[1].starts_with("keys.toml:4:1: `hyper-k` is not a key"), "{problems:?}");
        assert!(problems[2].starts_with("keys.toml:6:1: unknown field `runs`"), "{problems:?}");
        assert!(
            problems[3].starts_with("keys.toml:5:1: `j` in global clashes with `j` of line 2"),
            "{problems:?}"
        );
    }

    #[test]
    fn own_keys_override_and_unbind() {
        let base = "keys = [\n{ on = \"g e\", run = \"go\" },\n{ on = \"j\", run = \"down\" },\n{ on = \"k\", run = \"up\" },\n]";
        let (map, problems) =
            read(&[base, "keys = [{ on = \"g\", run = \"sync\" }, { on = \"j\", run = \"none\" }]"]);
        assert_eq!(problems, Vec::<String>::new());
        let left: Vec<_> = map.bindings().iter().map(|b| b.run.as_str()).collect();
        assert_eq!(left, ["up", "sync"]);
    }

    #[test]
    fn prints_what_it_reads() {
        let (map, _) = read(&[
            "keys = [{ on = \"ctrl-d\", run = \"down\", in = [\"table\", \"log\"] }, { on = \"\\\"\", run = \"up\" }]",
        ]);
        let (again, problems) = read(&[&map.print(|r| r)]);
        assert_eq!(problems, Vec::<String>::new());
        let plain = |m: &Keymap<String>| {
            m.bindings().iter().map(|b| (b.on.clone(), b.run.clone(), b.context)).collect::<Vec<_>>()
        };
        assert_eq!(plain(&map), plain(&again));
    }
}

//! Who may import whom: arrows point down only.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What each layer may import of this crate, besides itself.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let below = ["model"];
    let screen = ["triage", "action", "store", "model", "keymap", "journal", "config"];
    BTreeMap::from([
        ("model", vec![]),
        ("sim", below.to_vec()),
        ("store", below.to_vec()),
        ("journal", below.to_vec()),
        ("theme", vec!["model", "config"]),
        ("keymap", vec!["model", "config"]),
        ("config", below.to_vec()),
        ("triage", vec!["model", "store"]),
        ("action", vec!["model", "store", "journal"]),
        ("connector", vec!["model", "store", "config"]),
        ("app", [&screen[..], &["theme"]].concat()),
        ("ui", [&screen[..], &["app", "theme"]].concat()),
        ("shot", vec![]),
        ("runtime", [&screen[..], &["app", "ui", "theme", "connector"]].concat()),
        ("cli", [&screen[..], &["app", "ui", "theme", "connector", "runtime", "sim", "shot"]].concat()),
    ])
}

/// Crates that only some layers may know.
const KEPT_TO: [(&str, &[&str]); 5] = [
    ("ratatui", &["ui", "theme", "shot", "runtime", "cli"]),
    // The text that is typed, without its widget: what is drawn is ui's.
    ("ratatui_textarea", &["app"]),
    ("tokio", &["connector", "runtime", "sim", "cli"]),
    ("reqwest", &["connector", "sim"]),
    ("kube", &["connector", "cli"]),
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The layer of a file: the first part of its path below `src`.
fn layer(path: &Path) -> String {
    let first = path.strip_prefix(root()).expect("below src").components().next().expect("a name");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files with their text, comments and what follows `#[cfg(test)]` left out.
fn code() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    sources(&root(), &mut paths);
    assert!(paths.len() > 50, "the sources were not found");
    paths
        .into_iter()
        .filter(|p| p.file_stem().is_none_or(|s| s != "tests"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source");
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let kept =
                text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            (path, kept)
        })
        .collect()
}

/// Names of this crate's modules that a text imports: `crate::x`, and the first parts inside `crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            let mut fresh = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if depth == 0 && fresh && (c.is_alphanumeric() || c == '_') => name.push(c),
                    _ if depth == 0 && fresh && !name.is_empty() => {
                        found.push(std::mem::take(&mut name));
                        fresh = false;
                    }
                    _ => {}
                }
            }
            if !name.is_empty() {
                found.push(name);
            }
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn arrows_point_down() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for (path, text) in code() {
        let layer = layer(&path);
        if matches!(layer.as_str(), "lib" | "main") {
            continue;
        }
        let may = allowed.get(layer.as_str()).unwrap_or_else(|| panic!("{layer} is no known layer"));
        for name in imports(&text) {
            if name != layer && !may.contains(&name.as_str()) && allowed.contains_key(name.as_str()) {
                wrong.push(format!("{}: {layer} must not know {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (path, text) in code() {
        let layer = layer(&path);
        for (name, layers) in KEPT_TO {
            let used = text.contains(&format!("use {name}::"))
                || text.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
            if used && !layers.contains(&layer.as_str()) && !matches!(layer.as_str(), "lib" | "main") {
                wrong.push(format!("{}: {layer} must not use {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_read() {
    let text = "use crate::{\n    model::{Key, Kind},\n    store,\n};\nfn f() { crate::app::g() }";
    assert_eq!(imports(text), ["model", "store", "app"]);
}

//! The README's table of actions comes from the table of verbs and the shipped keys. `UPDATE=1 cargo test` writes it.

use std::{fs, path::Path};

use vigie::{
    action::registry::{VERBS, Verb},
    app::{Command, load_keys},
    keymap::print_sequence,
    model::Kind,
};

const BEGIN: &str = "<!-- actions: written by `UPDATE=1 cargo test` -->\n";
const END: &str = "<!-- end of actions -->\n";

fn kinds(verb: &dyn Verb) -> String {
    let all: Vec<&str> = Kind::ALL.into_iter().filter(|k| verb.applies(*k)).map(Kind::name).collect();
    let other = verb.applies(Kind::Object).then_some("other object");
    all.into_iter().chain(other).collect::<Vec<_>>().join(", ")
}

fn table() -> String {
    let (keys, problems) = load_keys(None);
    assert_eq!(problems, []);
    let rows = VERBS.iter().map(|verb| {
        let command = Command::named(verb.name());
        let bound = keys.bindings().iter().find(|b| Some(b.run) == command);
        let key = bound.map_or_else(String::new, |b| format!("`{}`", print_sequence(&b.on)));
        let (name, on, summary) = (verb.name(), kinds(*verb), verb.summary());
        format!("| `{name}` | {key} | {on} | {summary} |\n")
    });
    format!("| Command | Key | On | |\n|---|---|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn the_readme_lists_every_action() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where it ends");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &wanted).unwrap();
        return;
    }
    assert!(text == wanted, "the verbs or their keys changed: UPDATE=1 cargo test");
}

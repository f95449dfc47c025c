//! Configuration whose policies name only verbs that there are: a mistyped `deny` must not forbid nothing.

use std::path::Path;

use crate::{
    action::registry::{self, VERBS},
    config::{Config, Loaded},
};

/// Reads a configuration, and holds the verbs of its policies against those that there are.
pub(super) fn load(path: &Path) -> Loaded {
    Config::load_all(path).hold_against(|verb| registry::find(verb).is_some(), hint)
}

/// The verb that was meant, or all there are.
fn hint(verb: &str) -> String {
    let near = VERBS.iter().map(|v| v.name()).max_by_key(|name| (strsim::jaro(name, verb) * 1000.0) as u32);
    match near.filter(|name| strsim::jaro(name, verb) > 0.8) {
        Some(name) => format!("write `{name}`?"),
        None => {
            let all: Vec<_> = VERBS.iter().map(|v| v.name()).collect();
            format!("known: {}, and `*` for any", all.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_that_there_is_not_is_told_by_its_place() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("vigie.toml");
        let text =
            "[[environment]]\nname = \"prod\"\n[environment.policy]\ndeny = [\"delte pod\", \"drain\"]\n";
        std::fs::write(&file, text).expect("written");
        let told: Vec<_> = load(&file).problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("vigie.toml:4:9: there is no verb `delte`. write `delete`?"), "{told:?}");
    }
}

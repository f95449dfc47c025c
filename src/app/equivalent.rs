//! The command that shows the same thing without vigie, for colleagues and tickets.

use super::state::State;
use crate::model::{Key, Kind, ObjectName, text};

impl State {
    /// The command of the system's own client that shows an entity; `None` where there is none.
    pub fn equivalent(&self, key: &Key) -> Option<String> {
        let words: Vec<String> = match key.kind {
            Kind::Application => own(["argocd", "app", "get", &format!("{}/{}", key.namespace, key.name)]),
            Kind::Lease => own(["bao", "lease", "lookup", &key.name]),
            Kind::StaticRole => own(["bao", "read", &format!("{}static-roles/{}", mount(key), key.name)]),
            Kind::Certificate => own(["bao", "read", &format!("{}cert/{}", mount(key), key.name)]),
            Kind::Secret => own([
                "bao",
                "kv",
                "metadata",
                "get",
                &format!("-mount={}", key.namespace.trim_end_matches('/')),
                &key.name,
            ]),
            Kind::Alert => {
                let labels = &self.store.alerts.get(key)?.labels;
                let matchers = labels.iter().map(|(name, value)| format!("{name}={:?}", &**value));
                own(["amtool", "alert", "query"]).into_iter().chain(matchers).collect()
            }
            Kind::Silence => {
                let matchers = self.store.silences.get(key)?.matchers.iter().map(ToString::to_string);
                own(["amtool", "silence", "query"]).into_iter().chain(matchers).collect()
            }
            _ => self.kubectl(key)?,
        };
        Some(words.iter().map(|word| quoted(&text::one_line(word))).collect::<Vec<_>>().join(" "))
    }

    fn kubectl(&self, key: &Key) -> Option<Vec<String>> {
        let of = match ObjectName::of(key) {
            Some(ObjectName { version: "", .. }) => return None,
            // kubectl wants the dot before a group that has no name.
            Some(ObjectName { plural, version, group, .. }) => format!("{plural}.{version}.{group}"),
            None if key.kind.is_workload() => key.kind.name().to_owned(),
            None if matches!(key.kind, Kind::Pod | Kind::Node | Kind::Namespace | Kind::Event) => {
                key.kind.name().to_owned()
            }
            None => return None,
        };
        let mut words = own(["kubectl"]);
        if let Some(context) = self.contexts.get(&key.source) {
            words.extend(own(["--context", context]));
        }
        if !key.namespace.is_empty() {
            words.extend(own(["-n", &key.namespace]));
        }
        words.extend(own(["get", &of, key.title(), "-o", "yaml"]));
        Some(words)
    }
}

fn own<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}

/// The path of a mount with one slash at its end.
fn mount(key: &Key) -> String {
    format!("{}/", key.namespace.trim_end_matches('/'))
}

/// A word as a shell takes it (POSIX, 2.2.2).
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+=,-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("web-0"), "web-0");
        assert_eq!(quoted("a b; rm -rf /"), "'a b; rm -rf /'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}

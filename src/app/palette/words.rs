//! What one says to k9s, and we understand alike: `:po ns`, `:deploy @context /filter`, `:pods app=x`, `:ctx x`, `:q`.

use super::{Choice, Palette};
use crate::{
    app::{
        browse::Browse,
        command::Command,
        filter::{Columns, Field, Labels},
        subject::Subject,
        workspace::{Order, name_of},
    },
    model::{Kind, Str},
    store::Store,
};

/// The words k9s users bring, and ours.
const WORDS: [(&[&str], Subject); 13] = [
    (&["po", "pod", "pods"], Subject::Pods),
    (
        &[
            "deploy",
            "dp",
            "deployment",
            "deployments",
            "workloads",
            "wk",
            "sts",
            "statefulsets",
            "ds",
            "daemonsets",
            "jobs",
            "rs",
        ],
        Subject::Workloads,
    ),
    (&["no", "node", "nodes"], Subject::Nodes),
    (&["ns", "namespace", "namespaces"], Subject::Namespaces),
    (&["ev", "event", "events"], Subject::Events),
    (&["alerts", "alert", "al"], Subject::Alerts),
    (&["silences", "silence"], Subject::Silences),
    (&["leases", "lease", "secrets", "certs", "certificates", "credentials", "roles"], Subject::Leases),
    (&["apps", "app", "applications", "argo"], Subject::Applications),
    (&["matrix", "compare", "fleet"], Subject::Matrix),
    (&["env", "envs", "environments", "ctx", "context", "contexts"], Subject::Environments),
    (&["changes", "timeline", "history"], Subject::Changes),
    (&["logs", "log"], Subject::Logs),
];

/// What was typed behind the name of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    /// The environment to look at.
    pub environment: Option<Str>,
    /// To what the list is narrowed.
    pub filter: String,
}

/// The list that a word names.
pub(super) fn list(word: &str) -> Option<Subject> {
    let word = word.to_lowercase();
    WORDS.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, subject)| *subject)
}

/// What a word and what stands behind it say in full, the likeliest first.
pub(super) fn said(palette: &Palette, store: &Store, word: &str, rest: &str) -> Vec<Choice> {
    let mut out = Vec::new();
    match word.to_lowercase().as_str() {
        "q" | "q!" | "qa" | "quit" | "exit" if rest.is_empty() => out.push(Choice::Command(Command::Quit)),
        "h" | "help" | "?" if rest.is_empty() => out.push(Choice::Command(Command::Help)),
        "a" | "alias" | "aliases" if rest.is_empty() => out.push(Choice::Command(Command::GoKinds)),
        "pu" | "pulse" | "pulses" if rest.is_empty() => {
            out.push(Choice::Order(Order::Choose("triage".into())));
        }
        _ => {}
    }
    let Some(subject) = list(word) else { return out };
    match subject {
        Subject::Environments => {
            let named = place(palette, store, rest.strip_prefix('@').unwrap_or(rest));
            out.extend(named.map(Choice::Environment));
        }
        Subject::Namespaces if is_namespace(store, rest) => {
            let columns = columns(palette, palette.here);
            let here = if columns.named("ns").is_some_and(|c| c.field != Field::Name) {
                palette.here
            } else {
                Subject::Pods
            };
            out.push(Choice::List { subject: here, environment: None, filter: format!("ns={rest}") });
        }
        _ => {}
    }
    let Behind { environment, filter } = behind(palette, store, rest, &columns(palette, subject));
    out.push(Choice::List { subject, environment, filter });
    out
}

/// The columns of a list, the engineer's own among them.
fn columns(palette: &Palette, subject: Subject) -> Columns {
    Columns::of(subject, &Browse::default()).with_own(name_of(subject), &palette.book)
}

/// Reads what stands behind the name of a list with these columns.
pub(super) fn behind(palette: &Palette, store: &Store, rest: &str, columns: &Columns) -> Behind {
    let mut out = Behind::default();
    let mut terms: Vec<String> = Vec::new();
    let mut left = rest.trim();
    while !left.is_empty() {
        if let Some(filter) =
            left.strip_prefix('/').filter(|f| !f.split_whitespace().next().is_some_and(|w| w.ends_with('/')))
        {
            terms.push(filter.trim().to_owned());
            break;
        }
        let (term, after) = left.split_once(char::is_whitespace).unwrap_or((left, ""));
        left = after.trim_start();
        let first = terms.is_empty() && out.environment.is_none();
        let at = term.strip_prefix('@').and_then(|name| place(palette, store, name));
        if let Some(environment) = at {
            out.environment = Some(environment);
        } else if first && matches!(term, "all" | "*") {
            // Every namespace, which is what there is anyway.
        } else if first
            && columns.named("ns").is_some_and(|c| c.field != Field::Name)
            && is_namespace(store, term)
        {
            terms.push(format!("ns={term}"));
        } else if first && store.environments.iter().any(|e| *e.name == *term) {
            out.environment = Some(term.into());
        } else {
            terms.push(selector(term, columns, store));
        }
    }
    terms.retain(|term| !term.is_empty());
    out.filter = terms.join(" ");
    out
}

/// A term as typed, or as a label selector where no column is called so.
fn selector(term: &str, columns: &Columns, store: &Store) -> String {
    let name = term.split(['=', '!']).next().unwrap_or_default();
    let is_label =
        term.contains('=') && !term.starts_with(['!', '"', '~', '%', '/']) && columns.named(name).is_none();
    // A name that nothing has is a slip: the filter says so.
    if is_label && columns.labels == Labels::Asked && is_labelled(store, name) {
        format!("-l {term}")
    } else {
        term.to_owned()
    }
}

/// Whether anything has a label of this name.
fn is_labelled(store: &Store, name: &str) -> bool {
    let has = |labels: &[(Str, Str)]| labels.iter().any(|(label, _)| **label == *name);
    store.pods.iter().any(|p| has(&p.labels))
        || store.workloads.iter().any(|w| has(&w.labels))
        || store.applications.iter().any(|a| has(&a.labels))
        || store.objects.iter().any(|o| has(&o.labels))
}

/// The environment of a name, or of the kubeconfig context of its cluster.
fn place(palette: &Palette, store: &Store, name: &str) -> Option<Str> {
    let of_context =
        || palette.contexts.iter().find(|(context, _)| **context == *name).map(|(_, env)| env.clone());
    store.environments.iter().find(|e| *e.name == *name).map(|e| e.name.clone()).or_else(of_context)
}

fn is_namespace(store: &Store, name: &str) -> bool {
    !name.is_empty()
        && (store.namespaces.iter().any(|n| *n.key.name == *name)
            || store.pods.iter().any(|p| p.key.kind == Kind::Pod && *p.key.namespace == *name))
}

//! The columns of a list's table: the usual ones, or those that were asked for by the names that the screen has too.

use std::borrow::Cow;

use super::what::{How, What};
use crate::app::{Book, is_column_named};

/// A column that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its heading.
    pub heading: String,
    /// The field of the object that it shows.
    pub field: Cow<'static, str>,
    /// How.
    pub how: How,
}

/// Names that the screen has for fields which are called otherwise here: the list, the name, the field, and how it is
/// shown.
const ALIASES: [(&str, &str, &str, How); 18] = [
    ("applications", "age", "deployed", How::Since),
    ("applications", "target", "targetRevision", How::Short),
    ("applications", "since", "healthSince", How::Since),
    ("applications", "deployed-by", "deployedBy", How::Text),
    ("pods", "cpu", "cpuMillicores", How::Number),
    ("pods", "mem", "memoryBytes", How::Number),
    ("pods", "%cpu/r", "cpuPercentOfRequest", How::Percent),
    ("pods", "%cpu/l", "cpuPercentOfLimit", How::Percent),
    ("pods", "%mem/r", "memoryPercentOfRequest", How::Percent),
    ("pods", "%mem/l", "memoryPercentOfLimit", How::Percent),
    ("nodes", "mem", "memoryBytes", How::Share("memoryCapacityBytes")),
    ("events", "age", "last", How::Since),
    ("alerts", "for", "since", How::Since),
    ("silences", "silence", "matchers", How::Text),
    ("silences", "since", "starts", How::Since),
    ("credentials", "left", "ends", How::Until),
    ("credentials", "since", "began", How::Since),
    ("changes", "change", "what", How::Text),
];

/// The usual columns of a list.
pub fn usual(what: &What) -> Vec<Shown> {
    let own = what.columns.iter().map(|c| shown(c.heading, c.field, c.how));
    std::iter::once(shown("ENV", "environment", How::Text)).chain(own).collect()
}

/// The columns of a list that were asked for, in the order asked for: headings or fields, separated by commas. The
/// error lists what there is.
pub fn asked(what: &What, book: &Book, text: &str) -> Result<Vec<Shown>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let all: Vec<Shown> = names.map(|name| named(what, book, name)).collect::<Result<_, _>>()?;
    if all.is_empty() { Err("name a column, as in --columns name,status".to_owned()) } else { Ok(all) }
}

/// What the screen calls the list.
pub fn list_of(what: &What) -> &'static str {
    match what.name {
        "credentials" => "leases",
        _ if what.kinds.iter().any(|k| k.is_workload()) => "workloads",
        name => name,
    }
}

/// The column of a name: its heading, its field, what the screen calls it, or one of the engineer's own.
pub fn named(what: &What, book: &Book, name: &str) -> Result<Shown, String> {
    let is = |other: &str| is_column_named(other, name);
    let usual = usual(what).into_iter().find(|c| is(&c.heading));
    let alias = || ALIASES.iter().find(|(list, alias, ..)| *list == what.name && is(alias));
    let alias = || alias().map(|(_, alias, field, how)| shown(&alias.to_uppercase(), field, *how));
    let env = || is("environment").then(|| shown("ENV", "environment", How::Text));
    // Of workloads the screen shows the first image.
    let image = || is("image").then_some("images");
    let field = || what.fields().find(|f| is(f)).or_else(image).filter(|f| what.fields().any(|g| g == *f));
    let field = || field().map(|f| shown(&name.to_uppercase(), f, How::Text));
    let own = || book.own(list_of(what)).map(|(_, own)| own).find(|own| is(&own.name));
    let own = || {
        let own = own()?;
        let (heading, field) = (own.name.to_uppercase(), own.name.clone().into());
        let how = if own.path().is_some() { How::Text } else { How::Real };
        Some(Shown { heading, field, how })
    };
    usual.or_else(alias).or_else(env).or_else(field).or_else(own).ok_or_else(|| {
        let mut known: Vec<String> = self::usual(what).iter().map(|c| c.heading.to_lowercase()).collect();
        let is_known = |name: &str, known: &[String]| known.iter().any(|k| is_column_named(k, name));
        for more in ALIASES
            .iter()
            .filter(|(list, ..)| *list == what.name)
            .map(|(_, alias, ..)| *alias)
            .chain(what.more.iter().copied())
        {
            if !is_known(more, &known) {
                known.push(more.to_owned());
            }
        }
        known.extend(book.own(list_of(what)).map(|(_, own)| own.name.clone()));
        format!("{} have no column `{name}`; there are: {}", what.name, known.join(", "))
    })
}

fn shown(heading: &str, field: &'static str, how: How) -> Shown {
    Shown { heading: heading.to_owned(), field: field.into(), how }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::column_names, keymap::Source};

    #[test]
    fn every_column_of_the_screen_has_its_name_here_too() {
        for (list, what) in [
            ("applications", "applications"),
            ("pods", "pods"),
            ("workloads", "workloads"),
            ("nodes", "nodes"),
            ("namespaces", "namespaces"),
            ("events", "events"),
            ("alerts", "alerts"),
            ("silences", "silences"),
            ("leases", "credentials"),
            ("changes", "changes"),
        ] {
            let what = What::named(what).expect("a list");
            for name in column_names(list) {
                assert!(named(what, &Book::default(), &name).is_ok(), "{list}: {name}");
            }
        }
    }

    #[test]
    fn columns_are_found_by_heading_field_and_the_screens_name() {
        let pods = What::named("po").expect("a list");
        let all = asked(pods, &Book::default(), "name, Restarts,memoryBytes,mem,env").expect("columns");
        let fields: Vec<&str> = all.iter().map(|c| &*c.field).collect();
        assert_eq!(fields, ["name", "restarts", "memoryBytes", "memoryBytes", "environment"]);
        let why = asked(pods, &Book::default(), "name,colour").expect_err("no such column");
        assert!(why.starts_with("pods have no column `colour`; there are: env, namespace, name"), "{why}");
        assert!(asked(pods, &Book::default(), " , ").is_err());
    }

    #[test]
    fn columns_of_ones_own_are_found_by_their_names() {
        let text = "[[column]]\nname = \"team\"\nlists = [\"workloads\"]\npath = \".metadata.labels.team\"\n";
        let (book, _) = Book::load(Some(&Source { path: "columns.toml".into(), text: text.into() }), None);
        let deployments = What::named("deploy").expect("a list");
        let all = asked(deployments, &book, "name,Team").expect("columns");
        assert_eq!((all[1].heading.as_str(), &*all[1].field), ("TEAM", "team"));
        assert!(asked(What::named("po").expect("a list"), &book, "team").is_err());
    }
}

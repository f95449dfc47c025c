//! `vigie get LIST`: what every environment has of something, as a table, JSON, YAML or CSV; once, or as it changes.

mod columns;
mod follow;
mod group;
mod list;
mod own;
mod shown;
mod values;
mod watch;
mod what;

use std::sync::Arc;

use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Value, json};

use crate::{
    app::{Book, Filter, OwnColumn, filter},
    connector::Connector,
    model::Time,
    runtime::Supervisor,
    store::{Freshness, Status, Store},
};

use super::{
    answer::{Exit, Format},
    context::Common,
    csv,
    output::{out, print, say},
    status,
};

use group::Grouping;
use list::Wish;
pub use list::age;
use shown::Shown;
pub use values::Entry;
pub use what::What;

/// Arguments of `get`.
#[derive(Args, Clone, Debug)]
pub struct Get {
    /// What to list; k9s's and kubectl's short words do as well: po, deploy, sts, ds, no, ns, ev, ...
    #[arg(value_name = "LIST", add = ArgValueCandidates::new(candidates))]
    pub list: String,
    /// What to narrow it to, as on the screen: `crash '!staging'`, `env=prod,staging`, `restarts>3`, `age<2h`
    #[arg(value_name = "FILTER")]
    pub words: Vec<String>,
    /// The same in one argument: --filter 'env=prod restarts>3 | status~oom'
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Only what has these labels: -l app=x,tier!=y
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// Only what has exactly this name
    #[arg(long)]
    pub name: Option<String>,
    /// Only what is in this namespace (or mount, for what Vault keeps)
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Sort by this column, with a leading `-` backwards: --sort=-restarts
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Put together what has this column in common, as `g b` does on the screen: --group-by node, --group-by team
    #[arg(long, value_name = "COLUMN", conflicts_with = "watch")]
    pub group_by: Option<String>,
    /// Show these columns, in this order, by the names that the screen has: --columns=name,status,age
    #[arg(long, value_name = "COLUMN,...")]
    pub columns: Option<String>,
    /// Go on with what changes: rows with + ~ -, or objects with `event` added, modified, removed
    #[arg(short, long)]
    pub watch: bool,
}

fn candidates() -> Vec<CompletionCandidate> {
    what::ALL.iter().map(|w| CompletionCandidate::new(w.name).help(Some(w.words.join(", ").into()))).collect()
}

/// What can be listed and how it is narrowed, for the help.
pub fn lists() -> String {
    let line = |w: &What| format!("  {:<13} {}", w.name, w.words.join(", "));
    let lists = what::ALL.iter().map(line).collect::<Vec<_>>().join("\n");
    // What is said last there is about keys.
    let filters = filter::GRAMMAR.iter().take(filter::GRAMMAR.len() - 1);
    let filters: Vec<_> = filters.map(|(typed, finds)| format!("  {typed:<17} {finds}")).collect();
    format!(
        "Lists, and other words for them:\n{lists}\n\nFilters, with ! for the opposite of any:\n{}",
        filters.join("\n")
    )
}

/// Reads the systems that know about it and prints what they have.
pub async fn run(common: &Common, get: &Get) -> Exit {
    let (book, problems) = crate::runtime::columns::book();
    problems.iter().for_each(say);
    let wish = match wish(get, &book) {
        Ok(wish) => wish,
        Err(why) => {
            say(why);
            return Exit::Usage;
        }
    };
    let (_, supervisor, mut store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    let systems = narrowed(&supervisor, wish.what);
    if get.watch {
        return watch::watch(common, &wish, &systems, &supervisor, store).await;
    }
    systems.collect(&mut store, common.patience()).await;
    let now = systems.clock().now();
    let mut entries = values::entries(&store, wish.what, now);
    own::labels(&mut entries, &wish.own);
    own::queries(&mut entries, &wish, &supervisor).await;
    own::paths(&mut entries, &wish, &supervisor, common.patience()).await;
    let nothing = wish.nothing(&entries, now);
    let mut entries = wish.choose(entries, now);
    if let Some(grouping) = &wish.group {
        grouping.group(&mut entries, &store);
    }
    show(common.output, &wish, &entries, now);
    let exit = complain(&store, wish.what);
    let asked = wish.name.is_some() || !wish.filters.is_empty();
    if asked && entries.is_empty() && exit == Exit::Done {
        let why = nothing.unwrap_or_else(|| format!("there are no {}", wish.what.name));
        say(format!("{why}; `vigie get {}` lists all", wish.what.name));
        return Exit::Failed;
    }
    exit
}

/// Prints a list in the form asked for.
fn show(format: Format, wish: &Wish, entries: &[Entry], now: Time) {
    let grouped = wish.group.as_ref();
    match (format, grouped) {
        (Format::Csv, _) => out(&spreadsheet(wish.what, wish.columns.as_deref(), entries, grouped.is_some())),
        (Format::Table, Some(grouping)) => {
            out(&grouping.table(&list::table(&wish.shown(), entries, now), entries));
        }
        (format, _) => {
            let table = list::table(&wish.shown(), entries, now);
            print(format, &table, &Value::Array(entries.iter().map(|e| e.value.clone()).collect()));
        }
    }
}

fn wish(get: &Get, book: &Book) -> Result<Wish, String> {
    let what = What::named(&get.list).ok_or_else(|| {
        let known: Vec<_> = what::ALL.iter().map(|w| w.name).collect();
        format!("there is no list `{}`; known: {}", get.list, known.join(", "))
    })?;
    let sort = get.sort.as_deref().map(|s| Wish::sort_by(what, book, s)).transpose()?;
    let columns = get.columns.as_deref().map(|c| shown::asked(what, book, c)).transpose()?;
    let selector = get.selector.as_ref().map(|labels| format!("-l {labels}"));
    let words = (!get.words.is_empty()).then(|| get.words.join(" "));
    let all = [selector, words, get.filter.clone()].into_iter().flatten().map(|text| {
        let filter = Filter::new(&text, &self::columns::of(what, book));
        filter.problem().map_or(Ok(()), |problem| Err(problem.to_owned())).map(|()| filter)
    });
    let filters: Vec<Filter> = all.collect::<Result<_, _>>()?;
    let group = get.group_by.as_deref().map(|name| Grouping::named(what, book, name)).transpose()?;
    let is_needed = |n: u16, name: &str| {
        sort.iter().any(|(field, _)| field == name)
            || columns.iter().flatten().any(|c| c.field == *name)
            || group.as_ref().is_some_and(|g| g.field() == Some(name))
            || filters.iter().any(|f| f.own().contains(&n))
    };
    let own = book.own(shown::list_of(what)).filter(|(n, own)| is_needed(*n, &own.name));
    let own: Vec<(u16, OwnColumn)> = own.map(|(n, own)| (n, own.clone())).collect();
    Ok(Wish {
        what,
        filters,
        name: get.name.clone(),
        namespace: get.namespace.clone(),
        sort,
        columns,
        own,
        group,
    })
}

/// Only the systems that report what is asked for: the others need not be waited for.
fn narrowed(all: &Supervisor, what: &What) -> Supervisor {
    let reports =
        |c: &&Arc<dyn Connector>| what.is_drawn() || c.kinds().iter().any(|kind| what.kinds.contains(kind));
    let connectors = all.connectors().iter().filter(reports).cloned().collect();
    Supervisor::new(connectors, Arc::clone(all.clock()))
}

/// A list as comma-separated values: always the same columns, the names of the objects' fields.
pub fn records(what: &What, entries: &[Entry]) -> String {
    spreadsheet(what, None, entries, false)
}

/// The same with the columns that were asked for, behind the group where there are groups.
fn spreadsheet(what: &What, columns: Option<&[Shown]>, entries: &[Entry], grouped: bool) -> String {
    let mut heads = list::heads(what, columns);
    if grouped {
        heads.insert(0, group::FIELD.to_owned());
    }
    let head = csv::line(heads.iter().map(|f| json!(f)));
    head + &entries.iter().map(|e| csv::line(list::fields(&heads, &e.value))).collect::<String>()
}

/// A list, narrowed by a filter, as a table; nothing when there is no such list.
pub fn shown(store: &Store, list: &str, words: &str, now: Time) -> Option<String> {
    let what = What::named(list)?;
    let filter = Filter::new(words, &columns::of(what, &Book::default()));
    if let Some(problem) = filter.problem() {
        return Some(format!("{problem}\n"));
    }
    let wish = Wish { filters: vec![filter], ..Wish::all(what) };
    let entries = wish.choose(values::entries(store, what, now), now);
    Some(if entries.is_empty() {
        format!("no {}\n", what.name)
    } else {
        list::table(&wish.shown(), &entries, now).render()
    })
}

/// Says which systems did not tell, and how that ends the command.
fn complain(store: &Store, what: &What) -> Exit {
    if what.is_drawn() {
        return status::unreachable_exit(store);
    }
    let mut exit = Exit::Done;
    let mut told = Vec::new();
    for system in &store.systems {
        for kind in what.kinds {
            match store.freshness(system.source, *kind).map(Freshness::state) {
                Some(Status::Down { fault, .. } | Status::Refused(fault)) => {
                    exit = exit.max(Exit::of(fault));
                    if !told.contains(fault) {
                        say(fault);
                        told.push(fault.clone());
                    }
                }
                Some(Status::Degraded(why)) => say(format!("{system}: {why}")),
                _ => {}
            }
        }
    }
    exit
}

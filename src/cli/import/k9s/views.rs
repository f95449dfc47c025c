//! Views: the columns of lists.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde::Deserialize;

use super::{Report, fresh, quoted, read};
use crate::{
    app::{Book, column_names, is_column_named},
    config::default_columns,
    keymap::Source,
    model::text,
};

/// `views.yaml`; the root may be left out.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Rooted { views: BTreeMap<String, View> },
    Plain(BTreeMap<String, View>),
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct View {
    columns: Vec<String>,
    sort_column: String,
}

/// Kinds that one list of ours shows together.
const WORKLOADS: [&str; 6] = ["deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"];

/// Writes the file of columns.
pub(super) fn views(dir: &Path, report: &mut Report) {
    let Some(file) = read::<File>(&dir.join("views.yaml"), report) else { return };
    let (File::Rooted { views } | File::Plain(views)) = file;
    let mut text = String::from("# From k9s's views.\n");
    let mut own = Vec::new();
    let mut taken = Vec::new();
    for (name, view) in views {
        let what = format!("view of {}", text::one_line(&name));
        if !view.sort_column.is_empty() {
            let sort = text::one_line(&view.sort_column);
            report
                .left(format!("{what}: sorted by {sort}"), "`.` sorts a list, a workspace keeps how: `sort`");
        }
        if view.columns.is_empty() {
            continue;
        }
        let list = match list(&name) {
            Ok(list) => list,
            Err(why) => {
                report.left(what, why);
                continue;
            }
        };
        let columns = columns(&list, &view.columns, &what, &mut own, report);
        if columns.is_empty() {
            continue;
        }
        let all = columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[[list]]\nname = {}\ncolumns = [{all}]\n", quoted(&list));
        taken.push((what, format!("columns of {list}: {}", columns.join(", "))));
    }
    text.extend(own);
    let Some(target) = default_columns().filter(|_| !taken.is_empty()) else { return };
    if fresh(&target, &text, report) {
        for (what, became) in taken {
            report.took(what, became);
        }
    }
}

/// Our name of the list that a view is of: `v1/pods`, `cert-manager.io/v1/certificates`.
fn list(name: &str) -> Result<String, &'static str> {
    if name.contains('@') {
        return Err("columns are the same in all namespaces");
    }
    let mut parts = name.rsplit('/');
    let resource = parts.next().unwrap_or_default();
    let group = parts.nth(1).unwrap_or_default();
    if matches!(group, "apps" | "batch") && WORKLOADS.contains(&resource) {
        return Err("workloads of all kinds are one list; `vigie get workloads --columns` names its columns");
    }
    let list = match group {
        "" | "argoproj.io" if !column_names(resource).is_empty() => resource.to_owned(),
        "" => resource.to_owned(),
        group => format!("{resource}.{group}"),
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if list.is_empty() || !list.chars().all(is_name) { Err("no name of a list") } else { Ok(list) }
}

/// The columns that there are of those that a view has: `NAME:path|attributes` (k9s's README, "Custom Views"). Those
/// with a path are written as columns of one's `own`.
fn columns(
    list: &str,
    written: &[String],
    what: &str,
    own: &mut Vec<String>,
    report: &mut Report,
) -> Vec<String> {
    let known = column_names(list);
    // Where several environments are on one screen, rows say which they are of.
    let mut out: Vec<String> = if known.is_empty() || known.iter().any(|k| k == "env") {
        vec!["env".to_owned()]
    } else {
        Vec::new()
    };
    let before = out.len();
    for column in written {
        let (column, attributes) = column.rsplit_once('|').unwrap_or((column, ""));
        let (title, path) = column.split_once(':').unwrap_or((column, ""));
        let name = title.trim().to_lowercase().replace(' ', "-");
        let named = || format!("{what}: {}", text::one_line(title));
        if attributes.contains('H') {
            report.left(named(), "is hidden there too");
        } else if !path.is_empty() {
            match by_path(list, &name, path) {
                Ok(table) => {
                    own.push(table);
                    out.push(name);
                }
                Err(why) => report.left(named(), why),
            }
        } else if known.is_empty() {
            out.push(name);
        } else if let Some(known) = known.iter().find(|k| is_column_named(k, ours(&name))) {
            out.push(known.clone());
        } else {
            report.left(named(), format!("{list} have no such column; they have {}", known.join(", ")));
        }
    }
    if out.len() == before { Vec::new() } else { out }
}

/// Our name of a column.
fn ours(name: &str) -> &str {
    match name {
        "role" => "roles",
        "last-seen" => "age",
        name => name,
    }
}

/// A column of one's own as the file of columns has it; the error says why it cannot be one.
fn by_path(list: &str, name: &str, path: &str) -> Result<String, String> {
    let text = format!(
        "\n[[column]]\nname = {}\nlists = [{}]\npath = {}\n",
        quoted(name),
        quoted(list),
        quoted(path)
    );
    let source = Source { path: "columns.toml".into(), text };
    match Book::load(Some(&source), None).1.into_iter().next() {
        Some(problem) => Err(problem.what),
        None => Ok(source.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_named_as_ours_are() {
        assert_eq!(list("v1/pods").as_deref(), Ok("pods"));
        assert_eq!(list("pods").as_deref(), Ok("pods"));
        assert_eq!(list("argoproj.io/v1alpha1/applications").as_deref(), Ok("applications"));
        assert_eq!(list("cert-manager.io/v1/certificates").as_deref(), Ok("certificates.cert-manager.io"));
        assert_eq!(list("v1/configmaps").as_deref(), Ok("configmaps"));
        assert!(
            list("v1/pods@default").is_err() && list("apps/v1/deployments").is_err() && list("").is_err()
        );
    }

    #[test]
    fn what_is_no_column_here_is_told() {
        let (mut report, mut own) = (Report::default(), Vec::new());
        let written = ["NAME", "AGE|W", "IP", "MEM/RL|S", "APP:.metadata.labels.app", "BAD:.a[|", "NODE|H"]
            .map(str::to_owned);
        let chosen = columns("pods", &written, "view", &mut own, &mut report);
        assert_eq!(chosen, ["env", "name", "age", "app"]);
        let table = "\n[[column]]\nname = \"app\"\nlists = [\"pods\"]\npath = \".metadata.labels.app\"\n";
        assert_eq!(own, [table]);
        let told: Vec<_> = report.fates.iter().map(|f| f.what.as_str()).collect();
        assert_eq!(told, ["view: IP", "view: MEM/RL", "view: BAD", "view: NODE"]);
    }
}

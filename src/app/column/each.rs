//! Queries that would have to be asked for each row, and the one query that says the same of all of them.

use regex::Regex;

/// Variables that would make it a query for each row.
const EACH: [&str; 3] = ["$namespace", "$pod", "$app"];

/// The first variable that is different for each row, and where it stands.
pub(super) fn of_each(query: &str) -> Option<(usize, &'static str)> {
    EACH.iter().filter_map(|each| query.find(each).map(|at| (at, *each))).min()
}

/// What to write instead in a column of a list: the query without matchers for one row, by the labels of the rows.
pub(super) fn for_all(query: &str, list: &str) -> String {
    let by = match list {
        "workloads" => "namespace, deployment",
        "nodes" => "node",
        "namespaces" => "namespace",
        "applications" => "application",
        _ => "namespace, pod",
    };
    let matcher =
        Regex::new(r#"\s*[A-Za-z_]\w*\s*(?:=~|!~|!=|=)\s*"[^"]*\$(?:namespace|pod|app)\b[^"]*"\s*,?"#)
            .expect("it is a regex");
    let open = matcher.replace_all(query, "");
    let closed = Regex::new(r",\s*\}").expect("it is a regex").replace_all(&open, "}");
    let bare = closed.replace("{}", "");
    let sum = Regex::new(r"^\s*(sum|avg|max|min|count)\s*(?:by\s*\([^)]*\)\s*)?\((.*)\)\s*$")
        .expect("it is a regex");
    let all = match sum.captures(&bare) {
        Some(parts) => format!("{} by ({by}) ({})", &parts[1], &parts[2]),
        None => format!("sum by ({by}) ({})", bare.trim()),
    };
    if of_each(&all).is_none() && promql_parser::parser::parse(&all.replace("$env", "env")).is_ok() {
        format!("one query is asked for all rows, write {all}")
    } else {
        format!("one query is asked for all rows, write one that returns its labels: sum by ({by}) (...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_write_instead_is_the_query_by_the_labels_of_the_rows() {
        let told = |query: &str, list: &str| for_all(query, list);
        let write = "one query is asked for all rows, write ";
        assert_eq!(
            told(r#"rate(http_requests_total{pod="$pod",namespace="$namespace"}[5m])"#, "pods"),
            format!("{write}sum by (namespace, pod) (rate(http_requests_total[5m]))")
        );
        assert_eq!(
            told(r#"sum(rate(http{code=~"5..", app="$app"}[5m]))"#, "applications"),
            format!(r#"{write}sum by (application) (rate(http{{code=~"5.."}}[5m]))"#)
        );
        assert_eq!(
            told(r#"max by (pod) (up{pod=~"$pod-.*", env="$env"})"#, "pods"),
            format!(r#"{write}max by (namespace, pod) (up{{ env="$env"}})"#)
        );
        let unclear =
            "one query is asked for all rows, write one that returns its labels: sum by (node) (...)";
        assert_eq!(told("vector($pod)", "nodes"), unclear);
        assert_eq!(of_each("up{pod=\"$pod\", n=\"$namespace\"}"), Some((8, "$pod")));
    }
}

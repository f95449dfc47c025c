//! Lists: selection, consistent pages, and what a resource version on a list means.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    request::Query,
    selector::{Fields, Labels},
};
use crate::sim::{
    cluster::{ApiError, Cluster, Gr, Resource},
    lock,
};

/// How many lists are remembered for their further pages.
const KEPT: usize = 16;

/// What a list, watch or collection delete selects.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub namespace: Option<String>,
    pub labels: Labels,
    pub fields: Fields,
}

impl Selection {
    pub(super) fn of(
        namespace: Option<String>,
        query: &Query,
        resource: &Resource,
    ) -> Result<Self, ApiError> {
        let labels = Labels::parse(query.get("labelSelector").unwrap_or_default())?;
        let fields = Fields::parse(query.get("fieldSelector").unwrap_or_default(), resource)?;
        Ok(Self { namespace, labels, fields })
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let at_home = self.namespace.as_ref().is_none_or(|ns| object["metadata"]["namespace"] == ns.as_str());
        at_home && self.labels.matches(object) && self.fields.matches(object)
    }

    fn all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// All objects of a resource at one version.
type Held = Arc<[Arc<Value>]>;

/// The lists whose further pages may still be asked for.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<VecDeque<(Gr, u64, Held)>>);

impl Snapshots {
    fn get(&self, gr: Gr, version: u64) -> Option<Held> {
        let held = lock(&self.0);
        held.iter().find(|(of, at, _)| *of == gr && *at == version).map(|(_, _, objects)| Arc::clone(objects))
    }

    fn keep(&self, gr: Gr, version: u64, objects: &Held) {
        let mut held = lock(&self.0);
        if held.iter().any(|(of, at, _)| *of == gr && *at == version) {
            return;
        }
        if held.len() == KEPT {
            held.pop_front();
        }
        held.push_back((gr, version, Arc::clone(objects)));
    }
}

/// What a `continue` token says, as the real server's does.
#[derive(Debug, Serialize, Deserialize)]
struct Token {
    v: String,
    rv: i64,
    start: String,
}

impl Token {
    fn text(rv: i64, start: &str) -> String {
        let token = Self { v: "meta.k8s.io/v1".to_owned(), rv, start: format!("{start}\0") };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let bad = || ApiError::bad_request("continue key is not valid");
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| bad())?;
        let mut token: Self = serde_json::from_slice(&bytes).map_err(|_| bad())?;
        token.start = token.start.trim_start_matches('/').trim_end_matches('\0').to_owned();
        Ok(token)
    }
}

/// One page: the objects and the list's metadata.
#[derive(Debug)]
pub(super) struct Page {
    pub objects: Vec<Arc<Value>>,
    pub meta: Value,
}

/// Lists what is selected, or a page of it.
pub(super) fn list(
    cluster: &Cluster,
    snapshots: &Snapshots,
    resource: &Resource,
    selection: &Selection,
    query: &Query,
) -> Result<Page, ApiError> {
    let gr = resource.stored;
    let limit = usize::try_from(query.number("limit")?.unwrap_or(0)).unwrap_or(0);
    let token = query.get("continue").map(Token::parse).transpose()?;
    let start = token.as_ref().map(|token| token.start.as_str());
    let (objects, version) = match &token {
        Some(token) if token.rv > 0 => {
            let version = token.rv.unsigned_abs();
            let held = snapshots.get(gr, version).or_else(|| current(cluster, gr, version));
            (held.ok_or_else(|| expired(&token.start))?, version)
        }
        _ => read(cluster, snapshots, gr, query, limit)?,
    };
    let key = |object: &Value| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        match object["metadata"]["namespace"].as_str() {
            Some(namespace) if selection.namespace.is_none() => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        }
    };
    let mut left = objects
        .iter()
        .filter(|object| selection.matches(object) && start.is_none_or(|start| after(&key(object), start)));
    let mut meta = json!({ "resourceVersion": version.to_string() });
    if limit == 0 {
        return Ok(Page { objects: left.cloned().collect(), meta });
    }
    let page: Vec<_> = left.by_ref().take(limit).cloned().collect();
    let remaining = left.count();
    if remaining > 0
        && let Some(last) = page.last()
    {
        meta["continue"] = json!(Token::text(version as i64, &key(last)));
        if selection.all() {
            meta["remainingItemCount"] = json!(remaining);
        }
        snapshots.keep(gr, version, &objects);
    }
    Ok(Page { objects: page, meta })
}

/// Whether one key comes after another in the order of (namespace, name).
fn after(key: &str, start: &str) -> bool {
    let parts = |key: &str| {
        key.split_once('/')
            .map_or_else(|| (String::new(), key.to_owned()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    parts(key) > parts(start)
}

fn current(cluster: &Cluster, gr: Gr, version: u64) -> Option<Held> {
    let (objects, now) = cluster.list_at(gr, None);
    (now == version).then(|| objects.into())
}

/// What `resourceVersion` and `resourceVersionMatch` ask for.
fn read(
    cluster: &Cluster,
    snapshots: &Snapshots,
    gr: Gr,
    query: &Query,
    limit: usize,
) -> Result<(Held, u64), ApiError> {
    let wanted = query.get("resourceVersion");
    let matching = query.get("resourceVersionMatch");
    if let (Some(matching), None) = (matching, wanted) {
        let why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
        return Err(invalid_option("resourceVersionMatch", matching, why));
    }
    let version = parse_version(wanted)?;
    let exact = match matching {
        Some("Exact") => true,
        Some("NotOlderThan") => false,
        Some(other) => {
            let why = "supported values: \"Exact\", \"NotOlderThan\", \"\"";
            return Err(invalid_option("resourceVersionMatch", other, why));
        }
        None => limit > 0,
    };
    let (objects, now) = cluster.list_at(gr, None);
    let objects: Held = objects.into();
    if version > now {
        return Err(too_large(version, now));
    }
    if exact && version != 0 && version != now {
        let held = snapshots.get(gr, version).map(|held| (held, version));
        let message = "The resourceVersion for the provided list is too old.";
        return held.ok_or_else(|| ApiError::new(410, "Expired", message));
    }
    Ok((objects, now))
}

/// A resource version; 0 when none is given.
pub(super) fn parse_version(text: Option<&str>) -> Result<u64, ApiError> {
    text.unwrap_or("0").parse().map_err(|_| {
        invalid_option("resourceVersion", text.unwrap_or_default(), "strconv.ParseUint: invalid syntax")
    })
}

/// 504 for a version that is yet to come, with the advice to try again after a second.
pub(super) fn too_large(version: u64, now: u64) -> ApiError {
    ApiError {
        code: 504,
        reason: "Timeout",
        message: format!("Timeout: Too large resource version: {version}, current: {now}"),
        details: json!({
            "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }],
            "retryAfterSeconds": 1,
        }),
    }
}

/// 422 for a list option that is not allowed.
pub(super) fn invalid_option(field: &str, value: &str, why: &str) -> ApiError {
    let cause = format!("Invalid value: {value:?}: {why}");
    ApiError {
        code: 422,
        reason: "Invalid",
        message: format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {cause}"),
        details: json!({
            "group": "meta.k8s.io",
            "kind": "ListOptions",
            "causes": [{ "reason": "FieldValueInvalid", "message": cause, "field": field }],
        }),
    }
}

/// 410 for a page of a list that is no longer remembered, with the token that goes on regardless.
fn expired(start: &str) -> ApiError {
    let message = "The provided continue parameter is too old to display a consistent list result. You can \
                   start a new list without the continue parameter, or use the continue token in this response \
                   to retrieve the remainder of the results. Continuing with the provided token results in an \
                   inconsistent list - objects that were created, modified, or deleted between the time the \
                   first chunk was returned and now may show up in the list.";
    let mut error = ApiError::new(410, "Expired", message);
    error.details = json!({ CONTINUE: Token::text(-1, start) });
    error
}

/// Where [`expired`] carries its token; the answer has it in the status' metadata.
pub(super) const CONTINUE: &str = "\0continue";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Time,
        sim::{SimClock, cluster::find},
    };

    fn cluster(pods: usize) -> Cluster {
        let cluster = Cluster::new(Arc::new(SimClock::new(Time::from_secs(1), 0.0)), 1);
        for n in 0..pods {
            let meta = json!({ "namespace": "shop", "name": format!("web-{n}"), "labels": { "odd": (n % 2).to_string() } });
            cluster.create(find("", "pods").unwrap().gr, json!({ "metadata": meta }), false).unwrap();
        }
        cluster
    }

    fn page(cluster: &Cluster, snapshots: &Snapshots, query: &str) -> Result<Page, ApiError> {
        let pods = find("", "pods").unwrap();
        let query = Query::of(&format!("/?{query}").parse().unwrap());
        let selection = Selection::of(None, &query, pods)?;
        list(cluster, snapshots, pods, &selection, &query)
    }

    fn names(page: &Page) -> Vec<&str> {
        page.objects.iter().map(|pod| pod["metadata"]["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn pages_show_one_moment() {
        let (cluster, snapshots) = (cluster(5), Snapshots::default());
        let first = page(&cluster, &snapshots, "limit=2").unwrap();
        assert_eq!(
            (names(&first), first.meta["remainingItemCount"].as_u64()),
            (vec!["web-0", "web-1"], Some(3))
        );
        cluster
            .create(
                find("", "pods").unwrap().gr,
                json!({ "metadata": { "namespace": "shop", "name": "web-19" } }),
                false,
            )
            .unwrap();
        let token = first.meta["continue"].as_str().unwrap();
        let second = page(&cluster, &snapshots, &format!("limit=9&continue={token}")).unwrap();
        assert_eq!(names(&second), ["web-2", "web-3", "web-4"]);
        assert_eq!(second.meta["resourceVersion"], first.meta["resourceVersion"]);
        assert!(second.meta.get("continue").is_none());
    }

    #[test]
    fn a_forgotten_list_is_expired_and_says_how_to_go_on() {
        let (cluster, snapshots) = (cluster(3), Snapshots::default());
        let token =
            page(&cluster, &snapshots, "limit=1").unwrap().meta["continue"].as_str().unwrap().to_owned();
        cluster.create(find("", "pods").unwrap().gr, json!({ "metadata": { "name": "x" } }), false).unwrap();
        let gone = page(&cluster, &Snapshots::default(), &format!("limit=1&continue={token}")).unwrap_err();
        assert_eq!((gone.code, gone.reason), (410, "Expired"));
        let on = gone.details[CONTINUE].as_str().unwrap();
        assert_eq!(
            names(&page(&cluster, &snapshots, &format!("continue={on}")).unwrap()),
            ["web-1", "web-2"]
        );
    }

    #[test]
    fn resource_versions_on_lists() {
        let (cluster, snapshots) = (cluster(2), Snapshots::default());
        let old =
            page(&cluster, &snapshots, "limit=2&resourceVersion=1&resourceVersionMatch=Exact").unwrap_err();
        assert_eq!(
            (old.code, old.message.as_str()),
            (410, "The resourceVersion for the provided list is too old.")
        );
        let early = page(&cluster, &snapshots, "resourceVersion=99999999&resourceVersionMatch=NotOlderThan")
            .unwrap_err();
        assert_eq!(early.code, 504);
        assert_eq!(page(&cluster, &snapshots, "resourceVersionMatch=Exact").unwrap_err().code, 422);
        assert_eq!(
            names(&page(&cluster, &snapshots, "resourceVersion=0&labelSelector=odd%3D1").unwrap()),
            ["web-1"]
        );
    }

    #[test]
    fn recorded_tokens_are_understood() {
        let token = Token::parse("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTEwMDYsInN0YXJ0IjoiL2RlZmF1bHQvd2ViLTdmOGQ0ZGM5OGItNnI2NHBcdTAwMDAifQ").unwrap();
        assert_eq!((token.rv, token.start.as_str()), (11006, "default/web-7f8d4dc98b-6r64p"));
    }
}

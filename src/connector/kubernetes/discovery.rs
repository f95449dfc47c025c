//! Which kinds of objects the server has: aggregated discovery in two requests, the older one where it must be.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{
    access::{Access, Ask},
    failure::Failure,
};
use crate::model::{ApiResource, Str};

/// What the server is asked for; who does not know it answers in the older form.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
/// How long what was found is taken for true.
const FRESH: Duration = Duration::from_secs(300);
/// How soon the server is asked again for a word that it did not know.
const AGAIN: Duration = Duration::from_secs(10);
/// How many groups are asked at once in the older form.
const AT_ONCE: usize = 8;

/// What the server has, as last asked.
#[derive(Default)]
pub(super) struct Discovery(Mutex<Option<(Instant, Arc<[ApiResource]>)>>);

impl Discovery {
    /// Every kind that can be listed, those of the core group first.
    pub(super) async fn all(&self, access: &Access) -> Result<Arc<[ApiResource]>, Failure> {
        self.younger(access, FRESH).await
    }

    /// The kind that a word names.
    pub(super) async fn find(&self, access: &Access, word: &str) -> Result<Option<ApiResource>, Failure> {
        if let Some(found) = ApiResource::find(&self.all(access).await?, word) {
            return Ok(Some(found.clone()));
        }
        Ok(ApiResource::find(&self.younger(access, AGAIN).await?, word).cloned())
    }

    async fn younger(&self, access: &Access, than: Duration) -> Result<Arc<[ApiResource]>, Failure> {
        let mut known = self.0.lock().await;
        if let Some((at, all)) = &*known
            && at.elapsed() < than
        {
            return Ok(Arc::clone(all));
        }
        let all: Arc<[ApiResource]> = ask(access).await?.into();
        *known = Some((Instant::now(), Arc::clone(&all)));
        Ok(all)
    }
}

async fn ask(access: &Access) -> Result<Vec<ApiResource>, Failure> {
    let (core, named) = futures::join!(root(access, "/api"), root(access, "/apis"));
    let mut all = core?;
    all.extend(named?);
    Ok(all)
}

/// What lies under one of the two roots.
async fn root(access: &Access, path: &str) -> Result<Vec<ApiResource>, Failure> {
    let what = "discover its kinds of objects";
    let answer: Answer = access.ask_json(Ask { accept: ACCEPT, ..Ask::get(path, what) }).await?;
    match answer {
        Answer::Aggregated { items } => Ok(items.iter().flat_map(aggregated).collect()),
        Answer::Core { versions } => Ok(plain(access, "", "/api", &versions).await),
        Answer::Groups { groups } => {
            let one = |group: PlainGroup| -> BoxFuture<'_, Vec<ApiResource>> {
                let versions: Vec<String> = group.versions.into_iter().map(|v| v.version).collect();
                async move { plain(access, &group.name, &format!("/apis/{}", group.name), &versions).await }
                    .boxed()
            };
            let asked: Vec<_> = groups.into_iter().map(one).collect();
            let lists: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
            Ok(lists.concat())
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Answer {
    #[serde(rename = "APIGroupDiscoveryList")]
    Aggregated {
        #[serde(default)]
        items: Vec<Group>,
    },
    #[serde(rename = "APIVersions")]
    Core { versions: Vec<String> },
    #[serde(rename = "APIGroupList")]
    Groups { groups: Vec<PlainGroup> },
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Named,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Found>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    short_names: Vec<Str>,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    kind: String,
}

/// The kinds of a group that can be listed, each in the version that the server prefers.
fn aggregated(group: &Group) -> Vec<ApiResource> {
    let mut all: Vec<ApiResource> = Vec::new();
    for version in &group.versions {
        for found in version.resources.iter().filter(|f| has(&f.verbs, "list")) {
            if all.iter().any(|r| *r.plural == *found.resource) {
                continue;
            }
            let kind = found.response_kind.as_ref().map_or("", |k| &k.kind);
            all.push(ApiResource {
                group: group.metadata.name.as_str().into(),
                version: version.version.as_str().into(),
                plural: found.resource.as_str().into(),
                singular: singular(&found.singular_resource, kind),
                kind: kind.into(),
                short: found.short_names.clone(),
                namespaced: found.scope == "Namespaced",
                watchable: has(&found.verbs, "watch"),
            });
        }
    }
    all
}

fn has(verbs: &[String], verb: &str) -> bool {
    verbs.iter().any(|v| v == verb)
}

/// Some servers leave the singular out.
fn singular(told: &str, kind: &str) -> Str {
    if told.is_empty() { kind.to_lowercase().into() } else { told.into() }
}

#[derive(Deserialize)]
struct PlainGroup {
    name: String,
    versions: Vec<PlainVersion>,
}

#[derive(Deserialize)]
struct PlainVersion {
    version: String,
}

#[derive(Deserialize)]
struct PlainList {
    #[serde(default)]
    resources: Vec<PlainFound>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainFound {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    short_names: Vec<Str>,
    #[serde(default)]
    verbs: Vec<String>,
}

/// The kinds of a group in the older form. A version that does not answer is left out: its server may be down.
async fn plain(access: &Access, group: &str, path: &str, versions: &[String]) -> Vec<ApiResource> {
    let mut all: Vec<ApiResource> = Vec::new();
    for version in versions {
        let path = format!("{path}/{version}");
        let what = "discover its kinds of objects";
        let Ok(list) = access.ask_json::<PlainList>(Ask::get(&path, what)).await else { continue };
        for found in list.resources.iter().filter(|f| !f.name.contains('/') && has(&f.verbs, "list")) {
            if all.iter().any(|r| *r.plural == *found.name) {
                continue;
            }
            all.push(ApiResource {
                group: group.into(),
                version: version.as_str().into(),
                plural: found.name.as_str().into(),
                singular: singular(&found.singular_name, &found.kind),
                kind: found.kind.as_str().into(),
                short: found.short_names.clone(),
                namespaced: found.namespaced,
                watchable: has(&found.verbs, "watch"),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_answer_reads() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/kubernetes/discovery-aggregated.json");
        let file: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON");
        let Ok(Answer::Aggregated { items }) = Answer::deserialize(&file["body"]) else {
            panic!("aggregated")
        };
        let group = &items[0];
        assert_eq!(group.metadata.name, "apiregistration.k8s.io");
        assert_eq!(group.versions[0].resources[0].resource, "apiservices");
        assert!(aggregated(group).is_empty(), "the sample's verbs were cut to create: it cannot be listed");
    }

    #[test]
    fn the_preferred_version_stands_for_a_kind() {
        let resource = |verbs: &str| {
            format!(
                r#"{{"resource":"widgets","responseKind":{{"group":"","version":"","kind":"Widget"}},
                    "scope":"Namespaced","singularResource":"","shortNames":["wd"],"verbs":[{verbs}]}}"#
            )
        };
        let text = format!(
            r#"{{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"example.org","creationTimestamp":null}},
                "versions":[{{"version":"v2","resources":[{}],"freshness":"Current"}},
                            {{"version":"v1","resources":[{}],"freshness":"Current"}}]}}]}}"#,
            resource(r#""get","list""#),
            resource(r#""get","list","watch""#)
        );
        let Ok(Answer::Aggregated { items }) = serde_json::from_str(&text) else { panic!("aggregated") };
        let all = aggregated(&items[0]);
        assert_eq!(all.len(), 1);
        assert_eq!((&*all[0].version, &*all[0].singular, all[0].watchable), ("v2", "widget", false));
    }
}

//! Argo CD's REST API: where it is, who we are there, and the requests that read.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    diff,
    local::{self, LocalConfig},
    map::{self, Depth, Mapper},
    wire,
};
use crate::{
    config::{ArgoCdConfig, Credential},
    connector::http::{self, Call, Fetch, Http, Target, Token, segment},
    model::{
        Answer, Application, Fault, FaultKind, Interner, Key, Permission, ResourceDiff, ResourceState,
        Revision, Sensitive, Str, System, TreeNode, Verdict, Versus, Window,
    },
};

/// Comparing and rendering manifests of a large application takes the repo server a while.
const SLOW: Duration = Duration::from_secs(60);
/// How many requests of one question are under way at once.
const PARALLEL: usize = 8;

/// The API of one Argo CD.
pub(super) struct Api {
    pub http: Http,
    pub config: ArgoCdConfig,
    pub mapper: Mapper,
    /// Project of each application, for requests that then tell 404 from 403.
    projects: Mutex<HashMap<(Str, Str), Str>>,
    version: OnceCell<(u32, u32)>,
}

impl Api {
    pub(super) fn new(system: &System, config: ArgoCdConfig) -> Self {
        let (place, token) = (config.clone(), config.clone());
        let fetch: Fetch = Arc::new(move || fetch(&token));
        Self {
            http: Http::new(system, Arc::new(move || locate(&place)), Token::bearer(Some(fetch))),
            mapper: Mapper { source: system.source, shared: Interner::default() },
            projects: Mutex::default(),
            version: OnceCell::new(),
            config,
        }
    }

    /// Remembers which project applications are of.
    pub(super) fn remember<'a>(&self, apps: impl Iterator<Item = &'a Application>) {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        for app in apps {
            let name = (Arc::clone(&app.key.namespace), Arc::clone(&app.key.name));
            projects.insert(name, Arc::clone(&app.project));
        }
    }

    /// Names of all applications seen.
    pub(super) fn names(&self) -> HashSet<Str> {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects.keys().map(|(_, name)| Arc::clone(name)).collect()
    }

    pub(super) fn project(&self, app: &Key) -> Option<Str> {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects.get(&(Arc::clone(&app.namespace), Arc::clone(&app.name))).cloned()
    }

    /// The path of an application or of something below it.
    pub(super) fn path(app: &Key, below: &str) -> String {
        format!("/api/v1/applications/{}{below}", segment(&app.name))
    }

    /// Says which application is meant, so that a missing one is 404 and not 403.
    pub(super) fn named<'a>(&self, mut call: Call<'a>, app: &Key) -> Call<'a> {
        if !app.namespace.is_empty() {
            call = call.query("appNamespace", &app.namespace);
        }
        match self.project(app) {
            Some(project) => call.query("project", project),
            None => call,
        }
    }

    fn read(&self, what: &'static str, app: &Key, below: &str) -> Call<'_> {
        self.named(self.http.get(what, Self::path(app, below)), app)
    }

    /// The application as the server has it.
    pub(super) async fn raw(&self, app: &Key) -> Result<wire::App, Fault> {
        let answer = self.read("read the application", app, "").json().await;
        answer.map_err(|f| explain(f, Some(app)))
    }

    pub(super) async fn application(&self, app: &Key) -> Result<Application, Fault> {
        let raw = self.raw(app).await?;
        let record = self.mapper.application(raw, Depth::Whole, &self.names());
        self.remember(std::iter::once(&record));
        Ok(record)
    }

    pub(super) async fn history(&self, app: &Key) -> Result<Vec<Revision>, Fault> {
        let mut entries: Vec<_> =
            self.raw(app).await?.status.history.iter().map(map::history_entry).collect();
        entries.sort_by_key(|e| std::cmp::Reverse(e.id));
        let mut wanted: Vec<Str> = entries.iter().map(|e| Arc::clone(&e.revision)).collect();
        wanted.sort();
        wanted.dedup();
        let known: HashMap<Str, wire::RevisionMetadata> = stream::iter(wanted)
            .map(|revision| async move {
                // Git may have forgotten a commit, and charts have none: the entry stands without its words.
                let found = self.metadata(app, &revision).await.unwrap_or_default();
                (revision, found)
            })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let revision = |entry: crate::model::HistoryEntry| {
            let of = known.get(&entry.revision);
            Revision {
                author: of.map(|m| Arc::clone(&m.author)).unwrap_or_default(),
                date: of.and_then(|m| m.date),
                message: of.map_or("", |m| m.message.lines().next().unwrap_or_default()).into(),
                tags: of.map(|m| m.tags.clone()).unwrap_or_default(),
                entry,
            }
        };
        Ok(entries.into_iter().map(revision).collect())
    }

    async fn metadata(&self, app: &Key, revision: &str) -> Result<wire::RevisionMetadata, Fault> {
        let first = revision.split(',').next().unwrap_or_default();
        let below = format!("/revisions/{}/metadata", segment(first));
        let mut call = self.read("read a commit", app, &below);
        if revision.contains(',') {
            call = call.query("sourceIndex", "0");
        }
        call.json().await
    }

    pub(super) async fn diff(&self, app: &Key, versus: &Versus) -> Result<Vec<ResourceDiff>, Fault> {
        let managed = self.read("compare the application", app, "/managed-resources").timeout(SLOW);
        let managed = async { managed.json::<wire::Managed>().await.map_err(|f| explain(f, Some(app))) };
        let revision = match versus {
            Versus::Desired => return Ok(diff::desired(managed.await?)),
            Versus::History(entry) => &entry.revision,
            Versus::Revision(revision) => revision,
        };
        let manifests = async {
            let mut call = self.read("render the revision", app, "/manifests").timeout(SLOW);
            for (at, one) in revision.split(',').enumerate() {
                if revision.contains(',') {
                    call = call.query("revisions", one).query("sourcePositions", (at + 1).to_string());
                } else {
                    call = call.query("revision", one);
                }
            }
            call.json::<wire::Manifests>().await.map_err(|f| explain(f, Some(app)))
        };
        let (managed, manifests) = futures::try_join!(managed, manifests)?;
        Ok(diff::revision(managed, &manifests.manifests))
    }

    pub(super) async fn tree(&self, app: &Key) -> Result<Vec<TreeNode>, Fault> {
        let tree = async {
            let answer = self.read("read the resource tree", app, "/resource-tree").json().await;
            answer.map_err(|f| explain(f, Some(app)))
        };
        let (tree, roots) = futures::try_join!(tree, self.resources(app))?;
        Ok(map::tree(tree, &roots))
    }

    pub(super) async fn resources(&self, app: &Key) -> Result<Vec<ResourceState>, Fault> {
        let raw = self.raw(app).await?;
        Ok(raw.status.resources.into_iter().map(map::resource_state).collect())
    }

    pub(super) async fn windows(&self, app: &Key) -> Result<Answer, Fault> {
        let answer = self.read("read the sync windows", app, "/syncwindows").json::<wire::Windows>().await;
        let windows = answer.map_err(|f| explain(f, Some(app)))?;
        let active = windows.active_windows.into_iter().map(|w| Window {
            kind: w.kind,
            schedule: w.schedule,
            duration: w.duration,
            manual_sync: w.manual_sync,
        });
        Ok(Answer::Windows { active: active.collect(), can_sync: windows.can_sync })
    }

    pub(super) async fn events(&self, app: &Key) -> Result<Answer, Fault> {
        let answer = self.read("read events", app, "/events").json::<wire::Events>().await;
        let events = answer.map_err(|f| explain(f, Some(app)))?.items;
        let mut events: Vec<_> = events.into_iter().map(|e| self.mapper.event(e)).collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.last));
        Ok(Answer::Events(events))
    }

    /// The whole object, for looking at.
    pub(super) async fn object(&self, app: &Key) -> Result<Value, Fault> {
        let answer = self.read("read the application", app, "").json().await;
        answer.map_err(|f| explain(f, Some(app)))
    }

    pub(super) async fn may(&self, permissions: Vec<Permission>) -> Result<Vec<Verdict>, Fault> {
        stream::iter(permissions)
            .map(|permission| async move {
                let Permission::ArgoCd { resource, action, object } = permission else {
                    return Ok(Verdict::Unknown);
                };
                let path = format!(
                    "/api/v1/account/can-i/{}/{}/{}",
                    segment(&resource),
                    http::path(&action),
                    http::path(&object)
                );
                match self.http.get("ask for rights", path).json::<wire::CanI>().await {
                    Ok(answer) => Ok(if answer.value == "yes" { Verdict::Yes } else { Verdict::No }),
                    // An action that this server does not know.
                    Err(f) if matches!(f.kind, FaultKind::Invalid | FaultKind::NotFound) => {
                        Ok(Verdict::Unknown)
                    }
                    Err(f) => Err(f),
                }
            })
            .buffered(PARALLEL)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .collect()
    }

    /// The server's version, asked for once.
    pub(super) async fn version(&self) -> Result<(u32, u32), Fault> {
        let version = self.version.get_or_try_init(|| async {
            let answer: wire::Version = self.http.get("read the version", "/api/version").json().await?;
            Ok(numbers(&answer.version))
        });
        version.await.copied()
    }
}

/// `v3.2.11+unknown` → (3, 2).
fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let mut next = || parts.next().and_then(|p| p.parse().ok()).unwrap_or(0);
    (next(), next())
}

fn file(config: &ArgoCdConfig) -> PathBuf {
    config.config.clone().unwrap_or_else(local::default_path)
}

/// The context that the configuration names, or the current one.
fn context(config: &ArgoCdConfig) -> &str {
    match &config.token {
        Some(Credential::Argocd(context)) => context,
        _ => "",
    }
}

fn locate(config: &ArgoCdConfig) -> Result<Target, String> {
    let url = match &config.url {
        Some(url) => url.clone(),
        None => LocalConfig::load(&file(config))?.by_context(context(config))?.url,
    };
    http::target(&url, config.ca.as_ref(), Vec::new())
}

fn fetch(config: &ArgoCdConfig) -> Result<Option<Sensitive>, String> {
    match (&config.token, &config.url) {
        (Some(Credential::Argocd(name)), Some(url)) => {
            let login = LocalConfig::load(&file(config))?.by_context(name)?;
            if !local::same_server(&login.url, url) {
                return Err(format!("context `{name}` of argocd is for {}, not for {url}", login.url));
            }
            Ok(login.token)
        }
        (Some(Credential::Argocd(_)) | None, None) => {
            Ok(LocalConfig::load(&file(config))?.by_context(context(config))?.token)
        }
        (Some(credential), _) => credential.fetch().map(Some).map_err(|e| e.to_string()),
        (None, Some(url)) => {
            let file = file(config);
            if !file.exists() {
                return Ok(None);
            }
            Ok(LocalConfig::load(&file)?.by_url(url)?.token)
        }
    }
}

/// Adds what Argo CD's answer means: which right is missing, that a missing application looks like a denial, which
/// refusals go away by themselves.
pub(super) fn explain(mut fault: Fault, app: Option<&Key>) -> Fault {
    let why = fault.why.to_string();
    match fault.kind {
        FaultKind::Refused => {
            if let Some((_, rest)) = why.split_once("permission denied: ") {
                let mut parts = rest.split(", ");
                let right: Vec<_> = parts.by_ref().take(3).collect();
                let subject = parts.next().and_then(|s| s.strip_prefix("sub: "));
                let right = right.join(", ").trim_end_matches(" (403)").to_owned();
                let who = subject.map(|s| format!(" for `{s}`")).unwrap_or_default();
                fault.why = format!("permission denied: {right}").into();
                return fault.hint(format!("Argo CD's RBAC lacks `{right}`{who}"));
            }
            if why.contains("sync window") {
                return fault.hint("wait for the window, or change it in the AppProject");
            }
            if let Some(app) = app
                && why.starts_with("permission denied")
            {
                let hint = format!("there is no application `{}`, or no right to it", app.name);
                return fault.hint(hint);
            }
            fault
        }
        FaultKind::Invalid if why.contains("another operation is already in progress") => {
            fault.kind = FaultKind::Conflict;
            fault.hint("wait for it, or terminate it")
        }
        FaultKind::Invalid if why.contains("auto-sync") => {
            fault.kind = FaultKind::Conflict;
            fault.hint("hold automated sync first")
        }
        FaultKind::Unauthenticated if fault.hint.contains("the token is missing") => {
            fault.hint("run `argocd login`, or set `token` of this Argo CD in the configuration")
        }
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, why: &str) -> Fault {
        Fault::new(kind, "argocd in prod", "start the sync", why)
    }

    #[test]
    fn a_denial_names_the_right() {
        // samples/argocd-more/sync-403.json
        let said = "permission denied: applications, sync, dev/dev-cart, sub: viewer, iat: 2026-11-21T05:58:47Z (403)";
        let f = explain(fault(FaultKind::Refused, said), None);
        assert_eq!(&*f.why, "permission denied: applications, sync, dev/dev-cart");
        assert_eq!(&*f.hint, "Argo CD's RBAC lacks `applications, sync, dev/dev-cart` for `viewer`");
    }

    #[test]
    fn conflicts_are_told_from_mistakes() {
        let f = explain(fault(FaultKind::Invalid, "another operation is already in progress (400)"), None);
        assert_eq!(f.kind, FaultKind::Conflict);
        let said = "rollback cannot be initiated when auto-sync is enabled (400)";
        assert_eq!(explain(fault(FaultKind::Invalid, said), None).kind, FaultKind::Conflict);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(numbers("v3.2.11+unknown"), (3, 2));
        assert_eq!(numbers("v2.14.0-rc1"), (2, 14));
    }
}

//! Argo CD: through its API server, or through its custom resources where only the cluster is reachable.

mod act;
mod client;
mod core;
mod describe;
mod diff;
mod local;
mod map;
mod probe;
mod watch;
mod window;
mod wire;

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};

use super::{Connector, LogSink, Sink};
use crate::{
    config::{ArgoCdConfig, ArgoCdMode, KubernetesConfig},
    model::{
        Answer, Application, Check, Clock, Document, Fault, FaultKind, Key, Kind, LogRequest, Mutation,
        Permission, Query, Receipt, Syntax, System, Verdict,
    },
};
use client::Api;

pub use local::{Context, contexts};

/// A client of one Argo CD.
pub struct ArgoCd {
    system: System,
    clock: Arc<dyn Clock>,
    way: Way,
}

/// How it is reached.
enum Way {
    Api(Box<Api>),
    Core(Box<core::Core>),
}

impl ArgoCd {
    /// A client of `system`; finds and asks nothing yet. `cluster` is the environment's own, for core mode; the
    /// current kubeconfig context when absent.
    pub fn new(
        system: System,
        config: ArgoCdConfig,
        cluster: Option<KubernetesConfig>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let way = match config.mode {
            ArgoCdMode::Api => Way::Api(Box::new(Api::new(&system, config))),
            ArgoCdMode::Core => {
                let cluster = cluster.unwrap_or_default();
                Way::Core(Box::new(core::Core::new(&system, config, cluster, Arc::clone(&clock))))
            }
        };
        Arc::new(Self { system, clock, way })
    }

    async fn application(&self, app: &Key) -> Result<Application, Fault> {
        match &self.way {
            Way::Api(api) => api.application(app).await,
            Way::Core(core) => core.application(app).await,
        }
    }

    async fn answer(&self, query: Query) -> Result<Answer, Fault> {
        let app = target(&query).filter(|k| k.kind == Kind::Application).cloned();
        let Some(app) = app else {
            return Err(unsupported(&self.system, "that question"));
        };
        match (&query, &self.way) {
            (Query::Application(_), _) => Ok(Answer::Application(Box::new(self.application(&app).await?))),
            (Query::Manifest(_), way) => {
                let object = match way {
                    Way::Api(api) => api.object(&app).await?,
                    Way::Core(core) => core.object(&app).await?,
                };
                Ok(Answer::Document(Document { syntax: Syntax::Yaml, text: diff::yaml(&object) }))
            }
            (Query::Describe(_), _) => {
                let text = describe::describe(&self.application(&app).await?);
                Ok(Answer::Document(Document { syntax: Syntax::Describe, text }))
            }
            (_, Way::Api(api)) => self.ask_api(api, &app, query).await,
            (_, Way::Core(core)) => self.ask_core(core, &app, query).await,
        }
    }

    async fn ask_api(&self, api: &Api, app: &Key, query: Query) -> Result<Answer, Fault> {
        Ok(match query {
            Query::History(_) => Answer::History(api.history(app).await?),
            Query::Diff { versus, .. } => Answer::Diff(api.diff(app, &versus).await?),
            Query::Tree(_) => Answer::Tree(api.tree(app).await?),
            Query::Resources(_) => Answer::Resources(api.resources(app).await?),
            Query::Windows(_) => api.windows(app).await?,
            Query::Events(_) => api.events(app).await?,
            _ => return Err(unsupported(&self.system, "that question")),
        })
    }

    async fn ask_core(&self, core: &core::Core, app: &Key, query: Query) -> Result<Answer, Fault> {
        match query {
            Query::History(_) => core.history(app).await,
            Query::Diff { .. } => Err(core.diff()),
            Query::Tree(_) => core.tree(app).await,
            Query::Resources(_) => core.resources(app).await,
            Query::Windows(_) => core.windows(app).await,
            Query::Events(_) => core.events(app).await,
            _ => Err(unsupported(&self.system, "that question")),
        }
    }
}

/// The entity that a question is about.
fn target(query: &Query) -> Option<&Key> {
    match query {
        Query::Manifest(k)
        | Query::SecretEntry { key: k, .. }
        | Query::Describe(k)
        | Query::Events(k)
        | Query::Application(k)
        | Query::History(k)
        | Query::Diff { app: k, .. }
        | Query::Tree(k)
        | Query::Resources(k)
        | Query::Windows(k)
        | Query::Certificate(k)
        | Query::Object(k)
        | Query::Rollouts(k)
        | Query::Autoscalers(k)
        | Query::Drain(k)
        | Query::VaultItem(k)
        | Query::SameVersions { key: k, .. }
        | Query::Silence(k) => Some(k),
        Query::Range { .. } | Query::ApiResources | Query::Alerts(_) => None,
    }
}

fn unsupported(system: &System, what: &str) -> Fault {
    Fault::new(FaultKind::Unsupported, system.to_string(), what, "Argo CD has no answer to that")
}

impl Connector for ArgoCd {
    fn system(&self) -> &System {
        &self.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Application]
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        async move {
            match &self.way {
                Way::Api(api) => api.watch(&sink).await,
                Way::Core(core) => core.watch(&sink).await,
            }
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        self.answer(query).boxed()
    }

    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        match &self.way {
            Way::Api(api) => api.may(permissions).boxed(),
            Way::Core(core) => core.may(permissions).boxed(),
        }
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        match &self.way {
            Way::Api(api) => api.perform(mutation).boxed(),
            Way::Core(core) => core.perform(mutation).boxed(),
        }
    }

    fn logs(&self, _request: LogRequest, _sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        let fault = Fault::new(
            FaultKind::Unsupported,
            self.system.to_string(),
            "read logs",
            "logs are read from the cluster or from Loki",
        );
        async { Err(fault) }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        match &self.way {
            Way::Api(api) => probe::probe(api, &self.clock).boxed(),
            Way::Core(core) => probe::core(core).boxed(),
        }
    }
}

//! Vault and OpenBao: seal and HA state, mounts, leases, static roles, metadata of secrets, certificates, own token.
//!
//! Never shows a secret: no `creds/` (reading one creates a lease), no `static-creds/`. `data/` is read only to write an
//! older version anew or to compare two, and what is read goes no further.

mod act;
mod client;
mod item;
mod lease;
mod list;
mod map;
mod probe;
mod wire;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};

use super::{Connector, LogSink, Sink, poll::poll};
use crate::{
    config::VaultConfig,
    model::{
        Answer, Check, Clock, Fault, FaultKind, Kind, LogRequest, Mutation, Permission, Query, Receipt,
        System, Verdict,
    },
};
use client::Api;

/// How often leases are looked at: their time to live is what the screen counts down.
const LEASES: Duration = Duration::from_secs(15);
/// How often the server's own state is looked at.
const STATE: Duration = Duration::from_secs(15);
/// How often what changes seldom is looked at.
const SELDOM: Duration = Duration::from_secs(60);

/// A client of one Vault or OpenBao.
pub struct Vault {
    system: System,
    clock: Arc<dyn Clock>,
    api: Api,
}

impl Vault {
    /// A client of `system`; asks nothing yet.
    pub fn new(system: System, config: VaultConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { api: Api::new(&system, config, Arc::clone(&clock)), system, clock })
    }
}

impl Connector for Vault {
    fn system(&self) -> &System {
        &self.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &[
            Kind::Vault,
            Kind::Mount,
            Kind::Lease,
            Kind::StaticRole,
            Kind::Secret,
            Kind::Certificate,
            Kind::Token,
        ]
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        async move {
            let api = &self.api;
            futures::join!(
                poll(&sink, Kind::Vault, STATE, || api.state().boxed()),
                poll(&sink, Kind::Mount, SELDOM / 2, || api.list_mounts().boxed()),
                poll(&sink, Kind::Lease, LEASES, || api.leases().boxed()),
                poll(&sink, Kind::StaticRole, SELDOM / 2, || api.static_roles().boxed()),
                poll(&sink, Kind::Secret, SELDOM, || api.secrets().boxed()),
                poll(&sink, Kind::Certificate, SELDOM, || api.certificates().boxed()),
                poll(&sink, Kind::Token, SELDOM / 2, || api.token().boxed()),
            );
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        self.api.answer(query).boxed()
    }

    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        self.api.may(permissions).boxed()
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move {
            match mutation {
                Mutation::Vault(change) => self.api.perform(&change).await,
                other => {
                    let (system, what) = (self.system.to_string(), other.to_string());
                    Err(Fault::new(FaultKind::Unsupported, system, what, "Vault cannot do that"))
                }
            }
        }
        .boxed()
    }

    fn logs(&self, _request: LogRequest, _sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        let system = self.system.to_string();
        let fault = Fault::new(FaultKind::Unsupported, system, "read logs", "Vault serves no logs");
        async { Err(fault) }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        probe::probe(&self.api, &self.clock).boxed()
    }
}

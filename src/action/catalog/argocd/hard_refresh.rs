//! `hard-refresh`: has Argo CD compare again without its manifest cache.

use futures::{FutureExt, future::BoxFuture};

use super::refresh;
use crate::{
    action::{
        context::Context,
        plan::{Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind},
};

/// Have Argo CD render and compare again without its manifest cache.
pub struct HardRefresh;

impl Verb for HardRefresh {
    fn name(&self) -> &'static str {
        "hard-refresh"
    }

    fn title(&self) -> &'static str {
        "HARD REFRESH"
    }

    fn summary(&self) -> &'static str {
        "Have Argo CD render and compare again without its manifest cache"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        refresh::plan(ctx, request, true).boxed()
    }
}

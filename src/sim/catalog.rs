//! What the demo runs: applications, their history in git, the programs in their images.

mod apps;
mod argo;
mod history;
mod manifests;
mod nodes;
mod programs;
mod seed;

pub use self::{
    apps::{APPS, App, Kind, Material, Work},
    history::{AUTHORS, Edit, edit},
    programs::{
        DATABASES, Database, FLAWS, Flaw, PROGRAMS, Program, REGISTRY, Style, can_be_pulled, database, flaw,
        program, split,
    },
    seed::{age, late_changes, plant},
};

/// The namespace of Argo CD.
pub const ARGOCD: &str = "argocd";

/// Where the manifests of an application are in the repository.
pub fn path(env: &str, app: &str) -> String {
    format!("envs/{env}/{app}")
}

/// The application of that name.
pub fn app(name: &str) -> Option<&'static App> {
    APPS.iter().find(|app| app.name == name)
}

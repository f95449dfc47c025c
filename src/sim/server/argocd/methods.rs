//! The methods of the API, each once: what REST and gRPC-web call.

use futures::future::BoxFuture;
use serde_json::Value;

use super::{
    api::{Answer, Ctx, Events, Refusal},
    applications, logs, operations, platform, resources, session,
};

/// How a method is called.
pub(super) enum Call {
    /// It answers at once.
    Plain(fn(&Ctx, &Value) -> Answer),
    /// It may wait for the controller.
    Waiting(fn(Ctx, Value) -> BoxFuture<'static, Answer>),
    /// It sends answers until one side stops.
    Stream(fn(Ctx, Value) -> Result<Events, Refusal>),
}

/// One method.
pub(super) struct Method {
    /// `package.Service/Name`, as gRPC's paths have it.
    pub(super) path: &'static str,
    /// The message that it takes.
    pub(super) request: &'static str,
    /// The message that it answers with.
    pub(super) response: &'static str,
    /// Whether it may be called without a token.
    pub(super) open: bool,
    pub(super) call: Call,
}

/// The method of that path.
pub(super) fn find(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

const fn row(path: &'static str, request: &'static str, response: &'static str, call: Call) -> Method {
    Method { path, request, response, open: false, call }
}

const fn open(mut method: Method) -> Method {
    method.open = true;
    method
}

use Call::{Plain, Stream, Waiting};

/// Every method.
static METHODS: &[Method] = &[
    open(row("version.VersionService/Version", "Empty", "VersionMessage", Plain(platform::version))),
    open(row("cluster.SettingsService/Get", "Empty", "Settings", Plain(platform::settings))),
    open(row(
        "session.SessionService/Create",
        "SessionCreateRequest",
        "SessionResponse",
        Plain(session::create),
    )),
    open(row("session.SessionService/Delete", "Empty", "SessionResponse", Plain(session::delete))),
    open(row(
        "session.SessionService/GetUserInfo",
        "Empty",
        "GetUserInfoResponse",
        Plain(session::user_info),
    )),
    row("account.AccountService/CanI", "CanIRequest", "CanIResponse", Plain(platform::can_i)),
    row("account.AccountService/ListAccounts", "Empty", "AccountsList", Plain(platform::accounts)),
    row("account.AccountService/GetAccount", "GetAccountRequest", "Account", Plain(platform::account)),
    row(
        "application.ApplicationService/List",
        "ApplicationQuery",
        "ApplicationList",
        Plain(applications::all),
    ),
    row("application.ApplicationService/Get", "ApplicationQuery", "Application", Waiting(applications::get)),
    row(
        "application.ApplicationService/Watch",
        "ApplicationQuery",
        "ApplicationWatchEvent",
        Stream(applications::watch),
    ),
    row(
        "application.ApplicationService/Create",
        "ApplicationCreateRequest",
        "Application",
        Plain(applications::create),
    ),
    row(
        "application.ApplicationService/Update",
        "ApplicationUpdateRequest",
        "Application",
        Plain(applications::update),
    ),
    row(
        "application.ApplicationService/UpdateSpec",
        "ApplicationUpdateSpecRequest",
        "ApplicationSpec",
        Plain(applications::update_spec),
    ),
    row(
        "application.ApplicationService/Patch",
        "ApplicationPatchRequest",
        "Application",
        Plain(applications::patch),
    ),
    row(
        "application.ApplicationService/Delete",
        "ApplicationDeleteRequest",
        "ApplicationResponse",
        Plain(applications::delete),
    ),
    row(
        "application.ApplicationService/Sync",
        "ApplicationSyncRequest",
        "Application",
        Plain(operations::sync),
    ),
    row(
        "application.ApplicationService/Rollback",
        "ApplicationRollbackRequest",
        "Application",
        Plain(operations::rollback),
    ),
    row(
        "application.ApplicationService/TerminateOperation",
        "OperationTerminateRequest",
        "OperationTerminateResponse",
        Plain(operations::terminate),
    ),
    row(
        "application.ApplicationService/GetApplicationSyncWindows",
        "ApplicationSyncWindowsQuery",
        "ApplicationSyncWindowsResponse",
        Plain(operations::sync_windows),
    ),
    row(
        "application.ApplicationService/ResourceTree",
        "ResourcesQuery",
        "ApplicationTree",
        Plain(resources::tree),
    ),
    row(
        "application.ApplicationService/WatchResourceTree",
        "ResourcesQuery",
        "ApplicationTree",
        Stream(resources::watch_tree),
    ),
    row(
        "application.ApplicationService/ManagedResources",
        "ResourcesQuery",
        "ManagedResourcesResponse",
        Plain(resources::managed),
    ),
    row(
        "application.ApplicationService/ServerSideDiff",
        "ApplicationServerSideDiffQuery",
        "ApplicationServerSideDiffResponse",
        Plain(resources::server_side_diff),
    ),
    row(
        "application.ApplicationService/GetManifests",
        "ApplicationManifestQuery",
        "ManifestResponse",
        Plain(resources::manifests),
    ),
    row(
        "application.ApplicationService/RevisionMetadata",
        "RevisionMetadataQuery",
        "RevisionMetadata",
        Plain(resources::revision),
    ),
    row(
        "application.ApplicationService/ListResourceEvents",
        "ApplicationResourceEventsQuery",
        "EventList",
        Plain(resources::events),
    ),
    row(
        "application.ApplicationService/ListLinks",
        "ListAppLinksRequest",
        "LinksResponse",
        Plain(resources::links),
    ),
    row(
        "application.ApplicationService/ListResourceLinks",
        "ApplicationResourceRequest",
        "LinksResponse",
        Plain(resources::links),
    ),
    row(
        "application.ApplicationService/GetResource",
        "ApplicationResourceRequest",
        "ApplicationResourceResponse",
        Plain(resources::resource),
    ),
    row(
        "application.ApplicationService/PatchResource",
        "ApplicationResourcePatchRequest",
        "ApplicationResourceResponse",
        Plain(resources::patch_resource),
    ),
    row(
        "application.ApplicationService/DeleteResource",
        "ApplicationResourceDeleteRequest",
        "ApplicationResponse",
        Plain(resources::delete_resource),
    ),
    row(
        "application.ApplicationService/ListResourceActions",
        "ApplicationResourceRequest",
        "ResourceActionsListResponse",
        Plain(resources::actions),
    ),
    row(
        "application.ApplicationService/RunResourceAction",
        "ResourceActionRunRequest",
        "ApplicationResponse",
        Plain(resources::run_action),
    ),
    row(
        "application.ApplicationService/RunResourceActionV2",
        "ResourceActionRunRequestV2",
        "ApplicationResponse",
        Plain(resources::run_action),
    ),
    row(
        "application.ApplicationService/PodLogs",
        "ApplicationPodLogsQuery",
        "LogEntry",
        Stream(logs::pod_logs),
    ),
    row("project.ProjectService/List", "ProjectQuery", "AppProjectList", Plain(platform::projects)),
    row("project.ProjectService/Get", "ProjectQuery", "AppProject", Plain(platform::project)),
    row(
        "project.ProjectService/GetDetailedProject",
        "ProjectQuery",
        "DetailedProjectsResponse",
        Plain(platform::detailed_project),
    ),
    row(
        "project.ProjectService/GetGlobalProjects",
        "ProjectQuery",
        "GlobalProjectsResponse",
        Plain(platform::global_projects),
    ),
    row(
        "project.ProjectService/GetSyncWindowsState",
        "ProjectQuery",
        "SyncWindowsResponse",
        Plain(platform::project_windows),
    ),
    row("project.ProjectService/ListEvents", "ProjectQuery", "EventList", Plain(platform::project_events)),
    row("cluster.ClusterService/List", "ClusterQuery", "ClusterList", Plain(platform::clusters)),
    row("cluster.ClusterService/Get", "ClusterQuery", "Cluster", Plain(platform::cluster)),
    row("repository.RepositoryService/List", "RepoQuery", "RepositoryList", Plain(platform::repositories)),
    row(
        "repository.RepositoryService/ListRepositories",
        "RepoQuery",
        "RepositoryList",
        Plain(platform::repositories),
    ),
    row("repository.RepositoryService/Get", "RepoQuery", "Repository", Plain(platform::repository)),
    row(
        "applicationset.ApplicationSetService/List",
        "ApplicationSetListQuery",
        "ApplicationSetList",
        Plain(platform::application_sets),
    ),
    row(
        "applicationset.ApplicationSetService/Get",
        "ApplicationSetGetQuery",
        "ApplicationSet",
        Plain(platform::application_set),
    ),
];

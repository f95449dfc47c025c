//! The protocol-buffer messages of the API that the `argocd` command uses, as data: JSON name, tag and type.
//!
//! Names and tags are those of Argo CD 3.2's `.proto` files and of Kubernetes' `generated.proto`. A line is a
//! message: `Name: field=tag:type …`. Types: `s` string, `b` bool, `i` integer, `t` and `u` a time (seconds and
//! microseconds in JSON), `m` a map of strings, else a message. A suffix `*` means repeated, `?` that a zero counts
//! (a pointer in Go), `!` that the field is required, `^` that the message's fields stand in JSON beside the others.

use std::{collections::HashMap, sync::LazyLock};

/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A time in whole seconds.
    Time,
    /// A time in microseconds.
    MicroTime,
    /// A map from text to text.
    Map,
    /// A message of that name.
    Message(&'static str),
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) tag: u32,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
    pub(super) keeps_zero: bool,
    pub(super) required: bool,
    pub(super) inlined: bool,
}

/// The fields of a message; none for an unknown one, as for an empty one.
pub(super) fn fields(message: &str) -> &'static [Field] {
    TABLE.get(message).map_or(&[], Vec::as_slice)
}

static TABLE: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let lines = MESSAGES.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, rest) = line.split_once(':').expect("every line of the table names its message");
            (name.trim(), rest.split_whitespace().map(field).collect())
        })
        .collect()
});

fn field(text: &'static str) -> Field {
    let (name, rest) = text.split_once('=').expect("every field of the table has a tag");
    let (tag, kind) = rest.split_once(':').expect("every field of the table has a type");
    let flag = |flag: char| kind.ends_with(flag);
    let tag = tag.parse().expect("every tag of the table is a number");
    let bare = kind.trim_end_matches(['*', '?', '!', '^']);
    let kind_of = match bare {
        "s" => Kind::Text,
        "b" => Kind::Bool,
        "i" => Kind::Int,
        "t" => Kind::Time,
        "u" => Kind::MicroTime,
        "m" => Kind::Map,
        message => Kind::Message(message),
    };
    let (required, keeps_zero) = (flag('!'), flag('?') || flag('!'));
    Field { name, tag, kind: kind_of, repeated: flag('*'), keeps_zero, required, inlined: flag('^') }
}

const MESSAGES: &str = "
ObjectMeta: name=1:s generateName=2:s namespace=3:s selfLink=4:s uid=5:s resourceVersion=6:s generation=7:i creationTimestamp=8:t deletionTimestamp=9:t deletionGracePeriodSeconds=10:i? labels=11:m annotations=12:m ownerReferences=13:OwnerReference* finalizers=14:s*
OwnerReference: kind=1:s name=3:s uid=4:s apiVersion=5:s controller=6:b? blockOwnerDeletion=7:b?
ListMeta: selfLink=1:s resourceVersion=2:s continue=3:s remainingItemCount=4:i?
GroupKind: group=1:s kind=2:s
ObjectReference: kind=1:s namespace=2:s name=3:s uid=4:s apiVersion=5:s resourceVersion=6:s fieldPath=7:s
EventSource: component=1:s host=2:s
Event: metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3:s message=4:s source=5:EventSource firstTimestamp=6:t lastTimestamp=7:t count=8:i type=9:s eventTime=10:u action=12:s reportingComponent=14:s reportingInstance=15:s
EventList: metadata=1:ListMeta items=2:Event*
NodeSystemInfo: machineID=1:s systemUUID=2:s bootID=3:s kernelVersion=4:s osImage=5:s containerRuntimeVersion=6:s kubeletVersion=7:s kubeProxyVersion=8:s operatingSystem=9:s architecture=10:s
Application: metadata=1:ObjectMeta spec=2:ApplicationSpec status=3:ApplicationStatus operation=4:Operation
ApplicationList: metadata=1:ListMeta items=2:Application*
ApplicationWatchEvent: type=1:s application=2:Application
ApplicationSpec: source=1:ApplicationSource destination=2:ApplicationDestination project=3:s syncPolicy=4:SyncPolicy ignoreDifferences=5:ResourceIgnoreDifferences* info=6:Info* revisionHistoryLimit=7:i? sources=8:ApplicationSource*
ApplicationSource: repoURL=1:s path=2:s targetRevision=4:s helm=7:ApplicationSourceHelm kustomize=8:ApplicationSourceKustomize directory=10:ApplicationSourceDirectory chart=12:s ref=13:s name=14:s
ApplicationSourceHelm: valueFiles=1:s* parameters=2:HelmParameter* releaseName=3:s values=4:s version=6:s
HelmParameter: name=1:s value=2:s forceString=3:b
ApplicationSourceKustomize: namePrefix=1:s nameSuffix=2:s images=3:s* commonLabels=4:m version=5:s commonAnnotations=6:m namespace=9:s
ApplicationSourceDirectory: recurse=1:b exclude=3:s include=4:s
ApplicationDestination: server=1:s namespace=2:s name=3:s
SyncPolicy: automated=1:SyncPolicyAutomated syncOptions=2:s* retry=3:RetryStrategy managedNamespaceMetadata=4:ManagedNamespaceMetadata
SyncPolicyAutomated: prune=1:b selfHeal=2:b allowEmpty=3:b enabled=4:b?
ManagedNamespaceMetadata: labels=1:m annotations=2:m
RetryStrategy: limit=1:i backoff=2:Backoff refresh=3:b
Backoff: duration=1:s factor=2:i? maxDuration=3:s
ResourceIgnoreDifferences: group=1:s kind=2:s name=3:s namespace=4:s jsonPointers=5:s* jqPathExpressions=6:s* managedFieldsManagers=7:s*
Info: name=1:s value=2:s
ApplicationStatus: resources=1:ResourceStatus* sync=2:SyncStatus health=3:AppHealthStatus history=4:RevisionHistory* conditions=5:ApplicationCondition* reconciledAt=6:t operationState=7:OperationState observedAt=8:t sourceType=9:s summary=10:ApplicationSummary resourceHealthSource=11:s sourceTypes=12:s* controllerNamespace=13:s
ResourceStatus: group=1:s version=2:s kind=3:s namespace=4:s name=5:s status=6:s health=7:HealthStatus hook=8:b requiresPruning=9:b syncWave=10:i requiresDeletionConfirmation=11:b
HealthStatus: status=1:s message=2:s lastTransitionTime=3:t
AppHealthStatus: status=1:s message=2:s lastTransitionTime=3:t
SyncStatus: status=1:s comparedTo=2:ComparedTo revision=3:s revisions=4:s*
ComparedTo: source=1:ApplicationSource destination=2:ApplicationDestination sources=3:ApplicationSource* ignoreDifferences=4:ResourceIgnoreDifferences*
RevisionHistory: revision=2:s deployedAt=4:t id=5:i? source=6:ApplicationSource deployStartedAt=7:t sources=8:ApplicationSource* revisions=9:s* initiatedBy=10:OperationInitiator
ApplicationCondition: type=1:s message=2:s lastTransitionTime=3:t
ApplicationSummary: externalURLs=1:s* images=2:s*
Operation: sync=1:SyncOperation initiatedBy=2:OperationInitiator info=3:Info* retry=4:RetryStrategy
OperationInitiator: username=1:s automated=2:b
OperationState: operation=1:Operation phase=2:s message=3:s syncResult=4:SyncOperationResult startedAt=6:t finishedAt=7:t retryCount=8:i
SyncOperation: revision=1:s prune=2:b dryRun=3:b syncStrategy=4:SyncStrategy resources=6:SyncOperationResource* source=7:ApplicationSource manifests=8:s* syncOptions=9:s* sources=10:ApplicationSource* revisions=11:s* autoHealAttemptsCount=12:i
SyncOperationResource: group=1:s kind=2:s name=3:s namespace=4:s
SyncOperationResult: resources=1:ResourceResult* revision=2:s source=3:ApplicationSource sources=4:ApplicationSource* revisions=5:s*
ResourceResult: group=1:s version=2:s kind=3:s namespace=4:s name=5:s status=6:s message=7:s hookType=8:s hookPhase=9:s syncPhase=10:s images=11:s*
SyncStrategy: apply=1:SyncStrategyApply hook=2:SyncStrategyHook
SyncStrategyApply: force=1:b
SyncStrategyHook: syncStrategyApply=1:SyncStrategyApply^
ApplicationTree: nodes=1:ResourceNode* orphanedNodes=2:ResourceNode* hosts=3:HostInfo* shardsCount=4:i
ResourceNode: resourceRef=1:ResourceRef^ parentRefs=2:ResourceRef* info=3:Info* networkingInfo=4:ResourceNetworkingInfo resourceVersion=5:s images=6:s* health=7:HealthStatus createdAt=8:t
ResourceRef: group=1:s version=2:s kind=3:s namespace=4:s name=5:s uid=6:s
ResourceNetworkingInfo: targetLabels=1:m targetRefs=2:ResourceRef* labels=3:m externalURLs=5:s*
HostInfo: name=1:s resourcesInfo=2:HostResourceInfo* systemInfo=3:NodeSystemInfo labels=4:m
HostResourceInfo: resourceName=1:s requestedByApp=2:i requestedByNeighbors=3:i capacity=4:i
ResourceDiff: group=1:s kind=2:s namespace=3:s name=4:s targetState=5:s liveState=6:s diff=7:s hook=8:b normalizedLiveState=9:s predictedLiveState=10:s resourceVersion=11:s modified=12:b
RevisionMetadata: author=1:s date=2:t tags=3:s* message=4:s signatureInfo=5:s
ResourceAction: name=1:s params=2:ResourceActionParam* disabled=3:b iconClass=4:s displayName=5:s
ResourceActionParam: name=1:s
AppProject: metadata=1:ObjectMeta spec=2:AppProjectSpec
AppProjectList: metadata=1:ListMeta items=2:AppProject*
AppProjectSpec: sourceRepos=1:s* destinations=2:ApplicationDestination* description=3:s roles=4:ProjectRole* clusterResourceWhitelist=5:GroupKind* namespaceResourceBlacklist=6:GroupKind* orphanedResources=7:OrphanedResources syncWindows=8:SyncWindow* namespaceResourceWhitelist=9:GroupKind* clusterResourceBlacklist=11:GroupKind* sourceNamespaces=12:s*
OrphanedResources: warn=1:b?
ProjectRole: name=1:s description=2:s policies=3:s* jwtTokens=4:JWTToken* groups=5:s*
JWTToken: iat=1:i exp=2:i id=3:s
SyncWindow: kind=1:s schedule=2:s duration=3:s applications=4:s* namespaces=5:s* clusters=6:s* manualSync=7:b timeZone=8:s andOperator=9:b description=10:s
Cluster: server=1:s name=2:s config=3:ClusterConfig connectionState=4:ConnectionState serverVersion=5:s namespaces=6:s* info=8:ClusterInfo project=11:s labels=12:m annotations=13:m
ClusterList: metadata=1:ListMeta items=2:Cluster*
ClusterConfig: tlsClientConfig=4:TLSClientConfig
TLSClientConfig: insecure=1:b serverName=2:s
ConnectionState: status=1:s message=2:s attemptedAt=3:t
ClusterInfo: connectionState=1:ConnectionState serverVersion=2:s cacheInfo=3:ClusterCacheInfo applicationsCount=4:i apiVersions=5:s*
ClusterCacheInfo: resourcesCount=1:i apisCount=2:i lastCacheSyncTime=3:t
Repository: repo=1:s username=2:s connectionState=5:ConnectionState insecure=7:b enableLfs=8:b type=11:s name=12:s inheritedCreds=13:b project=20:s
RepositoryList: metadata=1:ListMeta items=2:Repository*
ApplicationQuery: name=1:s refresh=2:s projects=3:s* resourceVersion=4:s selector=5:s repo=6:s appNamespace=7:s project=8:s*
RevisionMetadataQuery: name=1:s! revision=2:s! appNamespace=3:s project=4:s sourceIndex=5:i versionId=6:i
ApplicationResourceEventsQuery: name=1:s! resourceNamespace=2:s resourceName=3:s resourceUID=4:s appNamespace=5:s project=6:s
ApplicationManifestQuery: name=1:s! revision=2:s appNamespace=3:s project=4:s sourcePositions=5:i* revisions=6:s* noCache=7:b
ApplicationResponse:
ApplicationCreateRequest: application=1:Application upsert=2:b validate=3:b?
ApplicationUpdateRequest: application=1:Application validate=2:b? project=3:s
ApplicationDeleteRequest: name=1:s! cascade=2:b? propagationPolicy=3:s appNamespace=4:s project=5:s
SyncOptions: items=1:s*
ApplicationSyncRequest: name=1:s! revision=2:s dryRun=3:b prune=4:b strategy=5:SyncStrategy resources=7:SyncOperationResource* manifests=8:s* infos=9:Info* retryStrategy=10:RetryStrategy syncOptions=11:SyncOptions appNamespace=12:s project=13:s sourcePositions=14:i* revisions=15:s*
ApplicationUpdateSpecRequest: name=1:s! spec=2:ApplicationSpec validate=3:b? appNamespace=4:s project=5:s
ApplicationPatchRequest: name=1:s! patch=2:s! patchType=3:s appNamespace=5:s project=6:s
ApplicationRollbackRequest: name=1:s! id=2:i! dryRun=3:b prune=4:b appNamespace=6:s project=7:s
ApplicationResourceRequest: name=1:s! namespace=2:s resourceName=3:s version=4:s group=5:s kind=6:s appNamespace=7:s project=8:s
ApplicationResourcePatchRequest: name=1:s! namespace=2:s resourceName=3:s version=4:s group=5:s kind=6:s patch=7:s patchType=8:s appNamespace=9:s project=10:s
ApplicationResourceDeleteRequest: name=1:s! namespace=2:s resourceName=3:s version=4:s group=5:s kind=6:s force=7:b orphan=8:b appNamespace=9:s project=10:s
ResourceActionParameters: name=1:s value=2:s
ResourceActionRunRequest: name=1:s! namespace=2:s resourceName=3:s version=4:s group=5:s kind=6:s action=7:s appNamespace=8:s project=9:s
ResourceActionRunRequestV2: name=1:s! namespace=2:s resourceName=3:s version=4:s group=5:s kind=6:s action=7:s appNamespace=8:s project=9:s resourceActionParameters=10:ResourceActionParameters*
ResourceActionsListResponse: actions=1:ResourceAction*
ApplicationResourceResponse: manifest=1:s!
ApplicationPodLogsQuery: name=1:s! namespace=2:s podName=3:s container=4:s sinceSeconds=5:i sinceTime=6:t tailLines=7:i follow=8:b untilTime=9:s filter=10:s kind=11:s group=12:s resourceName=13:s previous=14:b appNamespace=15:s project=16:s matchCase=17:b
LogEntry: content=1:s! timeStamp=2:t last=3:b! timeStampStr=4:s! podName=5:s!
OperationTerminateRequest: name=1:s! appNamespace=2:s project=3:s
OperationTerminateResponse:
ApplicationSyncWindowsQuery: name=1:s! appNamespace=2:s project=3:s
ApplicationSyncWindowsResponse: activeWindows=1:ApplicationSyncWindow* assignedWindows=2:ApplicationSyncWindow* canSync=3:b!
ApplicationSyncWindow: kind=1:s! schedule=2:s! duration=3:s! manualSync=4:b!
ResourcesQuery: applicationName=1:s! namespace=2:s name=3:s version=4:s group=5:s kind=6:s appNamespace=7:s project=8:s
ManagedResourcesResponse: items=1:ResourceDiff*
ApplicationServerSideDiffQuery: appName=1:s! appNamespace=2:s project=3:s liveResources=4:ResourceDiff* targetManifests=5:s*
ApplicationServerSideDiffResponse: items=1:ResourceDiff* modified=2:b!
LinkInfo: title=1:s! url=2:s! description=3:s iconClass=4:s
LinksResponse: items=1:LinkInfo*
ListAppLinksRequest: name=1:s! namespace=3:s project=4:s
ManifestResponse: manifests=1:s* namespace=2:s server=3:s revision=4:s sourceType=6:s verifyResult=7:s commands=8:s*
Empty:
VersionMessage: Version=1:s BuildDate=2:s GitCommit=3:s GitTag=4:s GitTreeState=5:s GoVersion=6:s Compiler=7:s Platform=8:s KustomizeVersion=10:s HelmVersion=11:s KubectlVersion=12:s JsonnetVersion=13:s
SessionCreateRequest: username=1:s password=2:s token=3:s
SessionResponse: token=1:s
GetUserInfoResponse: loggedIn=1:b username=2:s iss=3:s groups=4:s*
Settings: url=1:s appLabelKey=4:s statusBadgeEnabled=6:b googleAnalytics=7:GoogleAnalytics help=9:Empty passwordPattern=17:s trackingMethod=18:s execEnabled=22:b controllerNamespace=23:s
GoogleAnalytics: trackingID=1:s anonymizeUsers=2:b
CanIRequest: resource=1:s action=2:s subresource=3:s
CanIResponse: value=1:s
GetAccountRequest: name=1:s
Account: name=1:s enabled=2:b capabilities=3:s*
AccountsList: items=1:Account*
ProjectQuery: name=1:s
DetailedProjectsResponse: globalProjects=1:AppProject* project=2:AppProject repositories=3:Repository* clusters=4:Cluster*
SyncWindowsResponse: windows=1:SyncWindow*
GlobalProjectsResponse: items=1:AppProject*
ClusterID: type=1:s value=2:s
ClusterQuery: server=1:s name=2:s id=3:ClusterID
RepoQuery: repo=1:s forceRefresh=2:b appProject=3:s
ApplicationSetListQuery: projects=1:s* selector=2:s appsetNamespace=3:s
ApplicationSetGetQuery: name=1:s appsetNamespace=2:s
ApplicationSet: metadata=1:ObjectMeta spec=2:ApplicationSetSpec
ApplicationSetSpec: goTemplate=1:b template=3:ApplicationSetTemplate
ApplicationSetTemplate: metadata=1:ApplicationSetTemplateMeta spec=2:ApplicationSpec
ApplicationSetTemplateMeta: name=1:s namespace=2:s labels=3:m annotations=4:m finalizers=5:s*
ApplicationSetList: metadata=1:ListMeta items=2:ApplicationSet*
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_that_a_field_names_is_there_and_no_tag_comes_twice() {
        for (name, fields) in TABLE.iter() {
            for (at, field) in fields.iter().enumerate() {
                if let Kind::Message(message) = field.kind {
                    assert!(
                        TABLE.contains_key(message),
                        "{name}.{} is of unknown type {message}",
                        field.name
                    );
                }
                assert!(
                    fields[..at].iter().all(|other| other.tag != field.tag),
                    "{name} has tag {} twice",
                    field.tag
                );
            }
        }
    }
}

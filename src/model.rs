//! Plain types that every layer shares; no I/O.
//!
//! Records are what connectors report and the store keeps: compact, with shared strings, never whole API
//! objects. Queries, permissions and mutations are what may be asked of a system; a [`Fault`] is how it fails.

mod alert;
mod change;
mod cron;
mod delivery;
mod fault;
mod id;
mod logs;
mod matching;
mod mutation;
mod object;
mod path;
mod policy;
mod query;
mod record;
mod resources;
mod right;
mod secret;
mod sensitive;
mod severity;
mod state;
pub mod text;
mod time;
mod vault;
mod workload;

pub use alert::{Alert, AlertState, Matcher, Silence, SilenceState};
pub use change::{Change, ChangeKind};
pub use cron::Cron;
pub use delivery::{
    AppHealth, Application, AutoSync, Condition, HistoryEntry, Hold, Operation, OperationPhase, Owner,
    ResourceRef, ResourceState, SyncStatus, Window,
};
pub use fault::{Fault, FaultKind};
pub use id::{Environment, Interner, Key, Kind, Source, Str, System, SystemKind, Tier};
pub use logs::{Level, LogLine, LogRequest, LogTarget};
pub use matching::Matching;
pub use mutation::{
    ACTION, Edit, Mutation, ObjectChange, Propagation, Receipt, SilenceChange, SilenceEdit, VaultChange,
    VaultEdit,
};
pub use object::{API_RESOURCES, ApiResource, Cell, Object, ObjectName, TableColumn, TableHead, standing};
pub use path::{JsonPath, jq_step};
pub use policy::{Act, Confirm, Freeze, Glass, Hours, Pattern, Policy, Rule, Says};
pub use query::{Answer, Document, Query, ResourceDiff, Revision, Series, Syntax, TreeNode, Versus};
pub use record::Record;
pub use resources::{Resources, Share};
pub use right::{Check, CheckState, Permission, Verdict};
pub use secret::{Certificate, Lease, Mount, RotatedCredential, SecretVersion, TokenState, VaultState};
pub use sensitive::{MASK, Sensitive, masked};
pub use severity::Severity;
pub use state::{NodePod, ObjectState, Replicas, Rollout};
pub use time::{Clock, SystemClock, Time, parse_duration};
pub use vault::{HeldToken, KvSecret, KvVersion, VaultItem};
pub use workload::{ClusterEvent, Namespace, Node, Pod, PodState, Workload};

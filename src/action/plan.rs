//! A plan: what will be done, to what exactly, what stands in the way, and how it is undone.

use std::{collections::BTreeMap, time::Duration};

use super::sign::Sign;
use crate::model::{Environment, Fault, Key, Mutation, Permission, Str, System, Time, Verdict};

/// Names one action from plan to outcome; also put into the systems, so that it can be found there.
pub type ActionId = uuid::Uuid;

/// What someone asked for: a verb, a target, parameters by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The verb's name: `sync`, `rollback`, …
    pub verb: &'static str,
    /// What it is done to.
    pub target: Key,
    /// Parameters by name, as given on screen or on the command line.
    pub params: BTreeMap<&'static str, String>,
}

/// What will be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id.
    pub id: ActionId,
    /// What was asked.
    pub request: Request,
    /// What the target is called by people.
    pub name: String,
    /// The environment, with the policy that guards it.
    pub environment: Environment,
    /// The system.
    pub system: System,
    /// What identifies the target beyond its name, read when planning and again before executing: uid, revision, …
    pub pinned: BTreeMap<&'static str, Str>,
    /// One line: `from 9f31c2e v2.14.0 to id 17 · 41d0a77`.
    pub summary: String,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What will differ: named values for the sheet (`changes`, `affects`, `deletes`, `undo`, `note`), in order.
    pub facts: Vec<(&'static str, String)>,
    /// How much will differ, as far as it is known.
    pub reach: Reach,
    /// Rights asked of the systems.
    pub rights: Vec<(Permission, Verdict)>,
    /// What stands in the way or should be known.
    pub obstacles: Vec<Obstacle>,
    /// The request that undoes it, offered when it is done.
    pub undo: Option<Request>,
    /// How long verifying may take.
    pub deadline: Duration,
    /// When it was planned.
    pub planned: Time,
}

impl Plan {
    /// The first thing that forbids it, if anything does.
    pub fn blocked(&self) -> Option<&Obstacle> {
        self.obstacles.iter().find(|o| o.blocks)
    }

    /// Whether it changes nothing that runs: it only tries, or only has Argo CD compare again.
    pub fn is_harmless(&self) -> bool {
        self.steps.iter().all(|step| match &step.call {
            Call::Send(Mutation::Sync { dry_run, .. } | Mutation::Rollback { dry_run, .. }) => *dry_run,
            Call::Send(mutation) => matches!(mutation, Mutation::Refresh { .. }),
            Call::Await(_) => true,
        })
    }
}

/// How much a plan changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Resources created or changed.
    pub changes: usize,
    /// Resources deleted, by name and namespace.
    pub deletes: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does, in words.
    pub title: String,
    /// How.
    pub call: Call,
}

/// How a step is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Sends a mutation.
    Send(Mutation),
    /// Waits until the systems show that a goal holds.
    Await(Goal),
}

impl Call {
    /// What it is about.
    pub fn target(&self) -> &Key {
        match self {
            Self::Send(mutation) => mutation.target(),
            Self::Await(goal) => goal.target(),
        }
    }
}

/// What must come to hold for an action to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The application's operation with vigie's id (or the one begun after the mutation) has ended well.
    OperationSucceeded {
        /// The application.
        app: Key,
    },
    /// The application is Synced (when asked) and Healthy, on a revision when one is given, compared after the operation ended.
    AppSettled {
        /// The application.
        app: Key,
        /// On this revision.
        revision: Option<Str>,
        /// Whether it must be Synced.
        synced: bool,
    },
    /// Automated sync is on or off.
    AutoSync {
        /// The application.
        app: Key,
        /// On or off.
        enabled: bool,
    },
    /// No operation is under way.
    NoOperation {
        /// The application.
        app: Key,
    },
    /// Argo CD compared the application after the mutation was sent.
    Reconciled {
        /// The application.
        app: Key,
    },
    /// Every pod of a workload is of its newest template and available, and no older one is left, as
    /// `kubectl rollout status` waits for.
    RolledOut {
        /// The workload.
        object: Key,
    },
    /// A workload has so many pods, all ready.
    Scaled {
        /// The workload.
        object: Key,
        /// How many.
        replicas: u32,
    },
    /// The object of this uid no longer exists.
    Gone {
        /// The object.
        object: Key,
        /// Its uid.
        uid: Str,
    },
    /// A node takes new pods, or takes none.
    Cordoned {
        /// The node.
        node: Key,
        /// `true`: it takes none.
        on: bool,
    },
    /// A node has no pods left but those that are bound to it.
    Drained {
        /// The node.
        node: Key,
    },
    /// A job ran to its end.
    JobDone {
        /// The job.
        job: Key,
    },
    /// A change to a Vault shows.
    Vault {
        /// What was changed.
        on: Key,
        /// How it shows.
        sign: Sign,
    },
    /// The silence that this action made is active and mutes an alert, where that still fires.
    Silenced {
        /// The alert.
        alert: Key,
    },
    /// A silence works until a moment.
    Lasts {
        /// The silence.
        silence: Key,
        /// Until when.
        until: Time,
    },
    /// A silence has ended.
    Expired {
        /// The silence.
        silence: Key,
    },
}

impl Goal {
    /// What it is about.
    pub fn target(&self) -> &Key {
        match self {
            Self::OperationSucceeded { app }
            | Self::AppSettled { app, .. }
            | Self::AutoSync { app, .. }
            | Self::NoOperation { app }
            | Self::Reconciled { app } => app,
            Self::RolledOut { object } | Self::Scaled { object, .. } | Self::Gone { object, .. } => object,
            Self::Cordoned { node, .. } | Self::Drained { node } => node,
            Self::JobDone { job } => job,
            Self::Vault { on, .. } => on,
            Self::Silenced { alert } => alert,
            Self::Lasts { silence, .. } | Self::Expired { silence } => silence,
        }
    }
}

/// Something that stands in the way, or that should be known before going on.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// Whether it forbids the action.
    pub blocks: bool,
    /// What, and what can be done about it.
    pub text: String,
}

/// How a running action goes on.
#[derive(Clone, Debug)]
pub enum Progress {
    /// The intent is on the record, the first step begins.
    Started,
    /// A step began; its index.
    Step(usize),
    /// What a step sees while it waits.
    Note(String),
    /// It ended.
    Ended(Outcome),
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The goal holds; verified.
    Done {
        /// What was seen.
        summary: String,
        /// What undoes it.
        undo: Option<Request>,
    },
    /// A system or the guard said no before anything was changed.
    Refused(Fault),
    /// It failed; says what is half done.
    Failed {
        /// Why.
        fault: Fault,
        /// Steps done before.
        done: usize,
    },
    /// Everything was accepted but the goal did not come to hold in time.
    Unverified(String),
    /// Stopped by the engineer between steps.
    Cancelled {
        /// Steps done before.
        done: usize,
    },
}

#[cfg(test)]
impl Plan {
    /// A sync of an application in an environment of the tier's name, for tests.
    pub(super) fn sample(tier: crate::model::Tier, name: &str) -> Self {
        use crate::model::{Kind, Policy, Source, SystemKind, Tier};
        let env = match tier {
            Tier::Dev => "dev",
            Tier::Staging => "staging",
            Tier::Prod => "prod",
        };
        let app = Key::new(Source(0), Kind::Application, "argocd", name);
        let mutation = Mutation::Sync {
            app: app.clone(),
            revision: None,
            prune: false,
            dry_run: false,
            resources: Vec::new(),
            options: Vec::new(),
            infos: Vec::new(),
        };
        Self {
            id: ActionId::new_v4(),
            request: Request { verb: "sync", target: app, params: BTreeMap::new() },
            name: name.to_owned(),
            environment: Environment { name: env.into(), tier, color: None, policy: Policy::of(tier) },
            system: System {
                source: Source(0),
                env: env.into(),
                tier,
                kind: SystemKind::ArgoCd,
                name: "argocd".into(),
            },
            pinned: BTreeMap::new(),
            summary: "from 9f31c2e to 41d0a77".to_owned(),
            steps: vec![Step { title: mutation.to_string(), call: Call::Send(mutation) }],
            facts: Vec::new(),
            reach: Reach::default(),
            rights: Vec::new(),
            obstacles: Vec::new(),
            undo: None,
            deadline: Duration::from_secs(60),
            planned: Time::default(),
        }
    }
}

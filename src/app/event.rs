//! What reaches the screen from outside, and what it wants done there.

use std::{path::PathBuf, sync::Arc};

use super::{
    command::Command,
    layout::Size,
    logs::Saved,
    memory::{Remember, SavedFilter},
    mouse::Mouse,
    state::Settings,
    workspace::Workspace,
};
use crate::{
    action::{
        bulk,
        guard::{Admitted, AdmittedBulk},
        plan::{ActionId, Plan, Progress, Request},
    },
    config::{Problem, Way},
    keymap::Press,
    model::{
        Answer, Environment, Fault, Glass, JsonPath, Key, LogLine, LogRequest, Query, Severity, Source, Str,
        Time,
    },
    store::Batch,
};

/// Names one question; an answer to another one is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Press),
    /// The mouse was clicked or its wheel turned.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(Size),
    /// A command was chosen other than by key.
    Run(Command),
    /// Connectors saw something.
    Batches(Vec<Batch>),
    /// Clusters told of the kind that is looked at.
    Browsed {
        /// Of which opening.
        ticket: Ticket,
        /// What they told.
        batches: Vec<Batch>,
    },
    /// It is now this moment; comes about once a second by the wall clock, however fast a simulated one goes.
    Tick(Time),
    /// Nothing else is to be done: a search goes on.
    Idle,
    /// No key came for a moment: what follows the selection may follow now.
    Rest,
    /// No key came for so long that whoever began something may want to be told how it goes on.
    Waited,
    /// Who the engineer is, for the header.
    Identity(Str),
    /// A question was answered.
    Answer {
        /// Which.
        ticket: Ticket,
        /// How.
        answer: Result<Answer, Fault>,
    },
    /// Log lines came.
    Logs {
        /// Of which opening.
        ticket: Ticket,
        /// The lines.
        lines: Vec<LogLine>,
    },
    /// A log ended or failed.
    LogsEnded {
        /// Of which opening.
        ticket: Ticket,
        /// The pod or stream.
        origin: Str,
        /// Why, when it did not end by itself.
        fault: Option<Fault>,
    },
    /// A plan is ready, or cannot be made.
    Planned {
        /// For which request.
        ticket: Ticket,
        /// The plan.
        plan: Result<Box<Plan>, Fault>,
    },
    /// The plan of one target of a bulk plan is ready, or cannot be made.
    PlannedPart {
        /// For which requests.
        ticket: Ticket,
        /// What the records of its actions will share.
        bulk: ActionId,
        /// Which of the requests.
        index: usize,
        /// The plan.
        plan: Result<Box<Plan>, Fault>,
    },
    /// A running bulk plan goes on.
    BulkProgress {
        /// Which.
        id: ActionId,
        /// How.
        progress: bulk::Progress,
    },
    /// A running action goes on.
    Progress {
        /// Which.
        id: ActionId,
        /// How.
        progress: Progress,
    },
    /// Go to an entity that was chosen outside.
    Show(Key),
    /// Go to an environment that was chosen outside.
    ShowEnvironment(Str),
    /// Keymap, theme and screen were read anew.
    Settings(Box<Settings>),
    /// What environments ask was read anew.
    Policies(Vec<Environment>),
    /// An environment's policy is set aside, or cannot be.
    Glass {
        /// Which.
        environment: Str,
        /// For how long, as it is on the record.
        glass: Result<Glass, Fault>,
    },
    /// The terminal told its background.
    Background {
        /// Whether it is light.
        light: bool,
    },
    /// Something to tell the engineer.
    Notice(Notice),
    /// Mistakes in a keymap, theme or configuration file.
    Problems(Vec<Problem>),
    /// The terminal is gone, or the program was told to end.
    Hangup,
}

/// A short message in the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it stands out.
    pub severity: Severity,
    /// The text.
    pub text: String,
}

impl Notice {
    /// A message.
    pub fn new(severity: Severity, text: impl AsRef<str>) -> Self {
        Self { severity, text: crate::model::text::one_line(text.as_ref()).into_owned() }
    }
}

/// Another program that shows a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The engineer's editor, on a copy.
    Editor,
    /// The engineer's pager.
    Pager,
}

/// A text for another program to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handout {
    /// The text; secrets in it are masked.
    pub text: String,
    /// A name for a file with it: `yaml-web.yaml`.
    pub name: String,
    /// What is to show it.
    pub with: Program,
}

/// What the screen wants done outside.
#[derive(Debug)]
pub enum Effect {
    /// Ask a system a question.
    Read {
        /// To be given back with the answer.
        ticket: Ticket,
        /// Whom.
        source: Source,
        /// What.
        query: Query,
    },
    /// Open logs; those of earlier tickets are to be closed.
    OpenLogs {
        /// To be given back with the lines.
        ticket: Ticket,
        /// What to read.
        requests: Vec<LogRequest>,
    },
    /// Open logs beside those of this ticket.
    MoreLogs {
        /// To be given back with the lines.
        ticket: Ticket,
        /// What to read.
        requests: Vec<LogRequest>,
    },
    /// Write log lines to a file that is not there yet, for nobody else to read.
    Save {
        /// Its place.
        path: PathBuf,
        /// The lines.
        lines: Box<Saved>,
    },
    /// Close all logs.
    CloseLogs,
    /// List and watch a kind of object in every cluster, until it is closed.
    Browse {
        /// To be given back with what they tell.
        ticket: Ticket,
        /// What names it.
        word: Str,
        /// What else is wanted of each object.
        paths: Arc<[JsonPath]>,
    },
    /// Leave the kind of object that was opened with this ticket.
    CloseBrowse(Ticket),
    /// Make a plan.
    Plan {
        /// To be given back with the plan.
        ticket: Ticket,
        /// What was asked for.
        request: Request,
    },
    /// Make a plan for each of several targets.
    PlanBulk {
        /// To be given back with each plan.
        ticket: Ticket,
        /// What was asked for.
        requests: Vec<Request>,
    },
    /// Carry out a plan that was confirmed.
    Execute(Box<Admitted>),
    /// Carry out plans that were confirmed together, one after the other.
    ExecuteBulk(Box<AdmittedBulk>),
    /// Stop an action before its next step; a bulk plan after its target, and asked again before the next step.
    Interrupt(ActionId),
    /// From now on plan and act by what these environments ask.
    Guard(Vec<Environment>),
    /// Set an environment's policy aside, once that is on the record.
    BreakGlass {
        /// Which.
        environment: Str,
        /// Why.
        reason: String,
    },
    /// Record that an environment's policy holds again.
    MendGlass {
        /// Which.
        environment: Str,
        /// What had set it aside.
        glass: Glass,
        /// How it ended.
        how: &'static str,
    },
    /// Put text into the clipboard (OSC 52).
    Copy(String),
    /// Write a list to a file that only its owner can read.
    Export {
        /// The file's name without its end.
        name: String,
        /// The end: `csv`.
        extension: &'static str,
        /// What it holds.
        text: String,
        /// What that is: `29 rows`.
        what: String,
    },
    /// Keep a workspace in the engineer's own file, in the place of one of the same name.
    SaveWorkspace {
        /// The file.
        file: PathBuf,
        /// The workspace.
        workspace: Box<Workspace>,
    },
    /// Keep the columns of a list in the engineer's own file.
    SaveColumns {
        /// The file.
        file: PathBuf,
        /// The list.
        list: String,
        /// Its columns; none for the usual ones.
        columns: Option<Vec<String>>,
    },
    /// Take a workspace out of the engineer's own file.
    ForgetWorkspace {
        /// The file.
        file: PathBuf,
        /// The workspace's name.
        name: String,
    },
    /// Remember something for the next session.
    Remember {
        /// The file.
        file: PathBuf,
        /// What.
        what: Remember,
    },
    /// Keep a filter under its name, in the place of one of the same name.
    SaveFilter {
        /// The file.
        file: PathBuf,
        /// The filter.
        filter: SavedFilter,
    },
    /// Take a filter out of the engineer's own file.
    ForgetFilter {
        /// The file.
        file: PathBuf,
        /// The filter's name.
        name: String,
    },
    /// Tell someone who looks elsewhere.
    Notify {
        /// What.
        text: String,
        /// How.
        ways: Vec<Way>,
    },
    /// Give the terminal to another program until it ends.
    HandOut(Handout),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal to the shell until it calls this program up again.
    Suspend,
    /// End the program.
    Quit,
}

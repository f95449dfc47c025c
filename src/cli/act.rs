//! `vigie sync`, `vigie rollback` and every other verb of the registry, without the screen: the same plan, guard,
//! journal and verification.

mod bulk;
mod glass;

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;

use super::{
    answer::{Exit, Format},
    get::What,
};
use crate::{
    action::{
        context::Context,
        guard::{self, Approval, Demand},
        mark::Mark,
        plan::{ActionId, Outcome, Plan, Progress, Request},
        port::Systems,
        record::fault,
        registry::{self, ParamKind, ParamSpec, VERBS, Verb},
        resume::{self, Unfinished},
        run::{self, Cancel},
    },
    journal::{Ending, Journal},
    model::{Confirm, Environment, Fault, FaultKind, Key, Kind, System, Verdict, text::clean},
};

/// What a headless action needs from the program around it.
pub trait Headless: Sync {
    /// The systems.
    fn systems(&self) -> &dyn Systems;
    /// The journal.
    fn journal(&self) -> &Journal;
    /// The session's systems, each with the environment that owns it.
    fn known(&self) -> Vec<(Environment, System)>;
    /// Finds the entity that `target` names (`NAME` or `NAMESPACE/NAME`), in one environment when one is given. The
    /// fault says what is known when nothing or more than one thing is meant.
    fn find(&self, kind: Kind, target: &str, env: Option<&str>) -> Result<(Environment, System, Key), Fault>;
    /// Who acts, as others will read it.
    fn actor(&self) -> String;
    /// A fresh id.
    fn id(&self) -> ActionId;
    /// Asks at the terminal; nothing when there is none.
    fn ask(&self, prompt: &str) -> Option<String>;
    /// Writes to stdout.
    fn out(&self, text: &str);
    /// Writes a line to stderr.
    fn say(&self, line: &str);
    /// Set when the engineer asks to stop.
    fn cancel(&self) -> &Cancel;
}

/// A verb as called on the command line.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The verb's name.
    pub verb: &'static str,
    /// What it is done to.
    pub targets: Vec<String>,
    /// In which environment (`-e`).
    pub env: Option<String>,
    /// Parameters given.
    pub params: BTreeMap<&'static str, String>,
    /// `--reason`.
    pub reason: String,
    /// `--yes`: enough where the policy asks for Enter or `y`.
    pub yes: bool,
    /// `--confirm ENV`: the environment's name where the policy asks for it.
    pub confirm: Option<String>,
    /// `--count N`: how many it is done to, where the policy asks for that too.
    pub count: Option<usize>,
    /// `--break-glass`: sets the environment's policy aside for this call.
    pub break_glass: bool,
    /// `--plan`: shows the plan and ends.
    pub plan_only: bool,
    /// `-o`.
    pub format: Format,
}

/// One command for every verb of the registry.
pub fn commands() -> Vec<Command> {
    VERBS.iter().map(|verb| command(*verb)).collect()
}

fn command(verb: &'static dyn Verb) -> Command {
    let mut command = Command::new(verb.name())
        .about(verb.summary())
        .args(targets(verb))
        .arg(
            Arg::new("reason")
                .long("reason")
                .value_name("TEXT")
                .help("Why, with a ticket; kept on the record"),
        )
        .arg(
            Arg::new("yes")
                .long("yes")
                .short('y')
                .action(ArgAction::SetTrue)
                .help("Go, where Enter or y is asked"),
        )
        .arg(
            Arg::new("confirm")
                .long("confirm")
                .value_name("ENV")
                .help("Go, where the environment's name is asked"),
        )
        .arg(
            Arg::new("break-glass").long("break-glass").action(ArgAction::SetTrue).help(
                "Set deny, ticket, hours and freezes of the policy aside, with a reason, on the record",
            ),
        )
        .arg(Arg::new("plan").long("plan").action(ArgAction::SetTrue).help("Show the plan and do nothing"));
    for spec in verb.params() {
        command = command.arg(option(spec));
    }
    command
}

/// What it is done to: one thing, or several and their number where that can be.
fn targets(verb: &'static dyn Verb) -> Vec<Arg> {
    let (value, help) = match kinds(verb.name())[..] {
        [Kind::Node] => ("NAME", "The node's name"),
        [Kind::Lease] => ("LEASE", "The lease's id; for several, the path above them with a / at its end"),
        [Kind::StaticRole | Kind::Secret] => ("PATH", "Its path with the mount, such as database/app"),
        [Kind::Token] => ("NAME", "The token's name, as `vigie get tokens` shows it"),
        [Kind::Alert] => ("ALERT", "Its name, NAMESPACE/NAME or its fingerprint"),
        [Kind::Silence] => ("ID", "The silence's id, or how that begins"),
        [Kind::Object] => ("OBJECT", "PLURAL.VERSION.GROUP/NAMESPACE/NAME"),
        [_] => ("NAME", "NAME or NAMESPACE/NAME"),
        _ => ("KIND/NAME", "KIND/NAME or KIND/NAMESPACE/NAME, such as deploy/shop/cart"),
    };
    let target = Arg::new("target").required(true).value_name(value);
    if !verb.bulk() {
        return vec![target.help(help)];
    }
    let count = Arg::new("count")
        .long("count")
        .value_name("N")
        .value_parser(clap::value_parser!(usize))
        .help("How many it is done to, asked with --confirm for more than one");
    let help = format!("{help}; several are planned together and done one after the other");
    vec![target.num_args(1..).action(ArgAction::Append).help(help), count]
}

fn option(spec: &'static ParamSpec) -> Arg {
    let arg = Arg::new(spec.name).long(spec.name).help(spec.help);
    match spec.kind {
        ParamKind::Flag => arg.action(ArgAction::SetTrue),
        ParamKind::Number => arg.value_name("N").value_parser(clap::value_parser!(i64)),
        ParamKind::Count => arg.value_name("N").value_parser(clap::value_parser!(u32)),
        ParamKind::Text => arg.value_name("TEXT"),
        ParamKind::Resources => arg.value_name("LIST").action(ArgAction::Append),
    }
}

impl Invocation {
    /// Reads what one of [`commands`] matched; nothing for other commands. `env` and `format` are the program's own.
    pub fn read(name: &str, matches: &ArgMatches, env: Option<String>, format: Format) -> Option<Self> {
        let verb = registry::find(name)?;
        let mut params = BTreeMap::new();
        for spec in verb.params() {
            let value = match spec.kind {
                ParamKind::Flag => matches.get_flag(spec.name).then(|| "true".to_owned()),
                ParamKind::Number => matches.get_one::<i64>(spec.name).map(i64::to_string),
                ParamKind::Count => matches.get_one::<u32>(spec.name).map(u32::to_string),
                ParamKind::Text => matches.get_one::<String>(spec.name).cloned(),
                ParamKind::Resources => matches
                    .get_many::<String>(spec.name)
                    .map(|all| all.map(String::as_str).collect::<Vec<_>>().join(",")),
            };
            if let Some(value) = value {
                params.insert(spec.name, value);
            }
        }
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        Some(Self {
            verb: verb.name(),
            targets: matches.get_many("target").map(|all| all.cloned().collect()).unwrap_or_default(),
            env,
            params,
            reason: text("reason").unwrap_or_default(),
            yes: matches.get_flag("yes"),
            confirm: text("confirm"),
            count: if verb.bulk() { matches.get_one("count").copied() } else { None },
            break_glass: matches.get_flag("break-glass"),
            plan_only: matches.get_flag("plan"),
            format,
        })
    }
}

/// Plans, asks, runs and answers.
pub async fn execute(call: &Invocation, env: &dyn Headless) -> Exit {
    let exit = match call.targets.as_slice() {
        [target] => attempt(call, target, env).await,
        _ => bulk::attempt(call, env).await,
    };
    match exit {
        Ok(exit) => exit,
        Err(fault) => {
            env.say(&clean(&fault.to_string()));
            Exit::of(&fault)
        }
    }
}

async fn attempt(call: &Invocation, target: &str, env: &dyn Headless) -> Result<Exit, Fault> {
    let (kind, name) = sought(call.verb, target)?;
    let (mut environment, system, target) = env.find(kind, name, call.env.as_deref())?;
    let mut call = call.clone();
    glass::begin(&mut call, &mut environment, env)?;
    let exit = planned(&call, (&environment, &system), target, env).await;
    glass::end(&call, &environment, env);
    exit
}

/// Plans, asks, runs and answers, where the policy holds or is set aside.
async fn planned(
    call: &Invocation,
    (environment, system): (&Environment, &System),
    target: Key,
    env: &dyn Headless,
) -> Result<Exit, Fault> {
    let actor = env.actor();
    let ctx = Context { systems: env.systems(), environment, system, actor: &actor, id: env.id() };
    let plan =
        registry::plan(&ctx, &Request { verb: call.verb, target, params: call.params.clone() }).await?;
    if call.plan_only {
        env.out(&call.format.render(&Sheet::of(&plan), |_| lines(&plan)));
        return Ok(if plan.blocked().is_some() { Exit::Refused } else { Exit::Done });
    }
    env.say(lines(&plan).trim_end());
    let blocked = plan.environment.policy.read_only || plan.blocked().is_some();
    let approval = if blocked {
        Approval::default()
    } else {
        approval(call, guard::demand(&plan), &plan.environment, plan.is_harmless(), env)
    };
    let outcome = match guard::admit(&plan, &approval) {
        Ok(admitted) => {
            let titles: Vec<String> = plan.steps.iter().map(|s| s.title.clone()).collect();
            run::run(admitted, env.systems(), env.journal(), |p| tell(env, &titles, &p), env.cancel()).await
        }
        Err(fault) => Outcome::Refused(fault),
    };
    env.out(&call.format.render(&Answer::of(&plan, &outcome), Answer::line));
    Ok(Exit::of_outcome(&outcome))
}

/// The kind and the name that the target means: `NAME` where the verb is for one kind of thing, else `KIND/NAME`.
pub(super) fn sought<'a>(verb: &str, target: &'a str) -> Result<(Kind, &'a str), Fault> {
    let kinds = kinds(verb);
    if let [only] = kinds[..] {
        return Ok((only, target));
    }
    let named = target.split_once('/').and_then(|(word, name)| {
        let what = What::named(word)?.kinds.iter().find(|kind| kinds.contains(kind))?;
        Some((*what, name))
    });
    // `cronjobs.v1.batch/…`: no short word of a kind has a dot.
    let object =
        kinds.contains(&Kind::Object) && target.split_once('/').is_some_and(|(of, _)| of.contains('.'));
    named.or(object.then_some((Kind::Object, target))).ok_or_else(|| {
        let known: Vec<String> = kinds.iter().map(|k| format!("{k}/NAME")).collect();
        let what = format!("{verb} {target}");
        Fault::new(FaultKind::Usage, "vigie", what, "which kind of thing is not said")
            .hint(format!("write it as {}", known.join(", ")))
    })
}

/// The kinds of things that a verb is for.
fn kinds(verb: &str) -> Vec<Kind> {
    let Some(verb) = registry::find(verb) else { return Vec::new() };
    Kind::ALL.into_iter().chain([Kind::Object]).filter(|kind| verb.applies(*kind)).collect()
}

/// What was given on the command line, and what is asked for beyond it. What changes nothing needs no more than
/// having been called.
fn approval(
    call: &Invocation,
    demand: Demand,
    environment: &Environment,
    harmless: bool,
    env: &dyn Headless,
) -> Approval {
    let mut given = Approval {
        typed: call.confirm.clone(),
        count: call.count,
        yes: call.yes || harmless,
        reason: call.reason.clone(),
        at: Some(env.systems().now()),
    };
    if demand.reason_required && given.reason.trim().is_empty() {
        given.reason = env.ask("reason: ").unwrap_or_default();
    }
    let name = &environment.name;
    match demand.confirm {
        Confirm::Enter if !given.yes => {
            given.yes =
                env.ask(&format!("Enter to go in {name}, ctrl-c to stop: ")).is_some_and(|a| a.is_empty());
        }
        Confirm::Yes if !given.yes => {
            given.yes =
                env.ask(&format!("go in {name}? y/N: ")).is_some_and(|a| matches!(a.trim(), "y" | "yes"));
        }
        Confirm::Name if given.typed.is_none() => {
            if let Some(typed) = env.ask(&format!("type {} to go: ", demand.phrase(name))) {
                given.take_typed(&typed);
            }
        }
        _ => {}
    }
    given
}

fn tell(env: &dyn Headless, titles: &[String], progress: &Progress) {
    match progress {
        Progress::Started => env.say("on the record"),
        Progress::Step(index) => {
            let title = titles.get(*index).map_or("", String::as_str);
            env.say(&clean(&format!("{}/{} {title}", index + 1, titles.len())));
        }
        Progress::Note(text) => env.say(&clean(&format!("    {text}"))),
        Progress::Ended(_) => {}
    }
}

/// Shows unfinished actions, or finds out what became of one (or of all, with `all`).
pub async fn resume(id: Option<&str>, all: bool, format: Format, env: &dyn Headless) -> Exit {
    let open = match resume::unfinished(env.journal()) {
        Ok(open) => open,
        Err(error) => {
            let fault = fault(&error);
            env.say(&clean(&fault.to_string()));
            return Exit::of(&fault);
        }
    };
    let chosen: Vec<&Unfinished> = open
        .iter()
        .filter(|u| all && !u.alive || id.is_some_and(|id| u.action.to_string().starts_with(id)))
        .collect();
    if id.is_none() && !all {
        let rows: Vec<Open> = open.iter().map(Open::of).collect();
        env.out(&format.render(&rows, |rows| rows.iter().map(Open::line).collect()));
        return Exit::Done;
    }
    if chosen.is_empty() && !all {
        env.say("no unfinished action has that id; `vigie resume` lists them");
        return Exit::Usage;
    }
    let mut worst = Exit::Done;
    for one in chosen {
        let Some((_, system)) = env.known().into_iter().find(|(_, s)| one.is_of(s)) else {
            let (system, environment) = (&one.intent.system, &one.intent.environment);
            env.say(&clean(&format!("{}: {system} in {environment} is not configured here", one.action)));
            worst = Exit::Usage;
            continue;
        };
        let progress = |p: Progress| tell(env, &[], &p);
        let outcome =
            resume::resume(one, &system, env.systems(), env.journal(), progress, env.cancel()).await;
        env.say(&clean(&format!("{}: {}: {outcome}", one.action, outcome.ending().name())));
        let exit = Exit::of_outcome(&outcome);
        if exit != Exit::Done {
            worst = exit;
        }
    }
    worst
}

/// An undo as a request, from the record of what was done: `vigie undo ID`.
pub fn undo(id: &str, env: &dyn Headless) -> Result<Invocation, Fault> {
    let usage = |why: String| Fault::new(FaultKind::Usage, "vigie", format!("undo {id}"), why);
    let lines = env.journal().lines().map_err(|e| fault(&e))?;
    let record = lines
        .into_iter()
        .filter_map(|l| l.record.ok())
        .rfind(|r| r.action.starts_with(id) && r.outcome == Some(Ending::Done))
        .ok_or_else(|| usage("no action of that id is done".to_owned()))?;
    let target = record.target.as_ref().ok_or_else(|| usage("it has no target".to_owned()))?;
    let key = Key::new(crate::model::Source(0), target.kind, target.namespace.as_str(), target.name.as_str());
    let request = crate::action::record::undo(&record, &key)
        .ok_or_else(|| usage(format!("nothing undoes {} {}", record.verb, target.name)))?;
    Ok(Invocation {
        verb: request.verb,
        targets: vec![written(request.verb, &request.target)],
        env: Some(record.environment.clone()),
        params: request.params,
        reason: String::new(),
        yes: false,
        confirm: None,
        count: None,
        break_glass: false,
        plan_only: false,
        format: Format::Table,
    })
}

/// A key as a verb's target on the command line.
fn written(verb: &str, key: &Key) -> String {
    let name = match (&*key.namespace, key.name.split_once('/')) {
        ("", _) => key.name.to_string(),
        _ if key.kind == Kind::Lease => key.name.to_string(),
        (mount, _) if matches!(key.kind, Kind::StaticRole | Kind::Secret) => format!("{mount}{}", key.name),
        (namespace, Some((of, name))) if key.kind == Kind::Object => format!("{of}/{namespace}/{name}"),
        (namespace, _) => format!("{namespace}/{}", key.name),
    };
    if kinds(verb).len() == 1 || key.kind == Kind::Object { name } else { format!("{}/{name}", key.kind) }
}

/// The plan for people, one thing a line.
pub fn lines(plan: &Plan) -> String {
    let verb = registry::find(plan.request.verb).map_or(plan.request.verb, Verb::title);
    let mut out = vec![format!("{verb}  {}  in {}", plan.name, plan.environment.name)];
    out.push(plan.summary.clone());
    out.extend(plan.steps.iter().enumerate().map(|(i, s)| format!("  {}  {}", i + 1, s.title)));
    out.extend(plan.facts.iter().map(|(name, value)| format!("{name:<9} {value}")));
    if !plan.rights.is_empty() {
        let rights: Vec<String> = plan.rights.iter().map(|(p, v)| format!("{p} {}", granted(*v))).collect();
        out.push(format!("rights    {}", rights.join(", ")));
    }
    out.extend(plan.obstacles.iter().map(|o| format!("{} {}", if o.blocks { "✗" } else { "!" }, o.text)));
    out.iter().map(|line| clean(line).into_owned() + "\n").collect()
}

const fn granted(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Unknown => "unknown",
    }
}

/// A plan for `-o json` and `-o yaml`.
#[derive(Debug, Serialize)]
struct Sheet {
    action: String,
    verb: &'static str,
    environment: String,
    system: String,
    target: String,
    params: BTreeMap<&'static str, String>,
    summary: String,
    steps: Vec<Line>,
    facts: Vec<(&'static str, String)>,
    rights: Vec<(String, &'static str)>,
    obstacles: Vec<Hindrance>,
    undo: Option<&'static str>,
    confirm: Confirm,
    reason_required: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    title: String,
    call: String,
}

#[derive(Debug, Serialize)]
struct Hindrance {
    blocks: bool,
    text: String,
}

impl Sheet {
    fn of(plan: &Plan) -> Self {
        let demand = guard::demand(plan);
        Self {
            action: plan.id.to_string(),
            verb: plan.request.verb,
            environment: plan.environment.name.to_string(),
            system: plan.system.name.to_string(),
            target: plan.request.target.to_string(),
            params: plan.request.params.clone(),
            summary: plan.summary.clone(),
            steps: plan
                .steps
                .iter()
                .map(|s| Line { title: s.title.clone(), call: Mark::of(&s.call).to_string() })
                .collect(),
            facts: plan.facts.clone(),
            rights: plan.rights.iter().map(|(p, v)| (p.to_string(), granted(*v))).collect(),
            obstacles: plan
                .obstacles
                .iter()
                .map(|o| Hindrance { blocks: o.blocks, text: o.text.clone() })
                .collect(),
            undo: plan.undo.as_ref().map(|u| u.verb),
            confirm: demand.confirm,
            reason_required: demand.reason_required,
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    outcome: &'static str,
    text: String,
    undo: Option<&'static str>,
    plan: Sheet,
}

impl Answer {
    fn of(plan: &Plan, outcome: &Outcome) -> Self {
        let undo = if let Outcome::Done { undo: Some(undo), .. } = outcome { Some(undo.verb) } else { None };
        Self { outcome: outcome.ending().name(), text: outcome.to_string(), undo, plan: Sheet::of(plan) }
    }

    fn line(&self) -> String {
        let undo = self.undo.map(|_| format!("; undo: vigie undo {}", self.plan.action)).unwrap_or_default();
        clean(&format!("{}: {}{undo}", self.outcome, self.text)).into_owned() + "\n"
    }
}

#[derive(Debug, Serialize)]
struct Open {
    action: String,
    began: String,
    by: String,
    verb: String,
    environment: String,
    target: String,
    running: bool,
    steps: Vec<String>,
}

impl Open {
    fn of(one: &Unfinished) -> Self {
        let step = |(text, answered): &(String, Option<bool>)| match answered {
            None => text.clone(),
            Some(false) => format!("{text}: sent, no answer seen"),
            Some(true) => format!("{text}: accepted"),
        };
        let intent = &one.intent;
        Self {
            action: one.action.to_string(),
            began: one.began.rfc3339(),
            by: intent.actor.name.clone(),
            verb: intent.verb.clone(),
            environment: intent.environment.clone(),
            target: intent.target.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
            running: one.alive,
            steps: one.steps.iter().map(step).collect(),
        }
    }

    fn line(&self) -> String {
        let state = if self.running { "running in another session" } else { "unfinished" };
        clean(&format!(
            "{}  {}  {}  {} {} in {}  {state}",
            self.action, self.began, self.by, self.verb, self.target, self.environment
        ))
        .into_owned()
            + "\n"
    }
}

//! Verbs without the screen: arguments, questions, answers and exit codes.

use std::sync::Mutex;

use uuid::Uuid;
use vigie::{
    action::{plan::ActionId, port::Systems, run::Cancel},
    cli::{
        act::{self, Headless, Invocation},
        answer::{Exit, Format},
        audit::{Audit, audit},
    },
    journal::Journal,
    model::{Act, Environment, Fault, FaultKind, Key, Kind, Pattern, Rule, Says, System, Tier},
};

use super::action_argocd::{ArgoCd, Desk};

struct Terminal {
    desk: Desk,
    answers: Mutex<Vec<&'static str>>,
    out: Mutex<String>,
    said: Mutex<String>,
    cancel: Cancel,
}

impl Terminal {
    fn new(desk: Desk, answers: &[&'static str]) -> Self {
        Self {
            desk,
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            out: Mutex::default(),
            said: Mutex::default(),
            cancel: Cancel::default(),
        }
    }

    async fn call(&self, line: &str) -> Exit {
        let mut words = line.split(' ');
        let verb = words.next().unwrap();
        let command = act::commands().into_iter().find(|c| c.get_name() == verb).unwrap();
        let matches = command.try_get_matches_from(line.split(' ')).unwrap();
        let format = if line.contains("--plan") { Format::Json } else { Format::Table };
        act::execute(&Invocation::read(verb, &matches, None, format).unwrap(), self).await
    }
}

impl Headless for Terminal {
    fn systems(&self) -> &dyn Systems {
        &self.desk.argocd
    }

    fn journal(&self) -> &Journal {
        &self.desk.journal
    }

    fn known(&self) -> Vec<(Environment, System)> {
        vec![(self.desk.environment.clone(), self.desk.system.clone())]
    }

    fn find(&self, _: Kind, target: &str, _: Option<&str>) -> Result<(Environment, System, Key), Fault> {
        let key = Desk::request("sync", &[]).target;
        if target.rsplit('/').next() != Some(&*key.name) {
            return Err(Fault::new(FaultKind::Usage, "vigie", "find", "no such application"));
        }
        Ok((self.desk.environment.clone(), self.desk.system.clone(), key))
    }

    fn actor(&self) -> String {
        "nadia@example.org".to_owned()
    }

    fn id(&self) -> ActionId {
        Uuid::new_v4()
    }

    fn ask(&self, _: &str) -> Option<String> {
        self.answers.lock().unwrap().pop().map(str::to_owned)
    }

    fn out(&self, text: &str) {
        self.out.lock().unwrap().push_str(text);
    }

    fn say(&self, line: &str) {
        let mut said = self.said.lock().unwrap();
        said.push_str(line);
        said.push('\n');
    }

    fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

#[tokio::test]
async fn production_takes_its_name_and_a_reason() {
    let shell = Terminal::new(Desk::new(ArgoCd::deployed(), Tier::Prod), &[]);
    assert_eq!(shell.call("sync prod-catalog --yes").await, Exit::Refused);
    assert_eq!(shell.call("sync prod-catalog --yes --reason INC-1").await, Exit::Refused);
    assert_eq!(shell.call("sync prod-catalog --confirm dev --reason INC-1").await, Exit::Refused);
    assert!(shell.desk.sent().is_empty());
    assert_eq!(shell.call("sync prod-catalog --confirm prod --reason INC-1").await, Exit::Done);
    assert_eq!(shell.desk.sent().len(), 1);
    assert!(shell.out.lock().unwrap().contains("done: Synced and Healthy on c43ca2c"));
    assert!(shell.said.lock().unwrap().contains("SYNC  prod-catalog  in prod"));

    let typed = Terminal::new(Desk::new(ArgoCd::deployed(), Tier::Prod), &["INC-2", "prod"]);
    assert_eq!(typed.call("sync prod-catalog").await, Exit::Done);
    let staging = Terminal::new(Desk::new(ArgoCd::deployed(), Tier::Staging), &["n"]);
    assert_eq!(staging.call("sync prod-catalog").await, Exit::Refused);
}

#[tokio::test]
async fn exit_codes_tell_what_happened() {
    let shell = Terminal::new(Desk::new(ArgoCd::deployed(), Tier::Dev), &[]);
    assert_eq!(shell.call("sync nonesuch -y").await, Exit::Usage);
    assert_eq!(shell.call("rollback prod-catalog --id 17 -y").await, Exit::Usage);
    assert_eq!(shell.call("terminate prod-catalog -y").await, Exit::Refused);
    shell.desk.argocd.state().dark = true;
    assert_eq!(shell.call("sync prod-catalog -y").await, Exit::Unreachable);
    shell.desk.argocd.state().dark = false;
    shell.desk.argocd.state().fails = true;
    assert_eq!(shell.call("sync prod-catalog -y").await, Exit::Failed);
}

#[tokio::test]
async fn a_plan_can_be_had_as_json() {
    let shell = Terminal::new(Desk::new(ArgoCd::deployed().automate(), Tier::Prod), &[]);
    assert_eq!(shell.call("rollback prod-catalog --id 0 --prune --plan").await, Exit::Done);
    let sheet: serde_json::Value = serde_json::from_str(&shell.out.lock().unwrap()).unwrap();
    assert_eq!(sheet["verb"], "rollback");
    assert_eq!(sheet["params"]["prune"], "true");
    assert_eq!(sheet["confirm"], "name");
    assert_eq!(sheet["steps"].as_array().unwrap().len(), 5);
    assert!(shell.desk.sent().is_empty());
}

#[tokio::test]
async fn done_is_undone_by_its_id_and_all_of_it_is_in_the_audit() {
    let shell = Terminal::new(Desk::new(ArgoCd::deployed().automate(), Tier::Dev), &[]);
    assert_eq!(shell.call("rollback prod-catalog -y").await, Exit::Done);
    let out = shell.out.lock().unwrap().clone();
    let id = out.trim().rsplit(' ').next().unwrap();
    let mut undo = act::undo(id, &shell).unwrap();
    assert_eq!((undo.verb, undo.targets.as_slice()), ("release", &["argocd/prod-catalog".to_owned()][..]));
    undo.yes = true;
    assert_eq!(act::execute(&undo, &shell).await, Exit::Done);
    assert_eq!(act::resume(None, true, Format::Table, &shell).await, Exit::Done);

    let dir = shell.desk.journal.dir();
    let (exit, text, _) = audit(&Audit::Verify { anchor: None }, dir, None, Format::Table);
    assert_eq!(exit, Exit::Done);
    assert!(text.starts_with("✓ intact"), "{text}");
    let show = Audit::Show { last: Some(1), action: None };
    let (_, text, _) = audit(&show, dir, None, Format::Table);
    assert!(
        text.contains("nadia@example.org from 192.0.2.7  dev  release prod-catalog  done: auto-sync is on"),
        "{text}"
    );
    let (_, json, _) = audit(&show, dir, None, Format::Json);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()[0]["outcome"], "done");
}

/// A rule of production's policy.
fn rule(says: Says) -> Rule {
    Rule { name: "night".into(), place: "vigie.toml:9".into(), says }
}

#[tokio::test]
async fn what_the_policy_forbids_is_refused_and_break_glass_overrides_it_on_the_record() {
    let mut desk = Desk::new(ArgoCd::deployed(), Tier::Prod);
    desk.environment.policy.rules.push(rule(Says::Deny(Act::parse("sync").unwrap())));
    let shell = Terminal::new(desk, &[]);
    let call = "sync prod-catalog --confirm prod --reason INC-1";
    assert_eq!(shell.call(call).await, Exit::Refused);
    assert_eq!(shell.call(&format!("{call} --plan")).await, Exit::Refused);
    assert!(shell.said.lock().unwrap().contains("✗ `sync` is not done in prod (night, vigie.toml:9)"));
    assert!(shell.desk.sent().is_empty());
    assert_eq!(
        shell.call("sync prod-catalog --confirm prod --break-glass").await,
        Exit::Refused,
        "no reason"
    );

    assert_eq!(shell.call(&format!("{call} --break-glass --plan")).await, Exit::Done);
    assert!(shell.desk.journal.lines().unwrap().is_empty(), "a plan breaks nothing");
    assert_eq!(shell.call(&format!("{call} --break-glass")).await, Exit::Done);
    assert_eq!(shell.desk.sent().len(), 1);
    assert_eq!(shell.call(call).await, Exit::Refused, "it was for that call only");

    let records: Vec<_> =
        shell.desk.journal.lines().unwrap().into_iter().map(|l| l.record.unwrap()).collect();
    let (first, last) = (records.first().unwrap(), records.last().unwrap());
    assert_eq!((first.verb.as_str(), last.verb.as_str()), ("break-glass", "break-glass"));
    assert!(first.text.starts_with("begun") && last.text == "ended: with the command");
    assert_eq!((first.reason.as_str(), &first.action), ("INC-1", &last.action));
    let between = &records[1..records.len() - 1];
    assert!(!between.is_empty() && between.iter().all(|r| r.detail["break-glass"] == first.action));
    let show = Audit::Show { last: None, action: Some(first.action[..8].to_owned()) };
    let (_, text, _) = audit(&show, shell.desk.journal.dir(), None, Format::Table);
    assert_eq!(text.lines().count(), records.len(), "{text}");
    let mark = format!("BREAK-GLASS {}", &first.action[..8]);
    assert!(text.lines().filter(|l| l.contains("sync prod-catalog")).all(|l| l.ends_with(&mark)), "{text}");
}

#[tokio::test]
async fn a_ticket_is_asked_for_and_read_only_is_never_overridden() {
    let mut desk = Desk::new(ArgoCd::deployed(), Tier::Prod);
    let pattern = Pattern::parse("INC-[0-9]+").unwrap();
    desk.environment.policy.rules.push(rule(Says::Ticket { of: Act::any(), pattern }));
    let mut shell = Terminal::new(desk, &[]);
    assert_eq!(shell.call("sync prod-catalog --confirm prod --reason late").await, Exit::Refused);
    assert!(shell.out.lock().unwrap().contains("a ticket like `INC-[0-9]+` (night, vigie.toml:9)"));
    assert_eq!(shell.call("sync prod-catalog --confirm prod --reason INC-7").await, Exit::Done);
    shell.desk.environment.policy.read_only = true;
    let call = "sync prod-catalog --confirm prod --reason INC-7 --break-glass";
    assert_eq!(shell.call(call).await, Exit::Refused);
    assert_eq!(shell.desk.sent().len(), 1);
}

//! Actions in a Vault through the whole pipeline, on a Vault whose leases really end.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use serde_json::json;
use uuid::Uuid;
use vigie::{
    action::{
        context::Context,
        guard::{self, Admitted, Approval},
        plan::{Outcome, Plan, Progress, Request},
        port::Systems,
        registry,
        resume::{resume, unfinished},
        run::{self, Cancel},
    },
    connector::Connector,
    journal::{Journal, verify},
    model::{Answer, Clock, Environment, Key, Kind, Policy, Query, Source, System, SystemClock, Tier},
};

use super::{
    action_argocd::{fact, open},
    contract::{
        live::Target,
        simulator,
        vault::{
            act::{ask, lease, token},
            connect,
        },
    },
    faulty::{Faulty, Lose},
};

/// A role of the simulated Vault that gives leases, and a static one that nothing else here looks at.
const ROLE: (&str, &str) = ("database/", "billing-rw");
const STATIC: &str = "openmrs";

struct Desk {
    vault: Faulty,
    target: Target,
    environment: Environment,
    system: System,
    journal: Journal,
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let target = simulator::administered("dev", "vault");
        let token = target.token.clone().unwrap();
        Self::with(target, &token)
    }

    fn with(target: Target, token: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let client = connect(&target, Some(token), &[]);
        let system = client.system().clone();
        let name = system.env.clone();
        let environment = Environment { name, tier: Tier::Dev, color: None, policy: Policy::of(Tier::Dev) };
        let journal = open(&dir.path().join("journal"));
        Self { vault: Faulty::of(client), target, environment, system, journal, dir }
    }

    async fn lease(&self) -> Key {
        lease(&self.target, ROLE).await
    }

    async fn plan(&self, verb: &'static str, target: &Key, params: &[(&'static str, &str)]) -> Plan {
        let params = params.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<BTreeMap<_, _>>();
        self.request(Request { verb, target: target.clone(), params }).await
    }

    async fn request(&self, request: Request) -> Plan {
        let ctx = Context {
            systems: &self.vault,
            environment: &self.environment,
            system: &self.system,
            actor: "nadia",
            id: Uuid::new_v4(),
        };
        registry::plan(&ctx, &request).await.unwrap()
    }

    fn admit(plan: &Plan) -> Admitted {
        let approval = Approval { yes: true, ..Approval::default() };
        guard::admit(plan, &approval).unwrap_or_else(|fault| panic!("{fault}"))
    }

    async fn run(&self, plan: &Plan) -> (Outcome, Vec<String>) {
        let notes = Mutex::new(Vec::new());
        let note = |p| {
            if let Progress::Note(text) = p {
                notes.lock().unwrap().push(text);
            }
        };
        let cancel = Cancel::default();
        let outcome = run::run(Self::admit(plan), &self.vault, &self.journal, note, &cancel).await;
        (outcome, notes.into_inner().unwrap())
    }

    async fn done(&self, plan: &Plan) -> (String, Option<Request>) {
        match self.run(plan).await {
            (Outcome::Done { summary, undo }, _) => (summary, undo),
            (other, notes) => panic!("not done: {other:?} {notes:?}"),
        }
    }

    fn sent(&self) -> usize {
        self.vault.sent.lock().unwrap().len()
    }

    /// All that is on the record.
    fn record(&self) -> String {
        let files = std::fs::read_dir(self.journal.dir()).unwrap().map(|f| f.unwrap().path());
        files.filter_map(|f| std::fs::read_to_string(f).ok()).collect()
    }
}

fn blocked(plan: &Plan) -> String {
    plan.blocked().map(|o| o.text.clone()).unwrap_or_default()
}

fn warned(plan: &Plan, of: &str) -> bool {
    plan.obstacles.iter().any(|o| !o.blocks && o.text.contains(of))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_and_revoked_and_a_role_rotated() {
    let desk = Desk::new();
    let key = desk.lease().await;
    let plan = desk.plan("renew", &key, &[("increment", "120")]).await;
    assert!(plan.summary.starts_with("ends at "), "{}", plan.summary);
    assert!(warned(&plan, "it would end sooner than it does now: in 2 min"), "{:?}", plan.obstacles);
    assert!(desk.done(&plan).await.0.starts_with("renewed at "));
    let plan = desk.plan("renew", &key, &[]).await;
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    desk.done(&plan).await;

    let plan = desk.plan("revoke", &key, &[]).await;
    assert_eq!(fact(&plan, "affects"), "one credential of database/creds/billing-rw");
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!((seen.as_str(), undo), ("revoked", None));

    let role = Key::new(Source(0), Kind::StaticRole, ROLE.0, STATIC);
    let plan = desk.plan("rotate", &role, &[]).await;
    assert!(warned(&plan, "database/static-creds/openmrs"), "{:?}", plan.obstacles);
    assert!(fact(&plan, "affects").ends_with(" of the connection openmrs"), "{:?}", plan.facts);
    assert!(desk.done(&plan).await.0.starts_with("rotated at "));
    assert!(verify(desk.journal.dir()).unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_leases_of_a_role_go_when_their_number_was_said() {
    let desk = Desk::new();
    let row = lease(&desk.target, ("database/", "odoo-ro")).await;
    let prefix = registry::find("revoke-prefix").unwrap().aim(row.clone());
    assert_eq!(&*prefix.name, "database/creds/odoo-ro/");
    let number = |plan: &Plan| plan.reach.deletes.len().to_string();
    let plan = desk.plan("revoke-prefix", &prefix, &[]).await;
    assert_eq!(blocked(&plan), format!("say how many go: {}", number(&plan)));
    assert!(plan.reach.deletes.contains(&format!("lease {}", row.name)), "{:?}", plan.reach);
    let plan = desk.plan("revoke-prefix", &prefix, &[("count", "900")]).await;
    assert!(blocked(&plan).ends_with("leases are below database/creds/odoo-ro/, not 900"), "{plan:?}");

    let plan = desk.plan("revoke-prefix", &prefix, &[("count", &number(&plan))]).await;
    assert_eq!(blocked(&plan), "");
    lease(&desk.target, ("database/", "odoo-ro")).await;
    let (outcome, _) = desk.run(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Refused(f) if f.why.contains("its leases changed since it was confirmed")),
        "{outcome:?}"
    );
    assert_eq!(desk.sent(), 0);

    let plan = desk.plan("revoke-prefix", &prefix, &[]).await;
    let plan = desk.plan("revoke-prefix", &prefix, &[("count", &number(&plan))]).await;
    *desk.vault.lose.lock().unwrap() = Some(Lose::Answer);
    let (seen, _) = desk.done(&plan).await;
    assert!(seen.contains("leases revoked"), "{seen}");
    assert!(desk.record().contains(&*row.name), "what was there before is on the record");
    let nadia = simulator::target("prod", "vault");
    let own = nadia.token.clone().unwrap();
    let refused = Desk::with(nadia, &own);
    let key = lease(&refused.target, ("database/", "reporting-ro")).await;
    let prefix = registry::find("revoke-prefix").unwrap().aim(key);
    let plan = refused.plan("revoke-prefix", &prefix, &[]).await;
    assert!(plan.obstacles.iter().any(|o| o.blocks && o.text.contains("you lack a right: vault: sudo on")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_or_cannot_be_is_said_before_anything_is_sent() {
    let desk = Desk::new();
    let key = desk.lease().await;
    let plan = desk.plan("renew", &key, &[]).await;
    ask(&desk.target, "POST", "sys/leases/revoke", json!({ "lease_id": *key.name, "sync": true })).await;
    let (outcome, _) = desk.run(&plan).await;
    assert!(matches!(&outcome, Outcome::Refused(f) if f.why.contains("is gone")), "{outcome:?}");
    let login = Key::new(Source(0), Kind::Lease, "auth/", token_lease(&desk).await);
    assert!(blocked(&desk.plan("renew", &login, &[]).await).contains("only who holds the token renews it"));
    assert!(warned(&desk.plan("revoke", &login, &[]).await, "every token and lease that was made with it"));
    assert_eq!(desk.sent(), 0);
}

/// The lease of some token.
async fn token_lease(desk: &Desk) -> String {
    let prefix = Key::new(Source(0), Kind::Lease, "auth/", "auth/token/create/");
    let plan = desk.plan("revoke-prefix", &prefix, &[]).await;
    assert!(warned(&plan, "these are tokens"), "{:?}", plan.obstacles);
    for name in &plan.reach.deletes {
        let key = Key::new(Source(0), Kind::Lease, "auth/", name.strip_prefix("lease ").unwrap());
        // The people's own live for a month; those that tests make come and go.
        if let Ok(Answer::VaultItem(item)) = desk.vault.read(Source(0), Query::VaultItem(key.clone())).await
            && item.expires().unwrap().since(SystemClock.now()) > Duration::from_secs(86_400)
        {
            return key.name.to_string();
        }
    }
    panic!("no token lives long: {:?}", plan.reach)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let desk = Desk::new();
    let key = desk.lease().await;
    let role = Key::new(Source(0), Kind::StaticRole, ROLE.0, STATIC);
    for (verb, on) in [("renew", &key), ("rotate", &role), ("revoke", &key)] {
        let plan = desk.plan(verb, on, &[]).await;
        *desk.vault.lose.lock().unwrap() = Some(Lose::Request);
        let before = desk.sent();
        let (outcome, _) = desk.run(&plan).await;
        assert!(
            matches!(&outcome, Outcome::Failed { fault, done: 0 } if fault.why.contains("did not arrive")),
            "{verb}: {outcome:?}"
        );
        assert_eq!(desk.sent(), before);

        let plan = desk.plan(verb, on, &[]).await;
        *desk.vault.lose.lock().unwrap() = Some(Lose::Answer);
        let (outcome, notes) = desk.run(&plan).await;
        assert!(matches!(outcome, Outcome::Done { .. }), "{verb}: {outcome:?}");
        assert!(notes.iter().any(|n| n.contains("looking whether it arrived")), "{notes:?}");
        assert_eq!(desk.sent(), before + 1, "{verb}");
    }
}

/// Killed before, during and after the one request of a renewal: what became of it is found out, nothing is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_it_is_found_out() {
    let mut desk = Desk::new();
    let key = desk.lease().await;
    for after in 0..4 {
        let plan = desk.plan("renew", &key, &[]).await;
        let before = desk.sent();
        *desk.vault.left.lock().unwrap() = Some(after);
        let cancel = Cancel::default();
        tokio::select! {
            _ = run::run(Desk::admit(&plan), &desk.vault, &desk.journal, |_| {}, &cancel) => {
                panic!("it was to be killed after {after} requests")
            }
            () = desk.vault.killed.notified() => {}
        }
        *desk.vault.left.lock().unwrap() = None;
        let sent = desk.sent() - before;
        assert_eq!(sent, usize::from(after >= 2), "after {after}");
        desk.journal = open(&desk.dir.path().join("journal"));
        let all = unfinished(&desk.journal).unwrap();
        let [one] = &all[..] else { panic!("after {after}: {all:?}") };
        let outcome = resume(one, &desk.system, &desk.vault, &desk.journal, |_| {}, &Cancel::default()).await;
        match outcome {
            Outcome::Cancelled { done: 0 } => assert_eq!(sent, 0, "after {after}"),
            Outcome::Done { .. } => assert_eq!(sent, 1, "after {after}"),
            other => panic!("after {after}: {other:?}"),
        }
        assert_eq!(desk.sent() - before, sent, "resuming sends nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_token_is_renewed_and_given_up() {
    let target = simulator::administered("dev", "vault");
    let own = token(&target).await;
    let desk = Desk::with(target, &own);
    let key = Key::new(Source(0), Kind::Token, "", "token");
    let plan = desk.plan("renew-token", &key, &[("increment", "7200")]).await;
    assert!(desk.done(&plan).await.0.starts_with("renewed at "));
    let plan = desk.plan("revoke-token", &key, &[]).await;
    assert!(warned(&plan, "this locks you out"), "{:?}", plan.obstacles);
    assert_eq!(desk.done(&plan).await.0, "revoked");
    assert!(!desk.record().contains(&own), "the token is on no record");
}

/// A secret of its own with three versions.
async fn secret(desk: &Desk) -> Key {
    let name = format!("vigie/run-{:08x}", fastrand::u32(..));
    for value in ["hunter-one", "hunter-two", "hunter-three"] {
        write(desk, &name, value).await;
    }
    Key::new(Source(0), Kind::Secret, "secret/", name)
}

async fn write(desk: &Desk, name: &str, value: &str) {
    let body = json!({ "data": { "password": value } });
    ask(&desk.target, "POST", &format!("secret/data/{name}"), body).await;
}

async fn password(desk: &Desk, key: &Key) -> String {
    let read = ask(&desk.target, "GET", &format!("secret/data/{}", key.name), json!({})).await;
    read["data"]["data"]["password"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_goes_back_and_its_values_are_seen_nowhere() {
    let desk = Desk::new();
    let key = secret(&desk).await;
    let plan = desk.plan("kv-rollback", &key, &[]).await;
    assert_eq!(plan.summary, "the content of version 2 as version 4");
    assert_eq!(fact(&plan, "versions"), "3 current, 2, 1");
    let plan = desk.plan("kv-rollback", &key, &[("version", "1")]).await;
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!(seen, "version 4 has the content of version 1");
    assert_eq!(password(&desk, &key).await, "hunter-one");
    let back = desk.request(undo.unwrap()).await;
    *desk.vault.lose.lock().unwrap() = Some(Lose::Answer);
    assert_eq!(desk.done(&back).await.0, "version 5 has the content of version 3");
    assert_eq!(password(&desk, &key).await, "hunter-three");

    let plan = desk.plan("kv-rollback", &key, &[("version", "2")]).await;
    *desk.vault.lose.lock().unwrap() = Some(Lose::Request);
    let (outcome, _) = desk.run(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Failed { fault, .. } if fault.why.contains("did not arrive")),
        "{outcome:?}"
    );
    let plan = desk.plan("kv-rollback", &key, &[("version", "2")]).await;
    write(&desk, &key.name, "hunter-four").await;
    let (outcome, _) = desk.run(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Refused(f) if f.why.contains("its versions changed since it was confirmed")),
        "{outcome:?}"
    );
    for (version, why) in [("6", "version 6 is the current one"), ("17", "there is no version 17")] {
        assert_eq!(blocked(&desk.plan("kv-rollback", &key, &[("version", version)]).await), why);
    }
    assert!(!desk.record().contains("hunter"), "no value is on the record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_of_a_secret_are_deleted_and_brought_back() {
    let desk = Desk::new();
    let key = secret(&desk).await;
    let plan = desk.plan("kv-delete", &key, &[]).await;
    assert!(warned(&plan, "it is the current version"), "{:?}", plan.obstacles);
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!(seen, "version 3 is deleted");
    assert_eq!(blocked(&desk.plan("kv-delete", &key, &[]).await), "version 3 is deleted already");
    let why = blocked(&desk.plan("kv-rollback", &key, &[("version", "3")]).await);
    assert_eq!(why, "version 3 is the current one");
    let back = desk.request(undo.unwrap()).await;
    let (seen, undo) = desk.done(&back).await;
    assert_eq!(seen, "version 3 is there again");
    assert_eq!(password(&desk, &key).await, "hunter-three");
    assert_eq!(undo.unwrap().params["version"], "3");
    assert_eq!(blocked(&desk.plan("kv-undelete", &key, &[]).await), "no version of it is deleted");

    // What is deleted comes back with its content before one can go back to it.
    desk.done(&desk.plan("kv-delete", &key, &[("version", "1")]).await).await;
    let why = blocked(&desk.plan("kv-rollback", &key, &[("version", "1")]).await);
    assert_eq!(why, "version 1 is deleted: bring it back first (kv-undelete)");
    assert_eq!(desk.plan("kv-undelete", &key, &[]).await.summary, "version 1 is there again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_password_is_rotated_and_a_lost_answer_cannot_be_told() {
    let desk = Desk::new();
    let role = Key::new(Source(0), Kind::StaticRole, ROLE.0, STATIC);
    let plan = desk.plan("rotate-root", &role, &[]).await;
    assert!(warned(&plan, "nobody knows the new password"), "{:?}", plan.obstacles);
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!((seen.as_str(), undo), ("the system answered that it is done; it shows nowhere else", None));
    let plan = desk.plan("rotate-root", &role, &[("connection", "odoo")]).await;
    *desk.vault.lose.lock().unwrap() = Some(Lose::Answer);
    let (outcome, _) = desk.run(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Unverified(why) if why.contains("Vault tells nowhere when it was rotated")),
        "{outcome:?}"
    );
    let plan = desk.plan("rotate-root", &role, &[("connection", "nowhere")]).await;
    let (outcome, _) = desk.run(&plan).await;
    assert!(!matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

//! The action pipeline on an Argo CD in memory.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use uuid::Uuid;
use vigie::{
    action::{
        evidence::{Before, Evidence, Seen},
        guard::{self, Approval},
        plan::{Goal, Outcome, Plan, Progress},
        run,
        subject::Subject,
    },
    journal::{Ending, Phase, read, verify},
    model::{Application, Confirm, FaultKind, Mutation, Owner, SyncStatus, Tier, Time, Window},
};

use super::action_argocd::{ArgoCd, Desk, Lose, NEW, OLD, application, fact, resource, sample};

fn done(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done { summary, .. } => summary,
        other => panic!("not done: {other:?}"),
    }
}

fn subject(app: &Application) -> Subject {
    Subject::Application(Box::new(app.clone()))
}

fn blocked(plan: &Plan) -> &str {
    plan.blocked().map_or("", |o| o.text.as_str())
}

#[tokio::test]
async fn a_sync_is_planned_sent_once_verified_and_recorded() {
    let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Prod);
    let plan = desk.plan("sync", &[]).await.unwrap();
    assert_eq!(plan.summary, "from b52f906 to c43ca2c (main)");
    assert_eq!(fact(&plan, "changes"), "Deployment/catalog ~");
    assert_eq!(fact(&plan, "affects"), "2 pods");
    assert_eq!(plan.rights.len(), 1);
    assert!(plan.blocked().is_none(), "{:?}", plan.obstacles);

    let (outcome, notes) = desk.run(&plan).await;
    assert_eq!(done(&outcome), "Synced and Healthy on c43ca2c");
    assert!(notes.iter().any(|n| n.contains("waiting for Argo CD to compare")), "{notes:?}");
    let sent = desk.sent();
    let [Mutation::Sync { infos, .. }] = &sent[..] else { panic!("{sent:?}") };
    let info = |name: &str| infos.iter().find(|(n, _)| &**n == name).map(|(_, v)| v.to_string());
    assert_eq!(info("vigie.id"), Some(plan.id.to_string()));
    assert_eq!(info("vigie.reason").as_deref(), Some("db pool exhausted, INC-2291"));

    let records: Vec<_> = read(desk.journal.dir()).unwrap().into_iter().map(|l| l.record.unwrap()).collect();
    let phases: Vec<_> = records.iter().map(|r| r.phase).collect();
    assert_eq!(phases, [Phase::Intent, Phase::Step, Phase::Step, Phase::Outcome]);
    assert_eq!(records[3].outcome, Some(Ending::Done));
    assert!(records.iter().all(|r| r.reason == "db pool exhausted, INC-2291" && r.environment == "prod"));
    assert!(verify(desk.journal.dir()).unwrap().is_intact());
}

#[tokio::test]
async fn prune_names_what_it_deletes_and_its_absence_is_honest() {
    let desk = Desk::new(ArgoCd::out_of_sync().with_leftover(), Tier::Dev);
    let plan = desk.plan("sync", &[("prune", "true")]).await.unwrap();
    assert_eq!(fact(&plan, "deletes"), "ConfigMap/catalog-old in prod");
    assert_eq!(fact(&plan, "changes"), "Deployment/catalog ~");

    let plan = desk.plan("sync", &[]).await.unwrap();
    assert!(fact(&plan, "deletes").contains("prune is off; it would delete ConfigMap/catalog-old"));
    assert!(plan.obstacles.iter().any(|o| !o.blocks && o.text.contains("stays OutOfSync")));
    assert!(!plan.steps.iter().any(|s| s.title.contains("Synced")), "it would never come to hold");
}

#[tokio::test]
async fn chosen_resources_are_named_exactly_and_write_no_history() {
    let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Dev);
    let fault = desk.plan("sync", &[("resources", "Deployment/cat")]).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Usage);
    assert!(fault.hint.contains("Deployment/catalog"), "{fault}");

    let plan = desk.plan("sync", &[("resources", "apps/Deployment/prod/catalog")]).await.unwrap();
    assert!(plan.obstacles.iter().any(|o| o.text.contains("hooks do not run")));
    assert!(plan.summary.ends_with(", only Deployment/catalog in prod"), "{}", plan.summary);
    let (outcome, _) = desk.run(&plan).await;
    assert!(done(&outcome).contains("Healthy"));
    let [Mutation::Sync { resources, .. }] = &desk.sent()[..] else { panic!() };
    assert_eq!(resources[..], [resource("Deployment", "catalog")]);
}

#[tokio::test]
async fn a_chosen_resource_that_git_no_longer_has_is_skipped_without_prune() {
    let desk = Desk::new(ArgoCd::out_of_sync().with_leftover(), Tier::Dev);
    let chosen = ("resources", "/ConfigMap/prod/catalog-old,/Service/prod/catalog");
    let plan = desk.plan("sync", &[chosen]).await.unwrap();
    assert_eq!(fact(&plan, "only"), "ConfigMap/catalog-old in prod, Service/catalog in prod");
    assert_eq!(fact(&plan, "changes"), "nothing");
    assert!(fact(&plan, "deletes").starts_with("nothing (prune is off"));
    let skipped = "Argo CD will skip what is to be pruned: prune is off and git no longer has \
                   ConfigMap/catalog-old in prod";
    assert!(plan.obstacles.iter().any(|o| !o.blocks && o.text == skipped), "{:?}", plan.obstacles);

    let plan = desk.plan("sync", &[chosen, ("prune", "true")]).await.unwrap();
    assert_eq!(fact(&plan, "deletes"), "ConfigMap/catalog-old in prod");
    assert!(!plan.obstacles.iter().any(|o| o.text.contains("skip")), "{:?}", plan.obstacles);
}

#[tokio::test]
async fn what_stands_in_the_way_blocks() {
    let busy = Desk::new(ArgoCd::out_of_sync().busy(), Tier::Dev);
    for verb in ["sync", "rollback"] {
        let params: &[_] = if verb == "rollback" { &[("id", "0")] } else { &[] };
        let plan = busy.plan(verb, params).await.unwrap();
        assert!(blocked(&plan).contains("begun by samir at 21 Nov 06:19"), "{}", blocked(&plan));
        assert!(guard::admit(&plan, &busy.approval()).is_err());
    }

    let shut = ArgoCd::out_of_sync();
    shut.state().window = Some(Window {
        kind: "deny".into(),
        schedule: "0 22 * * *".into(),
        duration: "8h".into(),
        manual_sync: false,
    });
    let shut = Desk::new(shut, Tier::Dev);
    for verb in ["sync", "rollback"] {
        let params: &[_] = if verb == "rollback" { &[("id", "0")] } else { &[] };
        let plan = shut.plan(verb, params).await.unwrap();
        assert!(blocked(&plan).contains("deny window `0 22 * * *` for 8h"), "{}", blocked(&plan));
    }

    let auto = Desk::new(ArgoCd::out_of_sync().automate(), Tier::Dev);
    let plan = auto.plan("sync", &[("revision", OLD)]).await.unwrap();
    assert!(blocked(&plan).contains("hold auto-sync first"));
    assert_eq!(plan.rights.len(), 2, "sync and override");

    let denied = ArgoCd::out_of_sync();
    denied.state().denied = vec!["sync"];
    let plan = Desk::new(denied, Tier::Dev).plan("sync", &[]).await.unwrap();
    assert_eq!(blocked(&plan), "you lack a right: argocd: applications sync on prod/prod-catalog");

    let idle = Desk::new(ArgoCd::out_of_sync(), Tier::Dev);
    assert_eq!(blocked(&idle.plan("terminate", &[]).await.unwrap()), "no operation is in progress");
    assert!(blocked(&idle.plan("hold", &[]).await.unwrap()).contains("nothing to hold"));
    assert!(blocked(&idle.plan("release", &[]).await.unwrap()).contains("no hold stands"));
    assert!(busy.sent().is_empty() && shut.sent().is_empty() && auto.sent().is_empty());
}

#[tokio::test]
async fn a_rollback_holds_auto_sync_applies_and_offers_the_release() {
    let argocd = ArgoCd::deployed().automate();
    argocd.state().app.owner = Some(Owner::ApplicationSet("apps".into()));
    let desk = Desk::new(argocd, Tier::Prod);
    let plan = desk.plan("rollback", &[]).await.unwrap();
    assert!(plan.summary.contains("to id 0 · b52f906"), "{}", plan.summary);
    assert!(plan.summary.contains("\"dev: checkout 1.2.0 with four replicas\""));
    let text = |part: &str| plan.obstacles.iter().any(|o| !o.blocks && o.text.contains(part));
    assert!(text("ApplicationSet `apps`") && text("hooks do not run"));
    assert!(fact(&plan, "note").contains("OutOfSync: git has c43ca2c"));
    assert!(fact(&plan, "undo").contains("release the hold"));

    let (outcome, _) = desk.run(&plan).await;
    assert_eq!(done(&outcome), "b52f906 applied and Healthy; OutOfSync against c43ca2c");
    let sent = desk.sent();
    let [Mutation::HoldAutoSync { hold, .. }, Mutation::Rollback { id: 0, prune: false, .. }] = &sent[..]
    else {
        panic!("{sent:?}")
    };
    assert_eq!((&*hold.by, &*hold.reason), ("nadia@example.org", "db pool exhausted, INC-2291"));
    {
        let state = desk.argocd.state();
        let auto = state.app.auto_sync.unwrap();
        assert!(!auto.enabled && auto.prune && auto.self_heal);
    }
    let Outcome::Done { undo: Some(undo), .. } = outcome else { panic!() };
    assert_eq!(undo.verb, "release");
    assert!(done(&desk.go("release", &[]).await).contains("auto-sync is on"));
    assert!(desk.argocd.state().app.hold.is_none());
}

#[tokio::test]
async fn a_hold_that_its_owner_undid_is_said() {
    let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Dev);
    done(&desk.go("hold", &[]).await);
    desk.argocd.state().app.auto_sync.as_mut().unwrap().enabled = true;
    let plan = desk.plan("rollback", &[]).await.unwrap();
    assert!(
        blocked(&plan).contains("nadia@example.org held auto-sync at") && blocked(&plan).contains("on again")
    );
}

#[tokio::test]
async fn without_auto_sync_a_rollback_is_undone_by_rolling_forward() {
    let desk = Desk::new(ArgoCd::deployed(), Tier::Dev);
    let plan = desk.plan("rollback", &[("id", "0")]).await.unwrap();
    assert_eq!(plan.undo.as_ref().unwrap().params["id"], "1");
    done(&desk.run(&plan).await.0);
    let fault = desk.plan("rollback", &[("id", "17")]).await.unwrap_err();
    assert!(fault.hint.contains("1 (c43ca2c), 0 (b52f906)"), "{fault}");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_asks_little() {
    let desk = Desk::new(ArgoCd::deployed(), Tier::Prod);
    let plan = desk.plan("rollback", &[("id", "0"), ("dry-run", "true")]).await.unwrap();
    assert_eq!(guard::demand(&plan).confirm, Confirm::Enter);
    assert!(plan.undo.is_none());
    assert!(done(&desk.run(&plan).await.0).contains("operation succeeded"));
    assert_eq!(desk.argocd.state().app.deployed.as_ref().unwrap().id, 1);
    let auto = Desk::new(ArgoCd::deployed().automate(), Tier::Prod);
    let plan = auto.plan("rollback", &[("id", "0"), ("dry-run", "true")]).await.unwrap();
    assert!(blocked(&plan).contains("even a dry run"));
}

#[tokio::test]
async fn the_smaller_verbs() {
    let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Dev);
    let plan = desk.plan("hold", &[]).await.unwrap();
    assert_eq!(fact(&plan, "keeps"), "prune on, self-heal on");
    done(&desk.run(&plan).await.0);
    assert!(blocked(&desk.plan("hold", &[]).await.unwrap()).contains("held by nadia@example.org since"));
    for verb in ["refresh", "hard-refresh"] {
        assert!(done(&desk.go(verb, &[]).await).starts_with("compared"));
    }
    let busy = Desk::new(ArgoCd::deployed().busy(), Tier::Dev);
    let plan = busy.plan("terminate", &[]).await.unwrap();
    assert!(plan.obstacles.iter().any(|o| o.text == "samir began it"));
    done(&busy.run(&plan).await.0);
    assert_eq!(&*busy.argocd.state().app.operation.as_ref().unwrap().message, "Operation terminated");
}

#[tokio::test]
async fn a_failed_operation_names_what_failed() {
    let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Prod);
    desk.argocd.state().fails = true;
    let Outcome::Failed { fault, .. } = desk.go("rollback", &[("id", "0")]).await else { panic!() };
    assert!(fault.why.contains("Deployment/catalog: admission webhook denied"), "{fault}");
    assert!(fault.hint.contains("auto-sync stays held"), "{fault}");
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    for (verb, params) in [("sync", &[][..]), ("rollback", &[("id", "0")][..])] {
        let desk = Desk::new(ArgoCd::deployed(), Tier::Dev);
        desk.argocd.state().lose = Some(Lose::Answer);
        done(&desk.go(verb, params).await);
        assert_eq!(desk.sent().len(), 1, "{verb}");

        let desk = Desk::new(ArgoCd::deployed(), Tier::Dev);
        desk.argocd.state().lose = Some(Lose::Request);
        let outcome = desk.go(verb, params).await;
        let Outcome::Failed { fault, done: 0 } = &outcome else { panic!("{outcome:?}") };
        assert!(fault.why.contains("did not arrive"), "{fault}");
        assert!(desk.sent().is_empty(), "{verb}");
    }
}

#[tokio::test]
async fn a_target_that_changed_after_the_plan_is_not_touched() {
    type Change = fn(&ArgoCd);
    let changes: [(&str, Change); 4] = [
        ("replaced", |a| a.state().app.uid = "00000000-another".into()),
        ("revision", |a| a.state().app.revision = "0000000000000000000000000000000000000000".into()),
        ("operation", |a| drop(a.clone().busy())),
        ("auto-sync", |a| drop(a.clone().automate())),
    ];
    for (word, change) in changes {
        let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Prod);
        let plan = desk.plan("sync", &[]).await.unwrap();
        change(&desk.argocd);
        let (Outcome::Refused(fault), _) = desk.run(&plan).await else { panic!("{word}") };
        assert_eq!(fault.kind, FaultKind::Conflict);
        assert!(fault.why.contains(word), "{fault}");
        assert!(desk.sent().is_empty());
        let last = read(desk.journal.dir()).unwrap().pop().unwrap().record.unwrap();
        assert_eq!(last.outcome, Some(Ending::Refused), "it is on the record");
    }
}

#[tokio::test]
async fn without_a_journal_nothing_leaves() {
    type Harm = fn(&std::path::Path);
    let harms: [Harm; 3] = [
        |dir| std::fs::set_permissions(dir.join("2026-11.jsonl"), PermissionsExt::from_mode(0o644)).unwrap(),
        |dir| {
            std::fs::rename(dir.join("2026-11.jsonl"), dir.join("moved")).unwrap();
            std::os::unix::fs::symlink(dir.join("moved"), dir.join("2026-11.jsonl")).unwrap();
        },
        |dir| {
            std::fs::remove_file(dir.join("HEAD")).unwrap();
            std::fs::create_dir(dir.join("HEAD")).unwrap();
        },
    ];
    for harm in harms {
        let desk = Desk::new(ArgoCd::deployed(), Tier::Dev);
        done(&desk.go("refresh", &[]).await);
        let before = desk.sent().len();
        let plan = desk.plan("sync", &[]).await.unwrap();
        harm(desk.journal.dir());
        let (outcome, _) = desk.run(&plan).await;
        let Outcome::Refused(fault) = &outcome else { panic!("{outcome:?}") };
        assert_eq!(&*fault.system, "journal", "{fault}");
        assert_eq!(desk.sent().len(), before);
    }
}

#[tokio::test]
async fn the_guard_takes_what_the_policy_asks_and_nothing_less() {
    let admit = |plan: &Plan, typed: Option<&str>, yes: bool, reason: &str| {
        guard::admit(
            plan,
            &Approval { typed: typed.map(Into::into), count: None, yes, reason: reason.into(), at: None },
        )
    };
    let prod = Desk::new(ArgoCd::out_of_sync(), Tier::Prod).plan("sync", &[]).await.unwrap();
    assert_eq!(guard::demand(&prod).confirm, Confirm::Name);
    assert!(admit(&prod, None, true, "INC-1").is_err(), "a yes is not a name");
    assert!(admit(&prod, Some("dev"), true, "INC-1").is_err());
    assert!(admit(&prod, Some("prod"), true, "  ").is_err(), "a reason is asked");
    assert!(admit(&prod, Some("prod"), false, "INC-1").is_ok());
    let staging = Desk::new(ArgoCd::out_of_sync(), Tier::Staging).plan("sync", &[]).await.unwrap();
    assert!(admit(&staging, None, false, "").is_err());
    assert!(admit(&staging, None, true, "").is_ok());
    let mut frozen = prod;
    frozen.environment.policy.read_only = true;
    let fault = admit(&frozen, Some("prod"), true, "INC-1").unwrap_err();
    assert!(fault.why.contains("prod is read-only"));
}

#[tokio::test]
async fn a_plan_runs_once() {
    let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Dev);
    let plan = desk.plan("refresh", &[]).await.unwrap();
    done(&desk.run(&plan).await.0);
    let (Outcome::Refused(fault), _) = desk.run(&plan).await else { panic!() };
    assert!(fault.why.contains("carried out before"));
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_under_another_operation_is_not_called_done_or_undone() {
    let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Dev);
    let plan = desk.plan("sync", &[]).await.unwrap();
    let admitted = guard::admit(&plan, &desk.approval()).unwrap();
    desk.argocd.state().lose = Some(Lose::Request);
    let argocd = desk.argocd.clone();
    // Someone else's operation begins while ours is on its way.
    let progress = move |p| {
        if matches!(&p, Progress::Note(text) if text.contains("looking whether it arrived")) {
            drop(argocd.clone().busy());
        }
    };
    let outcome = run::run(admitted, &desk.argocd, &desk.journal, progress, &run::Cancel::default()).await;
    let Outcome::Unverified(why) = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("covers its trace"), "{why}");
}

/// The answer that a real Argo CD gave right after a rollback: operation done, but sync and health still from before.
#[test]
fn a_rollback_is_not_verified_by_what_the_server_shows_too_early() {
    let before = Before {
        operation: Some(("2026-11-21T06:19:29Z".parse().unwrap(), NEW.into())),
        deployed: Some(1),
        reconciled: None,
        ..Before::default()
    };
    let mut app = application(&sample("app-after-rollback"));
    let goal = Goal::AppSettled { app: app.key.clone(), revision: Some(OLD.into()), synced: false };
    let mut evidence = Evidence::new(Uuid::new_v4(), before);
    evidence.rollback = Some((OLD.into(), false));
    let operation = Goal::OperationSucceeded { app: app.key.clone() };
    assert!(matches!(evidence.look(&operation, &subject(&app), Duration::ZERO), Seen::Holds(_)));
    assert_eq!((app.sync, &*app.revision), (SyncStatus::Synced, NEW), "as recorded: not yet true");
    let late = Duration::from_secs(60);
    assert!(
        matches!(evidence.look(&goal, &subject(&app), late), Seen::Waiting(_)),
        "compared before the end"
    );
    app.reconciled = "2026-11-21T06:19:35Z".parse::<Time>().ok();
    app.sync = SyncStatus::OutOfSync;
    let seen = evidence.look(&goal, &subject(&app), Duration::ZERO);
    assert_eq!(seen, Seen::Holds("b52f906 applied and Healthy; OutOfSync against c43ca2c".into()));
    app.deployed.as_mut().unwrap().revision = NEW.into();
    assert!(
        matches!(evidence.look(&goal, &subject(&app), Duration::ZERO), Seen::Failed(_)),
        "someone deployed since"
    );
}

#[tokio::test]
async fn another_operation_in_our_place_is_not_taken_for_ours() {
    let desk = Desk::new(ArgoCd::out_of_sync(), Tier::Dev);
    let plan = desk.plan("sync", &[]).await.unwrap();
    let mut evidence = Evidence::new(plan.id, Before::of(&subject(&desk.argocd.state().app)));
    let app = desk.argocd.clone().busy().state().app.clone();
    let goal = Goal::OperationSucceeded { app: app.key.clone() };
    let seen = evidence.look(&goal, &subject(&app), Duration::ZERO);
    assert!(matches!(&seen, Seen::Lost(text) if text.contains("samir")), "{seen:?}");
}

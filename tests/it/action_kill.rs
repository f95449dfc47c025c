//! Kills an action after every await, and finds out afterwards what became of it.

use std::task::{Context, Poll, Waker};

use vigie::{
    action::{
        guard,
        plan::Outcome,
        resume::{resume, unfinished},
        run::{Cancel, run},
    },
    journal::{read, verify},
    model::{Mutation, Tier},
};

use super::action_argocd::{ArgoCd, Desk, open};

/// Runs a rollback with a hold for `polls` steps of the executor; whether it ended by then.
async fn cut(desk: &Desk, polls: usize) -> bool {
    let plan = desk.plan("rollback", &[("id", "0")]).await.unwrap();
    let admitted = guard::admit(&plan, &desk.approval()).unwrap();
    let cancel = Cancel::default();
    let mut future = Box::pin(run(admitted, &desk.argocd, &desk.journal, |_| {}, &cancel));
    let mut cx = Context::from_waker(Waker::noop());
    (0..polls).any(|_| matches!(future.as_mut().poll(&mut cx), Poll::Ready(_)))
}

#[tokio::test]
async fn killed_anywhere_it_is_found_and_resolved_without_sending_again() {
    let (mut polls, mut kinds) = (1, Vec::new());
    loop {
        let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Prod);
        if cut(&desk, polls).await {
            break;
        }
        let sent = desk.sent();
        // A new process: the old session's sign of life is gone.
        let Desk { argocd, system, journal, dir, .. } = desk;
        drop(journal);
        let journal = open(&dir.path().join("journal"));
        let open = unfinished(&journal).unwrap();
        let [one] = &open[..] else { panic!("after {polls} polls: {open:?}") };
        assert!(!one.alive);
        if !sent.is_empty() {
            argocd.state().dark = true;
            let outcome = resume(one, &system, &argocd, &journal, |_| {}, &Cancel::default()).await;
            assert!(matches!(outcome, Outcome::Unverified(_)), "{outcome:?}");
            assert_eq!(unfinished(&journal).unwrap().len(), 1, "it stays unfinished");
            argocd.state().dark = false;
        }
        let outcome = resume(one, &system, &argocd, &journal, |_| {}, &Cancel::default()).await;
        assert_eq!(argocd.state().sent, sent, "nothing is sent by resuming");
        let rolled = sent.iter().any(|m| matches!(m, Mutation::Rollback { .. }));
        match &outcome {
            Outcome::Done { undo, .. } => {
                assert!(rolled, "after {polls} polls");
                assert_eq!(undo.as_ref().unwrap().verb, "release");
            }
            Outcome::Cancelled { done } => {
                assert!(!rolled, "after {polls} polls");
                assert_eq!(*done > 0, !sent.is_empty(), "after {polls} polls: {done}");
            }
            other => panic!("after {polls} polls: {other:?}"),
        }
        kinds.push(outcome.ending());
        assert!(unfinished(&journal).unwrap().is_empty(), "resolved for good");
        assert!(verify(journal.dir()).unwrap().is_intact());
        polls += 1;
    }
    kinds.dedup();
    assert!(polls > 10 && kinds.len() == 2, "{polls} {kinds:?}");
}

#[tokio::test]
async fn what_another_session_still_does_is_left_alone() {
    let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Prod);
    let plan = desk.plan("rollback", &[("id", "0")]).await.unwrap();
    let admitted = guard::admit(&plan, &desk.approval()).unwrap();
    let cancel = Cancel::default();
    let mut future = Box::pin(run(admitted, &desk.argocd, &desk.journal, |_| {}, &cancel));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..4 {
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    let other = open(&desk.dir.path().join("journal"));
    let seen = unfinished(&other).unwrap();
    assert!(seen[0].alive);
    let outcome = resume(&seen[0], &desk.system, &desk.argocd, &other, |_| {}, &Cancel::default()).await;
    assert!(matches!(outcome, Outcome::Refused(_)));
    drop(future);
    assert!(!unfinished(&desk.journal).unwrap()[0].alive, "dropped in this very session");
}

#[tokio::test]
async fn stopping_takes_effect_between_steps() {
    let desk = Desk::new(ArgoCd::deployed().automate(), Tier::Prod);
    let plan = desk.plan("rollback", &[("id", "0")]).await.unwrap();
    let admitted = guard::admit(&plan, &desk.approval()).unwrap();
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let outcome = run(
        admitted,
        &desk.argocd,
        &desk.journal,
        move |p| {
            if matches!(p, vigie::action::plan::Progress::Step(0)) {
                stop.cancel();
            }
        },
        &cancel,
    )
    .await;
    assert_eq!(outcome, Outcome::Cancelled { done: 1 });
    assert_eq!(desk.sent().len(), 1, "the hold, not the rollback");
    let last = read(desk.journal.dir()).unwrap().pop().unwrap().record.unwrap();
    assert_eq!(last.text, "stopped after 1 steps");
}

#[tokio::test]
async fn a_system_gone_dark_while_verifying_is_unverified() {
    let desk = Desk::new(ArgoCd::deployed(), Tier::Dev);
    let plan = desk.plan("sync", &[]).await.unwrap();
    let admitted = guard::admit(&plan, &desk.approval()).unwrap();
    let argocd = desk.argocd.clone();
    let progress = move |p| {
        if matches!(p, vigie::action::plan::Progress::Step(1)) {
            argocd.state().dark = true;
        }
    };
    let outcome = run(admitted, &desk.argocd, &desk.journal, progress, &Cancel::default()).await;
    let Outcome::Unverified(why) = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("not within 300 s") && why.contains("connection refused"), "{why}");
}

//! Scenarios of the palette: what stands first and why, k9s's words, settings, and what is remembered of it.

use vigie::{
    app::{Choice, Command, Effect, Overlay, Palette, PaneId, Remember, Setting, Subject},
    model::{Kind, Severity, SystemKind},
    triage::Focus,
};

use crate::{driver::Driver, frame::world};

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.state.memory.file = Some("/nowhere/remembered.toml".into());
    d.state.contexts.insert(world::source(1, SystemKind::Kubernetes), "aks-staging".into());
    d
}

fn palette(d: &Driver) -> &Palette {
    match d.state.overlays.last() {
        Some(Overlay::Palette(palette)) => palette,
        other => panic!("no palette: {other:?}"),
    }
}

fn offered(d: &mut Driver, text: &str) -> Vec<Choice> {
    d.keys(":").text(text);
    let choices = palette(d).choices.clone();
    d.keys("esc");
    choices
}

fn list(subject: Subject, environment: Option<&str>, filter: &str) -> Choice {
    Choice::List { subject, environment: environment.map(Into::into), filter: filter.into() }
}

#[test]
fn an_application_stands_before_what_is_called_like_it() {
    let mut d = driver();
    let choices = offered(&mut d, "appointments");
    let kinds: Vec<Kind> = choices
        .iter()
        .filter_map(|c| match c {
            Choice::Entity(key, _) => Some(key.kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds[..3], [Kind::Application; 3], "in all environments");
    let Choice::Entity(first, severity) = &choices[0] else { panic!("{:?}", choices[0]) };
    assert_eq!((&*first.name, *severity), ("appointments", Severity::Critical));
    d.keys(":").text("appointments").keys("enter");
    assert!(matches!(&d.state.focus, Focus::Entity(key) if key.kind == Kind::Application));
    let prod = offered(&mut d, "appointments dev");
    let Choice::Entity(key, _) = &prod[0] else { panic!("{:?}", prod[0]) };
    assert_eq!(&*d.state.store.system(key.source).expect("known").env, "dev");
}

#[test]
fn of_equal_fits_what_is_broken_stands_first() {
    let mut d = driver();
    let wrong = |severity: &Severity| match severity {
        Severity::Critical => 0,
        Severity::Warning => 1,
        _ => 2,
    };
    let order: Vec<_> = offered(&mut d, "appo")
        .iter()
        .filter_map(|c| match c {
            // All of these begin with it.
            Choice::Entity(key, severity) if key.name.starts_with("appo") => Some(wrong(severity)),
            _ => None,
        })
        .collect();
    assert!(order.len() > 5 && order.contains(&0) && order.contains(&2), "{order:?}");
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn k9s_words_mean_what_they_mean_there() {
    let mut d = driver();
    let cases = [
        ("po", list(Subject::Pods, None, "")),
        ("po odoo", list(Subject::Pods, None, "ns=odoo")),
        ("pods all", list(Subject::Pods, None, "")),
        ("pods appointments /crash loop", list(Subject::Pods, None, "ns=appointments crash loop")),
        ("po @staging", list(Subject::Pods, Some("staging"), "")),
        ("po @aks-staging /crash", list(Subject::Pods, Some("staging"), "crash")),
        ("pods app=appointments", list(Subject::Pods, None, "app=appointments")),
        (
            "pods odoo app.kubernetes.io/instance=odoo",
            list(Subject::Pods, None, "ns=odoo -l app.kubernetes.io/instance=odoo"),
        ),
        ("pods statsu=Running", list(Subject::Pods, None, "statsu=Running")),
        ("dp restarts", list(Subject::Workloads, None, "restarts")),
        ("po prod", list(Subject::Pods, Some("prod"), "")),
        ("po status=Running restarts>3", list(Subject::Pods, None, "status=Running restarts>3")),
        ("po /^app/", list(Subject::Pods, None, "/^app/")),
        ("ctx", list(Subject::Environments, None, "")),
        ("ctx dev", Choice::Environment("dev".into())),
        ("ctx aks-staging", Choice::Environment("staging".into())),
        ("ns odoo", list(Subject::Applications, None, "ns=odoo")),
        ("ns nowhere", list(Subject::Namespaces, None, "nowhere")),
        ("q", Choice::Command(Command::Quit)),
        ("theme nord", Choice::Set(Setting::Theme("nord"))),
        ("set wide on", Choice::Set(Setting::Wide(true))),
    ];
    for (typed, wanted) in cases {
        assert_eq!(offered(&mut d, typed).first(), Some(&wanted), "{typed}");
    }
    d.keys(":").text("po @aks-staging /app=appointments").keys("enter");
    d.draw();
    assert_eq!(d.state.environment.as_deref(), Some("staging"));
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "app=appointments");
    d.keys(":").text("q").keys("enter");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::Quit)));
}

#[test]
fn words_of_one_s_own_stand_for_others() {
    let mut d = driver();
    d.state.settings.aliases = [("pp", "pods appointments"), ("crashed", "pp /crash"), ("loop", "loop x")]
        .map(|(a, b)| (a.into(), b.into()))
        .into();
    assert_eq!(offered(&mut d, "pp")[0], list(Subject::Pods, None, "ns=appointments"));
    assert_eq!(offered(&mut d, "pp restarts>3")[0], list(Subject::Pods, None, "ns=appointments restarts>3"));
    assert_eq!(offered(&mut d, "crashed")[0], list(Subject::Pods, None, "ns=appointments crash"));
    offered(&mut d, "loop");
    let alias = |c: &Choice| matches!(c, Choice::Alias { name, .. } if name == "crashed");
    assert!(offered(&mut d, "crashe").iter().any(alias));
    d.keys(":").text("crashe").keys("enter");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "ns=appointments crash");
}

#[test]
fn what_is_chosen_stands_first_the_next_time() {
    let mut d = driver();
    let nothing_typed = offered(&mut d, "");
    assert!(matches!(nothing_typed[0], Choice::Entity(_, Severity::Critical)), "what is wrong now");
    for _ in 0..2 {
        d.keys(":").text("theme nord").keys("enter");
    }
    d.keys(":").text("odoo-65c8d9fb7d").keys("enter");
    let kept: Vec<_> = d
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Remember { what: Remember::Use { what, .. }, .. } => Some(what.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(kept[..2], ["set theme nord"; 2]);
    assert!(kept[2].starts_with("entity prod pod odoo odoo-65c8d9fb7d"), "{kept:?}");
    let nothing_typed = offered(&mut d, "");
    assert_eq!(nothing_typed[0], Choice::Set(Setting::Theme("nord")));
    assert!(matches!(&nothing_typed[1], Choice::Entity(key, _) if key.name.starts_with("odoo")));
    assert!(matches!(nothing_typed[2], Choice::Entity(_, Severity::Critical)));
    // Healthy both, and both begin with it: the chosen one comes first.
    let again = offered(&mut d, "odoo-");
    assert!(
        matches!(&again[0], Choice::Entity(key, _) if key.name.starts_with("odoo-65c8d9fb7d")),
        "{:?}",
        again[0]
    );
}

#[test]
fn settings_are_taken_and_told() {
    let mut d = driver();
    d.keys("3 :").text("set wide on").keys("enter");
    assert!(d.state.pane(PaneId::Pods).wide);
    d.keys(":").text("set ascii on").keys("enter");
    assert!(d.state.settings.ascii && d.screen().contains("ascii is on"));
    d.keys(":").text("set ");
    let screen = d.screen();
    assert!(screen.contains("set theme dark") && screen.contains("in use"), "{screen}");
}

#[test]
fn every_command_is_found_by_its_name() {
    let mut d = driver();
    for command in Command::ALL.iter().filter(|c| c.in_palette()) {
        let choices = offered(&mut d, command.name());
        let at = choices.iter().position(|c| *c == Choice::Command(*command));
        assert!(at.is_some_and(|n| n < 4), "{} stands at {at:?}", command.name());
    }
}

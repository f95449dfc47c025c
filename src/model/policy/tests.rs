use jiff::tz::TimeZone;

use super::*;
use crate::model::{Cron, Kind, Source};

fn at(text: &str) -> Time {
    text.parse().expect("a moment")
}

fn amsterdam() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").expect("a time zone")
}

fn key(kind: Kind, name: &str) -> Key {
    Key::new(Source(0), kind, "shop", name)
}

#[test]
fn hours_are_those_of_a_place() {
    let open = ["mon-fri 07:00-19:00".to_owned(), "sat 09:00-12:00".to_owned()];
    let hours = Hours::parse(&open, amsterdam()).expect("hours");
    // 26 November 2026 is a Thursday; Amsterdam is an hour ahead of UTC in winter, two in summer.
    for (moment, open) in [
        ("2026-11-26T05:59:59Z", false),
        ("2026-11-26T06:00:00Z", true),
        ("2026-11-26T17:59:59Z", true),
        ("2026-11-26T18:00:00Z", false),
        ("2026-07-02T05:00:00Z", true),
        ("2026-07-02T17:00:00Z", false),
        ("2026-11-28T08:30:00Z", true),
        ("2026-11-29T08:30:00Z", false),
    ] {
        assert_eq!(hours.hold(at(moment)), open, "{moment}");
    }
    assert_eq!(hours.next(at("2026-11-28T12:00:00Z")), Some(at("2026-11-30T06:00:00Z")));
    assert_eq!(hours.to_string(), "mon-fri 07:00-19:00, sat 09:00-12:00 Europe/Amsterdam");
}

#[test]
fn hours_go_over_midnight_and_over_the_weekend() {
    let hours = |text: &str| Hours::parse(&[text.to_owned()], TimeZone::UTC);
    let night = hours("fri 22:00-06:00").expect("hours");
    assert!(night.hold(at("2026-11-27T23:00:00Z")) && night.hold(at("2026-11-28T05:59:00Z")));
    assert!(!night.hold(at("2026-11-27T05:00:00Z")), "Friday's early hours are Thursday's night");
    let over = hours("sat-mon 00:00-24:00").expect("hours");
    assert!(over.hold(at("2026-11-30T23:59:00Z")) && !over.hold(at("2026-12-01T00:00:00Z")));
    for wrong in
        ["mon", "mon 7-19", "moon 07:00-19:00", "mon 07:00-25:00", "mon 07:00-07:00", "mon 07:60-08:00"]
    {
        assert!(hours(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn windows_hold_from_their_beginning_and_end_before_their_end() {
    let once = Freeze::Between { from: at("2026-12-20T00:00:00Z"), to: at("2027-01-04T00:00:00Z") };
    assert_eq!(once.end(at("2026-12-19T23:59:59Z")), None);
    assert_eq!(once.end(at("2026-12-20T00:00:00Z")), Some(at("2027-01-04T00:00:00Z")));
    assert_eq!(once.end(at("2027-01-04T00:00:00Z")), None);
    let payroll = Freeze::Each {
        cron: Cron::parse("0 18 25 * *").expect("a schedule"),
        duration: std::time::Duration::from_secs(12 * 3600),
        zone: amsterdam(),
    };
    assert_eq!(payroll.end(at("2026-11-25T16:59:59Z")), None);
    assert_eq!(payroll.end(at("2026-11-25T17:00:00Z")), Some(at("2026-11-26T05:00:00Z")));
    assert_eq!(payroll.end(at("2026-11-26T04:59:59Z")), Some(at("2026-11-26T05:00:00Z")));
    assert_eq!(payroll.end(at("2026-11-26T05:00:00Z")), None);
}

#[test]
fn an_act_is_a_verb_and_maybe_a_kind() {
    let act = |text: &str| Act::parse(text).expect(text);
    assert!(act("drain").fits("drain", &key(Kind::Node, "n1")));
    assert!(!act("drain").fits("cordon", &key(Kind::Node, "n1")));
    assert!(act("delete pod").fits("delete", &key(Kind::Pod, "cart-0")));
    assert!(act("delete pods").fits("delete", &key(Kind::Pod, "cart-0")));
    assert!(!act("delete pod").fits("delete", &key(Kind::Deployment, "cart")));
    assert!(act("* node").fits("cordon", &key(Kind::Node, "n1")));
    let secret = key(Kind::Object, "secrets.v1./cart-db");
    assert!(act("delete secret").fits("delete", &secret) && act("delete secrets.v1").fits("delete", &secret));
    let ingress = key(Kind::Object, "ingresses.v1.networking.k8s.io/web");
    assert!(act("delete ingresses.networking.k8s.io").fits("delete", &ingress));
    assert!(!act("delete secret").fits("delete", &ingress));
    for wrong in ["", "delete pdo", "delete pod now"] {
        assert!(Act::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_strictest_of_what_is_asked_wins() {
    let rule = |says| Rule { name: "verb".into(), place: "vigie.toml:1".into(), says };
    let mut policy = Policy::of(Tier::Staging);
    let of = Act::parse("delete").expect("an act");
    policy.rules = vec![
        rule(Says::Ask { of: of.clone(), confirm: Some(Confirm::Name), reason: false }),
        rule(Says::Ask { of: of.clone(), confirm: Some(Confirm::Enter), reason: true }),
        rule(Says::Limit { of, most: 5 }),
    ];
    let pod = key(Kind::Pod, "cart-0");
    assert_eq!(policy.asks("delete", &pod), (Confirm::Name, true));
    assert_eq!(policy.asks("restart", &pod), (Confirm::Yes, false));
    assert_eq!((policy.limit("delete"), policy.limit("restart")), (Some(5), Some(50)));
}

#[test]
fn glass_is_whole_again_after_half_an_hour_at_most() {
    let began = at("2026-11-26T03:00:00Z");
    let glass = Glass::new("1", "INC-1", began);
    assert!(glass.holds(began) && glass.holds(at("2026-11-26T03:29:59Z")));
    assert!(!glass.holds(at("2026-11-26T03:30:00Z")) && !glass.holds(at("2026-11-26T02:59:59Z")));
    assert_eq!(glass.left(at("2026-11-26T03:02:00Z")), "28m");
    assert_eq!(glass.left(at("2026-11-26T03:29:59Z")), "1m");
}

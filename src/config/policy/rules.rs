//! From what a policy's file says to rules, each with where it stands.

use std::time::Duration;

use jiff::{
    Span, SpanRelativeTo, Timestamp,
    civil::{Date, DateTime, Time as Clock},
    tz::TimeZone,
};

use super::{FreezeConfig, HoursConfig, PolicyConfig, VerbConfig};
use crate::{
    config::read::Document,
    model::{Act, Cron, Freeze, Hours, Pattern, Rule, Says, Time},
};

/// The rules of a policy; what is wrong with any is told.
pub(super) fn rules(policy: &PolicyConfig, document: &mut Document<'_>, place: &[&str]) -> Vec<Rule> {
    let mut reader = Reader { document, rules: Vec::new() };
    for (n, text) in policy.deny.iter().enumerate() {
        let n = n.to_string();
        let at = [place, &["deny", &n]].concat();
        if let Some(act) = reader.act(text, &at) {
            reader.keep("deny", &at, Says::Deny(act));
        }
    }
    reader.ticket(policy.ticket.as_deref(), &Act::any(), "ticket", &[place, &["ticket"]].concat());
    reader.hours(policy.hours.as_ref(), &Act::any(), "hours", &[place, &["hours"]].concat());
    for (n, freeze) in policy.freeze.iter().enumerate() {
        reader.freeze(freeze, &[place, &["freeze", &n.to_string()]].concat());
    }
    for (name, verb) in &policy.verb {
        reader.verb(name, verb, &[place, &["verb", name]].concat());
    }
    reader.rules
}

struct Reader<'a, 'd> {
    document: &'a mut Document<'d>,
    rules: Vec<Rule>,
}

impl Reader<'_, '_> {
    fn keep(&mut self, name: &str, at: &[&str], says: Says) {
        let place = self.document.place(at);
        self.rules.push(Rule { name: name.into(), place: place.into(), says });
    }

    fn wrong(&mut self, at: &[&str], what: impl Into<String>, hint: &str) {
        let span = self.document.span(at);
        self.document.wrong(span, what, hint);
    }

    /// A verb, or a verb on a kind; which verbs there are is known elsewhere, so that it is noted for there.
    fn act(&mut self, text: &str, at: &[&str]) -> Option<Act> {
        match Act::parse(text) {
            Ok(act) => {
                self.document.names_verb(at, &act.verb);
                Some(act)
            }
            Err(what) => {
                let hint = "write `drain`, `delete pod`, `* node`, or a resource of the API with its group or version: \
                            `delete ingresses.networking.k8s.io`, `delete configmaps.v1`";
                self.wrong(at, what, hint);
                None
            }
        }
    }

    fn acts(&mut self, texts: &[String], at: &[&str]) -> Vec<Act> {
        let all = texts.iter().enumerate();
        all.filter_map(|(n, text)| self.act(text, &[at, &["allow", &n.to_string()]].concat())).collect()
    }

    fn ticket(&mut self, text: Option<&str>, of: &Act, name: &str, at: &[&str]) {
        let Some(text) = text else { return };
        match Pattern::parse(text) {
            Ok(pattern) => self.keep(name, at, Says::Ticket { of: of.clone(), pattern }),
            Err(why) => {
                let hint = "write a regular expression such as `INC-[0-9]+`";
                self.wrong(at, format!("`{text}` is no regular expression: {why}"), hint);
            }
        }
    }

    fn hours(&mut self, hours: Option<&HoursConfig>, of: &Act, name: &str, at: &[&str]) {
        let Some(hours) = hours else { return };
        let allow = self.acts(&hours.allow, at);
        let Some(zone) = self.zone(hours.zone.as_deref(), at) else { return };
        match Hours::parse(&hours.open, zone) {
            Ok(hours) => self.keep(name, at, Says::Hours { of: of.clone(), hours, allow }),
            Err(what) => {
                let hint =
                    "write days and hours: `mon-fri 07:00-19:00`, `sat,sun 09:00-12:00`, `daily 22:00-06:00`";
                self.wrong(&[at, &["open"]].concat(), what, hint);
            }
        }
    }

    fn verb(&mut self, name: &str, verb: &VerbConfig, at: &[&str]) {
        let Some(of) = self.act(name, at) else { return };
        let called = |setting: &str| format!("{name}: {setting}");
        if verb.confirm.is_some() || verb.reason == Some(true) {
            let says = Says::Ask { of: of.clone(), confirm: verb.confirm, reason: verb.reason == Some(true) };
            self.keep(name, at, says);
        }
        if let Some(most) = verb.bulk_limit {
            self.keep(
                &called("bulk_limit"),
                &[at, &["bulk_limit"]].concat(),
                Says::Limit { of: of.clone(), most },
            );
        }
        self.ticket(verb.ticket.as_deref(), &of, &called("ticket"), &[at, &["ticket"]].concat());
        self.hours(verb.hours.as_ref(), &of, &called("hours"), &[at, &["hours"]].concat());
    }

    fn freeze(&mut self, freeze: &FreezeConfig, at: &[&str]) {
        let allow = self.acts(&freeze.allow, at);
        let Some(zone) = self.zone(freeze.zone.as_deref(), at) else { return };
        let window = match (&freeze.from, &freeze.to, &freeze.cron, &freeze.duration) {
            (Some(from), Some(to), None, None) => self.between(&from.0, &to.0, &zone, at),
            (None, None, Some(cron), Some(duration)) => self.each(cron, duration, zone, at),
            _ => {
                let hint = "write `from` and `to`, or `cron` and `duration`";
                self.wrong(at, format!("when the freeze `{}` holds is not said", freeze.name), hint);
                None
            }
        };
        if let Some(window) = window {
            self.keep(&freeze.name, at, Says::Freeze { window, allow });
        }
    }

    fn between(&mut self, from: &str, to: &str, zone: &TimeZone, at: &[&str]) -> Option<Freeze> {
        let mut read = |text: &str, field: &str, last: bool| {
            let found = moment(text, zone, last);
            if found.is_none() {
                let hint = "write `2026-12-20`, `2026-12-20T18:00`, or `2026-12-20T18:00:00+01:00`";
                self.wrong(&[at, &[field]].concat(), format!("`{text}` is no moment"), hint);
            }
            found
        };
        let (from, to) = (read(from, "from", false), read(to, "to", true));
        let (from, to) = (from?, to?);
        if from >= to {
            self.wrong(&[at, &["to"]].concat(), "it ends before it begins", "write a later moment");
            return None;
        }
        Some(Freeze::Between { from, to })
    }

    fn each(&mut self, cron: &str, duration: &str, zone: TimeZone, at: &[&str]) -> Option<Freeze> {
        let schedule = Cron::parse(cron);
        if schedule.is_none() {
            let hint = "write minute, hour, day, month and weekday: `0 18 25 * *`";
            self.wrong(&[at, &["cron"]].concat(), format!("`{cron}` is no schedule of five fields"), hint);
        }
        let long = lasting(duration);
        if long.is_none() {
            let hint = "write `12h`, `90m` or `2d`, at least a minute and 31 days at most";
            self.wrong(&[at, &["duration"]].concat(), format!("`{duration}` is no time that it lasts"), hint);
        }
        Some(Freeze::Each { cron: schedule?, duration: long?, zone })
    }

    fn zone(&mut self, name: Option<&str>, at: &[&str]) -> Option<TimeZone> {
        let Some(name) = name.filter(|name| *name != "UTC") else { return Some(TimeZone::UTC) };
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            let what = format!("this machine knows no time zone `{name}`");
            let hint = "write one as `Europe/Amsterdam`; the machine's list is the package tzdata";
            self.wrong(&[at, &["zone"]].concat(), what, hint);
        }
        zone
    }
}

/// A moment: a day, the end of it for a last one, a day and an hour of a place, or with an offset.
fn moment(text: &str, zone: &TimeZone, last: bool) -> Option<Time> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.into());
    }
    // The library would take a day and an hour for the day.
    let local = if text.contains(['T', 't', ' ']) {
        text.parse::<DateTime>().ok()?
    } else {
        let day: Date = text.parse().ok()?;
        if last { day.tomorrow().ok()? } else { day }.to_datetime(Clock::midnight())
    };
    Some(zone.to_timestamp(local).ok()?.into())
}

fn lasting(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let long = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let long = Duration::try_from(long).ok()?;
    (Duration::from_secs(60)..=Freeze::LONGEST).contains(&long).then_some(long)
}

//! Hours of the week: `mon-fri 07:00-19:00`.

use jiff::{Timestamp, tz::TimeZone};

use crate::model::{Str, Time};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Minutes of a week and a day: whatever opens at all opens within it.
const WEEK: i64 = 8 * 24 * 60;

/// Hours of the week, by the clock of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    spans: Vec<Span>,
    zone: TimeZone,
    text: Str,
}

/// The same hours of some days; over midnight where they end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// A bit for each day from Monday on which it begins.
    days: u8,
    from: u16,
    to: u16,
}

impl Hours {
    /// Reads them; the error says which is wrong.
    pub fn parse(open: &[String], zone: TimeZone) -> Result<Self, String> {
        let spans = open
            .iter()
            .map(|text| Span::parse(text).ok_or_else(|| format!("`{text}` is no hours of the week")));
        let place = zone.iana_name().unwrap_or("UTC");
        Ok(Self {
            spans: spans.collect::<Result<_, _>>()?,
            text: format!("{} {place}", open.join(", ")).into(),
            zone,
        })
    }

    /// Whether a moment is within them.
    pub fn hold(&self, at: Time) -> bool {
        let local = self.zone.to_datetime(at.timestamp());
        let day = local.weekday().to_monday_zero_offset() as u8;
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        self.spans.iter().any(|span| span.holds(day, minute))
    }

    /// When they begin after a moment outside them.
    pub fn next(&self, after: Time) -> Option<Time> {
        let first = after.secs().div_euclid(60) + 1;
        (first..first + WEEK)
            .map(|minute| Time::from_secs(minute * 60))
            .find(|at| Timestamp::from_second(at.secs()).is_ok() && self.hold(*at))
    }
}

impl std::fmt::Display for Hours {
    /// `mon-fri 07:00-19:00 Europe/Amsterdam`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Span {
    /// `mon-fri 07:00-19:00`, `sat,sun 09:00-12:00`, `daily 22:00-06:00`.
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [days, hours] = words[..] else { return None };
        let (from, to) = hours.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from < DAY && from != to).then_some(Self { days: read_days(days)?, from, to })
    }

    fn holds(self, day: u8, minute: u16) -> bool {
        let on = |day: u8| self.days >> day & 1 == 1;
        if self.from < self.to {
            return on(day) && (self.from..self.to).contains(&minute);
        }
        on(day) && minute >= self.from || on((day + 6) % 7) && minute < self.to
    }
}

/// `07:30`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60).then_some(hour * 60 + minute).filter(|m| hour <= 24 && *m <= DAY)
}

/// `mon-fri`, `sat,sun`, `fri-mon`, `daily`.
fn read_days(text: &str) -> Option<u8> {
    let day = |name: &str| DAYS.iter().position(|day| name.eq_ignore_ascii_case(day)).map(|n| n as u8);
    if text.eq_ignore_ascii_case("daily") {
        return Some(0b111_1111);
    }
    text.split(',').try_fold(0, |days, part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (day(from)?, day(to)?);
        let long = (to + 7 - from) % 7;
        Some((0..=long).fold(days, |days, n| days | 1 << ((from + n) % 7)))
    })
}

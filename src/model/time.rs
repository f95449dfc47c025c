//! Moments in UTC and who tells them.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;

/// A moment in UTC, in nanoseconds since 1970; 8 bytes, good until 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The moment `nanos` nanoseconds after 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The moment `millis` milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The moment `secs` seconds after 1970.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since 1970.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Whole seconds since 1970.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// How long after `earlier` this is; zero when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment and `by` more.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// This moment less `by`.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// RFC 3339 in UTC with whole seconds, as Kubernetes writes it: `2026-11-21T03:12:44Z`.
    pub fn rfc3339(self) -> String {
        Timestamp::from_second(self.secs()).map_or_else(|_| String::new(), |t| t.to_string())
    }

    /// The moment for a reader, in UTC: `21 Nov 06:23`.
    pub fn brief(self) -> String {
        self.timestamp().strftime("%-d %b %H:%M").to_string()
    }

    /// The same moment as the calendar library holds it.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Reads how long: `30s`, `10m`, `2h`, `1d`.
///
/// # Errors
/// What was given and what it should look like.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is no duration; write 30s, 10m, 2h or 1d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(bad)?;
    let scale = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    number.checked_mul(scale).map(Duration::from_secs).ok_or_else(bad)
}

impl From<Timestamp> for Time {
    fn from(t: Timestamp) -> Self {
        Self(i64::try_from(t.as_nanosecond()).unwrap_or(i64::MAX))
    }
}

impl FromStr for Time {
    type Err = jiff::Error;

    /// Reads RFC 3339, with any offset and up to nanoseconds.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse::<Timestamp>().map(Self::from)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with as many digits as it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who tells the time: the machine's clock, or the simulated platform's.
pub trait Clock: Send + Sync + 'static {
    /// The moment it is now.
    fn now(&self) -> Time;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Timestamp::now().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("10m"), Ok(Duration::from_secs(600)));
        assert!(parse_duration("10").is_err_and(|e| e.contains("write 30s")));
        assert!(parse_duration("").is_err() && parse_duration("10µ").is_err());
        assert!(parse_duration("99999999999999999999d").is_err());
    }

    #[test]
    fn reads_and_writes_rfc3339() {
        let t: Time = "2026-11-21T03:12:44.5Z".parse().expect("a moment");
        assert_eq!(t.millis(), 1_795_230_764_500);
        assert_eq!(t.rfc3339(), "2026-11-21T03:12:44Z");
        assert_eq!(t.to_string(), "2026-11-21T03:12:44.5Z");
        assert_eq!("2026-11-21T05:12:44.5+02:00".parse::<Time>().expect("with offset"), t);
    }

    #[test]
    fn arithmetic_saturates() {
        let t = Time::from_secs(10);
        assert_eq!(t.since(Time::from_secs(12)), Duration::ZERO);
        assert_eq!(t.plus(Duration::from_secs(5)).secs(), 15);
        assert_eq!(Time::from_nanos(i64::MIN).minus(Duration::from_secs(1)).nanos(), i64::MIN);
    }
}

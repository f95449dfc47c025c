//! Descriptions line by line: headings stand out, and what is wrong, in its colour and with its sign before it.

use super::line::{Line, Tone};
use crate::model::{Cell, Severity, standing, text};

/// Fields that tell how something fares; what is past is no worse than a warning.
const FIELDS: [&str; 5] = ["Status", "State", "Last State", "Phase", "Reason"];
/// Conditions that are wrong when they are false.
const WANTED: [&str; 9] = [
    "Ready",
    "ContainersReady",
    "Initialized",
    "PodScheduled",
    "Available",
    "Progressing",
    "Established",
    "Synced",
    "Healthy",
];
/// Conditions that are wrong when they are true.
const UNWANTED: [&str; 6] =
    ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "ReplicaFailure", "Failed"];
/// Reasons of containers that no ending tells.
const REASONS: [&str; 10] = [
    "OOMKilled",
    "Evicted",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ContainerCannotRun",
    "DeadlineExceeded",
    "NodeLost",
    "Unschedulable",
    "StartError",
];

/// The lines of a description.
pub(super) fn lines(document: &str) -> Vec<Line> {
    // What has ended well is not ready, and need not be.
    let ended = |line: &str| {
        field(line)
            .is_some_and(|(name, value, _)| name == "Status" && matches!(value, "Completed" | "Succeeded"))
    };
    let ended = document.lines().any(ended);
    let mut section = "";
    document
        .lines()
        .map(|line| {
            if !line.starts_with(' ') {
                section = line.trim_end_matches(':');
            }
            self::line(line, section, ended)
        })
        .collect()
}

fn line(line: &str, section: &str, ended: bool) -> Line {
    if line.starts_with(' ')
        && let Some(severity) = row(line, section, ended)
    {
        return Line::new(Tone::Severity(severity), format!("{}{}", severity.sign(), &line[1..]));
    }
    if let Some((name, value, at)) = field(line)
        && let Some(severity) = fares(name, value, ended)
    {
        // Blanks before the value make room for the sign, so that values stay below each other.
        let name = text::clean(line[..at].trim_end());
        let gap = " ".repeat((at - line[..at].trim_end().len()).saturating_sub(2).max(1));
        let lead = format!("{name}{gap}");
        let value = text::clean(&line[at..]);
        let runs = vec![(0, Tone::Key), (lead.len(), Tone::Severity(severity))];
        return Line::of(Tone::Text, format!("{lead}{} {value}", severity.sign()), runs);
    }
    let is_heading = !line.starts_with(' ') && line.ends_with(':');
    Line::new(if is_heading { Tone::Strong } else { Tone::Field }, line)
}

/// How bad a row of events or conditions is, where it is bad.
fn row(line: &str, section: &str, ended: bool) -> Option<Severity> {
    let mut words = line.split_whitespace();
    let (first, second) = (words.next()?, words.next());
    let wrong = match section {
        "Events" => first == "Warning",
        "Conditions" => match second {
            Some("False") => WANTED.contains(&first) && !ended,
            Some("True") => UNWANTED.contains(&first),
            Some("Unknown") => WANTED.contains(&first),
            _ => false,
        },
        _ => false,
    };
    wrong.then_some(Severity::Warning)
}

/// The name and the value of a field, and where the value begins.
fn field(line: &str) -> Option<(&str, &str, usize)> {
    let (name, rest) = line.split_once(':')?;
    let value = rest.trim_start();
    (!value.is_empty() && rest.starts_with(' '))
        .then(|| (name.trim(), value.trim_end(), line.len() - value.len()))
}

/// How bad a field says that something fares, where it is bad.
fn fares(name: &str, value: &str, ended: bool) -> Option<Severity> {
    if name == "Ready" {
        let (ready, of) = value.split_once('/').unwrap_or_default();
        let lacks = value == "false" || ready.parse::<u32>().ok() < of.parse::<u32>().ok();
        return (lacks && !ended).then_some(Severity::Warning);
    }
    if !FIELDS.contains(&name) {
        return None;
    }
    let of = |word: &str| {
        let known = REASONS.contains(&word).then_some(Severity::Critical);
        known.or_else(|| standing("Status", &Cell::Text(word.into())))
    };
    let worst = value.split([',', ':', '(', ')']).filter_map(|part| of(part.trim())).max()?;
    let worst = if name == "Last State" { worst.min(Severity::Warning) } else { worst };
    (worst.is_problem() || worst == Severity::Active).then_some(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line with the tone of its end.
    fn read(document: &str) -> Vec<(String, Tone)> {
        let tone = |line: &Line| line.pieces(0, line.text.len()).last().map_or(line.tone, |p| p.1);
        lines(document).iter().map(|line| (line.text.clone(), tone(line))).collect()
    }

    #[test]
    fn what_is_wrong_has_its_colour_and_sign() {
        let (warning, critical) = (Tone::Severity(Severity::Warning), Tone::Severity(Severity::Critical));
        let of = |document: &str| read(document).pop().expect("a line");
        for (document, line, tone) in [
            ("Status:            CrashLoopBackOff", "Status:          ✗ CrashLoopBackOff", critical),
            (
                "    State:         Waiting, ImagePullBackOff",
                "    State:       ✗ Waiting, ImagePullBackOff",
                critical,
            ),
            (
                "    Last State:    Terminated, OOMKilled, exit code 137",
                "    Last State:  ! Terminated, OOMKilled, exit code 137",
                warning,
            ),
            ("Ready:             0/1", "Ready:           ! 0/1", warning),
            ("Ready: 0/1", "Ready: ! 0/1", warning),
            ("Phase:             Failed", "Phase:           ✗ Failed", critical),
            ("Events:\n  Warning  BackOff  12s", "! Warning  BackOff  12s", warning),
            ("Conditions:\n  Ready  False  4m", "! Ready  False  4m", warning),
            ("Conditions:\n  MemoryPressure  True", "! MemoryPressure  True", warning),
        ] {
            assert_eq!(of(document), (line.to_owned(), tone), "{document}");
        }
    }

    #[test]
    fn what_is_well_stays_as_it_is() {
        for document in [
            "Status:            Running",
            "Ready:             1/1",
            "Conditions:\n  Ready  True  4m",
            "Conditions:\n  MemoryPressure  False",
            "Events:\n  Normal   Pulled  4m",
            "Labels:            state=Failed",
            "  Warning  is no event",
            "Status:            Completed\nReady:             0/1",
            "Status:            Completed\nConditions:\n  Ready  False  4m",
        ] {
            let (line, tone) = read(document).pop().expect("a line");
            assert_eq!(Some(line.as_str()), document.lines().last());
            assert!(!matches!(tone, Tone::Severity(_)), "{document}: {tone:?}");
        }
        assert_eq!(read("Conditions:")[0].1, Tone::Strong);
    }
}

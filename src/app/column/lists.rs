//! Which columns each list has.

use std::borrow::Cow;

use super::{Column, Id, filling, fixed, number, pick};
use crate::{
    app::{browse::Browse, subject::Subject, workspace},
    model::Share,
};

/// The columns of a list in `room` columns, all that there are when `wide`; `env` is the width of environments' names.
pub(super) fn of(subject: Subject, wide: bool, env: u16, room: u16) -> Vec<Column> {
    let mut all = usual(subject, env, room);
    if wide {
        // Before the age, which stands last.
        let at = all.iter().rposition(|c| c.id == Id::Age).unwrap_or(all.len());
        all.splice(at..at, more(subject));
    }
    all
}

/// All columns that a list can have: the usual ones, those of the wide form, and those that have to be chosen.
pub(super) fn all(subject: Subject, env: u16, room: u16) -> Vec<Column> {
    let mut all = of(subject, true, env, room);
    all.extend(other(subject));
    all
}

/// The columns that are shown only when they are chosen.
fn other(subject: Subject) -> Vec<Column> {
    let labels = || fixed(Id::Labels, "LABELS", 30, 31);
    match subject {
        Subject::Applications => vec![fixed(Id::Image, "IMAGES", 28, 30), labels()],
        Subject::Pods | Subject::Workloads | Subject::Alerts => vec![labels()],
        Subject::Leases => vec![fixed(Id::Namespace, "MOUNT", 14, 30), number(Id::Since, "SINCE", 5, 31)],
        _ => Vec::new(),
    }
}

/// The name of a list in files; a kind of object is named as clusters name it.
pub fn list_of(subject: Subject, browse: &Browse) -> Cow<'static, str> {
    match (subject, &browse.resource) {
        (Subject::Objects, Some(resource)) => Cow::Owned(resource.id()),
        (Subject::Objects, None) => Cow::Owned(browse.word.clone()),
        (subject, _) => Cow::Borrowed(workspace::name_of(subject)),
    }
}

/// What a list's name in a file means: a list with columns of its own, or a kind of object by its name in clusters.
/// `None` for lists that have no columns to choose, and for what cannot be a kind's name.
pub(super) fn list_named(name: &str) -> Option<Subject> {
    let built_in = workspace::subject_named(name);
    let is_kind = || {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
    };
    match built_in {
        Some(Subject::Objects | Subject::Environments | Subject::Logs | Subject::Matrix) => None,
        Some(subject) => Some(subject),
        None => is_kind().then_some(Subject::Objects),
    }
}

/// The names of the columns that a list can have; empty for kinds of objects, whose clusters know.
pub(super) fn names(subject: Subject) -> Vec<String> {
    all(subject, 4, 200).iter().map(|c| c.name().into_owned()).collect()
}

/// The same for a list by its name in files.
pub fn names_of(list: &str) -> Vec<String> {
    list_named(list).map_or_else(Vec::new, names)
}

/// The columns that only the wide form has.
fn more(subject: Subject) -> Vec<Column> {
    match subject {
        Subject::Applications => vec![
            fixed(Id::Target, "TARGET", 10, 21),
            fixed(Id::Project, "PROJECT", 10, 23),
            fixed(Id::Namespace, "DESTINATION", 16, 22),
            fixed(Id::By, "DEPLOYED BY", 12, 24),
            number(Id::Since, "SINCE", 5, 20),
        ],
        Subject::Pods => {
            let share = |share: Share| number(Id::Share(share), share.title(), 6, 22);
            let shares = Share::ALL.into_iter().map(share);
            let owner = fixed(Id::About, "OWNER", 30, 21);
            shares.chain([owner, fixed(Id::Image, "IMAGES", 32, 23)]).collect()
        }
        Subject::Workloads => vec![
            number(Id::Updated, "UPDATED", 7, 20),
            number(Id::Size, "AVAILABLE", 9, 21),
            fixed(Id::About, "APPLICATION", 18, 22),
        ],
        Subject::Alerts => {
            vec![fixed(Id::Namespace, "NAMESPACE", 14, 21), filling(Id::Message, "SUMMARY", 30, 20)]
        }
        Subject::Silences => vec![fixed(Id::At, "SINCE", 8, 20)],
        _ => Vec::new(),
    }
}

fn usual(subject: Subject, env: u16, room: u16) -> Vec<Column> {
    // Where there is room for more columns, names come first.
    let pod = if room < 60 { 20 } else { 28 };
    let env = |rank| fixed(Id::Env, "ENV", env, rank);
    match subject {
        Subject::Environments => {
            vec![filling(Id::Name, "NAME", 8, 0), fixed(Id::Wrong, "", 11, 1), number(Id::Size, "", 9, 2)]
        }
        Subject::Applications => vec![
            env(1),
            filling(Id::Name, "APPLICATION", 18, 0),
            fixed(Id::State, "HEALTH", 13, 1),
            fixed(Id::Sync, "SYNC", 9, 2),
            fixed(Id::Revision, "REVISION", 9, 6),
            number(Id::Age, "AGE", 4, 5),
            filling(Id::Note, "NOTE", 14, 4),
        ],
        Subject::Pods => vec![
            env(1),
            fixed(Id::Namespace, "NAMESPACE", 13, 7),
            filling(Id::Name, "POD", pod, 0),
            number(Id::Ready, "READY", 5, 3),
            fixed(Id::State, "STATUS", 18, 1),
            number(Id::Restarts, "RESTARTS", 8, 2),
            number(Id::Cpu, "CPU", 5, 8),
            number(Id::Memory, "MEM", 6, 9),
            fixed(Id::Node, "NODE", 12, 6),
            number(Id::Age, "AGE", 4, 5),
        ],
        Subject::Workloads => vec![
            env(1),
            fixed(Id::Namespace, "NAMESPACE", 13, 6),
            fixed(Id::Kind, "KIND", 11, 5),
            filling(Id::Name, "NAME", 18, 0),
            number(Id::Ready, "READY", 7, 2),
            fixed(Id::State, "STATUS", 16, 1),
            filling(Id::Image, "IMAGE", 14, 8),
            number(Id::Age, "AGE", 4, 7),
        ],
        Subject::Nodes => vec![
            env(1),
            filling(Id::Name, "NODE", 14, 0),
            fixed(Id::State, "STATUS", 20, 1),
            fixed(Id::Roles, "ROLES", 14, 6),
            number(Id::Cpu, "CPU", 11, 2),
            number(Id::Memory, "MEM", 13, 3),
            fixed(Id::Version, "VERSION", 12, 7),
            number(Id::Age, "AGE", 4, 5),
        ],
        Subject::Namespaces => vec![
            env(1),
            filling(Id::Name, "NAMESPACE", 16, 0),
            fixed(Id::State, "STATUS", 14, 1),
            number(Id::Age, "AGE", 4, 2),
        ],
        Subject::Events => vec![
            env(1),
            number(Id::Age, "AGE", 4, 1),
            number(Id::Size, "×", 5, 6),
            fixed(Id::State, "REASON", 20, 2),
            filling(Id::About, "OBJECT", 18, 3),
            filling(Id::Message, "MESSAGE", 20, 0),
        ],
        Subject::Alerts => vec![
            env(1),
            fixed(Id::State, "", 6, 0),
            filling(Id::Name, "ALERT", 18, 0),
            filling(Id::About, "ABOUT", 10, 3),
            number(Id::Age, "FOR", 4, 0),
        ],
        Subject::Silences => vec![
            env(1),
            number(Id::Left, "ENDS", 8, 1),
            filling(Id::Message, "SILENCE", 16, 0),
            fixed(Id::By, "BY", 10, 3),
        ],
        // What is left is what one looks for here: it stands first and never goes.
        Subject::Leases => vec![
            fixed(Id::State, "", 1, 0),
            number(Id::Left, "LEFT", 6, 0),
            env(1),
            fixed(Id::Kind, "WHAT", 6, 4),
            filling(Id::Name, "NAME", 8, 0),
        ],
        Subject::Changes => vec![
            env(1),
            fixed(Id::At, "AT", 8, 0),
            fixed(Id::Kind, "WHAT", 7, 0),
            // Who did it is known of few: it gives way to what happened.
            filling(Id::Message, "CHANGE", if room < 36 { 8 } else { 34.min(room - 27) }, 0),
            fixed(Id::By, "BY", 10, 6),
        ],
        Subject::Objects | Subject::Logs | Subject::Matrix => Vec::new(),
    }
}

/// The columns of the kind that is looked at: the chosen ones, or those of its servers, with those of the wide form
/// when `wide`. Widths are those that the cells took so far, less where not all columns fit so.
pub(super) fn objects(
    browse: &Browse,
    wide: bool,
    chosen: Option<&[String]>,
    own: &[Column],
    env: u16,
    room: u16,
) -> Vec<Column> {
    let needed = |all: &[Column]| all.iter().map(|c| c.width + 1).sum::<u16>();
    let mut all = Vec::new();
    for most in [40, 28, 20] {
        let mut every = every(most, browse, env);
        let is_usual = |c: &Column| c.id != Id::Labels && (wide || c.rank < WIDE);
        all = match chosen {
            Some(chosen) => {
                let more = every.iter().filter(|c| wide && is_usual(c)).map(|c| c.name().into_owned());
                let wanted: Vec<String> = chosen.iter().cloned().chain(more).collect();
                every.extend_from_slice(own);
                pick(every, &wanted)
            }
            None => every.into_iter().filter(is_usual).collect(),
        };
        if needed(&all) <= room {
            break;
        }
    }
    // Where there is room for all of it, what is left over stays at the end: cells far apart are hard to follow.
    let rest = room.saturating_sub(needed(&all));
    if let Some(column) = all.iter_mut().find(|c| c.id == Id::Name) {
        let whole = browse.names.0.max(column.width);
        if rest > 0 && whole - column.width <= rest {
            (column.width, column.fills) = (whole, false);
        }
    }
    all
}

/// Columns of the wide form go before all others.
const WIDE: u8 = 100;

/// Every column of the kind that is looked at, none wider than `most`.
pub(super) fn every(most: u16, browse: &Browse, env: u16) -> Vec<Column> {
    let (name, namespace) = browse.names;
    let mut all = vec![fixed(Id::Env, "ENV", env, 1)];
    if browse.is_namespaced() {
        all.push(fixed(Id::Namespace, "NAMESPACE", namespace.clamp(9, most.min(24)), 4));
    }
    all.push(filling(Id::Name, "NAME", name.clamp(8, most), 0));
    for (n, column) in (0_u16..).zip(&browse.columns) {
        // What the server puts first is what it holds to matter most.
        let rank = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(if column.wide { WIDE } else { 5 });
        all.push(Column {
            id: Id::Cell(n),
            title: Cow::Owned(column.name.to_uppercase()),
            width: column.width.min(most),
            fills: false,
            right: column.number,
            rank,
        });
    }
    all.push(number(Id::Age, "AGE", 4, 2));
    all.push(fixed(Id::Labels, "LABELS", 30, u8::MAX));
    all
}

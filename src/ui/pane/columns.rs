//! Which columns each list has.

use std::borrow::Cow;

use crate::{
    app::{Browse, Subject},
    ui::column::{Column, Id, filling, fixed, number},
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
        Subject::Pods => vec![fixed(Id::About, "OWNER", 30, 21), fixed(Id::Image, "IMAGES", 32, 22)],
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
            filling(Id::Message, "CHANGE", if room < 36 { 8 } else { 24.min(room - 24) }, 0),
            fixed(Id::By, "BY", 10, 6),
        ],
        Subject::Objects | Subject::Logs | Subject::Matrix => Vec::new(),
    }
}

/// The columns of the kind that is looked at, as its servers draw them; `wide` with those of the wide form. Widths are
/// those that the cells took so far, less where not all columns fit so.
pub(super) fn objects(browse: &Browse, wide: bool, env: u16, room: u16) -> Vec<Column> {
    let needed = |all: &[Column]| all.iter().map(|c| c.width + 1).sum::<u16>();
    let mut all = Vec::new();
    for most in [40, 28, 20] {
        all = up_to(most, browse, wide, env);
        if needed(&all) <= room {
            break;
        }
    }
    all
}

fn up_to(most: u16, browse: &Browse, wide: bool, env: u16) -> Vec<Column> {
    let (name, namespace) = browse.names;
    let mut all = vec![fixed(Id::Env, "ENV", env, 1)];
    if browse.is_namespaced() {
        all.push(fixed(Id::Namespace, "NAMESPACE", namespace.clamp(9, most.min(24)), 4));
    }
    all.push(filling(Id::Name, "NAME", name.clamp(8, most), 0));
    for (n, column) in (0_u16..).zip(&browse.columns).filter(|(_, c)| wide || !c.wide) {
        // What the server puts first is what it holds to matter most; the wide form's columns go first of all.
        let rank = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(if column.wide { 100 } else { 5 });
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
    all
}

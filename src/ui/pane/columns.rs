//! Which columns each list has.

use crate::{
    app::Subject,
    ui::column::{Column, Id, filling, fixed, number},
};

/// The columns of a list in `room` columns; `env` is the width of environments' names.
pub(super) fn of(subject: Subject, env: u16, room: u16) -> Vec<Column> {
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
        Subject::Logs | Subject::Matrix => Vec::new(),
    }
}

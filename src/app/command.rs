//! Everything that a key or the palette can run, under one name each.

use crate::keymap::{self, Keymap};

/// The keymap of the cockpit.
pub type Keys = Keymap<Command>;

macro_rules! commands {
    ($($variant:ident $name:literal $title:literal,)*) => {
        /// What a key or the palette runs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command { $(#[doc = $title] $variant,)* }

        impl Command {
            /// Every command, in the order of help and palette.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in keymaps, the palette and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

commands! {
    Why "why" "why it is like this",
    Diff "diff" "live against desired",
    Logs "logs" "logs of this",
    LogsPrevious "logs-previous" "logs before the last restart",
    Open "open" "open",
    Describe "describe" "describe",
    Yaml "yaml" "YAML",
    Events "events" "events of this",
    Sync "sync" "sync",
    Rollback "rollback" "roll back",
    Hold "hold" "hold auto-sync",
    Release "release" "release the hold",
    Terminate "terminate" "terminate the operation",
    Refresh "refresh" "compare again",
    HardRefresh "hard-refresh" "compare again without cache",
    Undo "undo" "undo the last action",
    Down "down" "next row or line",
    Up "up" "previous row or line",
    HalfPageDown "half-page-down" "half a page down",
    HalfPageUp "half-page-up" "half a page up",
    PageDown "page-down" "a page down",
    PageUp "page-up" "a page up",
    Top "top" "to the top",
    Bottom "bottom" "to the end",
    Left "left" "to the left",
    Right "right" "to the right",
    NextProblem "next-problem" "next problem anywhere",
    PreviousProblem "previous-problem" "previous problem anywhere",
    Filter "filter" "filter or search",
    Filters "filters" "choose, save or forget a filter",
    NextMatch "next-match" "next match",
    PreviousMatch "previous-match" "previous match",
    SortNext "sort-next" "sort by the next column",
    SortBy "sort-by" "sort by any column",
    SortReverse "sort-reverse" "reverse the order",
    GroupBy "group-by" "group the rows",
    FoldAll "fold-all" "fold all",
    Wide "wide" "more columns, or the usual ones",
    Copy "copy" "copy the name",
    CopyRow "copy-row" "copy the row, tab separated",
    CopyYaml "copy-yaml" "copy the YAML",
    CopyCommand "copy-command" "copy the command that shows it",
    ExportCsv "export-csv" "write the list to a CSV file",
    ExportJson "export-json" "write the list to a JSON file",
    MarkAll "mark-all" "mark all rows shown",
    MarkNone "mark-none" "take all marks away",
    MarkInvert "mark-invert" "mark the others",
    Pin "pin" "pin the focus here, or follow again",
    Owner "owner" "to the application it belongs to",
    Back "back" "back, or widen the focus",
    Zoom "zoom" "this pane alone, and back",
    NextPane "next-pane" "next pane",
    PreviousPane "previous-pane" "previous pane",
    PaneLeft "pane-left" "pane to the left",
    PaneDown "pane-down" "pane below",
    PaneUp "pane-up" "pane above",
    PaneRight "pane-right" "pane to the right",
    Wider "wider" "this pane wider",
    Narrower "narrower" "this pane narrower",
    Taller "taller" "this pane taller",
    Shorter "shorter" "this pane shorter",
    MoveLeft "move-left" "swap with the pane to the left",
    MoveDown "move-down" "swap with the pane below",
    MoveUp "move-up" "swap with the pane above",
    MoveRight "move-right" "swap with the pane to the right",
    SplitRight "split-right" "this list twice, side by side",
    SplitDown "split-down" "this list twice, one below the other",
    HidePane "hide-pane" "hide or close this pane",
    AddPane "add-pane" "give this pane a place here",
    Balance "balance" "all panes the same size",
    TakeBack "take-back" "take back the last change of panes",
    Reset "reset" "the workspace as it was chosen",
    Workspaces "workspaces" "choose, save or forget a workspace",
    Workspace1 "workspace-1" "first workspace",
    Workspace2 "workspace-2" "second workspace",
    Workspace3 "workspace-3" "third workspace",
    Workspace4 "workspace-4" "fourth workspace",
    Workspace5 "workspace-5" "fifth workspace",
    Workspace6 "workspace-6" "sixth workspace",
    Workspace7 "workspace-7" "seventh workspace",
    Workspace8 "workspace-8" "eighth workspace",
    Workspace9 "workspace-9" "ninth workspace",
    GoEnvironments "go-environments" "environments",
    GoApplications "go-applications" "applications",
    GoPods "go-pods" "pods",
    GoAlerts "go-alerts" "alerts",
    GoLeases "go-leases" "leases and credentials",
    GoLogs "go-logs" "logs",
    GoChanges "go-changes" "changes",
    GoWorkloads "go-workloads" "deployments and other workloads",
    GoNodes "go-nodes" "nodes",
    GoNamespaces "go-namespaces" "namespaces",
    GoEvents "go-events" "cluster events",
    GoSilences "go-silences" "silences",
    GoMatrix "go-matrix" "applications by environment",
    GoKinds "go-kinds" "every kind of object",
    Palette "palette" "command palette",
    Help "help" "keys of this place",
    Follow "follow" "follow new lines, or pause",
    Wrap "wrap" "wrap long lines",
    Timestamps "timestamps" "times: UTC, local, none",
    LeastLevel "least-level" "all levels, warnings, errors",
    Include "include" "only lines with what is typed",
    Exclude "exclude" "no lines with what is typed",
    DropFilter "drop-filter" "take the last filter away",
    Range "range" "how far back",
    Columns "columns" "which columns, in which order",
    Colours "colours" "colours of the programs on or off",
    Mark "mark" "set a mark, with a note",
    NextMark "next-mark" "next mark",
    PreviousMark "previous-mark" "previous mark",
    Save "save" "save what is shown to a file",
    NextError "next-error" "next error line",
    PreviousError "previous-error" "previous error line",
    OnlyMatches "only-matches" "only lines that match, or all",
    Archive "archive" "with what Loki kept, or without",
    Fold "fold" "fold or unfold",
    FoldMore "fold-more" "one level less is open",
    FoldLess "fold-less" "one level more is open",
    UnfoldAll "unfold-all" "unfold all",
    Numbers "numbers" "line numbers on or off",
    CopyPath "copy-path" "copy the path of this line",
    CopyValue "copy-value" "copy the value of this line",
    Reveal "reveal" "show this secret for 30 seconds, or hide it",
    Reload "reload" "read it again",
    SideBySide "side-by-side" "side by side, or one below the other",
    MoreContext "more-context" "more lines around changes",
    LessContext "less-context" "fewer lines around changes",
    NextChange "next-change" "next change",
    PreviousChange "previous-change" "previous change",
    Confirm "confirm" "go on",
    Cancel "cancel" "cancel",
    NextField "next-field" "next field",
    PreviousField "previous-field" "previous field",
    Toggle "toggle" "switch this on or off",
    MarkOutOfSync "mark-out-of-sync" "mark all OutOfSync, or none",
    DryRun "dry-run" "only try",
    Prune "prune" "delete what git no longer has",
    Interrupt "interrupt" "stop before the next step",
    Quiet "quiet" "bell and notifications off, or on",
    Redraw "redraw" "draw the screen anew",
    Suspend "suspend" "to the shell; fg comes back",
    Quit "quit" "quit",
}

impl Command {
    /// The command of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.name() == name)
    }

    /// The action it plans, if it plans one.
    pub const fn verb(self) -> Option<&'static str> {
        match self {
            Self::Sync
            | Self::Rollback
            | Self::Hold
            | Self::Release
            | Self::Terminate
            | Self::Refresh
            | Self::HardRefresh => Some(self.name()),
            _ => None,
        }
    }

    /// Whether it does something with logs and nothing else.
    pub const fn is_for_logs(self) -> bool {
        matches!(
            self,
            Self::Follow
                | Self::Timestamps
                | Self::LeastLevel
                | Self::Include
                | Self::Exclude
                | Self::DropFilter
                | Self::Range
                | Self::Colours
                | Self::Mark
                | Self::NextMark
                | Self::PreviousMark
                | Self::Save
                | Self::NextError
                | Self::PreviousError
                | Self::OnlyMatches
                | Self::Archive
        )
    }

    /// Whether it makes sense to choose it from the palette.
    pub const fn in_palette(self) -> bool {
        !matches!(
            self,
            Self::Down
                | Self::Up
                | Self::Left
                | Self::Right
                | Self::Confirm
                | Self::Cancel
                | Self::NextField
                | Self::PreviousField
                | Self::Toggle
                | Self::MarkOutOfSync
                | Self::DryRun
                | Self::Prune
                | Self::Palette
                | Self::Interrupt
                | Self::Workspace1
                | Self::Workspace2
                | Self::Workspace3
                | Self::Workspace4
                | Self::Workspace5
                | Self::Workspace6
                | Self::Workspace7
                | Self::Workspace8
                | Self::Workspace9
        )
    }
}

/// The shipped keymap.
pub const DEFAULT_KEYS: &str = include_str!("../../keymaps/default.toml");

/// Reads the shipped keymap and the user's own after it.
pub fn load_keys(own: Option<keymap::Source>) -> (Keys, Vec<crate::config::Problem>) {
    let shipped = keymap::Source { path: "(default keymap)".into(), text: DEFAULT_KEYS.to_owned() };
    let files: Vec<_> = std::iter::once(shipped).chain(own).collect();
    keymap::load(&files, |run| Command::named(run).map(|c| (c, c.title().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_command_has_a_key() {
        let (keys, problems) = load_keys(None);
        assert_eq!(problems, Vec::new());
        for command in Command::ALL {
            assert_eq!(Command::named(command.name()), Some(*command));
            assert!(keys.bindings().iter().any(|b| b.run == *command), "no key runs {}", command.name());
        }
    }

    #[test]
    fn control_never_plans_and_only_upper_case_does() {
        let (keys, _) = load_keys(None);
        for binding in keys.bindings().iter().filter(|b| b.run.verb().is_some()) {
            for press in &binding.on {
                assert!(!press.ctrl, "{} plans {}", press, binding.run.name());
            }
            let last = binding.on.last().and_then(|p| p.typed());
            let upper = last.is_some_and(char::is_uppercase);
            let alt = binding.on.last().is_some_and(|p| p.alt);
            assert!(upper || alt, "{} is planned by a lower-case key", binding.run.name());
        }
    }
}

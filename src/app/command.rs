//! Everything that a key or the palette can run, under one name each.

use crate::keymap::Keymap;

/// The keymap of the cockpit.
pub type Keys = Keymap<Command>;

macro_rules! commands {
    ($($variant:ident $name:literal $title:literal,)*) => {
        /// What a key or the palette runs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command { $(#[doc = $title] $variant,)* }

        impl Command {
    /// Where it moves from a position in a list whose last one is `last`; none when it does not move.
    pub(super) fn step(self, cursor: usize, last: usize) -> Option<usize> {
        let to = match self {
            Self::Down => cursor + 1,
            Self::Up => cursor.saturating_sub(1),
            Self::HalfPageDown | Self::PageDown => cursor + 10,
            Self::HalfPageUp | Self::PageUp => cursor.saturating_sub(10),
            Self::Top => 0,
            Self::Bottom => last,
            _ => return None,
        };
        Some(to.min(last))
    }

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
    Restart "restart" "restart, a few pods at a time",
    Scale "scale" "set the number of pods",
    RolloutUndo "rollout-undo" "back to an older revision",
    SetImage "set-image" "set a container's image",
    Delete "delete" "delete",
    Evict "evict" "have the pod leave its node",
    Cordon "cordon" "cordon the node, or uncordon it",
    Uncordon "uncordon" "let the node take pods again",
    Drain "drain" "cordon the node and move its pods",
    Trigger "trigger" "run the cron job now",
    Renew "renew" "renew the lease",
    Revoke "revoke" "revoke the lease",
    RevokePrefix "revoke-prefix" "revoke all leases of the role",
    Rotate "rotate" "rotate the password of the role",
    RotateRoot "rotate-root" "rotate Vault's own password of the role's database",
    RenewToken "renew-token" "renew vigie's own token",
    RevokeToken "revoke-token" "give up vigie's own token",
    KvRollback "kv-rollback" "back to an older version of the secret",
    KvDelete "kv-delete" "delete a version of the secret",
    KvUndelete "kv-undelete" "bring a version of the secret back",
    Silence "silence" "mute it, or extend the silence",
    Extend "extend" "have the silence end later",
    Expire "expire" "end the silence now",
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
    ScrollDown "scroll-down" "scroll a line down",
    ScrollUp "scroll-up" "scroll a line up",
    PutMiddle "put-middle" "the selected row to the middle",
    PutTop "put-top" "the selected row to the top",
    PutBottom "put-bottom" "the selected row to the bottom",
    WindowTop "window-top" "the first row on screen",
    WindowMiddle "window-middle" "the middle row on screen",
    WindowBottom "window-bottom" "the last row on screen",
    Count "count" "how often what comes next",
    NextProblem "next-problem" "next problem anywhere",
    PreviousProblem "previous-problem" "previous problem anywhere",
    JumpBack "jump-back" "to the place before",
    JumpForward "jump-forward" "forth again",
    JumpLast "jump-last" "between the last two places",
    SetPlace "set-place" "remember this place under a letter",
    GoPlace "go-place" "to the place of a letter",
    Repeat "repeat" "look, sort or filter so again",
    Everything "everything" "all environments again",
    Filter "filter" "filter or search",
    Filters "filters" "choose, save or forget a filter",
    NextMatch "next-match" "next match",
    PreviousMatch "previous-match" "previous match",
    SortNext "sort-next" "sort by the next column",
    SortBy "sort-by" "sort by any column",
    SortName "sort-name" "sort by name",
    SortAge "sort-age" "sort by age, newest first",
    SortWorst "sort-worst" "sort by what is worst",
    SortRestarts "sort-restarts" "sort by restarts",
    SortCpu "sort-cpu" "sort by CPU",
    SortMemory "sort-memory" "sort by memory",
    SortNode "sort-node" "sort by node",
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
    Editor "editor" "a copy of it in your editor",
    Pager "pager" "all of it in your pager",
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
    BreakGlass "break-glass" "set a policy aside, or no longer",
    Quiet "quiet" "bell and notifications off, or on",
    Redraw "redraw" "draw the screen anew",
    Suspend "suspend" "to the shell; fg comes back",
    Close "close" "close this, or quit",
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
            | Self::HardRefresh
            | Self::Restart
            | Self::Scale
            | Self::RolloutUndo
            | Self::SetImage
            | Self::Delete
            | Self::Evict
            | Self::Cordon
            | Self::Uncordon
            | Self::Drain
            | Self::Trigger
            | Self::Renew
            | Self::Revoke
            | Self::RevokePrefix
            | Self::Rotate
            | Self::RotateRoot
            | Self::RenewToken
            | Self::RevokeToken
            | Self::KvRollback
            | Self::KvDelete
            | Self::KvUndelete
            | Self::Silence
            | Self::Extend
            | Self::Expire => Some(self.name()),
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

    /// Whether a count before it runs it so often.
    pub const fn counts(self) -> bool {
        use Command as C;
        let moves = matches!(self, C::Down | C::Up | C::Left | C::Right | C::ScrollDown | C::ScrollUp)
            || matches!(self, C::HalfPageDown | C::HalfPageUp | C::PageDown | C::PageUp);
        let finds = matches!(self, C::NextProblem | C::PreviousProblem | C::NextMatch | C::PreviousMatch)
            || matches!(self, C::NextError | C::PreviousError | C::NextMark | C::PreviousMark)
            || matches!(self, C::NextChange | C::PreviousChange);
        let goes = matches!(self, C::NextPane | C::PreviousPane | C::JumpBack | C::JumpForward)
            || matches!(self, C::PaneLeft | C::PaneDown | C::PaneUp | C::PaneRight | C::SortNext);
        let sizes = matches!(self, C::Wider | C::Narrower | C::Taller | C::Shorter | C::TakeBack);
        moves || finds || goes || sizes
    }

    /// Whether `repeat` runs it again: it looks, sorts or copies, and changes nothing outside.
    pub const fn repeats(self) -> bool {
        use Command as C;
        let looks = matches!(self, C::Why | C::Diff | C::Describe | C::Yaml | C::Events | C::Logs)
            || matches!(self, C::LogsPrevious | C::Owner | C::Wide | C::Wrap | C::LeastLevel);
        let sorts = matches!(self, C::SortNext | C::SortReverse | C::SortName | C::SortAge | C::SortWorst)
            || matches!(self, C::SortRestarts | C::SortCpu | C::SortMemory | C::SortNode);
        let finds = matches!(self, C::NextProblem | C::PreviousProblem | C::NextError | C::PreviousError);
        let copies = matches!(self, C::Copy | C::CopyRow | C::CopyYaml | C::CopyCommand);
        looks || sorts || finds || copies
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
                | Self::Count
                | Self::SetPlace
                | Self::GoPlace
                | Self::Close
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

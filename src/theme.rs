//! Colours as roles: what a thing means decides how it looks, and a file decides the colours.
//!
//! A theme file that is wrong somewhere warns with file and line and keeps the base theme's look for that role.

mod color;
mod file;
mod fit;
pub mod k9s;
pub mod measure;
mod shipped;

use ratatui::style::{Color, Modifier, Style};

pub use color::{Depth, parse_color};
pub use file::{load, shipped};
pub use shipped::SHIPPED;

use crate::model::{Level, Severity, Tier};

macro_rules! roles {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What a piece of the screen means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $(#[doc = $doc] $variant,)* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

roles! {
    Text "text" "Ordinary text.",
    Dim "dim" "Text that matters less: units, headings of columns, old things.",
    Strong "strong" "Names and numbers that matter most.",
    Accent "accent" "The pane in focus, matches, what is being typed.",
    Border "border" "Lines between panes.",
    Title "title" "Titles of panes.",
    Selection "selection" "The selected row of the pane in focus.",
    SelectionIdle "selection-idle" "The selected row of other panes.",
    Related "related" "Rows that belong to the focus in a list that shows more.",
    Match "match" "What a search or filter found.",
    Key "key" "A key to press.",
    Quiet "quiet" "Severity: nothing to say.",
    Ok "ok" "Severity: as it should be.",
    Active "active" "Severity: under way.",
    Warning "warning" "Severity: wants a look.",
    Critical "critical" "Severity: broken.",
    TierDev "tier-dev" "The badge of a development environment.",
    TierStaging "tier-staging" "The badge of a staging environment.",
    TierProd "tier-prod" "The badge of a production environment.",
    LogTrace "log-trace" "Log level trace.",
    LogDebug "log-debug" "Log level debug.",
    LogInfo "log-info" "Log level info.",
    LogWarn "log-warn" "Log level warn.",
    LogError "log-error" "Log level error.",
    LogFatal "log-fatal" "Log level fatal.",
    LogTime "log-time" "The time of a log line.",
    LogOrigin "log-origin" "The pod of a log line.",
    DiffAdd "diff-add" "A line that is added.",
    DiffRemove "diff-remove" "A line that goes.",
    DiffHunk "diff-hunk" "Where a diff stands.",
    SyntaxKey "syntax-key" "A key in YAML.",
    SyntaxString "syntax-string" "A text in YAML.",
    SyntaxNumber "syntax-number" "A number or word in YAML.",
    SyntaxComment "syntax-comment" "A comment in YAML.",
}

impl Role {
    /// Whether it is a badge: what stands for an environment.
    pub const fn is_badge(self) -> bool {
        matches!(self, Self::TierDev | Self::TierStaging | Self::TierProd)
    }
}

/// A checked theme at the colour depth of a terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// How many colours it uses.
    pub depth: Depth,
    /// The background it is made for, whether it paints it or not.
    pub paper: Option<Color>,
    styles: Vec<Style>,
}

impl Theme {
    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// How a severity looks.
    pub fn severity(&self, severity: Severity) -> Style {
        self.style(match severity {
            Severity::Quiet => Role::Quiet,
            Severity::Ok => Role::Ok,
            Severity::Active => Role::Active,
            Severity::Warning => Role::Warning,
            Severity::Critical => Role::Critical,
        })
    }

    /// How the badge of an environment looks; `color` is what its configuration says.
    pub fn tier(&self, tier: Tier, color: Option<&str>) -> Style {
        let role = match tier {
            Tier::Dev => Role::TierDev,
            Tier::Staging => Role::TierStaging,
            Tier::Prod => Role::TierProd,
        };
        let base = self.style(role);
        let Some(wanted) = color else { return base };
        if let Some(other) = Role::ALL.iter().find(|r| r.name() == wanted) {
            return self.style(*other);
        }
        match parse_color(wanted).and_then(|c| self.depth.fit(c)) {
            Some(c) if base.bg.is_some() => base.bg(c),
            Some(c) => base.fg(c),
            None => base,
        }
    }

    /// How a log level looks.
    pub fn level(&self, level: Level) -> Style {
        self.style(match level {
            Level::None => Role::Text,
            Level::Trace => Role::LogTrace,
            Level::Debug => Role::LogDebug,
            Level::Info => Role::LogInfo,
            Level::Warn => Role::LogWarn,
            Level::Error => Role::LogError,
            Level::Fatal => Role::LogFatal,
        })
    }

    /// The same theme with no more colours than `depth`.
    pub fn at(mut self, depth: Depth) -> Self {
        let few = shipped("ansi").expect("it is shipped");
        if depth == Depth::Indexed {
            fit::indexed(&mut self);
        }
        for (style, role) in self.styles.iter_mut().zip(Role::ALL) {
            if depth == Depth::Ansi && [style.fg, style.bg].iter().flatten().any(|c| !color::is_ansi(*c)) {
                // The nearest of sixteen colours is often that of something else, or of the background.
                *style = few.style(*role);
            }
            style.fg = style.fg.and_then(|c| depth.fit(c));
            style.bg = style.bg.and_then(|c| depth.fit(c));
            if depth == Depth::None {
                *style = style.add_modifier(without_colour(*role));
            }
        }
        self.depth = depth;
        self
    }
}

/// What takes the place of colour where there is none.
const fn without_colour(role: Role) -> Modifier {
    match role {
        Role::Selection | Role::TierProd => Modifier::REVERSED,
        Role::SelectionIdle | Role::Match | Role::Related => Modifier::UNDERLINED,
        Role::Critical
        | Role::Accent
        | Role::Key
        | Role::Strong
        | Role::LogFatal
        | Role::LogError
        | Role::SyntaxKey => Modifier::BOLD,
        Role::SyntaxComment => Modifier::DIM,
        _ => Modifier::empty(),
    }
}

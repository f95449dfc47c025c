//! `vigie import k9s`: takes over what another program was taught, and says what it took, what it left, and why.

mod k9s;

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{
    answer::Exit,
    context::Common,
    output::{Table, print, say},
};

/// Where from.
#[derive(Subcommand, Clone, Debug)]
pub enum Import {
    /// Hotkeys, aliases, skins, columns and per-context settings of k9s; writes new files only
    K9s {
        /// k9s's configuration folder (default: $K9S_CONFIG_DIR, else $XDG_CONFIG_HOME/k9s)
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
}

/// Something that was found, and what became of it.
#[derive(Clone, Debug)]
struct Fate {
    taken: bool,
    what: String,
    why: String,
}

/// What an import found and wrote.
#[derive(Clone, Debug, Default)]
struct Report {
    fates: Vec<Fate>,
    /// What to do next.
    next: Vec<String>,
}

impl Report {
    fn took(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.fates.push(Fate { taken: true, what: what.into(), why: why.into() });
    }

    fn left(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.fates.push(Fate { taken: false, what: what.into(), why: why.into() });
    }
}

/// Imports and reports.
pub fn run(common: &Common, import: &Import) -> Exit {
    let Import::K9s { from } = import;
    let report = match k9s::import(common, from.as_deref()) {
        Ok(report) => report,
        Err(why) => {
            say(why);
            return Exit::Usage;
        }
    };
    let mut table = Table::new(&["", "WHAT", "BECAME"]);
    let mut values = Vec::new();
    for Fate { taken, what, why } in &report.fates {
        let word = if *taken { "took" } else { "left" };
        table.rows.push([word, what, why].map(str::to_owned).to_vec());
        values.push(json!({ "fate": word, "what": what, "became": why }));
    }
    print(common.output, &table, &json!(values));
    report.next.iter().for_each(say);
    Exit::Done
}

//! `vigie keys`: the keymap as it is loaded, the engineer's own keys marked.

use std::{path::Path, sync::Arc};

use clap::{Args, builder::PossibleValuesParser};
use serde_json::{Value, json};

use crate::{
    app::{Command, KEYMAPS, keymap_named, load_keys_on},
    config::Loaded,
    keymap::{Binding, Context, print_sequence},
    runtime::settings::settings,
};

use super::{
    answer::Exit,
    context::Common,
    output::{Table, print, say},
};

/// Arguments of `keys`.
#[derive(Args, Clone, Debug)]
pub struct Keys {
    /// Only the keys of this place, and those that work everywhere
    #[arg(long, value_name = "PLACE", value_parser = PossibleValuesParser::new(Context::ALL.map(Context::name)))]
    pub context: Option<String>,
    /// Of this shipped keymap instead of the configured one, your own rows on top of it
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(KEYMAPS.map(|(name, _)| name)))]
    pub keymap: Option<String>,
}

/// Prints the keys, place by place; what is wrong with a keymap is said beside them.
pub fn run(common: &Common, keys: &Keys) -> Exit {
    // Keys need no system: a configuration that is wrong elsewhere still names its keymap.
    let Loaded { config, mut problems, .. } = common.read_all();
    let (settings, mut wrong) = settings(&config.screen);
    let mut map = settings.keys;
    if let Some(name) = keys.keymap.as_deref().and_then(keymap_named) {
        let (other, told) = load_keys_on(name, map.base.1.clone());
        (map, wrong) = (Arc::new(other), told);
    }
    problems.extend(wrong);
    problems.iter().for_each(say);
    let wanted = |c: &Context| {
        keys.context.as_deref().is_none_or(|k| k == c.name() || (*c == Context::Global && k != "input"))
    };
    let mut table = Table::new(&["PLACE", "KEYS", "COMMAND", "WHAT IT DOES", "FROM"]);
    let mut values = Vec::new();
    for context in Context::ALL.into_iter().filter(wanted) {
        for (command, bindings) in grouped(map.bindings(), context) {
            let keys: Vec<String> = bindings.iter().map(|b| print_sequence(&b.on)).collect();
            let own = bindings.iter().find(|b| !is_shipped(&b.origin.0));
            let from = own.map(|b| format!("{}:{}", b.origin.0.display(), b.origin.1));
            let does = &bindings[0].desc;
            table.rows.push(vec![
                context.name().to_owned(),
                keys.join(", "),
                command.name().to_owned(),
                does.clone(),
                from.clone().unwrap_or_default(),
            ]);
            values.push(json!({
                "place": context.name(), "keys": keys, "command": command.name(), "does": does, "from": from,
            }));
        }
    }
    print(common.output, &table, &Value::Array(values));
    if problems.is_empty() { Exit::Done } else { Exit::Usage }
}

/// Keymaps that come with the program are named in parentheses.
fn is_shipped(file: &Path) -> bool {
    file.to_string_lossy().starts_with('(')
}

/// The bindings of a place by what they run, in the order of help.
fn grouped(bindings: &[Binding<Command>], context: Context) -> Vec<(Command, Vec<&Binding<Command>>)> {
    let here = |command: &Command| {
        bindings.iter().filter(|b| b.context == context && b.run == *command).collect::<Vec<_>>()
    };
    let all = Command::ALL.iter().map(|c| (*c, here(c)));
    all.filter(|(_, bindings)| !bindings.is_empty()).collect()
}

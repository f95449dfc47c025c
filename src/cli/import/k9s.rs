//! k9s's files (`internal/config/files.go`): hotkeys, settings of contexts, skins, aliases, views, plugins.

mod aliases;
mod skins;
mod views;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::Report;
use crate::{
    app::{Command, load_keys},
    cli::{
        context::Common,
        discover::{Candidate, brief, find},
        get::What,
        init,
    },
    config::{self, Config, EnvironmentConfig, Loaded},
    keymap::{Context, Found, Source, parse_sequence},
    model::text,
};

/// `hotkeys.yaml`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HotKeys {
    hot_keys: BTreeMap<String, HotKey>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HotKey {
    short_cut: String,
    description: String,
    command: String,
}

/// `clusters/CLUSTER/CONTEXT/config.yaml`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Cluster {
    k9s: Settings,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Settings {
    read_only: bool,
    skin: String,
    namespace: Namespaces,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Namespaces {
    favorites: Vec<String>,
}

/// Reads k9s's files and writes new ones of ours.
pub(super) fn import(common: &Common, from: Option<&Path>) -> Result<Report, String> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let under = |xdg: &str, usual: &str| {
        set(xdg).or_else(|| set("HOME").map(|h| h.join(usual))).map(|d| d.join("k9s")).unwrap_or_default()
    };
    let moved = from.map(Path::to_owned).or_else(|| set("K9S_CONFIG_DIR"));
    let dir = moved.clone().unwrap_or_else(|| under("XDG_CONFIG_HOME", ".config"));
    let data = moved.unwrap_or_else(|| under("XDG_DATA_HOME", ".local/share"));
    if !dir.is_dir() {
        return Err(format!("{} is no folder; name k9s's with --from DIR", brief(&dir)));
    }
    let main = common.config.clone().or_else(config::default_file);
    let main = main.ok_or("there is no home directory to write to; name a file with --config")?;
    let mut report = Report::default();
    let settings = [
        hotkeys(&dir, &main, &mut report),
        aliases::aliases(&dir, &mut report),
        skins::skins(&dir, &main, &mut report),
    ];
    contexts(&data, &main, &mut report);
    views::views(&dir, &mut report);
    leave(&dir, &mut report);
    screen(&main, &settings.into_iter().flatten().collect::<Vec<_>>(), &mut report);
    if report.fates.is_empty() {
        report.next.push(format!("{} holds nothing that vigie knows", brief(&dir)));
    }
    Ok(report)
}

/// A YAML file; nothing when there is none, and a word about it when it is not what k9s writes.
fn read<T: DeserializeOwned>(file: &Path, report: &mut Report) -> Option<T> {
    let text = fs::read_to_string(file).ok()?;
    match serde_saphyr::from_str(&text) {
        Ok(read) => Some(read),
        Err(error) => {
            let place =
                error.location().map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column()));
            report.left(format!("{}{place}", brief(file)), "not what k9s reads");
            None
        }
    }
}

/// Writes a keymap of the hotkeys; the setting that takes it up.
fn hotkeys(dir: &Path, main: &Path, report: &mut Report) -> Option<String> {
    let file = dir.join("hotkeys.yaml");
    let HotKeys { hot_keys } = read(&file, report)?;
    let base = "inherits = \"k9s\"\n";
    let (shipped, _) = load_keys(Some(Source { path: PathBuf::new(), text: base.to_owned() }));
    let mut rows = String::new();
    let mut taken = Vec::new();
    for key in hot_keys.into_values() {
        let what = format!("hotkey {} ({})", key.short_cut, text::one_line(&key.command));
        let (on, command) = match (press(&key.short_cut), command(&key.command)) {
            (Some(on), Ok(command)) => (on, command),
            (None, _) => {
                report.left(what, "no key that a terminal tells apart");
                continue;
            }
            (_, Err(why)) => {
                report.left(what, why);
                continue;
            }
        };
        let presses = parse_sequence(&on).unwrap_or_default();
        let instead = match shipped.find(&[Context::Table, Context::Global], &presses) {
            Found::Run(binding) => format!(", instead of {}", binding.run.name()),
            Found::Prefix(_) => ", instead of the sequences that begin with it".to_owned(),
            Found::Nothing => String::new(),
        };
        for place in ["table", "global"] {
            let desc = quoted(&text::one_line(&key.description));
            // Writing to a String cannot fail.
            let _ = writeln!(
                rows,
                "  {{ on = {}, run = \"{}\", in = \"{place}\", desc = {desc} }},",
                quoted(&on),
                command.name()
            );
        }
        taken.push((what, format!("`{on}` runs {}{instead}", command.name())));
    }
    if taken.is_empty() {
        return None;
    }
    let text = format!("# From k9s's hotkeys ({}).\n\n{base}\nkeys = [\n{rows}]\n", brief(&file));
    let target = main.with_file_name("keymaps").join("k9s-hotkeys.toml");
    for problem in load_keys(Some(Source { path: target.clone(), text: text.clone() })).1 {
        report.left(problem.what, problem.hint);
    }
    if !fresh(&target, &text, report) {
        return None;
    }
    for (what, became) in taken {
        report.took(what, became);
    }
    Some("keymap = \"keymaps/k9s-hotkeys.toml\"".to_owned())
}

/// Writes settings of the screen where there is no configuration yet, and says them where there is one.
fn screen(main: &Path, settings: &[String], report: &mut Report) {
    if settings.is_empty() {
        return;
    }
    if main.exists() {
        report.next.push(format!("to use them write under [screen] in {}:", brief(main)));
        report.next.extend(settings.iter().map(|setting| format!("  {setting}")));
    } else {
        fresh(main, &format!("[screen]\n{}\n", settings.join("\n")), report);
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Writes a file that is not there yet.
fn fresh(file: &Path, text: &str, report: &mut Report) -> bool {
    if file.exists() {
        report.left(brief(file), "is there already and stays as it is");
        return false;
    }
    match init::write(file, text) {
        Ok(_) => {
            report.next.push(format!("wrote {}", brief(file)));
            true
        }
        Err(error) => {
            report.left(brief(file), cannot(&error));
            false
        }
    }
}

fn cannot(error: &io::Error) -> String {
    format!("cannot be written: {error}")
}

/// A shortcut as k9s names it (`internal/ui/key.go`) in our words: `Shift-0` is what shift makes of 0 on its keyboard.
fn press(shortcut: &str) -> Option<String> {
    const SHIFTED: [&str; 10] = [")", "!", "@", "#", "$", "%", "^", "&", "*", "("];
    let lower = shortcut.to_lowercase();
    let on = match lower.strip_prefix("shift-") {
        Some(rest) => match rest.parse::<usize>() {
            Ok(digit) => (*SHIFTED.get(digit)?).to_owned(),
            Err(_) if rest.chars().count() == 1 => rest.to_uppercase(),
            Err(_) => lower,
        },
        None if shortcut.chars().count() == 1 => shortcut.to_owned(),
        None => lower,
    };
    parse_sequence(&on).is_ok().then_some(on)
}

/// The command that opens the list which a command of k9s opens: `pods`, `v1/pods`, `dp`.
fn command(text: &str) -> Result<Command, String> {
    let mut words = text.split_whitespace();
    let word = words.next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let Some(what) = What::named(word) else {
        return Err(format!("vigie has no list of `{word}`"));
    };
    if words.next().is_some() {
        return Err("keys of vigie open whole lists; `/` narrows them".to_owned());
    }
    let name = match what.name {
        "deployments" | "statefulsets" | "daemonsets" | "replicasets" | "jobs" => "go-workloads".to_owned(),
        "credentials" | "secrets" | "certificates" | "staticroles" => "go-leases".to_owned(),
        other => format!("go-{other}"),
    };
    Command::named(&name).ok_or_else(|| format!("no key of vigie opens {}", what.name))
}

fn contexts(data: &Path, main: &Path, report: &mut Report) {
    let Loaded { config, origins, .. } =
        if config::is_configured(main) { Config::load_all(main) } else { Loaded::default() };
    let found = find(false);
    for file in configurations(data) {
        let Some(Cluster { k9s }) = read::<Cluster>(&file, report) else { continue };
        let name = file
            .parent()
            .and_then(Path::file_name)
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        if !k9s.skin.is_empty() {
            report.left(
                format!("skin {} of {name}", k9s.skin),
                "an environment has a colour of its own: `color`",
            );
        }
        let favourites: Vec<_> = k9s
            .namespace
            .favorites
            .iter()
            .filter(|n| !matches!(n.as_str(), "all" | "default"))
            .cloned()
            .collect();
        if !favourites.is_empty() && !k9s.read_only {
            report.left(format!("favourite namespaces of {name}: {}", favourites.join(", ")), NAMESPACES);
        }
        if k9s.read_only {
            let known = config.environments.iter().zip(&origins).find(|(e, _)| is(e, &name));
            let found = found.environments.iter().find(|c| is(&c.config, &name));
            read_only(main, &name, known, found, &favourites, report);
        }
    }
}

const NAMESPACES: &str = "vigie lists all namespaces; `namespaces` under kubernetes looks at no others";

/// k9s replaces what cannot be in a file's name (`data.SanitizeFileName`).
fn is(env: &EnvironmentConfig, folder: &str) -> bool {
    let context = env.kubernetes.as_ref().and_then(|k| k.context.as_deref());
    context.is_some_and(|context| context == folder || context.replace(['/', ':', '@', '\\'], "-") == folder)
}

fn read_only(
    main: &Path,
    name: &str,
    known: Option<(&EnvironmentConfig, &PathBuf)>,
    found: Option<&Candidate>,
    favourites: &[String],
    report: &mut Report,
) {
    let what = format!("readOnly of {name}");
    if let Some((env, file)) = known {
        if env.policy.read_only {
            report.took(what, format!("is so already in {}", brief(file)));
        } else {
            let why = format!("write `policy = {{ read_only = true }}` for {} in {}", env.name, brief(file));
            report.left(what, why);
        }
        return;
    }
    let Some(candidate) = found else {
        report.left(what, "the kubeconfig has no such context");
        return;
    };
    let mut candidate = candidate.clone();
    candidate.config.policy.read_only = true;
    let mut text =
        "# From k9s's settings of this context, and from what this machine is set up for.\n".to_owned();
    init::environment(&mut text, "", &candidate);
    if !favourites.is_empty() {
        let list = favourites.iter().map(|n| quoted(&text::one_line(n))).collect::<Vec<_>>().join(", ");
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "# k9s's favourite namespaces; to look at no others: kubernetes = {{ namespaces = [{list}] }}"
        );
    }
    let file = main.with_file_name("environments").join(format!("{}.toml", candidate.config.name));
    if fresh(&file, &text, report) {
        report.took(what, format!("policy.read_only of {}", brief(&file)));
    }
}

/// `clusters/CLUSTER/CONTEXT/config.yaml`, in the order of their names.
fn configurations(data: &Path) -> Vec<PathBuf> {
    let inside = |dir: &Path| {
        let mut all: Vec<PathBuf> =
            fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
        all.sort();
        all
    };
    let contexts = inside(&data.join("clusters")).into_iter().flat_map(|cluster| inside(&cluster));
    contexts.map(|context| context.join("config.yaml")).filter(|file| file.is_file()).collect()
}

/// The YAML files of a folder, in the order of their names.
fn yaml_files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml"));
    files.sort();
    files
}

/// What is listed and not imported.
fn leave(dir: &Path, report: &mut Report) {
    let fields = |file: &str, root: &str, report: &mut Report| -> Vec<(String, Value)> {
        let read: Option<Value> = read(&dir.join(file), report);
        let root = read.as_ref().map(|v| v.get(root).unwrap_or(v));
        root.and_then(Value::as_object).into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    for (name, plugin) in fields("plugins.yaml", "plugins", report) {
        let program = plugin.get("command").and_then(Value::as_str).unwrap_or("?").to_owned();
        report.left(
            format!("plugin {name} ({})", text::one_line(&program)),
            "it runs a program; keys of vigie run none",
        );
    }
    for file in yaml_files(&dir.join("plugins")) {
        report.left(brief(&file), "they run programs; keys of vigie run none");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_are_what_the_keyboard_sends() {
        let read = ["Shift-0", "Shift-B", "Ctrl-U", "F1", "a", "Ctrl-Shift-Meta-X"].map(press);
        let wanted = [Some(")"), Some("B"), Some("ctrl-u"), Some("f1"), Some("a"), None];
        assert_eq!(read, wanted.map(|w| w.map(str::to_owned)));
    }

    #[test]
    fn commands_open_lists() {
        assert_eq!(command("v1/pods"), Ok(Command::GoPods));
        assert_eq!(command("dp"), Ok(Command::GoWorkloads));
        assert_eq!(command("secrets"), Ok(Command::GoLeases));
        assert!(command("pods kube-system").is_err());
        assert!(command("xray deploy").is_err_and(|e| e.contains("xray")));
    }
}

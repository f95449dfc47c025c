//! Actions, resume, undo and audit without a screen: the surroundings that they need.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;

use crate::{
    action::{plan::ActionId, port::Systems, run::Cancel},
    config::{self, Config},
    journal::Journal,
    model::{Alert, Environment, Fault, FaultKind, Key, Kind, System, SystemKind},
    runtime::{Supervisor, session},
    store::Store,
};

use super::{
    act::{self, Headless, Invocation},
    answer::Exit,
    audit::Audit,
    context::Common,
    output::{out, say},
};

/// Arguments of `resume`.
#[derive(Args, Clone, Debug)]
pub struct Resume {
    /// The action, by the beginning of its id; without one, they are listed
    pub id: Option<String>,
    /// Every action whose session has ended
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `undo`.
#[derive(Args, Clone, Debug)]
pub struct Undo {
    /// The action, by the beginning of its id (`vigie audit show`)
    pub id: String,
    /// Why; kept on the record
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Go, where Enter or y is asked
    #[arg(short, long)]
    pub yes: bool,
    /// Go, where the environment's name is asked
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
    /// Set deny, ticket, hours and freezes of the policy aside, with a reason, on the record
    #[arg(long)]
    pub break_glass: bool,
}

/// Plans and runs one verb.
pub async fn act(common: &Common, call: &Invocation) -> Exit {
    match Desk::open(common).await {
        Ok(desk) => act::execute(call, &desk).await,
        Err(exit) => exit,
    }
}

/// Lists or resolves unfinished actions.
pub async fn resume(common: &Common, args: &Resume) -> Exit {
    match Desk::open(common).await {
        Ok(desk) => act::resume(args.id.as_deref(), args.all, common.output, &desk).await,
        Err(exit) => exit,
    }
}

/// Plans and runs what undoes an action.
pub async fn undo(common: &Common, args: &Undo) -> Exit {
    let desk = match Desk::open(common).await {
        Ok(desk) => desk,
        Err(exit) => return exit,
    };
    match act::undo(&args.id, &desk) {
        Ok(call) => {
            let given = args.clone();
            let call = Invocation {
                reason: given.reason,
                yes: given.yes,
                confirm: given.confirm,
                break_glass: given.break_glass,
                format: common.output,
                ..call
            };
            act::execute(&call, &desk).await
        }
        Err(fault) => {
            say(&fault);
            Exit::of(&fault)
        }
    }
}

/// Verifies or shows the journal; needs no system.
pub fn audit(common: &Common, audit: &Audit) -> Exit {
    let everywhere = Common { env: None, ..common.clone() };
    let config = if common.config.is_some() {
        match everywhere.load() {
            Ok(config) => config,
            Err(exit) => return exit,
        }
    } else {
        config::default_file().and_then(|f| Config::load(&f).ok()).unwrap_or_default()
    };
    let Some(dir) = journal_dir(&config) else {
        say("there is no home directory to keep a journal in; set `journal` in the configuration");
        return Exit::Usage;
    };
    if !dir.exists() {
        say(format!("no journal yet in {}", dir.display()));
    }
    let (exit, answer, words) = super::audit::audit(audit, &dir, common.env.as_deref(), common.output);
    out(&answer);
    if !words.is_empty() {
        say(words.trim_end());
    }
    exit
}

/// Where the journal is: as configured, else by the XDG specification.
pub fn journal_dir(config: &Config) -> Option<PathBuf> {
    config.journal.clone().or_else(config::default_journal)
}

/// The systems, the journal and the terminal of one headless action.
struct Desk {
    systems: Arc<Supervisor>,
    journal: Journal,
    store: Store,
    cancel: Cancel,
}

impl Desk {
    async fn open(common: &Common) -> Result<Self, Exit> {
        let (config, systems, mut store) = common.connect()?;
        let journal = session::journal(journal_dir(&config)).map_err(|why| {
            say(format!("{why}; nothing is changed without a record"));
            Exit::Failed
        })?;
        systems.collect(&mut store, common.patience()).await;
        let cancel = Cancel::default();
        let stop = cancel.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                say("stopping before the next step");
                stop.cancel();
            }
        });
        Ok(Self { systems, journal, store, cancel })
    }
}

impl Desk {
    /// Keys that `NAME`, `NAMESPACE/NAME`, a path in a Vault or, for other objects, `PLURAL.VERSION.GROUP/…` may mean.
    fn named(&self, kind: Kind, target: &str) -> Vec<Key> {
        match kind {
            Kind::Object => return self.objects(target),
            Kind::Alert => return self.alerts(target),
            Kind::Silence => return self.silences(target),
            _ => {}
        }
        if let Kind::Lease | Kind::StaticRole | Kind::Token | Kind::Secret = kind {
            return self.vault_items(kind, target);
        }
        let (namespace, name) = target.split_once('/').map_or((None, target), |(ns, name)| (Some(ns), name));
        let all: Vec<&Key> = match kind {
            Kind::Application => self.store.applications.iter().map(|a| &a.key).collect(),
            Kind::Pod => self.store.pods.iter().map(|p| &p.key).collect(),
            Kind::Node => self.store.nodes.iter().map(|n| &n.key).collect(),
            _ => self.store.workloads.iter().map(|w| &w.key).collect(),
        };
        all.into_iter()
            .filter(|k| k.kind == kind && *k.name == *name && namespace.is_none_or(|ns| *k.namespace == *ns))
            .cloned()
            .collect()
    }

    /// Something in a Vault: a token by its name, all else by its path with the mount. A lease or a prefix of leases
    /// need not be listed, which few may: whether it is there shows when it is read.
    fn vault_items(&self, kind: Kind, path: &str) -> Vec<Key> {
        let known: Vec<&Key> = match kind {
            Kind::Lease => self.store.leases.iter().map(|l| &l.key).collect(),
            Kind::StaticRole => self.store.static_roles.iter().map(|r| &r.key).collect(),
            Kind::Token => self.store.tokens.iter().map(|t| &t.key).collect(),
            _ => self.store.secrets.iter().map(|s| &s.key).collect(),
        };
        let is_named = |key: &&&Key| match kind {
            Kind::Lease | Kind::Token => *key.name == *path,
            _ => path.strip_prefix(&*key.namespace).is_some_and(|name| *key.name == *name),
        };
        let found: Vec<Key> = known.iter().filter(is_named).map(|key| Key::clone(key)).collect();
        if !found.is_empty() || kind != Kind::Lease {
            return found;
        }
        let mount = path.find('/').map_or(path, |end| &path[..=end]);
        let vaults = self.store.systems.iter().filter(|s| s.kind == SystemKind::Vault);
        vaults.map(|s| Key::new(s.source, kind, mount, path)).collect()
    }

    /// Alerts of a name, `NAMESPACE/NAME`, or the one of a fingerprint.
    fn alerts(&self, target: &str) -> Vec<Key> {
        let (namespace, name) = target.split_once('/').map_or((None, target), |(ns, name)| (Some(ns), name));
        let of = |a: &&Alert| {
            *a.key.name == *target
                || (*a.name == *name
                    && namespace.is_none_or(|ns| a.label("namespace").is_some_and(|label| **label == *ns)))
        };
        self.store.alerts.iter().filter(of).map(|a| a.key.clone()).collect()
    }

    /// Silences whose id begins so.
    fn silences(&self, id: &str) -> Vec<Key> {
        let all = self.store.silences.iter().map(|s| &s.key);
        all.filter(|k| !id.is_empty() && k.name.starts_with(id)).cloned().collect()
    }

    /// An object of no kind with rows of its own, in every cluster: whether it is there shows when it is read.
    fn objects(&self, target: &str) -> Vec<Key> {
        let parts: Vec<&str> = target.split('/').collect();
        let (namespace, name) = match parts[..] {
            [of, name] => ("", format!("{of}/{name}")),
            [of, namespace, name] => (namespace, format!("{of}/{name}")),
            _ => return Vec::new(),
        };
        let clusters = self.store.systems.iter().filter(|s| s.kind == SystemKind::Kubernetes);
        clusters.map(|s| Key::new(s.source, Kind::Object, namespace, name.as_str())).collect()
    }
}

impl Headless for Desk {
    fn systems(&self) -> &dyn Systems {
        &*self.systems
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn known(&self) -> Vec<(Environment, System)> {
        let owner = |s: &System| self.store.environment_of(s.source).cloned();
        self.store.systems.iter().filter_map(|s| Some((owner(s)?, s.clone()))).collect()
    }

    fn find(&self, kind: Kind, target: &str, env: Option<&str>) -> Result<(Environment, System, Key), Fault> {
        let place = |source| {
            let system = self.store.system(source)?;
            let environment = self.store.environment_of(source)?;
            env.is_none_or(|e| *environment.name == *e).then(|| (environment.clone(), system.clone()))
        };
        let wrong = |why: String, hint: &str| {
            Err(Fault::new(FaultKind::Usage, "vigie", format!("find {kind} {target}"), why).hint(hint))
        };
        let mut found: Vec<_> = self
            .named(kind, target)
            .into_iter()
            .filter_map(|k| place(k.source).map(|(e, s)| (e, s, k)))
            .collect();
        if found.len() > 1 {
            let by_name = matches!(kind, Kind::Alert | Kind::Silence);
            let place = |(e, _, k): &(Environment, System, Key)| {
                format!("{} ({})", e.name, if by_name { &k.name } else { &k.namespace })
            };
            let places: Vec<String> = found.iter().map(place).collect();
            let hint = if by_name {
                "say which with -e ENV, or by what stands in brackets"
            } else {
                "say which with -e ENV, or as NAMESPACE/NAME"
            };
            return wrong(format!("it is in more than one place: {}", places.join(", ")), hint);
        }
        if let Some(found) = found.pop() {
            return Ok(found);
        }
        // A system that could not be read is the better reason.
        let silent =
            self.store.systems.iter().find_map(|s| match self.store.freshness(s.source, kind)?.state() {
                crate::store::Status::Down { fault, .. } | crate::store::Status::Refused(fault) => {
                    Some((**fault).clone())
                }
                _ => None,
            });
        silent.map_or_else(
            || wrong("there is none of that name".to_owned(), &format!("`vigie get {kind}s` lists them")),
            Err,
        )
    }

    fn actor(&self) -> String {
        self.journal.session().actor.name.clone()
    }

    fn id(&self) -> ActionId {
        ActionId::new_v4()
    }

    fn ask(&self, prompt: &str) -> Option<String> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let _ = write!(std::io::stderr(), "{prompt}");
        let mut line = String::new();
        let read = stdin.lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
    }

    fn out(&self, text: &str) {
        out(text);
    }

    fn say(&self, line: &str) {
        say(line);
    }

    fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

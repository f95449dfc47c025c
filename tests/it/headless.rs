//! Commands without a screen, as called from a shell: on the simulated platform, and on a home directory.

mod vault;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

const VIGIE: &str = env!("CARGO_BIN_EXE_vigie");

/// A platform that is served for as long as this lives.
struct Served {
    child: Child,
    home: tempfile::TempDir,
}

impl Served {
    fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("demo");
        let mut child = Command::new(VIGIE)
            .args(["demo", "--serve", "--speed", "20", "--dir"])
            .arg(&dir)
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the platform starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.map_while(Result::ok).any(|line| line == "ready");
        assert!(ready, "the platform did not start");
        Self { child, home }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(VIGIE);
        command.arg("--config").arg(self.home.path().join("demo/vigie.toml")).args(arguments);
        command.env_clear().env("HOME", self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        seen(&self.command(arguments).output().expect("the program starts"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn seen(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

/// Runs the program at home, with nothing but what is there.
fn at(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(VIGIE);
    command.args(arguments).env_clear().env("HOME", home).envs(variables.iter().copied());
    seen(&command.stdin(Stdio::null()).output().expect("the program starts"))
}

fn write(home: &Path, name: &str, text: &str) -> PathBuf {
    let path = home.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, text).expect("written");
    path
}

#[test]
fn lists_answer_in_every_form_and_say_what_became_of_them() {
    let served = Served::start();
    every_list(&served);
    filters_and_orders(&served);
    own_columns(&served);
    watching(&served);
    frames(&served);
}

/// The intents on the record: name, place in its bulk plan.
fn intents(served: &Served) -> Vec<(String, Option<String>)> {
    let (_, json, _) = served.run(&["audit", "show", "-o", "json"]);
    let all: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let intents = all.iter().filter(|r| r["phase"] == "intent");
    intents
        .map(|r| (text(&r["target"]["name"]).expect("a target"), text(&r["detail"]["bulk.index"])))
        .collect()
}

#[test]
fn a_verb_is_done_to_several_one_after_the_other() {
    let served = Served::start();
    let dev = |more: &[&str]| served.run(&[&["refresh", "billing", "odoo", "-e", "dev"], more].concat());
    let (code, json, said) = dev(&["--plan", "-o", "json"]);
    assert_eq!(code, 0, "{said}");
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((plan["count"].as_u64(), plan["targets"][1]["target"].as_str()), (Some(2), Some("odoo")));
    assert_eq!(plan["targets"][0]["state"], "planned");
    assert_eq!(intents(&served), []);
    let (code, table, said) = dev(&[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("REFRESH  2 of 2 in dev") && said.contains("2 of 2  odoo"), "{said}");
    assert!(table.starts_with("billing  done: ") && table.contains("\nodoo     done: "), "{table}");
    let of = |name: &str, place: &str| (name.to_owned(), Some(place.to_owned()));
    assert_eq!(intents(&served), [of("billing", "1"), of("odoo", "2")]);

    let (_, shown, _) = served.run(&["audit", "show"]);
    assert!(shown.contains("refresh odoo") && shown.contains("(2 of 2 of bulk "), "{shown}");

    // Production counts; what is left out is told by the exit code as well.
    let hold =
        |more: &[&str]| served.run(&[&["hold", "appointments", "billing", "-e", "prod"], more].concat());
    for wrong in [&["--yes"][..], &["--confirm", "prod"], &["--confirm", "prod", "--count", "3"]] {
        let (code, _, said) = hold(&[wrong, &["--reason", "INC-2291"]].concat());
        assert_eq!(code, 3, "{wrong:?}: {said}");
    }
    assert_eq!(intents(&served).len(), 2, "nothing was begun");
    let right = ["--confirm", "prod", "--count", "2", "--reason", "INC-2291"];
    let (code, table, said) = hold(&right);
    assert_eq!(code, 0, "{table}{said}");
    let (code, table, _) = served.run(&["hold", "fhir-gateway", "odoo", "-e", "staging", "-y"]);
    assert_eq!(code, 0, "{table}");
    let (code, table, _) = served.run(&["hold", "lab-results", "odoo", "-e", "staging", "-y"]);
    assert_eq!(code, 3, "{table}");
    assert!(table.contains("odoo         left out: it is held by"), "{table}");
    let (code, _, said) = served.run(&["sync", "odoo", "odoo", "-e", "dev", "-y"]);
    assert!(code == 2 && said.contains("named twice"), "{said}");
    let (code, _, said) = served.run(&["rollback", "odoo", "billing", "-e", "dev"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(served.run(&["audit", "verify"]).0, 0);
}

#[test]
fn objects_are_changed_by_kind_and_name_and_put_back() {
    let served = Served::start();
    let dev = |arguments: &[&str]| served.run(&[arguments, &["-e", "dev"]].concat());
    let (code, _, said) = dev(&["restart", "billing-api", "-y"]);
    assert!(code == 2 && said.contains("write it as deployment/NAME, statefulset/NAME"), "{said}");
    // With auto-sync on, Argo CD puts git's number back, and that is what is told.
    let scale = ["scale", "deploy/billing-api", "--replicas", "2", "-y"];
    let (code, out, said) = dev(&scale);
    assert_eq!(code, 1, "{out}{said}");
    assert!(
        said.contains("`billing` owns it") && out.contains("someone set the number of replicas to 1"),
        "{out}"
    );
    assert_eq!(dev(&["hold", "billing", "-y"]).0, 0);
    let (code, out, said) = dev(&scale);
    assert_eq!(code, 0, "{out}{said}");
    assert!(out.contains("done: 2 of 2 pods ready"), "{out}");
    let undo = out.trim().rsplit(' ').next().expect("an id").to_owned();
    let (code, out, said) = served.run(&["undo", &undo, "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    assert!(out.contains("done: 1 of 1 pods ready"), "{out}");
    let (code, out, said) = dev(&["restart", "deploy/billing/billing-api", "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    let (code, _, said) = dev(&["cordon", "dev-a-1", "-y"]);
    assert!(code == 3 && said.contains("you lack a right: kubernetes: patch nodes"), "{said}");
    // One-shot lists wait for what is used, or a filter by it would lie.
    let (code, json, said) = dev(&["get", "po", "mem>0", "-o", "json"]);
    assert_eq!(code, 0, "{said}");
    let pods: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    assert!(pods.iter().all(|p| p["memoryBytes"].as_u64() > Some(0)) && pods.len() > 20, "{}", pods.len());
    assert_eq!(served.run(&["audit", "verify"]).0, 0);
}

/// Columns are chosen by name, one's own among them.
fn own_columns(served: &Served) {
    let folder = served.home.path().join(".config/vigie");
    fs::create_dir_all(&folder).expect("made");
    let text = "[[column]]\nname = \"runs\"\nlists = [\"pods\", \"workloads\"]\npath = \".spec..containers[*].image\"\n\
                [[column]]\nname = \"part\"\nlists = [\"pods\"]\npath = '.metadata.labels.app\\.kubernetes\\.io/name'\n";
    fs::write(folder.join("columns.toml"), text).expect("written");
    let run = |list: &str, more: &[&str]| served.run(&[&["get", list, "-e", "prod"], more].concat());
    let (code, csv, said) = run("po", &["--columns", "name,runs,Restarts", "-o", "csv"]);
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "name,runs,restarts");
    assert!(
        lines.len() > 5
            && lines[1..].iter().all(|l| l.split(',').nth(1).is_some_and(|runs| runs.contains(':'))),
        "{csv}"
    );
    let (_, table, _) = run("deploy", &["--columns=name,ready,runs"]);
    assert!(table.starts_with("NAME") && table.contains("RUNS"), "{table}");
    let (code, _, said) = run("po", &["--columns", "name,colour"]);
    assert!(code == 2 && said.contains("pods have no column `colour`"), "{said}");
    narrowed_by_own_columns(run);
    let mut watch = served.command(&["get", "po", "-e", "prod", "--columns", "name,runs", "--watch"]);
    let mut child = watch.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    assert!(lines.next().is_some_and(|head| head.split_whitespace().eq(["NAME", "RUNS"])));
    let first = lines.next().expect("a pod");
    assert!(first.starts_with("+ ") && first.contains(':'), "with what its path leads to: {first}");
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// Own columns narrow a list and put it in groups though they are not shown.
fn narrowed_by_own_columns(run: impl Fn(&str, &[&str]) -> (i32, String, String)) {
    let of = |more: &[&str]| {
        let (code, json, said) = run("po", &[more, &["-o", "json"]].concat());
        assert!(code == 0 || json.trim() == "[]", "{said}");
        serde_json::from_str::<Vec<Value>>(&json).expect("JSON")
    };
    let all = of(&["--group-by", "part"]);
    let label = |pod: &Value| pod["labels"]["app.kubernetes.io/name"].as_str().unwrap_or_default().to_owned();
    assert!(all.iter().all(|pod| pod["group"] == label(pod)), "{all:?}");
    let part = label(&all[0]);
    assert!(!part.is_empty(), "what has none comes last");
    let wanted = all.iter().filter(|pod| label(pod) == part).count();
    assert_eq!(of(&["--filter", &format!("part={part}")]).len(), wanted);
    let some = of(&["--filter", &format!("part={part} runs:nginx")]).len();
    let others = of(&["--filter", &format!("part={part} !runs:nginx")]).len();
    assert_eq!(some + others, wanted);
    let (_, table, _) = run("po", &["--group-by", "part", "--columns", "name,status"]);
    let heading = format!("{part}  {wanted}");
    assert!(table.lines().any(|l| l == heading || l.starts_with(&format!("{heading}  "))), "{table}");
    let (_, csv, _) = run("po", &["--group-by", "owner", "--columns", "name", "-o", "csv"]);
    assert_eq!(csv.lines().next(), Some("group,name"));
    // A pod's name begins with that of what owns it.
    let is_owner = |l: &str| l.split_once(',').is_some_and(|(group, name)| name.starts_with(group));
    assert!(csv.lines().skip(1).all(is_owner), "{csv}");
    let (code, _, said) = run("po", &["--filter", "prat=x"]);
    assert!(code == 2 && said.contains("did you mean part?"), "{said}");
}

/// Lists that may well be empty.
const MAYBE_NONE: [&str; 3] = ["silences", "problems", "jobs"];

/// What a list holds in production. On a machine that cannot keep up with the hurried platform alerts end for want of
/// news, and fire again: then it is asked anew.
fn objects(served: &Served, list: &str) -> Vec<Value> {
    let asked = || {
        let (code, json, said) = served.run(&["get", list, "-e", "prod", "-o", "json"]);
        assert_eq!(code, 0, "{list}: {said}");
        serde_json::from_str::<Vec<Value>>(&json).expect("JSON")
    };
    let is_there = |objects: &Vec<Value>| !objects.is_empty() || MAYBE_NONE.contains(&list);
    (0..30).map(|_| asked()).find(is_there).unwrap_or_default()
}

/// What every list gives as JSON has the fields that its CSV names, and a table has a row for each.
fn every_list(served: &Served) {
    let lists = [
        "environments",
        "systems",
        "problems",
        "applications",
        "pods",
        "workloads",
        "deployments",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "jobs",
        "nodes",
        "namespaces",
        "events",
        "alerts",
        "silences",
        "credentials",
        "leases",
        "staticroles",
        "secrets",
        "certificates",
        "vaults",
        "tokens",
        "mounts",
        "changes",
    ];
    for list in lists {
        let objects = objects(served, list);
        let (_, csv, _) = served.run(&["get", list, "-e", "prod", "-o", "csv"]);
        let mut fields: Vec<&str> = csv.lines().next().expect("a head").split(',').collect();
        assert!(csv.ends_with("\r\n"), "{list}: {csv:?}");
        fields.sort_unstable();
        for object in &objects {
            let mut names: Vec<&str> =
                object.as_object().expect("an object").keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, fields, "{list}");
            assert_eq!(object["environment"], "prod", "{list}");
        }
        assert!(!objects.is_empty() || MAYBE_NONE.contains(&list), "no {list}");
    }
    for (word, list) in
        [("po", "pods"), ("sts", "statefulsets"), ("ctx", "environments"), ("creds", "credentials")]
    {
        let head =
            |name: &str| served.run(&["get", name, "-o", "csv"]).1.lines().next().expect("a head").to_owned();
        assert_eq!(head(word), head(list));
    }
    let (code, out, said) = served.run(&["get", "gadgets"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("known: environments"), "{said}");
    let (_, yaml, _) = served.run(&["get", "ns", "-e", "dev", "-o", "yaml"]);
    assert!(yaml.contains("environment: dev"), "{yaml}");
}

fn filters_and_orders(served: &Served) {
    let names = |arguments: &[&str]| {
        let (code, out, said) = served.run(&[&["get"], arguments, &["-o", "json"]].concat());
        assert_eq!(code, 0, "{said}");
        let objects: Vec<Value> = serde_json::from_str(&out).expect("JSON");
        objects.iter().map(|o| o["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let all = names(&["deploy", "-e", "prod"]);
    let some = names(&["deploy", "appointments", "!worker", "-e", "prod"]);
    assert!(!some.is_empty() && some.len() < all.len(), "{some:?}");
    assert!(some.iter().all(|n| !n.contains("worker")), "{some:?}");
    let mut backwards = names(&["deploy", "-e", "prod", "--sort=-name"]);
    assert!(backwards.is_sorted_by(|a, b| a >= b), "{backwards:?}");
    backwards.sort();
    let mut sorted = all;
    sorted.sort();
    assert_eq!(backwards, sorted);
    assert_eq!(names(&["deploy", "--filter", "env=prod appointments name!~worker"]), some);
    let labelled = names(&["po", "-e", "prod", "-l", "app.kubernetes.io/part-of in (appointments)"]);
    assert!(labelled.iter().all(|n| n.contains("appointments")), "{labelled:?}");
    assert_eq!(
        labelled,
        names(&["po", "env=prod", "--filter", "app=appointments label:app.kubernetes.io/part-of"])
    );
    let (code, _, said) = served.run(&["get", "po", "statsu=Running"]);
    assert_eq!(code, 2);
    assert!(said.contains("did you mean status?"), "{said}");
    let (code, _, said) = served.run(&["get", "po", "--sort", "colour"]);
    assert_eq!(code, 2);
    assert!(said.contains("restarts"), "{said}");
    let (code, _, said) = served.run(&["get", "po", "no-such-pod-anywhere"]);
    assert_eq!(code, 1);
    assert!(said.contains("vigie get pods"), "{said}");
    let (code, _, said) = served.run(&["get", "po", "-o", "svg"]);
    assert_eq!(code, 2);
    assert!(said.contains("vigie snapshot"), "{said}");
}

/// Every line is an object with an event; the pods of a platform in motion are added, and go on changing.
fn watching(served: &Served) {
    let mut child = served
        .command(&["get", "events", "-e", "prod", "--watch", "-o", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut added = 0;
    for line in lines.map_while(Result::ok) {
        let object: Value = serde_json::from_str(&line).expect("an object a line");
        assert_eq!(object.as_object().and_then(|o| o.keys().next()).map(String::as_str), Some("event"));
        let event = object["event"].as_str().expect("a word");
        assert!(["added", "modified", "removed"].contains(&event), "{event}");
        added += usize::from(event == "added");
        if added >= 3 {
            break;
        }
    }
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
    assert!(added >= 3);
}

fn frames(served: &Served) {
    let (code, text, said) =
        served.run(&["snapshot", "--size", "120x40", "--focus", "appointments", "-e", "prod"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(text.lines().count(), 40);
    assert!(text.contains("appointments") && text.contains("PROD") && text.contains("Changes"), "{text}");
    assert!(!text.contains("loading"), "{text}");
    let (_, ansi, _) = served.run(&["snapshot", "--size", "80x24", "-o", "ansi"]);
    assert_eq!(ansi.lines().count(), 24);
    assert!(ansi.lines().all(|l| l.ends_with("\u{1b}[0m")));
    let (_, svg, _) = served.run(&["snapshot", "--size", "80x24", "-o", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.contains("fill=\"#"), "{svg}");
    let (code, out, said) = served.run(&["snapshot", "--focus", "nobody"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("nobody"), "{said}");
}

#[test]
fn shells_are_told_how_lines_go_on() {
    let home = tempfile::tempdir().expect("a folder");
    write(
        home.path(),
        ".config/vigie/vigie.toml",
        "[[environment]]\nname = \"clinic-prod\"\nkubernetes = {}\n",
    );
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, said) = at(home.path(), &["completions", shell], &[]);
        assert_eq!(code, 0, "{said}");
        assert!(script.contains("VIGIE_COMPLETE"), "{script}");
    }
    let asked = |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let variables = [
            ("VIGIE_COMPLETE", "bash"),
            ("_CLAP_COMPLETE_INDEX", index.as_str()),
            ("_CLAP_COMPLETE_COMP_TYPE", "9"),
            ("_CLAP_COMPLETE_SPACE", "false"),
            ("_CLAP_IFS", "\n"),
        ];
        at(home.path(), &[&["--"], words].concat(), &variables).1
    };
    assert!(asked(&["vigie", "get", "pods", "-e", ""]).contains("clinic-prod"));
    assert!(asked(&["vigie", "get", "dep"]).contains("deployments"));
    assert!(asked(&["vigie", "snap"]).contains("snapshot"));
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, page, _) = at(home.path(), &["man"], &[]);
    assert_eq!(code, 0);
    assert!(page.contains(".TH vigie 1"), "{page}");
    let dir = home.path().join("man1");
    let (code, _, said) = at(home.path(), &["man", "--dir", dir.to_str().expect("a path")], &[]);
    assert_eq!(code, 0, "{said}");
    for name in ["vigie.1", "vigie-get.1", "vigie-rollback.1", "vigie-config-check.1"] {
        assert!(dir.join(name).is_file(), "no {name}");
    }
}

#[test]
fn keys_are_listed_as_loaded_with_ones_own_marked() {
    let home = tempfile::tempdir().expect("a folder");
    write(home.path(), ".config/vigie/vigie.toml", "[screen]\nkeymap = \"keys.toml\"\n");
    let keys = write(
        home.path(),
        ".config/vigie/keys.toml",
        "keys = [\n  { on = \"X\", run = \"help\", in = \"table\" },\n]\n",
    );
    let (code, out, said) = at(home.path(), &["keys", "-o", "json"], &[]);
    assert_eq!(code, 0, "{said}");
    let rows: Vec<Value> = serde_json::from_str(&out).expect("JSON");
    let own = rows.iter().find(|r| r["command"] == "help" && r["place"] == "table").expect("the row");
    assert_eq!(own["from"], format!("{}:2", keys.display()));
    let shipped = rows.iter().find(|r| r["command"] == "help" && r["place"] == "global").expect("the row");
    assert_eq!(shipped["keys"], serde_json::json!(["?", "f1"]));
    assert!(shipped["from"].is_null());

    write(
        home.path(),
        ".config/vigie/keys.toml",
        "keys = [\n  { on = \"X\", run = \"help\" },\n  { on = \"X\", run = \"why\" },\n]\n",
    );
    let (code, out, said) = at(home.path(), &["keys", "--context", "log"], &[]);
    assert_eq!(code, 2);
    assert!(said.contains("keys.toml:3:3: `X` in global clashes"), "{said}");
    assert!(out.contains("follow") && !out.contains("next-field"), "{out}");
}

const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: kind-lab\nclusters:\n- name: c\n  cluster: { server: \"https://127.0.0.1:1\" }\nusers:\n- name: u\n  user: { token: canary-token }\ncontexts:\n- name: aks-prod\n  context: { cluster: c, user: u }\n- name: kind-lab\n  context: { cluster: c, user: u }\n- name: team/stg\n  context: { cluster: c, user: u }\n";

#[test]
fn init_writes_what_is_found_and_no_secret() {
    let home = tempfile::tempdir().expect("a folder");
    write(home.path(), ".kube/config", KUBECONFIG);
    write(
        home.path(),
        ".config/argocd/config",
        "contexts:\n- name: prod\n  server: argocd.prod.example.org\n  user: prod\ncurrent-context: prod\nservers:\n- server: argocd.prod.example.org\nusers:\n- name: prod\n  auth-token: canary-argocd\n",
    );
    write(home.path(), ".config/amtool/config.yml", "alertmanager.url: https://alerts.stg.example.org\n");
    let variables = [
        ("VAULT_ADDR", "https://vault.example.org"),
        ("VAULT_TOKEN", "canary-vault"),
        ("LOKI_ADDR", "https://loki.prod.example.org"),
        ("LOKI_BEARER_TOKEN", "canary-loki"),
        ("LOKI_ORG_ID", "clinic"),
    ];
    let (code, dry, said) = at(home.path(), &["init", "--dry-run"], &variables);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("`prod` in the name") && said.contains(".kube/config"), "{said}");
    let file = home.path().join(".config/vigie/vigie.toml");
    assert!(!file.exists());
    let (code, _, said) = at(home.path(), &["init"], &variables);
    assert_eq!(code, 0, "{said}");
    let text = fs::read_to_string(&file).expect("written");
    assert_eq!(text, dry);
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);

    let (code, shown, said) = at(home.path(), &["config", "show", "-o", "json"], &variables);
    assert_eq!(code, 0, "{said}");
    let config: Value = serde_json::from_str(&shown).expect("JSON");
    let environment = |name: &str| {
        config["environment"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|e| e["name"] == name)
            .cloned()
            .expect("there")
    };
    let prod = environment("aks-prod");
    assert_eq!(prod["tier"], "prod");
    assert_eq!(prod["argocd"]["url"], "https://argocd.prod.example.org");
    assert_eq!(prod["loki"]["token"], serde_json::json!({ "env": "LOKI_BEARER_TOKEN" }));
    assert_eq!(prod["policy"]["confirm"], "name");
    assert_eq!(environment("team-stg")["kubernetes"]["context"], "team/stg");
    assert_eq!(environment("team-stg")["alertmanager"]["url"], "https://alerts.stg.example.org");
    // Nothing says whose it is: an address that may be production's is not guarded as the current context's.
    assert!(environment("kind-lab")["vault"].is_null());
    assert!(text.contains("\n# vault = { url = \"https://vault.example.org\" }"), "{text}");
    assert!(text.contains("VAULT_ADDR; nothing says whose it is"), "{text}");

    let (code, _, said) = at(home.path(), &["init"], &variables);
    assert_eq!(code, 2);
    assert!(said.contains("--force"), "{said}");
    let (code, _, _) = at(home.path(), &["init", "--force"], &variables);
    assert_eq!(code, 0);
    assert_eq!(fs::read_to_string(file.with_extension("toml.old")).expect("kept"), text);
}

#[test]
fn what_cannot_be_read_is_said_and_a_file_about_the_screen_leaves_the_rest_to_be_found() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, _, said) = at(home.path(), &["get", "po"], &[("KUBECONFIG", "/nowhere/config")]);
    assert_eq!(code, 2);
    assert!(said.contains("/nowhere/config, which is not there") && said.contains("vigie init"), "{said}");
    write(home.path(), ".kube/config", KUBECONFIG);
    write(home.path(), ".config/vigie/vigie.toml", "[screen]\nascii = true\n");
    let (code, shown, said) = at(home.path(), &["config", "show", "-o", "json"], &[]);
    assert_eq!(code, 0, "{said}");
    let config: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(config["screen"]["ascii"], true);
    assert_eq!(config["environment"][0]["kubernetes"]["context"], "kind-lab");
    // Nothing says what it is, so it is guarded as production.
    assert_eq!(config["environment"][0]["policy"]["confirm"], "name");
}

#[test]
fn init_with_nothing_to_find_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, out, said) = at(home.path(), &["init"], &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(said.contains("vigie demo"), "{said}");
    assert!(!home.path().join(".config").exists());
}

#[test]
fn import_takes_what_it_can_from_k9s_and_says_what_it_left() {
    let home = tempfile::tempdir().expect("a folder");
    write(home.path(), ".kube/config", KUBECONFIG);
    // As in k9s's own documentation (README.md: HotKey Support, Command Aliases, Plugins) and its sample skins.
    write(
        home.path(),
        ".config/k9s/hotkeys.yaml",
        "hotKeys:\n  shift-0:\n    shortCut: Shift-0\n    description: Viewing pods\n    command: pods\n  shift-1:\n    shortCut: Shift-1\n    description: View deployments\n    command: dp\n  shift-4:\n    shortCut: Shift-4\n    description: View pods in all namespaces\n    command: pods all\n  shift-3:\n    shortCut: Shift-3\n    description: Xray Deployments\n    command: xray deploy\n",
    );
    write(
        home.path(),
        ".config/k9s/aliases.yaml",
        "aliases:\n  dp: deployments\n  pp: v1/pods\n  crb: clusterrolebindings\n",
    );
    write(
        home.path(),
        ".config/k9s/plugins.yaml",
        "plugins:\n  fred:\n    shortCut: Ctrl-L\n    description: Pod logs\n    scopes: [pods]\n    command: kubectl\n    args: [logs]\n",
    );
    write(home.path(), ".config/k9s/skins/empty.yaml", "k9s: {}\n");
    // Its own skins, as they are.
    write(home.path(), ".config/k9s/skins/stock.yaml", include_str!("../samples/k9s/stock.yaml"));
    write(home.path(), ".config/k9s/skins/kanagawa.yaml", include_str!("../samples/k9s/kanagawa.yaml"));
    write(
        home.path(),
        ".config/k9s/skins/everforest-light.yaml",
        include_str!("../samples/k9s/everforest-light.yaml"),
    );
    write(
        home.path(),
        ".config/k9s/config.yaml",
        "k9s:\n  refreshRate: 2\n  readOnly: true\n  ui:\n    skin: kanagawa\n",
    );
    // As in its README.md, "Resource Custom Columns", and in its own tests.
    write(
        home.path(),
        ".config/k9s/views.yaml",
        "views:\n  v1/pods:\n    sortColumn: AGE:asc\n    columns:\n      - AGE\n      - NAMESPACE|WR\n      - NAME\n      - IP\n      - MEM/RL|S\n      - ZORG:.metadata.labels.fred|WR\n  v1/pods@default:\n    columns: [NAME, IP, AGE]\n  cert-manager.io/v1/certificates:\n    columns: [NAMESPACE, NAME, READY]\n",
    );
    write(
        home.path(),
        ".local/share/k9s/clusters/c/aks-prod/config.yaml",
        "k9s:\n  cluster: c\n  readOnly: true\n  namespace:\n    active: appointments\n    favorites: [all, appointments, default]\n",
    );
    write(
        home.path(),
        ".local/share/k9s/clusters/c/kind-lab/config.yaml",
        "k9s:\n  cluster: c\n  readOnly: false\n",
    );
    let (code, out, said) = at(home.path(), &["import", "k9s", "-o", "json"], &[]);
    assert_eq!(code, 0, "{said}");
    let fates: Vec<Value> = serde_json::from_str(&out).expect("JSON");
    let fate = |what: &str| {
        let found = fates.iter().find(|f| f["what"].as_str().is_some_and(|w| w.starts_with(what)));
        found.unwrap_or_else(|| panic!("nothing of {what} in {out}"))["fate"]
            .as_str()
            .expect("a word")
            .to_owned()
    };
    for (what, wanted) in [
        ("hotkey Shift-0", "took"),
        ("hotkey Shift-1", "took"),
        ("hotkey Shift-3", "left"),
        ("hotkey Shift-4", "left"),
        ("alias dp", "took"),
        ("alias pp", "took"),
        ("alias crb", "took"),
        ("plugin fred (kubectl)", "left"),
        ("skin empty", "left"),
        ("skin stock", "took"),
        ("skin kanagawa", "took"),
        ("skin everforest-light", "took"),
        ("view of v1/pods: sorted by AGE:asc", "left"),
        ("view of v1/pods: IP", "left"),
        ("view of v1/pods: MEM/RL", "left"),
        ("view of v1/pods@default", "left"),
        ("view of cert-manager.io/v1/certificates", "took"),
        ("readOnly of aks-prod", "took"),
        ("readOnly of all contexts", "left"),
    ] {
        assert_eq!(fate(what), wanted, "{what}");
    }
    let own = |name: &str| fs::read_to_string(home.path().join(".config/vigie").join(name)).expect("written");
    assert!(
        own("columns.toml")
            .contains("name = \"pods\"\ncolumns = [\"env\", \"age\", \"namespace\", \"name\", \"zorg\"]\n")
    );
    // As in the skin: its foreground, its background, its colour of errors.
    for color in ["ink = \"#dcd7ba\"", "paper = \"#1f1f28\"", "red = \"#c34043\""] {
        assert!(own("themes/kanagawa.toml").contains(color), "{}", own("themes/kanagawa.toml"));
    }
    assert!(own("columns.toml").contains("path = \".metadata.labels.fred\"\n"), "{}", own("columns.toml"));
    let screen = own("vigie.toml");
    for setting in ["keymap = \"keymaps/k9s-hotkeys.toml\"", "theme = \"themes/kanagawa.toml\""] {
        assert!(screen.contains(setting), "{screen}");
    }
    for theme in ["stock", "kanagawa", "everforest-light"] {
        write(home.path(), ".config/vigie/themed.toml", &screen.replace("kanagawa", theme));
        let file = home.path().join(".config/vigie/themed.toml");
        let file = file.to_str().expect("a name");
        let (code, _, said) = at(home.path(), &["config", "check", "--config", file], &[]);
        assert_eq!(code, 0, "{theme}: {said}");
    }
    let (code, keys, said) = at(home.path(), &["keys", "-o", "json"], &[]);
    assert_eq!(code, 0, "{said}");
    let keys: Vec<Value> = serde_json::from_str(&keys).expect("JSON");
    let of = |command: &str| {
        keys.iter().find(|k| k["command"] == command && k["place"] == "table").map(|k| k["keys"].clone())
    };
    assert_eq!(of("go-pods"), Some(serde_json::json!([")"])));
    assert_eq!(of("go-workloads"), Some(serde_json::json!(["!"])));
    let (_, shown, _) = at(home.path(), &["config", "show", "-o", "json"], &[]);
    let config: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(config["environment"][0]["name"], "aks-prod");
    assert_eq!(config["environment"][0]["policy"]["read_only"], true);

    let before =
        fs::read_to_string(home.path().join(".config/vigie/keymaps/k9s-hotkeys.toml")).expect("written");
    write(home.path(), ".config/vigie/keymaps/k9s-hotkeys.toml", &format!("# mine\n{before}"));
    let (code, again, _) = at(home.path(), &["import", "k9s"], &[]);
    assert_eq!(code, 0);
    assert!(again.contains("stays as it is"), "{again}");
    let after =
        fs::read_to_string(home.path().join(".config/vigie/keymaps/k9s-hotkeys.toml")).expect("there");
    assert!(after.starts_with("# mine\n"));
}

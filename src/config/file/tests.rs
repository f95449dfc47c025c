use std::fs;

use super::*;
use crate::model::{Confirm, Policy, Tier};

fn problems(text: &str) -> Vec<String> {
    match Config::parse(Path::new("vigie.toml"), text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn points_at_line_and_column() {
    let found = problems("[[environment]]\nname = \"prod\"\nteir = \"prod\"\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("vigie.toml:3:1: unknown field `teir`"), "{found:?}");
    assert!(found[0].contains("`tier`"), "{found:?}");
}

#[test]
fn every_mistake_is_told_in_the_order_of_the_file() {
    let found = problems(
        "jornal = \"x\"\n[[environment]]\nname = \"prod\"\nteir = \"prod\"\ntier = \"production\"\nvault = { address = \"https://v\" }\n[[environment]]\ntier = \"dev\"\n[environment.kubernetes]\ncontext = 7\n[[environment]]\nname = \"a b\"\n[environment.loki]\nurl = \"loki\"\n",
    );
    let wanted = [
        ("vigie.toml:1:1", "unknown field `jornal`"),
        ("vigie.toml:4:1", "unknown field `teir`"),
        ("vigie.toml:5:8", "unknown variant `production`"),
        ("vigie.toml:6:11", "unknown field `address`"),
        ("vigie.toml:6:9", "missing field `url`"),
        ("vigie.toml:7:1", "missing field `name`"),
        ("vigie.toml:10:11", "invalid type"),
        ("vigie.toml:12:8", "cannot be typed"),
        ("vigie.toml:14:7", "`loki` is not an address"),
    ];
    for (place, what) in wanted {
        assert!(
            found.iter().any(|f| f.starts_with(&format!("{place}: ")) && f.contains(what)),
            "no {place}: {what} in {found:#?}"
        );
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn what_is_no_toml_is_told_by_place() {
    let found = problems("[[environment]\nname = \"x\"\n");
    assert!(found[0].starts_with("vigie.toml:1:"), "{found:?}");
}

#[test]
fn addresses_and_names_are_checked() {
    let found = problems(
        "[[environment]]\nname = \"a b\"\n[environment.vault]\nurl = \"vault.example.org\"\n[[environment]]\nname = \"x\"\nloki = { url = \"https://me:canary@loki\" }\n",
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].starts_with("vigie.toml:4:7: `vault.example.org` is not an address"), "{found:?}");
    assert!(found[2].starts_with("vigie.toml:7:16: an address holds no name or password"), "{found:?}");
    assert!(!found[2].contains("canary"), "{found:?}");
}

#[test]
fn policy_asks_never_less_than_the_tier() {
    let config = Config::parse(
        Path::new("v"),
        "[[environment]]\nname = \"p\"\npolicy = { confirm = \"enter\", reason = false }\n[[environment]]\nname = \"d\"\ntier = \"dev\"\npolicy = { confirm = \"name\" }\n",
    )
    .expect("valid");
    let envs = config.environments();
    assert_eq!(envs[0].policy, Policy::of(Tier::Prod));
    assert_eq!(envs[1].policy.confirm, Confirm::Name);
}

#[test]
fn systems_are_numbered_across_environments() {
    let config = Config::parse(
        Path::new("v"),
        "[[environment]]\nname = \"a\"\nkubernetes = {}\nvault = { url = \"http://127.0.0.1:1\" }\n[[environment]]\nname = \"b\"\nkubernetes = { context = \"b\" }\n",
    )
    .expect("valid");
    let systems = config.systems();
    let seen: Vec<_> = systems.iter().map(|(s, _)| (s.source.0, &*s.env, s.kind.name())).collect();
    assert_eq!(seen, [(0, "a", "kubernetes"), (1, "a", "vault"), (2, "b", "kubernetes")]);
}

#[test]
fn files_of_environments_are_read_with_the_main_one() {
    let home = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    write("vigie.toml", "include = [\"envs/*.toml\", \"gone.toml\"]\n[[environment]]\nname = \"prod\"\n");
    write("envs/b.toml", "[[environment]]\nname = \"b1\"\n[[environment]]\nname = \"prod\"\n");
    write("envs/a.toml", "tier = \"dev\"\nkubernetes = { kubeconfig = \"kube\" }\n");
    write("environments/lab.toml", "tier = \"dev\"\ncolour = \"red\"\n");
    let loaded = Config::load_all(&home.path().join("vigie.toml"));
    let names: Vec<_> = loaded.config.environments.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["prod", "a", "b1", "prod", "lab"]);
    let kubernetes = loaded.config.environments[1].kubernetes.clone().expect("a cluster");
    assert_eq!(kubernetes.kubeconfig, Some(home.path().join("envs/kube")));
    let told: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    let place = |name: &str| home.path().join(name).display().to_string();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        told[0].starts_with(&format!("{}:1:27: there is no file `gone.toml`", place("vigie.toml"))),
        "{told:#?}"
    );
    assert!(
        told[1].starts_with(&format!("{}:2:1: unknown field `colour`", place("environments/lab.toml"))),
        "{told:#?}"
    );
    assert!(
        told[2].starts_with(&format!("{}:4:8: environment \"prod\" is there twice", place("envs/b.toml"))),
        "{told:#?}"
    );
    assert_eq!(loaded.files.len(), 4);
}

#[test]
fn environments_alone_are_a_configuration() {
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir(home.path().join("environments")).expect("made");
    fs::write(home.path().join("environments/dev.toml"), "tier = \"dev\"\n").expect("written");
    let config = Config::load(&home.path().join("vigie.toml")).expect("right");
    assert_eq!(config.environments[0].name, "dev");
}

#[test]
fn a_bulk_limit_is_as_said_and_no_nonsense() {
    let text = |limit: &str| format!("[[environment]]\nname = \"p\"\npolicy = {{ bulk_limit = {limit} }}\n");
    let config = Config::parse(Path::new("v"), &text("35")).expect("valid");
    assert_eq!(config.environments()[0].policy.bulk_limit, Some(35));
    for nonsense in ["0", "1001", "-1", "\"all\""] {
        let found = problems(&text(nonsense));
        assert_eq!(found.len(), 1, "{nonsense}: {found:?}");
        assert!(found[0].starts_with("vigie.toml:3:25: "), "{found:?}");
    }
    assert!(problems(&text("0"))[0].contains("cannot be limited to 0"));
}

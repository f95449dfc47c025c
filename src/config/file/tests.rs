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
fn a_silence_limit_is_as_said_and_no_nonsense() {
    let text =
        |limit: &str| format!("[[environment]]\nname = \"p\"\npolicy = {{ silence_limit = {limit} }}\n");
    let config = Config::parse(Path::new("v"), &text("35")).expect("valid");
    assert_eq!(config.environments()[0].policy.silence_limit, 35);
    assert!(problems(&text("0"))[0].contains("cannot be limited to 0"));
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

/// A policy of prod, and what is wrong with it.
fn of_prod(policy: &str) -> Vec<String> {
    problems(&format!("[policy.prod]\n{policy}\n[[environment]]\nname = \"prod\"\n"))
}

#[test]
fn rules_of_the_tier_and_of_the_environment_hold_together_and_know_their_lines() {
    let text = "[policy.prod]\ndeny = [\"drain\", \"delete pod\"]\nbulk_limit = 30\n[[policy.prod.freeze]]\nname = \"end of \
                year\"\nfrom = 2026-12-20\nto = 2027-01-03\nzone = \"Europe/Amsterdam\"\n[[policy.prod.freeze]]\nname = \
                \"payroll\"\ncron = \"0 18 25 * *\"\nduration = \"12h\"\n[[environment]]\nname = \"prod\"\n[environment.policy]\n\
                ticket = \"INC-[0-9]+\"\nbulk_limit = 25\n[environment.policy.verb.delete]\nhours = { open = [\"mon-fri \
                09:00-17:00\"] }\n[[environment]]\nname = \"dev\"\ntier = \"dev\"\n";
    let config = Config::parse(Path::new("vigie.toml"), text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let envs = config.environments();
    let told: Vec<_> = envs[0].policy.rules.iter().map(ToString::to_string).collect();
    let wanted = [
        "deny, vigie.toml:2",
        "deny, vigie.toml:2",
        "end of year, vigie.toml:4",
        "payroll, vigie.toml:9",
        "ticket, vigie.toml:16",
        "delete: hours, vigie.toml:19",
    ];
    assert_eq!(told, wanted);
    assert_eq!(envs[0].policy.bulk_limit, Some(25), "the smaller one");
    assert!(envs[1].policy.rules.is_empty(), "dev is no prod");
    let crate::model::Says::Freeze { window, .. } = &envs[0].policy.rules[2].says else { panic!("a freeze") };
    let at = |text: &str| text.parse().expect("a moment");
    // Midnight in Amsterdam is 23:00 UTC in winter; the last day is frozen to its end.
    assert_eq!(window.end(at("2026-12-19T22:59:59Z")), None);
    assert_eq!(window.end(at("2026-12-19T23:00:00Z")), Some(at("2027-01-03T23:00:00Z")));
}

#[test]
fn moments_are_written_bare_or_in_quotes_with_and_without_an_offset() {
    for (from, to) in [
        ("2026-12-20T18:00:00+01:00", "2026-12-21T00:00:00Z"),
        ("\"2026-12-20T18:00\"", "\"2026-12-21\""),
        ("2026-12-20T18:00:00", "2026-12-21"),
    ] {
        let policy = format!("freeze = [{{ name = \"x\", from = {from}, to = {to} }}]");
        assert_eq!(of_prod(&policy), Vec::<String>::new(), "{from} {to}");
    }
}

#[test]
fn what_is_wrong_with_a_policy_is_told_by_its_place() {
    for (policy, wanted) in [
        ("deny = [\"drain\", \"delete pdo\"]", "vigie.toml:2:18: unknown kind `pdo`"),
        ("ticket = \"INC-[0-9\"", "vigie.toml:2:10: `INC-[0-9` is no regular expression"),
        ("hours = { open = [\"mon 7-19\"] }", "vigie.toml:2:18: `mon 7-19` is no hours of the week"),
        (
            "hours = { open = [\"mon 07:00-19:00\"], zone = \"Mars/Base\" }",
            "vigie.toml:2:46: this machine knows no time zone `Mars/Base`",
        ),
        ("freeze = [{ name = \"x\", from = 2026-12-20 }]", "when the freeze `x` holds is not said"),
        ("freeze = [{ name = \"x\", from = 2026-12-20, to = 2026-12-01 }]", "it ends before it begins"),
        (
            "freeze = [{ name = \"x\", cron = \"daily\", duration = \"1h\" }]",
            "`daily` is no schedule of five fields",
        ),
        (
            "freeze = [{ name = \"x\", cron = \"0 1 * * *\", duration = \"40d\" }]",
            "`40d` is no time that it lasts",
        ),
        ("verb = { delete = { bulk_limit = 0 } }", "a bulk plan cannot be limited to 0 things"),
        ("denny = [\"drain\"]", "unknown field `denny`"),
    ] {
        let found = of_prod(policy);
        assert_eq!(found.len(), 1, "{policy}: {found:?}");
        assert!(found[0].contains(wanted) && found[0].starts_with("vigie.toml:2:"), "{policy}: {found:?}");
    }
}

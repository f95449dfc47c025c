//! The configuration files that are shipped: they are right, and the schema says what is read.

use std::{fs, path::Path};

use vigie::config::{self, Config};

fn shipped(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

#[test]
fn every_example_loads_and_reaches_what_it_is_about() {
    let mut seen = 0;
    for entry in fs::read_dir(shipped("examples")).expect("the examples") {
        let path = entry.expect("an entry").path();
        let config = Config::load(&path).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(!config.systems().is_empty(), "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 3);
    let kinds = |name: &str| {
        let config = Config::load(&shipped(name)).expect("right");
        config.systems().iter().map(|(s, _)| s.kind.name()).collect::<Vec<_>>()
    };
    let aks = ["kubernetes", "argocd", "alertmanager", "prometheus", "loki", "kubernetes", "argocd"];
    assert_eq!(kinds("examples/aks-oauth2-proxy.toml"), aks);
    assert!(kinds("examples/self-hosted-vault.toml").contains(&"vault"));
    assert!(!kinds("examples/microk8s.toml").contains(&"vault"));
    assert_eq!(kinds("vigie.toml").len(), 7);
}

#[test]
fn the_schema_is_that_of_the_types() {
    let file = shipped("vigie.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, config::schema()).expect("written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, config::schema(), "the configuration's types changed: UPDATE=1 cargo test");
}

#[test]
fn the_schema_knows_every_setting_and_no_other() {
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).expect("JSON");
    let names = |object: &serde_json::Value| {
        object.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
    };
    let mut top = names(&schema["properties"]);
    top.sort();
    assert_eq!(top, ["environment", "include", "journal", "policy", "screen"]);
    assert_eq!(schema["additionalProperties"], false);
    let environment = &schema["definitions"]["EnvironmentConfig"];
    assert_eq!(environment["required"], serde_json::json!(["name"]));
    assert!(names(&environment["properties"]).contains(&"argocd".to_owned()));
    let tier = schema["definitions"]["Tier"].to_string();
    assert!(["dev", "staging", "prod"].iter().all(|t| tier.contains(&format!("\"{t}\""))), "{tier}");
}

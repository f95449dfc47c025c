//! The built program as called from a shell: what it prints, where, and with which exit code.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs the program in a folder of its own, with no configuration but what the arguments name.
fn vigie(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn config_check_points_at_mistakes_in_every_file_it_names() {
    let home = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("written");
    write("keys.toml", "keys = [\n  { on = \"x\", run = \"fly\" },\n]\n");
    write("theme.toml", "inherits = \"dark\"\n[roles]\nsparkle = \"red\"\n");
    write(
        "vigie.toml",
        "[screen]\ntheme = \"theme.toml\"\nkeymap = \"keys.toml\"\n[[environment]]\nname = \"dev\"\n",
    );
    let seen = vigie(home.path(), &["--config", "vigie.toml", "config", "check"]);
    let said = text(&seen.stderr);
    assert_eq!(seen.status.code(), Some(2), "{said}");
    assert!(said.contains("keys.toml:2:"), "{said}");
    assert!(said.contains("theme.toml:3:1"), "{said}");

    let seen = vigie(home.path(), &["--config", "vigie.toml", "config", "check", "-o", "json"]);
    let told: serde_json::Value = serde_json::from_slice(&seen.stdout).expect("JSON");
    let lines: Vec<_> = told.as_array().expect("a list").iter().map(|p| p["line"].as_u64()).collect();
    assert_eq!(lines, [Some(2), Some(3)], "{told}");
}

#[test]
fn config_check_of_a_right_file_ends_well() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("vigie.toml"), "[[environment]]\nname = \"dev\"\nkubernetes = {}\n")
        .expect("written");
    let seen = vigie(home.path(), &["--config", "vigie.toml", "config", "check"]);
    assert_eq!(seen.status.code(), Some(0), "{}", text(&seen.stderr));
    assert!(text(&seen.stdout).contains("kubernetes"), "{}", text(&seen.stdout));
}

#[test]
fn without_a_terminal_the_cockpit_says_what_answers() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("vigie.toml"), "[[environment]]\nname = \"dev\"\nkubernetes = {}\n")
        .expect("written");
    let seen = vigie(home.path(), &["--config", "vigie.toml"]);
    assert_eq!((seen.status.code(), seen.stdout.len()), (Some(2), 0));
    assert!(text(&seen.stderr).contains("vigie status"), "{}", text(&seen.stderr));
}

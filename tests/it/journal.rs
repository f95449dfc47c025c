//! The journal: nothing acknowledged is lost, and every change is found.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use proptest::prelude::*;
use uuid::Uuid;
use vigie::{
    journal::{Entry, Journal, Phase, Report, read, verify, verify_against},
    model::Time,
};

use super::action_argocd::open;

const NOVEMBER: i64 = 1_795_230_764;
const FILE: &str = "2026-11.jsonl";

fn entry(at: i64, text: &str) -> Entry {
    Entry {
        at: Time::from_secs(at),
        action: Uuid::from_u128(1),
        phase: Phase::Intent,
        verb: "sync".into(),
        environment: "prod".into(),
        system: "argocd/argocd".into(),
        target: None,
        params: BTreeMap::from([("prune".into(), "true".into())]),
        reason: String::new(),
        outcome: None,
        text: text.into(),
        detail: BTreeMap::new(),
    }
}

fn filled(dir: &Path, records: usize) -> Journal {
    let journal = open(dir);
    for n in 0..records {
        journal.append(entry(NOVEMBER, &format!("record {n}"))).unwrap();
    }
    journal
}

fn home() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    (dir, path)
}

fn broken(dir: &Path) -> Report {
    let report = verify(dir).unwrap();
    assert!(!report.is_intact(), "{report:?}");
    report
}

#[test]
fn every_single_bit_flip_is_found() {
    let (_guard, dir) = home();
    filled(&dir, 1);
    for name in [FILE, "HEAD"] {
        let path = dir.join(name);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                fs::write(&path, &bad).unwrap();
                assert!(!verify(&dir).unwrap().is_intact(), "{name}: byte {at}, bit {bit}");
            }
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(verify(&dir).unwrap().is_intact());
}

#[test]
fn lines_deleted_swapped_inserted_or_doubled_are_found_where_they_are() {
    let (_guard, dir) = home();
    filled(&dir, 5);
    let path = dir.join(FILE);
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let write = |lines: &[&str]| fs::write(&path, lines.join("\n") + "\n").unwrap();
    for n in 0..lines.len() {
        let mut cut = lines.clone();
        cut.remove(n);
        write(&cut);
        let report = broken(&dir);
        if n + 1 < lines.len() {
            assert_eq!((report.problems[0].file.as_str(), report.problems[0].line), (FILE, n + 1));
        }
        let mut doubled = lines.clone();
        doubled.insert(n, lines[n]);
        write(&doubled);
        assert_eq!(broken(&dir).problems[0].line, n + 2);
        for m in n + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(n, m);
            write(&swapped);
            assert_eq!(broken(&dir).problems[0].line, n + 1);
        }
    }
    let other = home();
    filled(&other.1, 1);
    let foreign = fs::read_to_string(other.1.join(FILE)).unwrap();
    let mut inserted = lines.clone();
    inserted.insert(2, foreign.trim_end());
    write(&inserted);
    assert_eq!(broken(&dir).problems[0].line, 3);
    fs::remove_file(&path).unwrap();
    broken(&dir);
}

#[test]
fn cut_at_any_byte_it_keeps_what_is_whole_says_so_and_goes_on() {
    let (_guard, dir) = home();
    let journal = filled(&dir, 2);
    let path = dir.join(FILE);
    let good = fs::read(&path).unwrap();
    let head = fs::read(dir.join("HEAD")).unwrap();
    for length in 0..good.len() {
        fs::write(&path, &good[..length]).unwrap();
        fs::write(dir.join("HEAD"), &head).unwrap();
        broken(&dir);
        let whole = good[..length].split(|b| *b == b'\n').count() - 1;
        // A record that lacks nothing but its line end is whole too.
        let whole = whole + usize::from(good[length] == b'\n');
        journal.append(entry(NOVEMBER, "after the crash")).unwrap();
        let kept: Vec<_> = read(&dir).unwrap().into_iter().filter_map(|l| l.record.ok()).collect();
        assert_eq!(
            kept[..whole].iter().map(|r| r.seq).collect::<Vec<_>>(),
            (1..=whole as u64).collect::<Vec<_>>()
        );
        let repair = &kept[whole];
        assert_eq!(repair.phase, Phase::Repair, "cut at {length}");
        assert_eq!(kept[whole + 1].text, "after the crash");
        if whole < 2 {
            assert!(repair.text.contains("are lost"), "{}", repair.text);
            assert!(broken(&dir).problems.iter().any(|p| p.what.contains("are lost")));
        }
    }
}

#[test]
fn a_line_torn_before_it_was_acknowledged_is_covered_and_no_alarm() {
    let (_guard, dir) = home();
    let journal = filled(&dir, 2);
    let path = dir.join(FILE);
    let good = fs::read(&path).unwrap();
    for torn in [&b"{\"v\":1,\"seq\":3,\"ti"[..], b"\0\0\0\0\0\0", b"{}\n", b"junk\nmore\n\nend"] {
        fs::write(&path, [&good[..], torn].concat()).unwrap();
        fs::write(dir.join("HEAD"), head_of(&good)).unwrap();
        broken(&dir);
        journal.append(entry(NOVEMBER, "after the crash")).unwrap();
        let report = verify(&dir).unwrap();
        assert!(report.is_intact(), "{torn:?}: {report:?}");
        assert_eq!(report.notes.len(), 1);
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.starts_with(&[&good[..], torn].concat()), "nothing is rewritten");
        let mut other = bytes.clone();
        other[good.len()] ^= 1;
        fs::write(&path, other).unwrap();
        broken(&dir);
    }
}

fn head_of(file: &[u8]) -> String {
    let last = file.split(|b| *b == b'\n').rfind(|l| !l.is_empty()).unwrap();
    let record: serde_json::Value = serde_json::from_slice(last).unwrap();
    format!("{:020} {}\n", record["seq"].as_u64().unwrap(), record["hash"].as_str().unwrap())
}

#[test]
fn an_anchor_outside_finds_what_the_chain_cannot() {
    let (_guard, dir) = home();
    let journal = filled(&dir, 3);
    let anchor = journal.head().unwrap().unwrap();
    assert!(verify_against(&dir, &anchor).unwrap().is_intact());
    // The owner throws it away and writes it anew: a good chain, but another one.
    drop(journal);
    fs::remove_dir_all(&dir).unwrap();
    filled(&dir, 3);
    assert!(verify(&dir).unwrap().is_intact());
    assert!(verify_against(&dir, &anchor).unwrap().problems[0].what.contains("written anew"));
    fs::remove_dir_all(&dir).unwrap();
    filled(&dir, 2);
    assert!(verify_against(&dir, &anchor).unwrap().problems[0].what.contains("was cut"));
}

#[test]
fn the_chain_goes_on_across_months_and_a_clock_set_back() {
    let (_guard, dir) = home();
    let journal = filled(&dir, 2);
    let december = NOVEMBER + 30 * 86_400;
    journal.append(entry(december, "december")).unwrap();
    journal.append(entry(NOVEMBER, "the clock was set back")).unwrap();
    let report = verify(&dir).unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.files, report.records), (2, 4));
    assert_eq!(fs::read_to_string(dir.join("2026-12.jsonl")).unwrap().lines().count(), 2);
    assert_eq!(journal.head().unwrap(), report.head());
    fs::remove_file(dir.join(FILE)).unwrap();
    assert_eq!(broken(&dir).problems[0].file, "2026-12.jsonl");
}

#[test]
fn what_others_could_read_or_redirect_is_refused() {
    let (guard, dir) = home();
    drop(filled(&dir, 1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join(FILE)), mode(&dir.join("HEAD"))), (0o700, 0o600, 0o600));

    let link = guard.path().join("link");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    assert!(verify(&link).unwrap_err().to_string().contains("it is a link"));

    fs::set_permissions(&dir, PermissionsExt::from_mode(0o750)).unwrap();
    assert!(verify(&dir).unwrap_err().to_string().contains("chmod 700"));
    fs::set_permissions(&dir, PermissionsExt::from_mode(0o700)).unwrap();
    fs::set_permissions(dir.join(FILE), PermissionsExt::from_mode(0o640)).unwrap();
    assert!(open(&dir).append(entry(NOVEMBER, "x")).unwrap_err().to_string().contains("chmod 600"));
    fs::set_permissions(dir.join(FILE), PermissionsExt::from_mode(0o600)).unwrap();
    fs::hard_link(dir.join(FILE), guard.path().join("second")).unwrap();
    assert!(verify(&dir).unwrap_err().to_string().contains("hard link"));
}

/// Appends when another test starts this binary with a directory; does nothing otherwise.
#[test]
fn append_for_another_process() {
    if let Ok(dir) = std::env::var("VIGIE_TEST_JOURNAL") {
        drop(filled(Path::new(&dir), 20));
    }
}

#[test]
fn processes_and_threads_share_one_chain() {
    let (_guard, dir) = home();
    drop(open(&dir));
    let spawn = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::append_for_another_process"])
            .env("VIGIE_TEST_JOURNAL", &dir)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut processes = [spawn(), spawn()];
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| filled(&dir, 20));
        }
    });
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    let report = verify(&dir).unwrap();
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert_eq!(report.records, 80);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_kept_and_any_edit_is_found(
        texts in prop::collection::vec("\\PC*|[\u{0}-\u{1f}\u{2028}\"\\\\]*", 1..6),
        at in any::<prop::sample::Index>(),
        edit in prop::collection::vec(any::<u8>(), 0..4),
        cut in 0_usize..4,
    ) {
        let (_guard, dir) = home();
        let journal = open(&dir);
        for text in &texts {
            journal.append(entry(NOVEMBER, text)).unwrap();
        }
        prop_assert!(verify(&dir).unwrap().is_intact());
        let kept: Vec<_> = read(&dir).unwrap().into_iter().map(|l| l.record.unwrap().text).collect();
        prop_assert_eq!(&kept, &texts);
        let path = dir.join(FILE);
        let good = fs::read(&path).unwrap();
        let from = at.index(good.len());
        let to = (from + cut).min(good.len());
        let bad = [&good[..from], &edit[..], &good[to..]].concat();
        prop_assume!(bad != good);
        fs::write(&path, &bad).unwrap();
        prop_assert!(!verify(&dir).unwrap().is_intact());
    }
}

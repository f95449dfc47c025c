//! Workspace files read, printed, and wrong.

use super::*;

fn source(text: &str) -> Source {
    Source { path: "workspaces.toml".into(), text: text.into() }
}

fn problems(text: &str) -> Vec<String> {
    read(&source(text)).1.iter().map(ToString::to_string).collect()
}

#[test]
fn shipped_ones_read_and_print_back() {
    let shipped = super::super::shipped();
    let names: Vec<_> = shipped.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["triage", "delivery", "pods", "secrets", "logs", "environments"]);
    let (again, problems) = read(&source(&print(&shipped)));
    assert_eq!(problems, Vec::new());
    assert_eq!(again, shipped);
}

#[test]
fn a_list_shown_twice_gets_a_pane_of_its_own() {
    let text = "[[workspace]]\nname = \"x\"\n[[workspace.screen]]\ncolumns = [\n  { pane = \"applications\", filter = \"prod\" },\n  { pane = \"applications\", filter = \"a \\\"b\\\"\" },\n  { pane = \"events\" },\n]\n[[workspace.screen]]\nfrom = \"80x24\"\npane = \"events\"\n";
    let (read, problems) = read(&source(text));
    assert_eq!(problems, Vec::new());
    let x = &read[0];
    assert_eq!(x.screens[1].tree.panes(), [PaneId::Applications, PaneId::Extra1, PaneId::Extra2]);
    assert_eq!(
        x.screens[0].tree,
        Node::Pane(PaneId::Extra2),
        "the same list is the same pane on other screens"
    );
    let lists: Vec<_> = x.lists.iter().map(|l| (l.pane, l.filter.as_str())).collect();
    assert_eq!(lists, [(PaneId::Applications, "prod"), (PaneId::Extra1, "a \"b\""), (PaneId::Extra2, "")],);
    let (text, again) = (print(&read), super::read(&source(&print(&read))).0);
    assert_eq!(print(&again), text, "what is printed reads back");
}

#[test]
fn how_a_list_is_shown_is_read_and_printed() {
    let text = "[[workspace]]\nname = \"x\"\n[[workspace.screen]]\ncolumns = [\n  { pane = \"pods\", sort = \"-restarts\", wide = true, group = \"node\", show = [\"env\", \"name\"] },\n  { pane = \"objects\", kind = \"ingresses.networking.k8s.io\" },\n]\n";
    let (read, problems) = read(&source(text));
    assert_eq!(problems, Vec::new());
    let (pods, objects) = (&read[0].lists[0].look, &read[0].lists[1].look);
    assert_eq!((pods.sort.as_str(), pods.wide, pods.group.as_str()), ("-restarts", true, "node"));
    assert_eq!(pods.show.as_deref(), Some(&["env".to_owned(), "name".to_owned()][..]));
    assert_eq!(objects.kind, "ingresses.networking.k8s.io");
    assert_eq!(super::read(&source(&print(&read))).0, read);
}

#[test]
fn mistakes_are_told_by_line_and_the_rest_works() {
    let head = "[[workspace]]\nname = \"ok\"\n[[workspace.screen]]\npane = \"pods\"\n[[workspace]]\nname = \"bad\"\n";
    let cases = [
        ("[[workspace.screen]]\nrows = [{ pane = \"podz\" }]\n", "8:18: no pane is called `podz`"),
        (
            "[[workspace.screen]]\nrows = [{ weight = 3 }]\n",
            "8:9: a `pane`, `rows` or `columns` is wanted here",
        ),
        (
            "[[workspace.screen]]\nrows = [{ pane = \"logs\" }, { pane = \"logs\" }]\n",
            "8:37: logs are shown once",
        ),
        ("[[workspace.screen]]\nfrom = \"big\"\npane = \"pods\"\n", "8:8: `big` is no size"),
        ("", "5:1: `bad` arranges nothing"),
    ];
    for (text, wanted) in cases {
        let (known, problems) = read(&source(&format!("{head}{text}")));
        assert_eq!(known.len(), 1, "the right one is kept");
        assert_eq!(problems.len(), 1);
        let told = problems[0].to_string();
        assert!(told.starts_with(&format!("workspaces.toml:{wanted}")), "{told}");
    }
    assert!(problems("[[workspace]]\nname = \"a b\"\n")[0].contains("cannot name a workspace"));
    assert!(problems("nonsense = 1")[0].starts_with("workspaces.toml:1:1: unknown field"));
}

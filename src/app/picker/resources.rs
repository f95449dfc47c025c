//! Choosing which of an application's resources to sync.

use std::collections::BTreeSet;

use super::PickerBody;
use crate::{
    app::{command::Command, event::Ticket},
    model::{Answer, Fault, Key, ResourceRef, ResourceState},
};

/// An application's resources, those that are not as git wants them first; any number can be marked.
#[derive(Clone, Debug)]
pub struct ResourcePicker {
    /// The application.
    pub app: Key,
    /// The parameter of the sheet below that it fills.
    pub param: &'static str,
    /// The question whose answer it shows.
    pub ticket: Ticket,
    /// What is known.
    pub body: PickerBody<ResourceState>,
    /// The row that the pointer is on.
    pub cursor: usize,
    /// What was chosen when it was opened, as the parameter has it.
    given: String,
    marked: BTreeSet<ResourceRef>,
}

impl ResourcePicker {
    /// A picker that waits for its answer; `given` is what the parameter holds.
    pub fn new(app: Key, param: &'static str, given: &str, ticket: Ticket) -> Self {
        let (given, marked) = (given.to_owned(), BTreeSet::new());
        Self { app, param, ticket, body: PickerBody::Loading, cursor: 0, given, marked }
    }

    /// Takes the answer, and marks what was chosen before.
    pub fn answer(&mut self, answer: Result<Answer, Fault>) {
        self.body = match answer {
            Ok(answer) => PickerBody::Entries(entries(answer)),
            Err(fault) => PickerBody::Failed(fault),
        };
        let given: Vec<&str> = items(&self.given).collect();
        let named = |r: &&ResourceRef| given.iter().any(|item| r.is_named(item));
        self.marked = self.body.entries().iter().map(|e| &e.resource).filter(named).cloned().collect();
    }

    /// How many are marked.
    pub fn marks(&self) -> usize {
        self.marked.len()
    }

    /// Whether a resource is marked.
    pub fn is_marked(&self, resource: &ResourceRef) -> bool {
        self.marked.contains(resource)
    }

    /// The one that the pointer is on.
    pub fn pointed(&self) -> Option<&ResourceState> {
        self.body.entries().get(self.cursor)
    }

    /// What is marked, as the parameter takes it: full names, nothing for all; none as long as nothing is known.
    pub fn value(&self) -> Option<String> {
        matches!(self.body, PickerBody::Entries(_))
            .then(|| self.marked.iter().map(ResourceRef::path).collect::<Vec<_>>().join(","))
    }

    /// Moves or marks; `false` when the command does neither.
    pub fn run(&mut self, command: Command) -> bool {
        match command {
            Command::Toggle => self.toggle(),
            Command::MarkOutOfSync => self.mark_out_of_sync(),
            _ => {
                let to = self.body.step(self.cursor, command);
                self.cursor = to.unwrap_or(self.cursor);
                return to.is_some();
            }
        }
        true
    }

    fn toggle(&mut self) {
        if let Some(resource) = self.pointed().map(|e| e.resource.clone())
            && !self.marked.remove(&resource)
        {
            self.marked.insert(resource);
        }
    }

    /// Marks all that is to be changed, or nothing when just that is marked. What is to be deleted is marked one by one.
    fn mark_out_of_sync(&mut self) {
        let wanted = |e: &&ResourceState| is_out_of_sync(e) && !e.prune;
        let wanted: BTreeSet<_> =
            self.body.entries().iter().filter(wanted).map(|e| e.resource.clone()).collect();
        self.marked = if self.marked == wanted { BTreeSet::new() } else { wanted };
    }
}

fn is_out_of_sync(entry: &ResourceState) -> bool {
    &*entry.status == "OutOfSync"
}

/// The resources that can be synced: what is to be changed, what is to be pruned, the rest.
pub(in crate::app) fn entries(answer: Answer) -> Vec<ResourceState> {
    let Answer::Resources(mut entries) = answer else { return Vec::new() };
    // Hooks and what Argo CD does not compare have no sync status: syncing them by name does nothing.
    entries.retain(|e| !e.status.is_empty());
    let rank = |e: &ResourceState| (!(is_out_of_sync(e) || e.prune), e.prune);
    let name = |r: &ResourceRef| (r.kind.clone(), r.namespace.clone(), r.name.clone(), r.group.clone());
    entries.sort_by_key(|e| (rank(e), name(&e.resource)));
    entries
}

/// The resources that a parameter's text names.
pub(in crate::app) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};

    fn state(path: &str, status: &str, prune: bool) -> ResourceState {
        let [group, kind, namespace, name] = path.split('/').collect::<Vec<_>>()[..] else {
            panic!("{path}: group/Kind/namespace/name")
        };
        let resource = ResourceRef {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        };
        ResourceState { resource, status: status.into(), prune, ..ResourceState::default() }
    }

    fn resources() -> Answer {
        Answer::Resources(vec![
            state("/Service/shop/cart", "Synced", false),
            state("batch/Job/shop/migrate", "", false),
            state("/ConfigMap/shop/cart-old", "OutOfSync", true),
            state("rbac.authorization.k8s.io/ClusterRole//cart", "Synced", false),
            state("apps/Deployment/shop/cart", "OutOfSync", false),
            state("/ConfigMap/shop/cart", "OutOfSync", false),
        ])
    }

    fn picker(given: &str) -> ResourcePicker {
        let app = Key::new(Source(0), Kind::Application, "argocd", "cart");
        let mut picker = ResourcePicker::new(app, "resources", given, Ticket(1));
        assert_eq!(picker.value(), None, "nothing is known yet, so nothing can be taken over");
        picker.answer(Ok(resources()));
        picker
    }

    #[test]
    fn what_differs_comes_first_and_what_cannot_be_synced_is_left_out() {
        let picker = picker("");
        let names: Vec<String> = picker.body.entries().iter().map(|e| e.resource.path()).collect();
        let wanted = [
            "/ConfigMap/shop/cart",
            "apps/Deployment/shop/cart",
            "/ConfigMap/shop/cart-old",
            "rbac.authorization.k8s.io/ClusterRole//cart",
            "/Service/shop/cart",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn marks_become_full_names() {
        let mut picker = picker("");
        assert_eq!(picker.value().as_deref(), Some(""), "nothing marked is the whole application");
        assert!(picker.run(Command::Toggle));
        assert!(picker.run(Command::Bottom) && picker.run(Command::Up) && picker.run(Command::Toggle));
        let wanted = "/ConfigMap/shop/cart,rbac.authorization.k8s.io/ClusterRole//cart";
        assert_eq!(picker.value().as_deref(), Some(wanted));
        assert!(picker.run(Command::Toggle));
        assert_eq!(picker.value().as_deref(), Some("/ConfigMap/shop/cart"));
        assert!(!picker.run(Command::Confirm), "others decide what that does");
    }

    #[test]
    fn what_was_chosen_is_marked_by_either_name() {
        let chosen = picker("Deployment/cart, /ConfigMap/shop/cart-old, Deployment/gone");
        assert_eq!(chosen.value().as_deref(), Some("/ConfigMap/shop/cart-old,apps/Deployment/shop/cart"));
    }

    #[test]
    fn all_that_differs_is_marked_by_one_key_but_never_what_would_be_deleted() {
        let mut picker = picker("/ConfigMap/shop/cart-old");
        picker.run(Command::MarkOutOfSync);
        assert_eq!(picker.value().as_deref(), Some("/ConfigMap/shop/cart,apps/Deployment/shop/cart"));
        picker.run(Command::MarkOutOfSync);
        assert_eq!(picker.marks(), 0);
    }

    #[test]
    fn a_failure_takes_nothing_over() {
        let mut picker = picker("/ConfigMap/shop/cart");
        let fault = Fault::new(crate::model::FaultKind::Unreachable, "argocd", "read", "connection refused");
        picker.answer(Err(fault));
        assert_eq!((picker.value(), picker.pointed().is_none()), (None, true));
        assert!(
            picker.run(Command::Down) && picker.run(Command::Toggle),
            "with nothing there, nothing happens"
        );
        assert_eq!(picker.marks(), 0);
    }
}

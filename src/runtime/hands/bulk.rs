//! Bulk plans: made a few at a time, carried out one after the other.

use std::sync::Arc;

use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::{Hands, unrecorded};
use crate::{
    action::{
        bulk::{self, Asked, Progress, Stop},
        guard::AdmittedBulk,
        plan::{ActionId, Outcome, Request},
    },
    app::{Event, Ticket},
    model::Fault,
};

impl Hands {
    /// Has each target planned, and tells of each plan as it arrives.
    pub(super) fn plan_bulk(&mut self, ticket: Ticket, requests: Vec<Request>) {
        let (systems, events, actor) = (Arc::clone(&self.systems), self.events.clone(), self.actor());
        let bulk = ActionId::new_v4();
        let mut asked = Vec::new();
        let mut lost: Vec<(usize, Fault)> = Vec::new();
        for (index, request) in requests.into_iter().enumerate() {
            match self.place(request.target.source) {
                Ok((environment, system)) => {
                    asked.push((index, Asked { environment, system, id: ActionId::new_v4(), request }));
                }
                Err(fault) => lost.push((index, fault)),
            }
        }
        self.tasks.spawn(async move {
            let tell = |index, plan| events.send(Event::PlannedPart { ticket, bulk, index, plan });
            for (index, fault) in lost {
                let _ = tell(index, Err(fault)).await;
            }
            let mut plans = std::pin::pin!(bulk::plans(&*systems, &actor, asked));
            while let Some((index, plan)) = plans.next().await {
                if tell(index, plan.map(Box::new)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Carries out what was confirmed.
    pub(super) fn execute_bulk(&mut self, admitted: AdmittedBulk) {
        let (events, id) = (self.events.clone(), admitted.id());
        let journal = match &self.journal {
            Ok(journal) => Arc::clone(journal),
            Err(error) => {
                let progress = Progress::Ended(vec![Outcome::Refused(unrecorded(error))]);
                self.tasks.spawn(async move {
                    let _ = events.send(Event::BulkProgress { id, progress }).await;
                });
                return;
            }
        };
        let stop = Stop::default();
        self.bulks.insert(id, stop.clone());
        let systems = Arc::clone(&self.systems);
        // Not in the set of tasks: an action under way is not dropped with the screen.
        tokio::spawn(async move {
            let (steps, mut told) = mpsc::unbounded_channel();
            let tell = async {
                while let Some(progress) = told.recv().await {
                    let _ = events.send(Event::BulkProgress { id, progress }).await;
                }
            };
            let act = async {
                let progress = move |p| {
                    let _ = steps.send(p);
                };
                bulk::run(admitted, &*systems, &journal, progress, &stop).await
            };
            tokio::join!(act, tell);
        });
    }
}

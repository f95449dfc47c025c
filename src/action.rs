//! The one way in which anything outside is changed: plan, preflight, guard, intent, execute, verify, outcome.
//!
//! A verb of the [`registry`] makes a [`Plan`](plan::Plan) from what it reads; the [`guard`] turns a plan and an
//! engineer's approval into [`Admitted`](guard::Admitted), the only thing that [`run`](run::run) takes. A mutation is
//! sent at most once; when its answer is lost the systems are looked at, here as after a crash ([`resume`]).

pub mod bulk;
pub mod catalog;
pub mod context;
pub mod evidence;
pub mod glass;
pub mod guard;
pub mod mark;
pub mod pin;
pub mod plan;
pub mod port;
pub mod record;
pub mod registry;
pub mod resume;
pub mod run;
pub mod sign;
pub mod subject;
pub mod watch;

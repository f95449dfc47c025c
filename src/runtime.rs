//! The loop, the terminal, effects and supervision: what connects the screen to the world.

mod away;
pub mod background;
pub mod columns;
pub mod encode;
mod export;
mod hands;
pub mod input;
mod keys;
mod lent;
mod line;
pub mod r#loop;
pub mod memory;
mod mouse;
mod notify;
mod pace;
mod reveal;
mod save;
pub mod session;
pub mod settings;
mod signals;
mod supervisor;
pub mod terminal;
pub mod workspaces;

pub use hands::Hands;
pub use r#loop::{Io, run};
pub use supervisor::Supervisor;

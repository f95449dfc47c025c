//! `vigie man`: manual pages, drawn from the commands themselves.

use std::path::PathBuf;

use clap::Args;

use super::{
    answer::Exit,
    output::{out, say},
};

/// Arguments of `man`.
#[derive(Args, Clone, Debug)]
pub struct Man {
    /// Write vigie.1 and a page for every command into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Prints the main page, or writes all of them.
pub fn run(man: &Man) -> Exit {
    let command = super::command();
    let done = match &man.dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(command, dir))
            .map_err(|e| format!("{}: {e}", dir.display())),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(|e| e.to_string()).map(|()| {
                out(&String::from_utf8_lossy(&page));
            })
        }
    };
    match done {
        Ok(()) => Exit::Done,
        Err(why) => {
            say(why);
            Exit::Failed
        }
    }
}

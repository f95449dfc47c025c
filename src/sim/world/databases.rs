//! Database servers as their clients meet them: up or not, and with room for so many connections.

use std::{collections::BTreeMap, sync::Mutex};

use crate::sim::lock;

#[derive(Debug, Default)]
struct Server {
    /// The pods that serve it now.
    up: Vec<String>,
    /// Client → its connections.
    sessions: BTreeMap<String, u32>,
}

/// The database servers of one environment by name.
#[derive(Debug, Default)]
pub struct Databases(Mutex<BTreeMap<&'static str, Server>>);

impl Databases {
    /// Whether some pod serves it.
    pub fn is_up(&self, database: &str) -> bool {
        lock(&self.0).get(database).is_some_and(|server| !server.up.is_empty())
    }

    /// A pod begins to serve it.
    pub fn serve(&self, database: &'static str, pod: &str) {
        let mut all = lock(&self.0);
        let server = all.entry(database).or_default();
        if !server.up.iter().any(|held| held == pod) {
            server.up.push(pod.to_owned());
        }
    }

    /// A pod serves it no longer.
    pub fn stop(&self, database: &str, pod: &str) {
        if let Some(server) = lock(&self.0).get_mut(database) {
            server.up.retain(|held| held != pod);
        }
    }

    /// Opens `wanted` connections of at most `limit` in all, as many as are left; says whether that was enough.
    pub fn connect(&self, database: &'static str, client: &str, wanted: u32, limit: u32) -> bool {
        let mut all = lock(&self.0);
        let server = all.entry(database).or_default();
        server.sessions.remove(client);
        let left = limit.saturating_sub(server.sessions.values().sum());
        server.sessions.insert(client.to_owned(), wanted.min(left));
        wanted <= left
    }

    /// Closes all connections of a client.
    pub fn disconnect(&self, database: &str, client: &str) {
        if let Some(server) = lock(&self.0).get_mut(database) {
            server.sessions.remove(client);
        }
    }

    /// How many connections are open.
    pub fn used(&self, database: &str) -> u32 {
        lock(&self.0).get(database).map_or(0, |server| server.sessions.values().sum())
    }
}

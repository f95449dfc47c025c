//! Following a log: by websocket where the way is free, else by asking every two seconds.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use http::header;
use tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::client::generate_key, protocol::Role},
};

use super::{
    Loki,
    read::{Direction, Seen, explain},
    wire,
};
use crate::{
    connector::{LogSink, backoff::Backoff},
    model::{Fault, FaultKind, LogLine},
};

/// How often it is asked where no websocket comes through.
const ASK: Duration = Duration::from_secs(2);
/// The most lines of one answer.
const PAGE: u32 = 5000;
/// Lines may arrive that much out of order.
const LATE: i64 = 5_000_000_000;
/// A websocket that is silent that long is looked after with a ping, and dead when that is not answered.
const SILENCE: Duration = Duration::from_secs(30);

impl Loki {
    /// Sends new lines until the sink closes; a query that the server refuses is the only fault.
    pub(super) async fn forward(&self, query: &str, mut seen: Seen, sink: &LogSink) -> Result<(), Fault> {
        let mut backoff = Backoff::new();
        loop {
            let failed = tokio::select! {
                failed = self.tail(query, &mut seen, sink) => failed,
                () = sink.closed() => return Ok(()),
            };
            let fault = match failed {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            // A websocket that worked and broke is opened again; asking fills the gap. One that never came up is
            // blocked by what stands in between: asking is all there is.
            let polls =
                if matches!(fault.kind, FaultKind::Unreachable | FaultKind::Timeout) { 2 } else { u32::MAX };
            for _ in 0..polls {
                let wait = match self.poll(query, &mut seen, sink).await {
                    Ok(()) => {
                        backoff.reset();
                        ASK
                    }
                    Err(f) if matches!(f.kind, FaultKind::Invalid | FaultKind::Refused) => return Err(f),
                    Err(f) => backoff.next(f.retry_after),
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = sink.closed() => return Ok(()),
                }
            }
        }
    }

    /// One question for what is new.
    async fn poll(&self, query: &str, seen: &mut Seen, sink: &LogSink) -> Result<(), Fault> {
        self.fill(query, (seen.newest - LATE, self.clock.now().nanos() + 1), seen, sink).await
    }

    /// Sends what was written between two moments and not seen yet.
    async fn fill(
        &self,
        query: &str,
        (mut from, to): (i64, i64),
        seen: &mut Seen,
        sink: &LogSink,
    ) -> Result<(), Fault> {
        loop {
            let streams = self.page(query, from, to.max(from + 1), PAGE, Direction::Forward).await?;
            let full = streams.iter().map(|s| s.values.len()).sum::<usize>() >= PAGE as usize;
            let mut lines = Vec::new();
            self.collect(streams, seen, &mut lines);
            let more = full && !lines.is_empty();
            if !send(lines, sink).await || !more {
                seen.forget(seen.newest - 2 * LATE);
                return Ok(());
            }
            from = seen.newest - LATE;
        }
    }

    /// Follows by websocket; ends well when the sink closes.
    async fn tail(&self, query: &str, seen: &mut Seen, sink: &LogSink) -> Result<(), Fault> {
        const WHAT: &str = "follow logs";
        let call = self.http.get(WHAT, "/loki/api/v1/tail").query("query", query);
        let call = call.query("start", (seen.newest - LATE).to_string()).query("limit", PAGE.to_string());
        let response = call
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .secret_header(header::SEC_WEBSOCKET_KEY, &generate_key())
            .upgrading()
            .open()
            .await
            .map_err(explain)?;
        if response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.http.fault(FaultKind::Garbled, WHAT, "no websocket comes through"));
        }
        let broken = |why: String| self.http.fault(FaultKind::Unreachable, WHAT, why);
        let upgraded = response.upgrade().await.map_err(|e| {
            self.http.fault(FaultKind::Garbled, WHAT, format!("no websocket: {}", e.without_url()))
        })?;
        let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
        let mut pinged = false;
        // Loki first sends what it has and then what comes; what came in between it never sends.
        let began = (seen.newest - LATE, self.clock.now().nanos() + 1);
        let gap = tokio::time::sleep(ASK);
        tokio::pin!(gap);
        let mut filled = false;
        loop {
            let message = tokio::select! {
                message = socket.next() => message,
                () = &mut gap, if !filled => {
                    filled = true;
                    self.fill(query, began, seen, sink).await?;
                    continue;
                }
                () = tokio::time::sleep(SILENCE) => {
                    if pinged {
                        return Err(broken(format!("silent for {} s", 2 * SILENCE.as_secs())));
                    }
                    pinged = true;
                    socket.send(Message::Ping(bytes::Bytes::new())).await.map_err(|e| broken(e.to_string()))?;
                    continue;
                }
                () = sink.closed() => {
                    drop(socket.close(None).await);
                    return Ok(());
                }
            };
            pinged = false;
            let text = match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_))) | None => return Err(broken("the server closed it".into())),
                Some(Ok(_)) => continue,
                Some(Err(e)) => return Err(broken(e.to_string())),
            };
            let frame: wire::Frame =
                serde_json::from_str(&text).map_err(|e| broken(format!("a frame is not readable: {e}")))?;
            let mut lines = Vec::new();
            self.collect(frame.streams, seen, &mut lines);
            seen.forget(seen.newest - 2 * LATE);
            if !send(lines, sink).await {
                return Ok(());
            }
        }
    }
}

/// Sends lines, oldest first; `false` when nobody listens.
async fn send(mut lines: Vec<LogLine>, sink: &LogSink) -> bool {
    if lines.is_empty() {
        return !sink.is_closed();
    }
    lines.sort_by_key(|l| l.at);
    sink.send(lines).await.is_ok()
}

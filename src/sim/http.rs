//! Serving on loopback: listeners, demo certificates, bodies; what every simulated system stands on.

mod listen;
mod tls;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

pub use self::tls::DemoCa;

/// The largest request body that a simulated system takes, in bytes.
const BODY_LIMIT: usize = 8 << 20;

/// A served router; dropping it closes the socket and every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the socket and every connection, as when the process dies.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves a router on a free port of 127.0.0.1, over TLS when a configuration is given.
pub async fn serve(router: Router, tls: Option<Arc<rustls::ServerConfig>>) -> std::io::Result<Server> {
    serve_at(SocketAddr::from(([127, 0, 0, 1], 0)), router, tls).await
}

/// Serves a router on a given address.
pub async fn serve_at(
    at: SocketAddr,
    router: Router,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> std::io::Result<Server> {
    let socket = TcpListener::bind(at).await?;
    let addr = socket.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let listener = listen::Guarded::new(socket, tls, stopped.clone());
    tokio::spawn(async move {
        tokio::select! {
            _ = axum::serve(listener, router) => {}
            () = listen::until_stopped(stopped) => {}
        }
    });
    Ok(Server { addr, stop })
}

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => bytes(status, "application/json", text),
        Err(error) => {
            bytes(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", error.to_string())
        }
    }
}

/// A plain text answer.
pub fn text(status: StatusCode, body: impl Into<String>) -> Response {
    bytes(status, "text/plain; charset=utf-8", body.into())
}

/// An answer of any content type.
pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    (status, kind, Body::from(body.into())).into_response()
}

/// A chunked answer that ends when the stream ends.
pub fn streaming(content_type: &'static str, chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    let body = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    (StatusCode::OK, kind, body).into_response()
}

/// A chunked answer fed through a channel; it ends when the sender is dropped, and sending fails once the
/// client has gone.
pub fn channel(content_type: &'static str) -> (mpsc::Sender<Bytes>, Response) {
    let (sender, receiver) = mpsc::channel(64);
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    (sender, streaming(content_type, chunks))
}

/// The whole request body; an error text when it is too large or broken off.
pub async fn read(body: Body) -> Result<Bytes, String> {
    axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|error| error.to_string())
}

/// The request body as JSON; an empty one is null.
pub async fn read_json(body: Body) -> Result<Value, String> {
    let bytes = read(body).await?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    #[tokio::test]
    async fn stopping_breaks_open_streams() {
        let (sender, response) = channel("text/plain");
        let slot = Arc::new(std::sync::Mutex::new(Some(response)));
        let handler = move || {
            let response = crate::sim::lock(&slot).take();
            async move { response.unwrap_or_else(|| text(StatusCode::GONE, "")) }
        };
        let server = serve(Router::new().route("/", get(handler)), None).await.unwrap();
        let mut client = TcpStream::connect(server.addr()).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sender.send(Bytes::from_static(b"hello")).await.unwrap();
        let mut seen = Vec::new();
        while !seen.windows(5).any(|part| part == b"hello") {
            assert_ne!(client.read_buf(&mut seen).await.unwrap(), 0, "closed too early");
        }
        server.stop();
        let mut rest = Vec::new();
        let end = client.read_to_end(&mut rest).await;
        assert!(end.is_err() || !rest.ends_with(b"0\r\n\r\n"), "a dead server ends nothing properly");
    }

    #[tokio::test]
    async fn the_demo_certificate_is_trusted_through_its_ca() {
        let ca = DemoCa::new().unwrap();
        let app = Router::new().route("/", get(|| async { text(StatusCode::OK, "safe") }));
        let server = serve(app, Some(ca.server_config().unwrap())).await.unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca.der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let mut tls = connector.connect("127.0.0.1".try_into().unwrap(), tcp).await.unwrap();
        tls.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        tls.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("safe"), "{answer}");
    }
}

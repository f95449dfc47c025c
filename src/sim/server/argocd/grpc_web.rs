//! gRPC-web over HTTP/1.1, as the `argocd` command speaks it with `grpc-web: true`.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, future};
use http::{HeaderValue, Method as Verb, StatusCode, header};
use serde_json::Value;

use super::{
    api::{Answer, Api, Ctx, Refusal},
    methods::{self, Call},
    proto, session,
};
use crate::sim::http::{read, streaming};

const CONTENT_TYPE: &str = "application/grpc-web+proto";
/// The first byte of the frame that ends an answer.
const TRAILERS: u8 = 0x80;

/// Whether a request is a gRPC-web call.
pub(super) fn is_call(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    request.method() == Verb::POST && kind.is_some_and(|kind| kind.starts_with("application/grpc-web"))
}

/// Answers a call.
pub(super) async fn answer(api: Arc<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches('/');
    let Some(method) = methods::find(path) else {
        let (service, name) = path.split_once('/').unwrap_or((path, ""));
        return refused(&Refusal::new(12, format!("unknown method {name} for service {service}")));
    };
    let who = session::authenticate(&api, &parts.headers);
    if let Err(refusal) = &who
        && !method.open
    {
        return refused(refusal);
    }
    let message = match read(body).await.and_then(|body| message(method.request, &body)) {
        Ok(message) => message,
        Err(why) => {
            return refused(&Refusal::new(
                13,
                format!("grpc: failed to unmarshal the received message: {why}"),
            ));
        }
    };
    let ctx = Ctx { api, who: who.ok() };
    let response = method.response;
    let result: Answer = match method.call {
        Call::Plain(call) => call(&ctx, &message),
        Call::Waiting(call) => call(ctx, message).await,
        Call::Stream(call) => {
            let mut events = match call(ctx, message) {
                Ok(events) => events,
                Err(refusal) => return refused(&refusal),
            };
            let frames = async_frames(&mut events, response).await;
            return match frames {
                Err(refusal) => refused(&refusal),
                Ok(first) => {
                    let rest = events.map(move |event| frame_of(response, event));
                    let all = futures::stream::iter(first)
                        .chain(rest)
                        .chain(futures::stream::once(future::ready(trailers(None))));
                    streaming(CONTENT_TYPE, all)
                }
            };
        }
    };
    match result {
        Err(refusal) => refused(&refusal),
        Ok(value) => {
            let mut out = BytesMut::from(&frame(0, &proto::encode(response, &value))[..]);
            out.put_slice(&trailers(None));
            let mut answer = (StatusCode::OK, out.freeze()).into_response();
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
            answer
        }
    }
}

/// The first frame of a stream; nothing goes out before it, and a refusal there is one of the whole call.
async fn async_frames(events: &mut super::api::Events, response: &str) -> Result<Vec<Bytes>, Refusal> {
    match events.next().await {
        None => Ok(Vec::new()),
        Some(Err(refusal)) => Err(refusal),
        Some(Ok(value)) => Ok(vec![frame(0, &proto::encode(response, &value))]),
    }
}

fn frame_of(response: &str, event: Answer) -> Bytes {
    match event {
        Ok(value) => frame(0, &proto::encode(response, &value)),
        Err(refusal) => trailers(Some(&refusal)),
    }
}

fn frame(flag: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(payload.len() + 5);
    frame.put_u8(flag);
    frame.put_u32(payload.len() as u32);
    frame.put_slice(payload);
    frame.freeze()
}

fn trailers(refusal: Option<&Refusal>) -> Bytes {
    let text = match refusal {
        None => "grpc-status: 0\r\ngrpc-message: \r\n".to_owned(),
        Some(refusal) => {
            format!("grpc-status: {}\r\ngrpc-message: {}\r\n", refusal.code, one_line(&refusal.message))
        }
    };
    frame(TRAILERS, text.as_bytes())
}

fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { ' ' }).collect()
}

/// A refusal stands in the headers, with nothing in the body.
fn refused(refusal: &Refusal) -> Response {
    let mut answer = StatusCode::OK.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert("grpc-status", HeaderValue::from(u16::from(refusal.code)));
    if let Ok(message) = HeaderValue::from_str(&one_line(&refusal.message)) {
        headers.insert("grpc-message", message);
    }
    answer
}

/// The message of a call's single frame.
fn message(name: &str, body: &[u8]) -> Result<Value, String> {
    let (head, rest) = body.split_at_checked(5).ok_or("the frame is cut short")?;
    if head[0] != 0 {
        return Err("compressed frames are not supported".to_owned());
    }
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    proto::decode(name, rest.get(..length).ok_or("the message is cut short")?)
}

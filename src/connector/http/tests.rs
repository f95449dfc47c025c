//! The client against a server that misbehaves on purpose.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::model::{Sensitive, Source, SystemKind, Tier};

fn system() -> System {
    System {
        source: Source(0),
        env: "prod".into(),
        tier: Tier::Prod,
        kind: SystemKind::ArgoCd,
        name: "argocd".into(),
    }
}

/// Answers every connection with the next of the raw answers, the last one for ever; an empty one hangs up.
async fn server(answers: Vec<String>) -> (String, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let (count, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counter, requests) = (Arc::clone(&count), Arc::clone(&seen));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let n = socket.read(&mut request).await.unwrap_or(0);
            requests.lock().expect("one user").push(String::from_utf8_lossy(&request[..n]).into_owned());
            let at = counter.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            drop(socket.write_all(answers[at].as_bytes()).await);
        }
    });
    (address, count, seen)
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn client(base: &str, token: Token) -> Http {
    let base = base.to_owned();
    Http::new(&system(), Arc::new(move || Ok(Target { base: base.clone(), ..Target::default() })), token)
}

async fn fault_of(raw: String) -> Fault {
    let (base, ..) = server(vec![raw]).await;
    let answer = client(&base, Token::none()).get("list", "/x").json::<serde_json::Value>().await;
    answer.expect_err("a fault")
}

#[tokio::test]
async fn says_what_an_answer_is_when_it_is_not_json() {
    let f = fault_of(answer("200 OK", "text/html", "<html><title>Sign in</title>/oauth2/start</html>")).await;
    assert_eq!(f.kind, FaultKind::Unauthenticated);
    assert_eq!(&*f.why, "oauth2-proxy sign-in page: the token is missing or expired");
    let f = fault_of(answer("200 OK", "text/html", "<!DOCTYPE html><title>nginx</title>")).await;
    assert_eq!((f.kind, &*f.why), (FaultKind::Garbled, "an HTML page (\"nginx\") instead of an answer"));
    let f = fault_of(answer("200 OK", "application/json", "{\"a\": [1")).await;
    assert_eq!((f.kind, &*f.why), (FaultKind::Garbled, "the answer is cut short after 8 bytes"));
    let f = fault_of(answer("200 OK", "text/plain", "hello")).await;
    assert_eq!(&*f.why, "the answer is not JSON but text/plain: \"hello\"");
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{".to_owned();
    assert_eq!(fault_of(cut).await.kind, FaultKind::Unreachable);
}

#[tokio::test]
async fn quotes_the_words_of_each_error_shape() {
    // Bodies as recorded from Argo CD 3.4.7, OpenBao 2.7.2, Prometheus 2.42, Alertmanager 0.25 and Loki 3.7.8.
    let f = fault_of(answer(
        "400 Bad Request",
        "application/json",
        r#"{"error":"another operation is already in progress","code":9,"message":"another operation is already in progress"}"#,
    ))
    .await;
    assert_eq!((f.kind, &*f.why), (FaultKind::Invalid, "another operation is already in progress (400)"));
    let f = fault_of(answer(
        "403 Forbidden",
        "application/json",
        "{\"errors\":[\"1 error occurred:\\n\\t* permission denied\\n\\n\"]}",
    ))
    .await;
    assert_eq!((f.kind, &*f.why), (FaultKind::Refused, "permission denied (403)"));
    let f = fault_of(answer(
        "422 Unprocessable Entity",
        "application/json",
        r#"{"code":612,"message":"createdBy in body is required"}"#,
    ))
    .await;
    assert_eq!(&*f.why, "createdBy in body is required (422)");
    let f = fault_of(answer("400 Bad Request", "application/json", r#""bad matcher""#)).await;
    assert_eq!(&*f.why, "bad matcher (400)");
    let f = fault_of(answer("400 Bad Request", "text/plain; charset=utf-8", "parse error at line 1\n")).await;
    assert_eq!(&*f.why, "parse error at line 1 (400)");
    let throttled =
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let f = fault_of(throttled.to_owned()).await;
    assert_eq!((f.kind, f.retry_after), (FaultKind::Throttled, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_read_is_tried_twice_and_a_change_once() {
    let (base, count, _) = server(vec![String::new(), answer("200 OK", "application/json", "{}")]).await;
    let http = client(&base, Token::none());
    http.get("list", "/x").json::<serde_json::Value>().await.expect("the second try answers");
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let (base, count, _) = server(vec![String::new()]).await;
    let http = client(&base, Token::none());
    let lost = http.change(Method::POST, "sync", "/x").json_body(&serde_json::json!({})).json::<()>().await;
    assert_eq!(lost.expect_err("lost").kind, FaultKind::Unknown);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refused_and_unresolved_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let http = client(&base, Token::none());
    let f = http.change(Method::POST, "sync", "/x").json::<()>().await.expect_err("refused");
    assert_eq!((f.kind, &*f.why), (FaultKind::Unreachable, "connection refused"));
    let f = client("http://no-such-name.invalid", Token::none()).get("list", "/x").json::<()>().await;
    assert_eq!(&*f.expect_err("unresolved").why, "the name does not resolve");
}

#[tokio::test]
async fn a_token_is_fetched_anew_after_a_401_and_never_quoted() {
    let unauthorised =
        answer("401 Unauthorized", "application/json", r#"{"error":"no session information"}"#);
    let (base, _, seen) =
        server(vec![unauthorised.clone(), answer("200 OK", "application/json", "{}"), unauthorised]).await;
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&fetched);
    let token = Token::bearer(Some(Arc::new(move || {
        Ok(Some(Sensitive::new(format!("canary-{}", counter.fetch_add(1, Ordering::SeqCst)))))
    })));
    let http = client(&base, token);
    http.get("list", "/x").json::<serde_json::Value>().await.expect("renewed");
    let f = http
        .change(Method::POST, "sync", "/x?token=canary")
        .json::<serde_json::Value>()
        .await
        .expect_err("a change is not sent again");
    assert_eq!(f.kind, FaultKind::Unauthenticated);
    assert!(!f.to_string().contains("canary"), "{f}");
    let seen = seen.lock().expect("one user");
    assert_eq!(seen.len(), 3);
    assert!(seen[1].to_lowercase().contains("authorization: bearer canary-1"), "{}", seen[1]);
}

#[test]
fn paths_and_queries_are_encoded() {
    assert_eq!(segment("a/b c+ü"), "a%2Fb%20c%2B%C3%BC");
    assert_eq!(path("database/creds/x y"), "database/creds/x%20y");
}

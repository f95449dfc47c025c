//! The lines that programs write, each in its own format.

use std::fmt::Write as _;

use super::output;
use crate::{
    model::Time,
    sim::{
        catalog::{Database, Program, Style},
        logs::Output,
    },
};

/// What a program is going through when it writes.
pub(super) struct Context {
    pub(super) style: Style,
    pub(super) errors: f64,
    pub(super) latency: f64,
    pub(super) refused: bool,
    pub(super) database: Option<&'static str>,
    pub(super) pod: String,
}

type Lines = Vec<(Output, String)>;

const PATHS: [&str; 8] = [
    "/api/v1/slots",
    "/api/v1/appointments",
    "/api/v1/patients/search",
    "/api/v1/encounters",
    "/api/v1/invoices",
    "/api/v1/practitioners",
    "/api/v1/reminders",
    "/healthz",
];

fn stamp(now: Time, format: &str) -> String {
    now.timestamp().strftime(format).to_string()
}

fn millis(now: Time) -> String {
    stamp(now, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

fn trace(rng: &mut fastrand::Rng) -> String {
    format!("{:032x}", rng.u128(..))
}

fn pick<'a>(rng: &mut fastrand::Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

/// The next line, or the lines of one stack trace.
pub(super) fn next(context: &Context, now: Time, rng: &mut fastrand::Rng) -> Lines {
    let bad = rng.f64() < context.errors.max(if context.refused { 0.8 } else { 0.0 });
    let took = context.latency.max(0.001) * 1000.0 * (0.5 + rng.f64() * 2.0);
    match context.style {
        Style::Json => vec![json(context, now, rng, bad, took)],
        Style::Logfmt => vec![logfmt(now, rng, bad, took)],
        Style::Java => java(context, now, rng, bad),
        Style::Python => python(context, now, rng, bad, took),
        Style::Access => vec![access(now, rng, bad, took)],
        Style::Runner => vec![runner(now, rng)],
        Style::Postgres => vec![postgres(now, rng)],
        Style::MySql => vec![my_sql(now, rng)],
        Style::Klog => vec![klog(now, rng)],
        Style::Batch => {
            vec![(Output::Stdout, format!("{} processed {} records", millis(now), rng.u32(80..900)))]
        }
    }
}

fn json(context: &Context, now: Time, rng: &mut fastrand::Rng, bad: bool, took: f64) -> (Output, String) {
    let (time, trace) = (millis(now), trace(rng));
    if bad {
        let why = match (context.refused, context.database) {
            (true, Some(role)) => format!("pq: password authentication failed for user \\\"{role}\\\""),
            (false, Some(_)) => "pq: sorry, too many clients already".to_owned(),
            _ => "upstream request timeout".to_owned(),
        };
        let path = pick(rng, &PATHS[..7]);
        let line = format!(
            "{{\"time\":\"{time}\",\"level\":\"error\",\"msg\":\"request failed\",\"method\":\"GET\",\
             \"path\":\"{path}\",\"status\":503,\"duration_ms\":{took:.1},\"error\":\"{why}\",\
             \"trace_id\":\"{trace}\"}}"
        );
        return (output(true), line);
    }
    if rng.u8(..40) == 0 {
        let line = format!(
            "{{\"time\":\"{time}\",\"level\":\"warn\",\"msg\":\"slow query\",\"table\":\"slot\",\
             \"duration_ms\":{:.0},\"trace_id\":\"{trace}\"}}",
            took + 700.0
        );
        return (output(false), line);
    }
    let (method, path) = (pick(rng, &["GET", "GET", "GET", "POST", "PUT"]), pick(rng, &PATHS));
    // Probes only look.
    let method = if path == "/healthz" { "GET" } else { method };
    let status = if method == "POST" { 201 } else { 200 };
    let line = format!(
        "{{\"time\":\"{time}\",\"level\":\"info\",\"msg\":\"request\",\"method\":\"{method}\",\"path\":\"{path}\",\
         \"status\":{status},\"duration_ms\":{took:.1},\"trace_id\":\"{trace}\"}}"
    );
    (output(false), line)
}

fn logfmt(now: Time, rng: &mut fastrand::Rng, bad: bool, took: f64) -> (Output, String) {
    let time = stamp(now, "%Y-%m-%dT%H:%M:%S.%9fZ");
    let (level, status) = if bad { ("error", 502) } else { ("info", 200) };
    let path = pick(rng, &["/api/ds/query", "/login", "/api/live/ws", "/oauth2/auth", "/metrics"]);
    let line = format!(
        "logger=context userId={} t={time} level={level} msg=\"Request Completed\" method=GET path={path} \
         status={status} time_ms={took:.0} duration={took:.3}ms size={}",
        rng.u8(1..60),
        rng.u32(2..9000)
    );
    (output(bad), line)
}

fn java(context: &Context, now: Time, rng: &mut fastrand::Rng, bad: bool) -> Lines {
    let time = stamp(now, "%Y-%m-%d %H:%M:%S,%3f");
    if bad {
        let cause = if context.refused {
            "java.sql.SQLException: Access denied for user 'openmrs'@'10.44.0.17' (using password: YES)"
        } else {
            "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed \
             out after 30000ms"
        };
        let text = [
            format!("ERROR - LoggingAdvice.invoke(129) |{time}| An error occurred while calling this method."),
            "org.hibernate.exception.JDBCConnectionException: Unable to acquire JDBC Connection".to_owned(),
            "\tat org.hibernate.exception.internal.SQLStateConversionDelegate.convert(SQLStateConversionDelegate.java:112)"
                .to_owned(),
            "\tat org.openmrs.api.impl.PatientServiceImpl.getPatient(PatientServiceImpl.java:298)".to_owned(),
            "\tat org.openmrs.web.filter.OpenmrsFilter.doFilterInternal(OpenmrsFilter.java:109)".to_owned(),
            format!("Caused by: {cause}"),
            "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)".to_owned(),
            "\t... 74 more".to_owned(),
        ];
        return text.map(|line| (Output::Stderr, line)).into();
    }
    let what = pick(
        rng,
        &[
            "INFO - LoggingAdvice.invoke(107) |{t}| In method PatientService.getPatients. Arguments: String=kamau",
            "INFO - VisitServiceImpl.endVisit(212) |{t}| Visit ended",
            "INFO - TaskThreadedInitializer.run(49) |{t}| Scheduled task Auto Close Visits Task finished",
            "WARN - ConceptServiceImpl.getConcept(441) |{t}| Concept has no preferred name in locale sw",
            "INFO - AtlasController.post(88) |{t}| Encounter saved",
        ],
    );
    vec![(Output::Stdout, what.replace("{t}", &time))]
}

fn python(context: &Context, now: Time, rng: &mut fastrand::Rng, bad: bool, took: f64) -> Lines {
    let time = stamp(now, "%Y-%m-%d %H:%M:%S,%3f");
    let pid = 7 + u32::from(context.pod.bytes().last().unwrap_or(0)) % 9;
    if bad {
        let cause = if context.refused {
            "psycopg2.OperationalError: connection to server at \"odoo-postgres\", port 5432 failed: FATAL:  password \
             authentication failed for user \"odoo\""
        } else {
            "odoo.tools.pool.PoolError: The Connection Pool Is Full"
        };
        let text = [
            format!("{time} {pid} ERROR clinic odoo.http: Exception during request handling."),
            "Traceback (most recent call last):".to_owned(),
            "  File \"/opt/odoo/odoo/http.py\", line 2374, in __call__".to_owned(),
            "    response = request._serve_db()".to_owned(),
            "  File \"/opt/odoo/odoo/sql_db.py\", line 789, in borrow".to_owned(),
            cause.to_owned(),
        ];
        return text.map(|line| (Output::Stderr, line)).into();
    }
    let path =
        pick(rng, &["/web/dataset/call_kw", "/longpolling/poll", "/web/webclient/load_menus", "/jsonrpc"]);
    let line = format!(
        "{time} {pid} INFO clinic werkzeug: 10.44.1.{} - - [{}] \"POST {path} HTTP/1.1\" 200 - {} {:.3} {:.3}",
        rng.u8(2..250),
        stamp(now, "%d/%b/%Y %H:%M:%S"),
        rng.u8(1..60),
        took / 3000.0,
        took / 1000.0
    );
    vec![(Output::Stderr, line)]
}

fn access(now: Time, rng: &mut fastrand::Rng, bad: bool, took: f64) -> (Output, String) {
    let status = if bad { 502 } else { [200, 200, 200, 200, 304, 404][rng.usize(..6)] };
    let path =
        pick(rng, &["/", "/assets/app.9f2c1.js", "/book", "/api/me", "/login", "/favicon.ico", "/results"]);
    let line = format!(
        "10.44.0.{} - - [{}] \"GET {path} HTTP/1.1\" {status} {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" {:.3}",
        rng.u8(2..250),
        stamp(now, "%d/%b/%Y:%H:%M:%S +0000"),
        rng.u32(200..48_000),
        took / 1000.0
    );
    (output(false), line)
}

fn runner(now: Time, rng: &mut fastrand::Rng) -> (Output, String) {
    let job = 811_000 + now.secs() % 9_000;
    let (colour, what) = [
        ("0;m", "Checking for jobs... received"),
        ("32;1m", "Job succeeded"),
        ("0;m", "Updating job..."),
        ("33;1m", "Submitting job to coordinator...ok"),
        ("31;1m", "WARNING: Job failed: exit code 1"),
    ][[0, 0, 1, 1, 2, 2, 3, 4][rng.usize(..8)]];
    let line = format!(
        "\u{1b}[{colour}{what}\u{1b}[0;m                 \u{1b}[{colour}job\u{1b}[0;m={job} \
         \u{1b}[{colour}project\u{1b}[0;m={} \u{1b}[{colour}runner\u{1b}[0;m=t3_kQ9x2B \u{1b}[{colour}duration_s\u{1b}[0;m={:.3}",
        rng.u8(11..60),
        20.0 + rng.f64() * 200.0
    );
    (Output::Stderr, line)
}

fn postgres(now: Time, rng: &mut fastrand::Rng) -> (Output, String) {
    let time = stamp(now, "%Y-%m-%d %H:%M:%S.%3f UTC");
    let what = match rng.u8(..3) {
        0 => "checkpoint starting: time".to_owned(),
        1 => format!("checkpoint complete: wrote {} buffers (0.4%)", rng.u16(20..900)),
        _ => format!(
            "duration: {:.3} ms  statement: SELECT id FROM slot WHERE clinic_id = $1",
            400.0 + rng.f64() * 900.0
        ),
    };
    (Output::Stderr, format!("{time} [{}] LOG:  {what}", rng.u8(27..120)))
}

fn my_sql(now: Time, rng: &mut fastrand::Rng) -> (Output, String) {
    let time = stamp(now, "%Y-%m-%dT%H:%M:%S.%6fZ");
    let what = pick(
        rng,
        &[
            "[Note] [MY-010914] [Server] Aborted connection to db: 'openmrs'",
            "[Warning] [MY-013360] [Server] slow log",
        ],
    );
    (Output::Stderr, format!("{time} {} {what}", rng.u16(8..4000)))
}

fn klog(now: Time, rng: &mut fastrand::Rng) -> (Output, String) {
    let time = stamp(now, "%m%d %H:%M:%S.%6f");
    let what = pick(
        rng,
        &[
            "controller.go:214] \"re-queuing item due to optimistic locking on resource\" logger=\"cert-manager\"",
            "reflector.go:556] \"Watch close\" type=\"*v1.Secret\" totalItems=9",
            "leaderelection.go:268] successfully renewed lease",
        ],
    );
    (Output::Stderr, format!("I{time}       1 {what}"))
}

/// What a program writes when it starts.
pub fn greeting(program: Option<&Program>, tag: &str) -> Vec<String> {
    let Some(program) = program else { return Vec::new() };
    let name = program.image.rsplit('/').next().unwrap_or_default();
    match program.style {
        Style::Json => vec![format!(
            "{{\"level\":\"info\",\"msg\":\"starting\",\"program\":\"{name}\",\"version\":\"{tag}\"}}"
        )],
        Style::Logfmt => vec![format!("level=info msg=\"Starting {name}\" version={tag}")],
        Style::Java => vec![
            "OpenMRS distribution startup".to_owned(),
            format!("INFO - Listener.contextInitialized(219) Starting OpenMRS version {tag}"),
        ],
        Style::Runner => vec![format!(
            "Runtime platform                                    arch=amd64 os=linux version={tag}"
        )],
        _ => vec![format!("{name} {tag} starting")],
    }
}

fn said(style: Style, level: &str, message: &str, now: Time) -> String {
    match style {
        Style::Json => {
            let level = level.to_lowercase();
            let message = message.replace('"', "\\\"");
            format!("{{\"time\":\"{}\",\"level\":\"{level}\",\"msg\":\"{message}\"}}", millis(now))
        }
        Style::Python => format!("{} 1 {level} clinic odoo: {message}", stamp(now, "%Y-%m-%d %H:%M:%S,%3f")),
        _ => format!("{} {level} {message}", millis(now)),
    }
}

/// What a program writes when its database has no connection left for it.
pub fn too_many_connections(style: Style, database: &Database, now: Time) -> String {
    let message = if database.mysql {
        format!("Too many connections for user '{}' (max {})", database.name, database.connections)
    } else {
        format!("cannot open pool: FATAL: too many connections for role \"{}\"", database.name)
    };
    said(style, "FATAL", &message, now)
}

/// What a program writes when its database refuses its password.
pub fn refused(style: Style, database: &Database, now: Time) -> String {
    let message = if database.mysql {
        format!("Access denied for user '{}'@'10.44.0.17' (using password: YES)", database.name)
    } else {
        format!("cannot open pool: FATAL: password authentication failed for user \"{}\"", database.name)
    };
    said(style, "FATAL", &message, now)
}

/// What a program writes when it gives up.
pub fn fatal(style: Style, words: &str, now: Time) -> String {
    said(style, "FATAL", words, now)
}

/// What a program has written last when the kernel kills it.
pub fn out_of_memory(style: Style, now: Time) -> String {
    said(style, "WARNING", "Server memory limit reached, virtual memory is above the soft limit", now)
}

/// What a batch program writes at its end.
pub fn finished(now: Time) -> String {
    let mut text = millis(now);
    let _ = write!(text, " done: all records processed");
    text
}

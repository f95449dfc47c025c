# Prometheus, scraping itself, with a rule that always fires.
PROM=29090 AM=29093
D=$RUN/prometheus

fetch() { install prometheus curl; }

up() {
  free $PROM
  mkdir -p "$D"
  cat >"$D/rules.yml" <<'Y'
groups:
- name: live
  rules:
  - {alert: Watchdog, expr: vector(1), labels: {severity: none}, annotations: {summary: "The alert path works"}}
  - alert: PodCrashLooping
    expr: vector(1)
    labels: {severity: critical, namespace: prod, pod: appointments-0, deployment: appointments}
    annotations: {summary: "appointments-0 crashes", runbook_url: "https://runbooks.example.org/crash"}
Y
  cat >"$D/prometheus.yml" <<Y
global: {scrape_interval: 2s, evaluation_interval: 2s}
rule_files: [$D/rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:$AM"]}]}]}
scrape_configs: [{job_name: prometheus, static_configs: [{targets: ["127.0.0.1:$PROM"]}]}]
Y
  start prometheus prometheus --config.file="$D/prometheus.yml" --storage.tsdb.path="$D/data" --web.listen-address=127.0.0.1:$PROM
  until_ok prometheus 20 curl -sf http://127.0.0.1:$PROM/-/ready
  export_to VIGIE_LIVE_PROMETHEUS "http://127.0.0.1:$PROM"
}

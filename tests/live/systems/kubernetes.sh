# etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and kwok for nodes and pods without kubelets.
# Below the range that outgoing connections take their ports from (net.ipv4.ip_local_port_range).
API=27443 ETCD=23379 KWOK=31247
D=$RUN/kubernetes

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# cert NAME SUBJECT USAGE [SAN]: signed by the made authority.
cert() {
  key "$1"; openssl req -new -key "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
  { echo "keyUsage=critical,digitalSignature"; echo "extendedKeyUsage=$3"; [ -z "${4:-}" ] || echo "subjectAltName=$4"; } >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}

# kubeconfig FILE USER: with the user's certificate when there is one, else with a token of that name.
kubeconfig() {
  local user="{token: $2}"
  [ ! -f "$2.crt" ] || user="{client-certificate-data: $(base64 -w0 "$2.crt"), client-key-data: $(base64 -w0 "$2.key")}"
  (umask 077; cat >"$1" <<Y
apiVersion: v1
kind: Config
clusters: [{name: live, cluster: {server: 'https://127.0.0.1:$API', certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $2, user: $user}]
contexts: [{name: live, context: {cluster: live, user: $2, namespace: default}}]
current-context: live
Y
  )
}

certificates() {
  key ca
  openssl req -x509 -new -key ca.key -subj /CN=live-ca -days 30 -out ca.crt -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  cert apiserver /CN=kube-apiserver serverAuth,clientAuth "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1"
  cert admin "/O=system:masters/CN=admin" clientAuth
  cert kcm "/CN=system:kube-controller-manager" clientAuth
  cert sched "/CN=system:kube-scheduler" clientAuth
  cert kwok "/O=system:masters/CN=kwok" serverAuth,clientAuth "DNS:localhost,IP:127.0.0.1"
  openssl genrsa -out sa.key 2048 2>/dev/null; openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  echo 'live-viewer,live-viewer,live-viewer,"live:viewers"' >tokens.csv
  echo 'live-narrow,live-narrow,live-narrow,"live:narrow"' >>tokens.csv
  local u; for u in admin kcm sched kwok live-viewer live-narrow; do kubeconfig "$D/$u.kubeconfig" $u; done
}

# What pods write: kwok serves these files for every container.
logs() {
  cat >kwok.yaml <<Y
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: live}
spec: {logs: [{logsFile: $D/app.log, previousLogsFile: $D/previous.log, follow: true}]}
Y
  local now; now=$(date -u +%Y-%m-%dT%H:%M:%S.000000000Z)
  printf '%s stderr F {"level":"fatal","msg":"cannot reach database after 5 tries, exiting 1"}\n' "$now" >previous.log
  start logwriter bash -c 'n=0; while :; do n=$((n+1))
    printf "%s stdout F level=info msg=\"request served\" n=%d\n" "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" $n; sleep 1; done >>"$0"' "$D/app.log"
}

nodes() {
  local n
  for n in 0 1 2; do cat <<Y
---
apiVersion: v1
kind: Node
metadata:
  name: node-$n
  annotations: {kwok.x-k8s.io/node: fake, node.alpha.kubernetes.io/ttl: "0"}
  labels: {kubernetes.io/hostname: node-$n, kubernetes.io/os: linux, kubernetes.io/arch: amd64, node-role.kubernetes.io/worker: ""}
status:
  capacity: {cpu: "64", memory: 512Gi, pods: "4000"}
  allocatable: {cpu: "64", memory: 512Gi, pods: "4000"}
Y
  done
}

fetch() {
  install openssl
  local version=k8s.io/component-base/version
  local stamp="-X $version.gitVersion=v1.34.4 -X $version.gitMajor=1 -X $version.gitMinor=34 -X $version.gitCommit=live -X $version.gitTreeState=clean -X $version.buildDate=2026-01-01T00:00:00Z"
  build kubernetes etcd go.etcd.io/etcd/server/v3
  local c; for c in kube-apiserver kube-controller-manager kube-scheduler kubectl; do build kubernetes $c k8s.io/kubernetes/cmd/$c "$stamp"; done
  build kwok kwok sigs.k8s.io/kwok/cmd/kwok
}

up() {
  free $API $ETCD $((ETCD + 1)) $KWOK
  mkdir -p "$D/etcd"; cd "$D"; certificates; logs
  start etcd "$BIN/etcd" --data-dir "$D/etcd" --listen-client-urls http://127.0.0.1:$ETCD --advertise-client-urls http://127.0.0.1:$ETCD \
    --listen-peer-urls http://127.0.0.1:$((ETCD + 1)) --initial-advertise-peer-urls http://127.0.0.1:$((ETCD + 1)) \
    --initial-cluster default=http://127.0.0.1:$((ETCD + 1)) --unsafe-no-fsync --log-level warn
  start apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:$ETCD --bind-address=127.0.0.1 --secure-port=$API \
    --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt --anonymous-auth=false \
    --authorization-mode=Node,RBAC --token-auth-file=tokens.csv --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key --service-cluster-ip-range=10.96.0.0/16 \
    --endpoint-reconciler-type=none --allow-privileged=true --kubelet-client-certificate=apiserver.crt \
    --kubelet-client-key=apiserver.key --kubelet-certificate-authority=ca.crt \
    --kubelet-preferred-address-types=InternalIP,Hostname ${EXTRA_API_ARGS:-}
  export KUBECONFIG=$D/admin.kubeconfig
  local kubectl=$BIN/kubectl
  until_ok apiserver 90 "$kubectl" get --raw /readyz
  start kcm "$BIN/kube-controller-manager" --kubeconfig=kcm.kubeconfig --authentication-kubeconfig=kcm.kubeconfig \
    --authorization-kubeconfig=kcm.kubeconfig --bind-address=127.0.0.1 --secure-port=$((API + 1)) --service-account-private-key-file=sa.key \
    --root-ca-file=ca.crt --use-service-account-credentials=true --leader-elect=false \
    --controllers='*,-nodeipam,-route,-cloud-node-lifecycle,-service-lb-controller' --concurrent-deployment-syncs=20 \
    --concurrent-replicaset-syncs=20 --kube-api-qps=500 --kube-api-burst=1000 --node-monitor-grace-period=10m
  start sched "$BIN/kube-scheduler" --kubeconfig=sched.kubeconfig --authentication-kubeconfig=sched.kubeconfig \
    --authorization-kubeconfig=sched.kubeconfig --bind-address=127.0.0.1 --secure-port=$((API + 2)) --leader-elect=false \
    --kube-api-qps=500 --kube-api-burst=1000
  start kwok "$BIN/kwok" --kubeconfig=kwok.kubeconfig --manage-all-nodes=true --node-ip=127.0.0.1 --node-port=$KWOK \
    --server-address=127.0.0.1:$KWOK --cidr=10.0.0.0/16 --node-lease-duration-seconds=40 --tls-cert-file=kwok.crt \
    --tls-private-key-file=kwok.key --config=kwok.yaml
  "$kubectl" create clusterrolebinding live-viewers --clusterrole=view --group=live:viewers >/dev/null
  nodes | "$kubectl" create -f - >/dev/null
  "$kubectl" wait --for=condition=Ready nodes --all --timeout=60s >/dev/null
  until_ok kcm 30 "$kubectl" -n default get serviceaccount default
  local ns; for ns in argocd dev prod; do "$kubectl" create namespace $ns >/dev/null; done
  "$kubectl" -n dev create rolebinding live-narrow --clusterrole=view --group=live:narrow >/dev/null
  export_to VIGIE_LIVE_KUBECONFIG "$D/admin.kubeconfig"
  export_to VIGIE_LIVE_KUBECONFIG_VIEWER "$D/live-viewer.kubeconfig"
  export_to VIGIE_LIVE_KUBECONFIG_NARROW "$D/live-narrow.kubeconfig"
}

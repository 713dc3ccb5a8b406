#!/bin/sh
# Installs the trial: PostgreSQL, Apache Kafka and Waybill, in one namespace. Again, it upgrades them.
#   install.sh NAMESPACE --set image.repository=REGISTRY/waybill [more options of helm]
# The command `waybill` makes the Secrets: from the tree after `make .venv/ready`, or $WAYBILL.
set -eu

namespace=${1:?"Say into which namespace: install.sh NAMESPACE --set image.repository=REGISTRY/waybill"}
shift
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
waybill=${WAYBILL:-$root/.venv/bin/waybill}
trial=$root/deploy/helm/trial
secrets=$root/.waybill/trial/$namespace

[ -x "$waybill" ] || { echo "There is no $waybill: run \`make .venv/ready\`, or set WAYBILL." >&2; exit 1; }
kubectl get namespace "$namespace" > /dev/null 2>&1 || kubectl create namespace "$namespace"
(cd "$root" && "$waybill" secrets --output "$secrets" --kubernetes waybill \
    --postgres "trial-postgresql.$namespace.svc" --kafka "trial-kafka.$namespace.svc")
kubectl -n "$namespace" apply --server-side -f "$secrets/secrets.yaml"
helm -n "$namespace" upgrade --install trial "$trial" --wait --timeout 10m
helm -n "$namespace" upgrade --install waybill "$root/deploy/helm/waybill" \
    -f "$trial/waybill.yaml" "$@" --wait --timeout 10m

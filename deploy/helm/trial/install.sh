#!/bin/sh
# Installs the trial: PostgreSQL, Apache Kafka and Waybill, in one namespace.
#   install.sh NAMESPACE --set image.repository=REGISTRY/waybill [more options of helm]
set -eu

namespace=${1:?"Say into which namespace: install.sh NAMESPACE --set image.repository=REGISTRY/waybill"}
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

kubectl get namespace "$namespace" > /dev/null 2>&1 || kubectl create namespace "$namespace"
kubectl -n "$namespace" get secret waybill-databases > /dev/null 2>&1 \
    || "$here/secrets.sh" "$namespace" | kubectl -n "$namespace" apply -f -
helm -n "$namespace" upgrade --install trial "$here" --wait --timeout 10m
helm -n "$namespace" upgrade --install waybill "$here/../waybill" \
    -f "$here/waybill.yaml" "$@" --wait --timeout 10m

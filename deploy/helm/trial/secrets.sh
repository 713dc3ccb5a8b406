#!/bin/sh
# Prints the Secrets of the trial for a namespace, all random. It needs openssl.
#   secrets.sh NAMESPACE | kubectl -n NAMESPACE apply -f -
# Once only: the databases keep their first passwords.
set -eu

namespace=${1:?"Say for which namespace: secrets.sh NAMESPACE"}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lists.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077

random() { openssl rand -hex 24; }

encoded() { openssl base64 -A; }

# secret NAME KEY=FILE...
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\ndata:\n' "$1"
    shift
    for each; do
        printf '  %s: %s\n' "${each%%=*}" "$(encoded < "${each#*=}")"
    done
}

certificates() {
    server=trial-postgresql
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -subj "/CN=Waybill trial" -days 365 -out ca.crt \
        -addext 'keyUsage=critical,keyCertSign,cRLSign'
    openssl ecparam -name prime256v1 -genkey -noout -out tls.key
    openssl req -new -key tls.key -subj "/CN=$server" -out tls.csr
    cat > extensions << EOF
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:$server, DNS:$server.$namespace, DNS:$server.$namespace.svc
EOF
    openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -days 365 -out tls.crt \
        -extfile extensions
}

cd "$folder"
certificates > certificates.log 2>&1 || { cat certificates.log >&2; exit 1; }
secret trial-postgresql-tls tls.crt=tls.crt tls.key=tls.key
secret waybill-database-ca ca.crt=ca.crt

random > password
secret trial-postgresql-admin password=password

mkdir roles addresses
for service in $DATABASES; do
    password=$(random)
    printf %s "$password" > "roles/$service"
    printf %s "postgresql://$service:$password@trial-postgresql.$namespace.svc:5432/$service" \
        > "addresses/$service"
done
set --
for service in $DATABASES; do set -- "$@" "$service=roles/$service"; done
secret trial-postgresql-roles "$@"
set --
for service in $DATABASES; do set -- "$@" "$service=addresses/$service"; done
secret waybill-databases "$@"

# The token file has only the SHA-256 of the token.
printf %s "$(random)" > token
scopes=$(printf '"%s", ' $SCOPES)
printf '{"%s": {"subject": "trial", "scopes": [%s]}}\n' \
    "$(openssl dgst -sha256 -r < token | cut -c 1-64)" "${scopes%, }" > tokens.json
secret waybill-tokens tokens.json=tokens.json
secret waybill-trial-token token=token

openssl rand -hex 32 > key
secret waybill-token-keys "$(date -u +%Y%m%dT%H%M%SZ).key=key"

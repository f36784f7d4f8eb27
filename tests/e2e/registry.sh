# shellcheck shell=bash
# Registries for a test; sourced after lib.sh. Each is Debian's docker-registry
# with an empty store, on a port of its own, and ends with the test.
#
#   registry                    # $registry: 127.0.0.1:PORT, open to everybody
#   registry htpasswd           # wants "ann", "secret"
#   registry token lasts=2      # tokens of $token_server, for so many seconds;
#                               # ann may do all, others pull but from secret/
#   registry tls htpasswd       # with TLS; the authority is $authority (PEM)
#   registry at=198.51.100.1    # at another address than this machine's own
#   faulty rate=0.2 seed=7      # $registry leads to the last one through
#                               # tests/registry/faulty_proxy.py, which says
#                               # what it takes; what it did is in $faults
#   oci_registry pages=2        # $registry is tests/registry/oci_registry.py;
#                               # what it was asked is in $oci_log
#
# More are made by calling again: keep "$registry" before.
registries=0
registry() {
  local here=$work/registry.$((++registries)) option tls='' options=()
  local address=127.0.0.1
  mkdir -p "$here"
  for option in "$@"; do
    case $option in
      tls) tls=$here/server.pem ;;
      at=*) address=${option#at=} ;;
    esac
  done
  if [ -n "$tls" ]; then
    server_certificate "$tls" "$address"
    options+=("certificate=$tls")
  fi
  certificate_of_registry=$tls
  for option in "$@"; do
    case $option in
      tls | lasts=*) ;;
      htpasswd)
        # "secret", at bcrypt's least cost
        echo "ann:\$2b\$04\$CUA0ZMCQBFdnvZDB080I3OK8O4AcrPlr0jF/SWX/9e9VgDCKoHsfy" \
          > "$here/htpasswd"
        options+=("htpasswd=$here/htpasswd")
        ;;
      token)
        token_server "$tls" "$(printf '%s\n' "$@" | grep '^lasts=')"
        options+=("token=$token_server/token,$work/token.crt")
        ;;
      *) options+=("$option") ;;
    esac
  done
  start_server "$here" "$checkout/tests/registry/docker_registry.py" \
    "$here" "${options[@]}"
  registry=$address:$port
}

faulty() {
  local here=$work/registry.$((++registries))
  mkdir -p "$here"
  faults=$here/faults
  : > "$faults"
  [ -z "$certificate_of_registry" ] ||
    set -- "$@" "certificate=$certificate_of_registry"
  start_server "$here" "$checkout/tests/registry/faulty_proxy.py" \
    "$registry" "$faults" "$@"
  registry=127.0.0.1:$port
}

oci_registry() {
  local here=$work/registry.$((++registries))
  mkdir -p "$here"
  oci_log=$here/log
  : > "$oci_log"
  certificate_of_registry=
  start_server "$here" "$checkout/tests/registry/oci_registry.py" \
    "$oci_log" "$@"
  registry=127.0.0.1:$port
}

# $1: a directory, the rest a Python program that prints its port; to $port.
start_server() {
  local here=$1
  shift
  python3 "$@" > "$here/port" 2> "$here/errors" &
  wait_for grep -q . "$here/port"
  read -r port _ < "$here/port"
}

# $1: a file for certificate and key of $2 and localhost, from an authority that
# nobody knows: $authority.
server_certificate() {
  if [ -z "${authority:-}" ]; then
    authority=$work/authority.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -subj "/CN=test authority" -days 2 -keyout "$work/authority.key" \
      -out "$authority" 2> /dev/null || fail "making an authority"
  fi
  {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -subj /CN=localhost -keyout "$1" -out "$1.request" &&
      openssl x509 -req -in "$1.request" -CA "$authority" -days 2 \
        -CAkey "$work/authority.key" -CAcreateserial -out "$1.certificate" \
        -extfile <(echo "subjectAltName=IP:$2,DNS:localhost") &&
      cat "$1.certificate" >> "$1"
  } 2> /dev/null || fail "making a certificate"
}

# $1: its certificate, or nothing for no TLS. $2: "lasts=N" or nothing.
# $token_server is its address, $tokens its log.
token_server() {
  local here=$work/token.$((++registries)) scheme=http
  mkdir -p "$here"
  tokens=$here/log
  : > "$tokens"
  [ -e "$work/token.key" ] ||
    openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=test tokens" -days 2 \
      -keyout "$work/token.key" -out "$work/token.crt" 2> /dev/null ||
    fail "making a key for tokens"
  set -- "${1:+tls=$1}" "$2"
  [ -z "$1" ] || scheme=https
  start_server "$here" "$checkout/tests/registry/token_server.py" \
    "$work/token.key" "$work/token.crt" "$tokens" ${1:+"$1"} ${2:+"$2"}
  token_server=$scheme://127.0.0.1:$port
}

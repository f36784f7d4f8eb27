# shellcheck shell=bash
# A server for files, as bad as servers get; sourced after lib.sh.
#
#   http_server          # $http: http://127.0.0.1:PORT, serves ./files
#   asked                # what it was asked since the last call, a line each
# tests/registry/http_server.py says what it can do.
http_server() {
  mkdir -p files
  python3 "$checkout/tests/registry/http_server.py" files http.log "$@" \
    > http.port &
  wait_for test -s http.port
  http=http://127.0.0.1:$(cat http.port)
  : > http.log
}
asked() {
  cat http.log
  : > http.log
}

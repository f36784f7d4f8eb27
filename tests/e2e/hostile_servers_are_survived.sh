#!/usr/bin/env bash
# Servers that redirect for ever, lie about lengths, send headers without an end,
# cut or say nothing: an error that names the address, and nothing left behind.
# Shows: [D386]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/http.sh"
http_server
head -c 300000 /dev/urandom > files/big

fetch() { # path...
  printf 'FROM scratch\n' > context/Dockerfile
  printf "ADD $http/%s /\n" "$@" >> context/Dockerfile
  build -t image
}
refused() { # text, path
  fetch "$2"
  expect_failure
  expect_out "cannot fetch $http/$2: "
  expect_out "$1"
  expect_no_traces
}
refused "redirected more than 10 times" loop/0
refused "neither http:// nor https://" "to?file:///etc/passwd"
refused "headers are more than 256 KiB" bomb
refused "bytes remaining" broken/big
refused "HTTP/0.9" garbage
refused "says 500" status/500

fetch cut/big flaky/2/full/big
expect_status 0

# Interrupted or killed amid a body without an end.
for signal in INT KILL; do
  printf "FROM scratch\nADD $http/endless /\n" > context/Dockerfile
  "$STRAKE" build context > log 2>&1 &
  pid=$!
  wait_for sh -c 'find store/tmp -name endless -size +100k | grep -q .'
  kill -$signal $pid
  wait $pid
  fetch full/big # the next build removes what a killed one left
  expect_status 0
  expect_no_traces
done

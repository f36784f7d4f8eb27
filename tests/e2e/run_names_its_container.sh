#!/usr/bin/env bash
# strake run --name: taken while it runs, free afterwards however it ended; the
# host name, unless --hostname is another; /etc/hosts knows it and --add-host.
. "$(dirname "$0")/lib.sh"
base

"$STRAKE" run --name first base sh -c 'hostname; sleep 600' > log &
pid=$!
wait_for grep -qx first log
strake run --name first base echo ran
expect_status 125
expect_out "the name \"first\" is taken by a running \"strake run\", process $pid"
expect_no_out ran
expect second "$(run --name second base hostname)"
kill -KILL "$pid"
wait "$pid" 2> /dev/null
expect first "$(run --name first base hostname)"
expect '' "$(ls "$STRAKE_ROOT/names")"

expect 'box.example' "$(run --name first --hostname box.example base hostname)"
expect strakesandbox "$(run base hostname)"
out=$(run --name first --add-host db:10.1.2.3 --add-host six=[fe80::1] \
  base cat /etc/hosts)
expect_out "$(printf '127.0.1.1\tfirst')"
expect_out "$(printf '10.1.2.3\tdb')"
expect_out "$(printf 'fe80::1\tsix')"

for words in '--name a' '--name -x' '--name a/b' '--hostname a/b' \
  '--add-host db' '--add-host db:nowhere'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake run $words base echo ran
  expect_status 125
  expect_no_out ran
done
expect_no_traces

#!/usr/bin/env bash
# What examples/README.md promises of examples/webapp.
# Needs: root, because it looks at a process's ids from outside.
. "$(dirname "$0")/lib.sh"
busybox_base
cp -r "$checkout"/examples/webapp/* context
build -t webapp
expect_status 0
config() { expect "$2" "$(inspect webapp ".[0].Config.$1")"; }
config User '"www-data"'
config ExposedPorts '{"8080/tcp":{}}'
config Entrypoint '["/usr/local/bin/serve"]'
config Cmd '["8080"]'
config Healthcheck.Test '["CMD","wget","-q","-O","/dev/null","http://127.0.0.1:8080/"]'
config Healthcheck.Interval 10000000000

# On a port of this test's own, in place of CMD's.
port=$((20000 + $$ % 12000))
fetch() { busybox wget -q -O - "http://127.0.0.1:$port/${1:-}"; }
"$STRAKE" run --rm --network host webapp "$port" &
wait_for fetch index.html
expect "$(cat context/site/index.html)" "$(fetch)"
expect 'uid 33 in /srv/www/cgi-bin' "$(fetch cgi-bin/whoami)"

# Seen from outside: httpd, without rights, and gone with its strake.
server=$(processes_of_store | sed -n 's/: httpd .*//p')
expect '33 33 33 33' "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$server/status")"
expect 0000000000000000 "$(awk '/^CapEff:/ { print $2 }' "/proc/$server/status")"
kill %1
wait %1
expect_no_traces

#!/usr/bin/env bash
# --network none, on the command line or on one RUN, leaves the loopback
# interface and nothing else.
. "$(dirname "$0")/lib.sh"
base
interfaces='ls /sys/class/net | xargs; grep -c . /proc/net/route'
dockerfile <<END
FROM base
RUN --network=none { $interfaces; ping -c 1 -w 2 127.0.0.1 > /dev/null && echo up; } > /none; true
RUN { $interfaces; } > /default; true
END
build -t net
expect_status 0
expect $'lo\n1\nup' "$(run net cat /none | sed 's/^0$/1/')"

build -t net --network none
expect_status 0
expect lo "$(run net head -n 1 /default)"
expect lo "$(run --network none net sh -c 'ls /sys/class/net | xargs')"

# Asking for the host's network on one RUN needs the user's consent.
dockerfile <<'END'
FROM base
RUN --network=host true
END
build
[ "$status" != 0 ] || fail "took the host's network unasked"
expect_out 'Dockerfile:2:'
expect_out 'network'

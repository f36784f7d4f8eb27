#!/usr/bin/env bash
# Two stages that need nothing of each other run at the same time: each starts
# before the other has ended, by the clock that the steps themselves read.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base AS left
RUN cut -d' ' -f1 /proc/uptime > /left; sleep 2; cut -d' ' -f1 /proc/uptime >> /left
FROM base AS right
RUN cut -d' ' -f1 /proc/uptime > /right; sleep 2; cut -d' ' -f1 /proc/uptime >> /right
FROM base
COPY --from=left /left /
COPY --from=right /right /
END
build -t both
expect_status 0
times=$(run both cat /left /right)
awk '{ t[NR] = $1 }
  END { exit !(NR == 4 && t[1] < t[4] && t[3] < t[2]) }' <<< "$times" \
  || fail "one after the other: $(tr '\n' ' ' <<< "$times")"

#!/usr/bin/env bash
# Killed at 100 random moments of a build, the store serves the next build
# every time, and holds nothing in the end that its database does not know.
# 25 are enough for an ordinary user.
. "$(dirname "$0")/lib.sh"
base
mkdir context/tree
for i in $(seq 200); do echo "$i" > "context/tree/$i"; done
dockerfile <<'END'
FROM base AS one
ARG ROUND
RUN echo $ROUND > /one && mkdir /d && touch /d/a /d/b && ln /d/a /d/c
COPY tree /tree
FROM base AS two
ARG ROUND
COPY tree /two-$ROUND
RUN rm -r /home && echo $ROUND > /two
FROM one
COPY --from=two /two /
END
build
expect_status 0
began=$(date +%s%N)
build --build-arg ROUND=first
expect_status 0
took_us=$((($(date +%s%N) - began) / 1000))
RANDOM=7
[ "$(id -u)" = 0 ] && wanted=100 || wanted=25
killed=0 round=0
while [ "$killed" -lt $wanted ]; do
  round=$((round + 1))
  [ "$round" -le 500 ] || fail "only $killed builds were still running"
  "$STRAKE" build -q -t image --build-arg ROUND="$round" context \
    > /dev/null 2>&1 &
  sleep "$(printf '%d.%06d' 0 $((RANDOM % 1000 * took_us / 1000 % 1000000)))"
  kill -KILL $! 2> /dev/null
  wait $! 2> /dev/null
  [ $? != 137 ] || killed=$((killed + 1))
  if [ $((round % 10)) = 0 ]; then
    build -q -t image --build-arg ROUND="$round"
    expect_status 0
    expect "$round $round" "$(run image cat /one /two | xargs)"
    expect_all_recorded
  fi
done
build --build-arg ROUND=last
expect_status 0
gone() { [ -z "$(processes_of_store)" ]; }
wait_for gone
strake images
expect_no_traces
expect_all_recorded
expect ok "$(sqlite3 "$STRAKE_ROOT/strake.db" 'PRAGMA integrity_check')"

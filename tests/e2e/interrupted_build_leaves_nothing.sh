#!/usr/bin/env bash
# Ctrl-C and SIGTERM in the middle of a RUN end the build at once with 130 and
# leave no process, mount, control group or file.
. "$(dirname "$0")/lib.sh"
base
touch context/file
dockerfile <<'END'
FROM base
COPY file /before
RUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/t \
    sleep 600 & echo started; sleep 600
END
cgroups() { find /sys/fs/cgroup -mindepth 1 -type d 2> /dev/null | sort; }
before=$(cgroups)
for signal in INT TERM; do
  : > log
  env --default-signal=INT "$STRAKE" build -t late context > log 2>&1 &
  pid=$!
  wait_for grep -q ' started$' log
  sent=$(date +%s%N)
  kill -"$signal" "$pid"
  wait "$pid"
  status=$?
  took=$((($(date +%s%N) - sent) / 1000000))
  out=$(cat log)
  expect_status 130
  [ "$took" -lt 1500 ] || fail "SIG$signal took $took ms"
  expect_no_traces
  expect "$before" "$(cgroups)"
  expect_all_recorded
  strake inspect late
  expect_status 1
done

# What was done before is not done again.
sed -i 's/sleep 600/true/g' context/Dockerfile
build -t late
expect_status 0
expect 2 "$(count_out CACHED)"

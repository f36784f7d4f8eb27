#!/usr/bin/env bash
# strake build --memory, --cpus and their kin: every RUN is held to them, they
# are in no key, and what cannot be set is refused before any step runs. A
# bomb of processes ends the build, not the machine; nothing is left.
. "$(dirname "$0")/lib.sh"
base
run base true # removes what others left
before=$(left_groups)

dockerfile <<'END'
FROM base
RUN echo started; sleep 600
END
"$STRAKE" build -m 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 33 \
  --cgroup-parent "strake-test-$$/deep" context > log 2>&1 &
pid=$!
wait_for grep -q ' started$' log
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  names='memory.max cpu.max cpuset.cpus pids.max cpu.weight'
  want='100663296 50000 100000 0 33 59'
else
  names='memory.limit_in_bytes cpu.cfs_quota_us cpuset.cpus pids.max cpu.shares'
  want='100663296 50000 0 33 512'
fi
for name in $names; do
  find /sys/fs/cgroup -path "*/strake-test-$$/deep/strake-*" -name "$name" -exec cat {} +
done > said
expect "$want" "$(echo $(cat said))"
for signal in INT TERM HUP; do
  [ $signal = INT ] || {
    : > log
    "$STRAKE" build -m 96m --cgroup-parent "strake-test-$$/deep" context > log 2>&1 &
    pid=$!
    wait_for grep -q ' started$' log
  }
  kill -$signal $pid
  wait $pid
  expect 130 $?
  expect "$before" "$(left_groups)"
  expect '' "$(find /sys/fs/cgroup -path "*/strake-test-$$*")"
done

dockerfile <<'END'
FROM base
RUN echo limited
END
build -m 64m
expect_status 0
build --cpus 1
expect 2 "$(count_out CACHED)"
expect_no_out DONE

# The bomb: sh cannot fork any more, and fails; soon.
dockerfile <<'END'
FROM base
RUN bomb() { bomb | bomb & wait; }; bomb; exit 3
END
try timeout 60 "$STRAKE" build --pids-limit 40 context
expect_status 4
expect "$before" "$(left_groups)"

dockerfile <<'END'
FROM base
RUN echo ran > /1
END
out=$(unshare --mount sh -c 'umount -R /sys/fs/cgroup && "$@"' - \
  "$STRAKE" build -m 64m context 2>&1)
status=$?
expect_status 1
expect_out 'cgroup controller "memory" is in none of the mounted hierarchies'
expect_no_out DONE
build --cpuset-cpus 4000
expect_status 1
expect_out 'cpuset.cpus 4000 is asked for'
expect_no_out DONE
build --memory-swap 64m
expect_status 2
expect_no_traces
expect "$before" "$(left_groups)"

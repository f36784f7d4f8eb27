#!/usr/bin/env bash
# strake run -m, --memory-swap and --cpus: true limits, an OOM kill named as
# one, refused where they cannot be set; no control group is left.
# Needs: root, because control groups are not delegated to its user.
. "$(dirname "$0")/lib.sh"
base
setting() { find /sys/fs/cgroup -path '*/strake-*' -name "$1" -exec cat {} +; }
run -m 16m --cpus 1 base true  # removes what others left
before=$(left_groups)

strake run -m 16m base tail -c 40000000 /dev/zero
expect_status 137
expect_out 'strake: killed: out of memory (limit 16 MiB, peak 1'
strake run -m 16m base sh -c 'tail -c 40000000 /dev/zero; exit 3'
expect_status 3
expect_out 'a process of the command was killed: out of memory'
strake run --memory=64M --memory-swap 64m --cpus .5 base true
expect_status 0
expect '' "$out"
expect "$before" "$(left_groups)"

# What the kernel was told; and kill -9 leaves a group only until the next run.
"$STRAKE" run -m 96m --cpus 1.5 base sleep 600 &
pid=$!
wait_for is_running_in_store 'sleep 600'
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  setting memory.max > said
  setting cpu.max >> said
else
  setting memory.limit_in_bytes > said
  setting cpu.cfs_quota_us >> said
fi
grep -qx 100663296 said || fail "no limit of 96 MiB: $(cat said)"
grep -qE '^150000( 100000)?$' said || fail "no limit of 1.5: $(cat said)"
kill -KILL "$pid"
wait "$pid" 2> /dev/null
is_over() { [ -z "$(processes_of_store)" ]; }
wait_for is_over
[ "$(left_groups)" != "$before" ] || fail 'nothing was left to be swept'
strake run -m 96m --cpus 1.5 base true
expect_status 0
expect "$before" "$(left_groups)"

# A machine that cannot: refused before anything runs.
out=$(unshare --mount sh -c 'umount -R /sys/fs/cgroup && "$@"' - \
  "$STRAKE" run -m 64m base echo ran 2>&1)
status=$?
expect_status 125
expect_out 'cgroup controller "memory" is in none of the mounted hierarchies'
expect_no_out ran

for words in '--cpus 1 --cpu-quota 50000' '--cpuset-cpus x' '--pids-limit -2' \
  '--cpu-shares 1' '--blkio-weight 5' '--device-read-bps /dev/null:1m' \
  '-m 5m' '-m lots' '--cpus 0.001' '--cpus 9999' '--cpus x' \
  '--memory-swap 64m' '-m 64m --memory-swap 63m'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake run $words base echo ran
  expect_status 125
  expect_out "${words%% *}"
  expect_no_out ran
done
expect_no_traces

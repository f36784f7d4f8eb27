#!/usr/bin/env bash
# tests/bench/run, small and without peers: every workload is measured beside
# its bound, or says why it is not, and nothing is left behind.
. "$(dirname "$0")/lib.sh"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
bench() { try "$checkout/tests/bench/run" "$STRAKE" "$@"; }

bench --list
expect_status 0
expect 15 "$(wc -l <<< "$out")"
names=$(cut -d' ' -f1 <<< "$out")

bench --quick --no-peers --tmpfs --json all.json
expect_status 0
expect_out 'strake: strake '
expect "$names" "$(jq -r '.workloads[].name' all.json)"
expect '[]' "$(jq -c '[.workloads[] | select(.left_out != {}) | .name]' all.json)"
expect '["bound","strake"]' "$(jq -c '[.workloads[].runs[].tool] | unique' all.json)"
expect true "$(jq '[.workloads[].runs[] | .seconds > 0 and .cpu_seconds >= 0
  and .peak_bytes > 500000 and .sync_seconds >= 0] | all' all.json)"
expect '{"cpus":true,"file_system":true}' "$(jq -c '{cpus: (.machine.cpus > 0),
  file_system: (.machine.file_system | length > 0)}' all.json)"

# A tool that fails is left out with its reason, and the others are measured.
printf '#!/bin/sh\ncase $1 in build) echo no luck; exit 1 ;; esac\n' > broken
chmod +x broken
for program in timed bound empty; do
  ln -s "$(dirname "$STRAKE")/bench_$program" .
done
try "$checkout/tests/bench/run" ./broken --quick --no-peers --tmpfs \
  --only run-steps --json broken.json
expect_status 0
expect_out 'left out: no luck'
expect '["bound"]' "$(jq -c '[.workloads[].runs[].tool] | unique' broken.json)"

# Stopped in the middle, it takes everything away with it.
"$checkout/tests/bench/run" "$STRAKE" --no-peers --tmpfs > stopped 2>&1 &
wait_for grep -q ^start-up stopped
kill %1
wait %1
expect 143 $?
expect '' "$(ls -A "$TMPDIR")"
expect_no_traces

bench --only no-such-work
expect_status 2
expect_out 'no workload no-such-work'

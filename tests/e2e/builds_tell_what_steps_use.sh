#!/usr/bin/env bash
# What each RUN used stands behind its time, in --metadata-file and in the
# trace; a process that was killed for want of memory is told as that, whatever
# the command made of it.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
WORKDIR /work
RUN dd if=/dev/zero of=/dev/shm/a bs=1M count=32 2> /dev/null & \
    dd if=/dev/zero of=/dev/shm/b bs=1M count=24 2> /dev/null & wait; echo done
END
build -t used --metadata-file meta.json --trace t.json
expect_status 0
grep -qE '^#[0-9]+ DONE [0-9.]+s \(cpu [0-9.]+m?s, memory [5-9][0-9] MiB\)$' <<< "$out" ||
  fail 'the step does not say what it used'
id=$(tail -1 <<< "$out")
expect "$id" "$(jq -r '."containerimage.config.digest"' meta.json)"
expect "$id" "$(jq -r '."containerimage.digest"' meta.json)"
expect docker.io/library/used:latest "$(jq -r '."image.name"' meta.json)"
expect '[true,false,false]' "$(jq -c '[."strake.steps"[].cached]' meta.json)"
# All processes of the step together.
jq -e '."strake.steps"[2] | .peak_memory_bytes > 55e6 and .cpu.user_seconds >= 0
  and .wall_seconds > 0 and .exit_code == 0 and .oom_kills == 0
  and (.name | startswith("RUN dd")) and .place == "[stage-0 3/3]"' meta.json > /dev/null ||
  fail "$(cat meta.json)"
jq -e '.traceEvents[] | select(.name == "process") | .args
  | (.peak_memory_bytes | tonumber) > 55e6 and (.oom_kills | tonumber) == 0' t.json > /dev/null || fail 'not in the trace'

# With a manifest of its own, the digest is not the image's ID; hits used nothing.
build --metadata-file meta.json -o type=oci,dest=x.tar
expect null "$(jq -c '."containerimage.digest"' meta.json)"
expect '[3,3,3]' "$(jq -c '[."strake.steps"[] | length]' meta.json)"

# Only a build that succeeded writes it; a directory that is not there is told.
cp meta.json old.json
dockerfile <<'END'
FROM base
RUN tail -c 40000000 /dev/zero > /dev/null; exit 3
END
build -m 16m --metadata-file meta.json
expect_status 4
expect_out 'Dockerfile:2:1: RUN failed with exit code 3: out of memory (limit 16 MiB, peak 1'
expect_out 'hint: give it more with --memory'
cmp -s meta.json old.json || fail 'a failed build wrote its metadata'
build --metadata-file none/meta.json
expect_out 'there is no directory'

dockerfile <<'END'
FROM base
RUN exec tail -c 40000000 /dev/zero
END
build -m 16m
expect_status 4
expect_out 'killed by signal 9 (Killed), exit code 137: out of memory (limit 16 MiB'
dockerfile <<'END'
FROM base
RUN head -c 40000000 /dev/zero | tail -c 40000000 > /dev/null || echo survived
END
build -m 16m
expect_status 0
expect_out 'a process of RUN was killed, and RUN succeeded: out of memory'
expect_out 'the result is not cached'
# Whoever gives it more has what it does with more.
build
expect 1 "$(count_out DONE)"
build
expect 0 "$(count_out DONE)"
expect_no_traces

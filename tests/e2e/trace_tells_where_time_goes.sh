#!/usr/bin/env bash
# --trace writes a Chrome trace of every phase and step, --debug the same as
# lines; also of a build that fails or is stopped, and never with a secret.
. "$(dirname "$0")/lib.sh"
base
echo data > context/file
printf hunter2-swordfish > token
dockerfile <<'END'
FROM base
COPY file /file
RUN --mount=type=secret,id=token cat /run/secrets/token; echo RUNNING
END
spans() { jq -r '.traceEvents[] | select(.ph == "X") | .name' "$1"; }
has_span() { spans "$1" | grep -qxF -- "$2" || fail "no span \"$2\": $(spans "$1")"; }
args() { jq -r --arg n "$2" '.traceEvents[] | select(.name == $n) | .args' "$1"; }

build -t traced --trace t.json --debug --network none -o type=oci,dest=x.tar \
  --secret id=token,src=token
expect_status 0
for name in 'strake build' start-up open read parse plan walk check solve \
  assemble oci 'FROM docker.io/library/base:latest' 'COPY file /file' key find \
  digests copy process seal publish; do
  has_span t.json "$name"
  expect_out ": $name"
done
expect 2 "$(spans t.json | grep -cx 'COPY file /file')" # looked up, and run
args t.json process | grep -q '"network": "none"' || fail "no network mode"
expect_out 'outcome=miss'
expect_out "root=$STRAKE_ROOT"
expect_out 'files=1 read=1'
expect_out 'libsqlite3.so'
# Every span lies within the command, and those of a thread within each other.
jq -e '[.traceEvents[] | select(.ph == "X")] | (map(select(.name == "strake build"))[0]) as $all
  | all(.[]; .ts >= $all.ts and .ts + .dur <= $all.ts + $all.dur + 0.01)' t.json > /dev/null ||
  fail "spans outside of the command"
jq -e '[.traceEvents[] | select(.ph == "X")] as $s | [$s[] as $a | $s[] as $b |
  select($a.tid == $b.tid and $a.ts < $b.ts and $b.ts < $a.ts + $a.dur
    and $b.ts + $b.dur > $a.ts + $a.dur + 0.01)] == []' t.json > /dev/null || fail "spans overlap"
! grep -q hunter2 t.json || fail "the secret is in the trace"
expect_no_out hunter2

# Which steps were not in the cache, and who waited for whom.
notes() { jq -r --arg n "$2" '.traceEvents[] | select(.ph == "i" and .name == $n) | .args.step' "$1"; }
expect '#2 [stage-0 2/3] COPY file /file' "$(notes t.json miss | head -1)"
expect '#1 [stage-0 1/3] FROM docker.io/library/base:latest' "$(notes t.json hit)"
jq -e '.traceEvents as $all | ($all | map(select(.ph == "X"))) as $spans
  | ($all | map(select(.ph == "s"))) as $from | ($all | map(select(.ph == "f"))) as $to
  | ($from | length) == 4 and ($from | map(.id)) == ($to | map(.id))
  and ($to | all(.bp == "e"))
  and ($from + $to | all(. as $flow | $spans | any(.ts == $flow.ts and .tid == $flow.tid and .cat == $flow.cat)))
  and ([$from, $to] | transpose | all(.[0].ts <= .[1].ts))' t.json > /dev/null ||
  fail "flows that bind to no span"
expect 0 "$(jq '[.traceEvents[] | .tid // empty] - [.traceEvents[] | select(.name == "thread_name") | .tid] | length' t.json)"
jq -e '.traceEvents[] | select(.name == "thread_name") | .args.name' t.json | grep -q 'RUN --mount' ||
  fail "no thread has the name of its step"

# A hit: which key, and no file read.
strake --debug build context --secret id=token,src=token --network none
expect 2 "$(count_out 'outcome=hit')"

# One that fails, and one that is stopped.
echo 'RUN exit 5' >> context/Dockerfile
build --trace failed.json --network none --secret id=token,src=token
expect_status 4
has_span failed.json 'RUN exit 5'
expect failed "$(args failed.json solve | jq -r .outcome)"
echo 'RUN echo started; sleep 600' > tail
sed -i '$d' context/Dockerfile
cat tail >> context/Dockerfile
"$STRAKE" build --trace stopped.json --network none --secret id=token,src=token \
  context > log 2>&1 &
pid=$!
wait_for grep -q ' started' log
jq -e .traceEvents stopped.json > /dev/null || fail "no JSON while it runs"
kill -TERM $pid
wait $pid
expect 130 $?
has_span stopped.json process

# Also before there is a step to stop: while the build context is read.
truncate -s 100G context/big
printf 'FROM base\nCOPY big /big\n' | dockerfile
"$STRAKE" build --trace read.json --debug context > log 2>&1 &
pid=$!
wait_for grep -q 'build: check' log
kill -TERM $pid
wait $pid
expect 130 $?
expect failed "$(args read.json digests | jq -r .outcome)"
rm context/big

# A file that cannot be written is told before anything runs.
strake build --trace none/t.json context
expect_status 1
expect_out '/none to put t.json in'
expect_no_out '#1'
# Other commands take both too.
strake images --trace images.json --debug
expect_status 0
has_span images.json 'strake images'
expect_out 'took='
strake build --debug --progress tty context
expect_status 2

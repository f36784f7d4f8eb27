#!/usr/bin/env bash
# Ctrl-C ends a command that waits for a pipe: one that nobody writes to, one
# that nobody reads. Nothing is left, and a good output is not replaced.
# Needs: root, because it mounts a file system that does not answer.
. "$(dirname "$0")/lib.sh"
base
mkfifo pipe
head -c 3000000 /dev/urandom > context/big
printf 'FROM base\nCOPY big /\n' | dockerfile
build -q -t big
mkfifo idle
exec 7<> idle # somebody who could write, and does not

# Starts it, and stops it once it has had the time to block.
interrupted() {
  local pid
  env --default-signal=INT,PIPE "$@" <&0 > stdout 2> log &
  pid=$!
  wait_for is_blocked $pid
  kill -INT $pid
  wait $pid
  expect 130 $?
  expect_no_traces
}
is_blocked() { grep -qE 'poll|nanosleep' "/proc/$1/wchan" "/proc/$1/task"/*/wchan; }

interrupted "$STRAKE" load -i pipe
interrupted "$STRAKE" load < idle
interrupted "$STRAKE" save -o pipe big
interrupted "$STRAKE" build -o type=tar,dest=pipe context
exec 8<> pipe # a reader that never reads
interrupted "$STRAKE" save -o pipe big
interrupted "$STRAKE" export -o pipe big
exec 8>&-

# Somebody who leaves early is an error, not our death in the middle.
(set +o pipefail; "$STRAKE" save big 2> log | head -c 100 > /dev/null)
grep -q 'Broken pipe' log || fail "it said: $(cat log)"
! grep -q overlay2 log || fail "it speaks of files that are not at fault: $(cat log)"
expect_no_traces

# A layout is the old one until the new one is whole.
strake save --format oci-dir -o layout base
mount -t tmpfs -o size=3M none context && mkdir context/full
cp -r layout/. context/full
strake save --format oci-dir -o context/full big
expect_status 1
expect_out 'No space left'
STRAKE_ROOT=$work/other strake load -i context/full
expect 'Loaded image: base:latest' "$out"
umount context
# And keeps images of other names.
"$STRAKE" tag big big:v2
strake save --format oci-dir -o layout big:v2
STRAKE_ROOT=$work/other strake load -i layout
expect_out 'Loaded image: base:latest'
expect_out 'Loaded image: big:v2'
# Two names with one tag are two images.
strake save --format oci-dir -o layout big
STRAKE_ROOT=$work/other strake load -i layout
expect_out 'Loaded image: base:latest'
expect_out 'Loaded image: big:latest'

# Under nohup a hang-up stops no build.
printf 'FROM base\nRUN echo ready; sleep 1; echo survived\n' > hold
nohup "$STRAKE" build --progress plain -f hold context > log 2>&1 &
wait_for grep -q ' ready' log
kill -HUP $!
wait $!
expect 0 $?

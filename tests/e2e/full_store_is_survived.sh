#!/usr/bin/env bash
# A store with no space left ends the build with that reason, whoever needed
# the space, and serves the next build.
# Needs: root, because it mounts a small file system.
. "$(dirname "$0")/lib.sh"
mkdir store
mount -t tmpfs -o size=12m none store
base
head -c 20000000 /dev/urandom > context/big
echo small > context/small
dockerfile copy <<'END'
FROM base
COPY big /big
END
dockerfile run <<'END'
FROM base
RUN head -c 20000000 /dev/urandom > /big
END
dockerfile small <<'END'
FROM base
COPY small /small
RUN cat /small
END
build -f small -t before
expect_status 0
nothing_in_flight() { expect '' "$(ls -A "$STRAKE_ROOT/tmp")"; }
for round in 1 2; do
  build -f copy -t big
  expect_status 1
  expect_out 'copy:2:1:'
  expect_out 'No space left on device'
  expect_out '"strake builder prune" removes build cache'
  nothing_in_flight

  # The step fails, or strake does first: its log is on the same disk.
  build -f run -t big
  [ "$status" != 0 ] || fail "a step wrote more than there is"
  expect_out 'run:2:1:'
  expect_out 'No space left on device'
  nothing_in_flight
done
strake inspect big
expect_status 1

# What the hint names makes room: of the logs first, which no database knows.
printf 'FROM base\nRUN seq 50000\n' | dockerfile
build
expect_status 0
head -c 20000000 /dev/zero > store/ballast 2> /dev/null
expect 0 "$(df --output=avail store | tail -1 | tr -d ' ')"
strake builder prune -af
expect_status 0
expect_out 'RUN seq 50000'
[ "$(df --output=avail store | tail -1)" -gt 100 ] || fail "no room was made"
rm store/ballast
build -f small -t before
expect_status 0

# What makes room works without any, whatever it has to write first: records,
# images and names go, their files with them, and the reserve is there again.
fill() {
  dd if=/dev/zero of=store/ballast bs=4k status=none 2> /dev/null
  expect 0 "$(df --output=avail store | tail -1 | tr -d ' ')"
}
expect 1048576 "$(stat -c %s store/reserve)"
for round in 1 2; do
  head -c 2500000 /dev/urandom > context/part
  printf 'FROM base\nCOPY part /part\nRUN echo %s' $round | dockerfile
  build -t part
  expect_status 0
done
fill
strake builder prune -a -f
expect_status 0
expect_out 'COPY part'
expect_out 'images without a name keep 2.5MB'
fill
strake image prune -f
expect_status 0
expect_out 'Total reclaimed space: 2.5'
fill
strake rmi part
expect_status 0
expect_out 'Deleted: '
[ "$(df --output=avail store | tail -1)" -gt 900 ] || fail "no room was made"
rm store/ballast
build -f small --no-cache -t before
expect_status 0
expect 1048576 "$(stat -c %s store/reserve)"
strake system check
expect_out 'no damage'

# So full that the database itself cannot grow.
head -c 20000000 /dev/zero > store/ballast 2> /dev/null
build -f small --no-cache -t full
[ "$status" != 0 ] || fail "built on a full disk"
grep -qE 'No space left on device|disk is full' <<< "$out" || fail "no reason"
rm store/ballast

build -f small -t after
expect_status 0
expect small "$(run after cat /small)"
expect_all_recorded
expect ok "$(sqlite3 "$STRAKE_ROOT/strake.db" 'PRAGMA integrity_check')"

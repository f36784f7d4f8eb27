#!/usr/bin/env bash
# strake run --read-only and --tmpfs: nothing can be written but what is mounted
# for it; --env-file gives variables.
. "$(dirname "$0")/lib.sh"
base
mkdir volume
strake run --read-only -v "$work/volume:/v" base sh -c \
  'echo x > /v/file; echo x > /dev/shm/file; echo x > /tmp/file'
expect_status 1
expect_out "can't create /tmp/file: Read-only file system"
expect x "$(cat volume/file)"

# A mount point that the image lacks can be had all the same.
expect here "$(run --read-only --tmpfs /new/dir base sh -c \
  'echo here > /new/dir/file; cat /new/dir/file')"
out=$(run --tmpfs /t --tmpfs /u:exec,size=1m,mode=755 base grep ' /[tu] ' \
  /proc/mounts)
expect_out '/t tmpfs rw,nosuid,nodev,noexec,relatime'
expect_out '/u tmpfs rw,nosuid,nodev,relatime,size=1024k,mode=755'
expect 1777 "$(run --tmpfs /t base stat -c %a /t)"
# The outer one first, whatever the order they are given in.
expect file "$(run -v "$work/volume:/t/v" --tmpfs /t base ls /t/v)"
for words in '--tmpfs relative' '--tmpfs /' '--tmpfs /t:colour=blue'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake run $words base echo ran
  expect_status 125
  expect_no_out ran
done

printf '# a comment\nA=1\n\n  B=two words\r\nOWN\nNOT_SET\nC=3\n' > vars
expect '1 two words mine 4 ' \
  "$(OWN=mine run --env-file vars -e C=4 base sh -c \
    'echo "$A $B $OWN $C $NOT_SET"')"
echo 'BAD NAME=1' >> vars
strake run --env-file vars base echo ran
expect_status 125
expect_out '--env-file vars:8: "BAD NAME" cannot be'
strake run --env-file not-there base echo ran
expect_status 125
expect_out not-there
expect_no_traces

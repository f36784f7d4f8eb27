#!/usr/bin/env bash
# strake doctor says for each thing that builds use what there is, and exits
# with 0 where builds work; it leaves nothing behind.
. "$(dirname "$0")/lib.sh"
strake doctor
expect_status 0
for what in kernel network 'control groups' seccomp 'OCI runtimes' rights \
  'roots of steps'; do
  expect_out "$what: "
done
expect_out overlayfs
expect_no_out missing
expect "$(count_out ': ')" "$("$STRAKE" doctor --format json | jq 'length')"
expect '"ok"' "$("$STRAKE" doctor --format json |
  jq -c '.[] | select(.what == "kernel") | .state')"
strake doctor --format yaml
expect_status 2
expect_no_file "$STRAKE_ROOT"
expect '' "$(find . -name 'strake*')"

if [ "$(id -u)" = 0 ]; then
  # A root that may not mount has a namespace of its own, as in a container.
  try setpriv --bounding-set=-sys_admin "$STRAKE" doctor
  expect_status 0
  expect_out 'user namespace with'
  # Nor is the machine's network that of any root to change.
  try unshare --user --map-root-user "$STRAKE" doctor
  expect_out 'network: '
  expect_no_out 'NAT'
  # What is missing is named, with what to do.
  try setpriv --reuid=65533 --regid=65533 --clear-groups "$STRAKE" \
    --root /nowhere doctor
  expect_status 1
  expect_out 'usermod --add-subuids'
fi

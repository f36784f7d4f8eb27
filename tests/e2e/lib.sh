# shellcheck shell=bash
# What every end-to-end test starts from; sourced, never run.
#
# A test gets an empty directory to work in ($work, also the current
# directory), a store of its own ($STRAKE_ROOT) and an empty build context
# (./context). All of it is gone when the test ends. $STRAKE is the program,
# $checkout the directory of its sources.
#
#   . "$(dirname "$0")/lib.sh"
#   base                              # image "base": busybox, some accounts
#   dockerfile <<'END'                # context/Dockerfile
#   FROM base
#   RUN echo hello > /greeting
#   END
#   build -t greeting                 # $out: all it printed; $status: its exit
#   expect_status 0
#   expect "hello" "$(run greeting cat /greeting)"
set -u -o pipefail
export LC_ALL=C
: "${STRAKE:?names the program under test; ctest sets it}"
STRAKE=$(realpath "$STRAKE")
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
export checkout

work=$(mktemp -d "${TMPDIR:-/tmp}/strake-e2e.XXXXXX")
export STRAKE_ROOT=$work/store
# No test asks the world: a name that is not here is refused at once.
export CONTAINERS_REGISTRIES_CONF=$work/registries.conf
printf '[[registry]]\nlocation = "docker.io"\nblocked = true\n' \
  > "$CONTAINERS_REGISTRIES_CONF"
cd "$work" || exit 1
mkdir context
out='' status=0

clean_up() {
  local code=$?
  trap - EXIT
  # A test that failed in the middle may have left its own jobs.
  for job in $(jobs -p); do kill -KILL "$job" 2>/dev/null; done
  cd /
  while read -r mount; do umount -l "$mount"; done \
    < <(awk -v w="$work/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo)
  remove "$work"
  exit "$code"
}
# A store's files may belong to the ids that its user was granted.
remove() {
  rm -rf "$@" 2> /dev/null ||
    { chmod -R u+rwx "$@" 2> /dev/null; rm -rf "$@" 2> /dev/null; } ||
    unshare --map-root-user --map-auto rm -rf "$@"
}
trap clean_up EXIT
trap 'exit 143' TERM INT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  [ -z "$out" ] || printf -- '--- last output (exit %s)\n%s\n' "$status" "$out" >&2
  exit 1
}

dockerfile() { cat > "${1:-context/Dockerfile}"; }

# Runs a command; $out is all it printed, $status its exit code.
try() {
  out=$("$@" 2>&1)
  status=$?
}
strake() { try "$STRAKE" "$@"; }
build() { strake build "$@" context; }
run() { "$STRAKE" run "$@"; }
inspect() { "$STRAKE" inspect "$1" | jq -c "$2"; }

# The image "base": busybox with its applets' links, root and a user "ann".
base() {
  local root=$work/base-root
  mkdir -p "$root"/{bin,etc,tmp,home/ann}
  cp "$(command -v busybox)" "$root/bin/busybox"
  # What `busybox --install -s` makes in a root of one's own, without being root.
  busybox --list | python3 -c 'import os, sys
for name in set(sys.stdin.read().split()) - {"busybox"}:
    os.symlink("/bin/busybox", os.path.join(sys.argv[1], name))' "$root/bin"
  printf 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n' \
    > "$root/etc/passwd"
  printf 'root:x:0:\nann:x:1000:\nstaff:x:50:ann\n' > "$root/etc/group"
  chmod 1777 "$root/tmp"
  tar -C "$root" --owner=0 --group=0 -c . | "$STRAKE" import - base > /dev/null \
    || fail "importing the base image"
  rm -rf "$root"
}

# The bases that examples/README.md tells people to make. ctest makes Debian's
# once and names it in $DEBIAN_BASE; by hand, a test makes its own.
debian_base() {
  if [ -n "${DEBIAN_BASE:-}" ]; then
    "$STRAKE" import "$DEBIAN_BASE" debian:12 > /dev/null
  else
    "$checkout/examples/debian-base" | "$STRAKE" import - debian:12 > /dev/null
  fi || fail "importing debian:12"
}
busybox_base() {
  "$checkout/examples/busybox-base" | "$STRAKE" import - busybox > /dev/null ||
    fail "importing busybox"
}

expect() {
  [ "$1" = "$2" ] || fail "$(printf 'wanted: %s\n   got: %s' "$1" "$2")"
}
expect_status() {
  [ "$status" = "$1" ] || fail "wanted exit code $1, got $status"
}
expect_failure() {
  [ "$status" != 0 ] || fail "it succeeded"
}
# A fixed string that the last command must have printed.
expect_out() {
  grep -qF -- "$1" <<< "$out" || fail "not printed: $1"
}
expect_no_out() {
  ! grep -qF -- "$1" <<< "$out" || fail "printed: $1"
}
count_out() { grep -cF -- "$1" <<< "$out"; }
expect_no_file() { [ ! -e "$1" ] && [ ! -L "$1" ] || fail "$1 exists"; }

# Polls until a command succeeds, ten seconds at most.
wait_for() {
  local i
  for i in $(seq 200); do
    "$@" > /dev/null 2>&1 && return 0
    sleep 0.05
  done
  fail "in vain waited for: $*"
}

# Nothing of this test's store is mounted, running or half-written.
expect_no_traces() {
  local found
  found=$(grep -F "$work" /proc/self/mountinfo) && fail "still mounted: $found"
  found=$(processes_of_store)
  [ -z "$found" ] || fail "still running: $found"
  found=$(ls -A "$STRAKE_ROOT/tmp" 2>/dev/null)
  [ -z "$found" ] || fail "left in tmp/: $found"
}
# Programs that use this test's store, and what they run in a sandbox.
processes_of_store() {
  local pid
  for pid in /proc/[0-9]*; do
    if grep -qsF "$STRAKE_ROOT" "$pid/mountinfo" ||
      { [ "$(readlink "$pid/exe")" = "$STRAKE" ] &&
        grep -qsF "STRAKE_ROOT=$STRAKE_ROOT" "$pid/environ"; }; then
      printf '%s: %s\n' "${pid#/proc/}" "$(tr '\0' ' ' < "$pid/cmdline")"
    fi
  done 2>/dev/null
}
is_running_in_store() { [[ $(processes_of_store) == *"$1"* ]]; }

# Control groups of strakes that have ended; others may build here, too.
left_groups() {
  local group pid
  find /sys/fs/cgroup -type d -name 'strake-*-*' 2> /dev/null | sort |
    while read -r group; do
      pid=${group##*/strake-}
      [ -e "/proc/${pid%%-*}" ] || echo "$group"
    done
}

# Every directory of overlay2/ is recorded in the database, and the reverse.
expect_all_recorded() {
  local there recorded
  there=$(ls "$STRAKE_ROOT/overlay2" | grep -vx l | sort)
  recorded=$(sqlite3 "$STRAKE_ROOT/strake.db" \
    "SELECT lower(hex(diff_id)) FROM layers WHERE state = 2" | sort)
  expect "$recorded" "$there"
}

#!/usr/bin/env bash
# strake explain says what a build would take from the cache, what it would run
# and why, and does none of it.
. "$(dirname "$0")/lib.sh"
strake explain context
expect_failure # there is no Dockerfile
dockerfile <<'END'
FROM scratch
COPY Dockerfile /
END
strake explain context
expect_status 0
expect_out 'would run: it was not built here before'
expect_no_file "$STRAKE_ROOT" # no store is made for a look
base
echo 1 > context/f
dockerfile <<'END'
FROM base AS build
ARG TOKEN=hush
COPY f /f
RUN cat /f > /out &&
  echo said
ENV A=1
RUN cat /out
FROM base
COPY --from=build /out /out
END
sed -i 's/&&$/\&\& \\/' context/Dockerfile
build
expect_status 0
state() {
  (cd "$STRAKE_ROOT" && find . -printf '%p %m %U %s %T@\n' &&
    find . -type f -exec sha256sum {} +) | grep -v strake.db-shm | sort
}
state > before
strake explain context
expect_status 0
expect_out '5 steps: 5 cached, 0 would run'
expect_out 'cached: made '
expect_out 'because it was not built here before'
log=$(sed -n 's/^   log //p' <<< "$out" | head -1)
grep -q said "$log" || fail "no log: $log"

echo 2 > context/f
strake explain context
expect_status 0
expect_out 'would run: f changed (content)'
expect 3 "$(count_out 'would run, unless [build 2/4] gives the same files again')"
expect_out '1 would run, 3 may'
strake explain --build-arg TOKEN=quiet 3 context
expect_out '#3 [build 3/4] RUN cat'
expect_no_out '#2'
cd context || exit 1
for step in 'build 2/4' '[build 2/4]' build:2 '#2' L3; do
  strake explain "$step"
  expect_status 0
  expect_out '#2 [build 2/4] COPY f /f'
  expect_out 'key sha256:'
  expect_out 'files sha256:'
  expect_no_out '#3'
done
echo 1 > f
strake explain L5 # a line in the middle of its instruction
expect_out '#3 [build 3/4] RUN cat'
expect_out 'ARG TOKEN (not shown)'
expect_no_out hush
strake explain L6
expect_failure
expect_out 'no step of this build is in line 6'
strake explain 9
expect_failure
strake explain --target build
expect_out '4 steps'
strake explain git@host:12/x # no step of a stage "git@host"
expect_status 1
expect_out 'build context'
cd .. || exit 1
# What the build would refuse or warn of is not passed over.
strake explain --fail-on-miss=buidl context
expect_status 2
expect_out 'has no stage "buidl"'
strake explain --no-cache-filter buidl context
expect_status 0
expect_out '--no-cache-filter buidl: no stage has this name'
# Nothing is said that a cache elsewhere would make wrong.
strake explain --cache-from type=local,src=elsewhere context
expect_status 1
expect_out 'not into caches of --cache-from'
state > after
out=$(diff before after) || fail "the store changed"

# Not even without rights.
try strace -f -o calls "$STRAKE" explain context
expect_status 0
grep -q execve calls || fail "strace saw nothing"
found=$(grep -E '^[0-9]+ +(socket|connect|clone3?|fork|vfork|mount|fsopen|unshare)\(' \
  calls | grep -v 'CLONE_THREAD\|CLONE_VM')
[ -z "$found" ] || fail "calls: $found"

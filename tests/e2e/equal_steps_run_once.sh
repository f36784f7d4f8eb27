#!/usr/bin/env bash
# Builds that need the same step at the same time run it once: the others wait,
# show its output, and have its layer or its failure. Who takes over from a
# build that was interrupted or killed; who stays apart.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/http.sh"
. "$(dirname "$0")/git.sh"
base

# A step that writes a line to a cache mount each time it runs, waits there
# until "go" is given, and ends with a status of our choice.
step() {  # name, status
  dockerfile "$1" <<END
# the file of $1
FROM base
ENV STEP=$1
RUN --network=none --mount=type=cache,id=count,target=/count \\
    echo run >> /count/$1; echo begun; \\
    while ! test -e /count/go-$1; do sleep 0.05; done; echo ending; exit $2
END
}
counts() {
  local id
  id=$(grep -lx count "$STRAKE_ROOT"/cachemounts/*.id) && printf '%s' "${id%.id}"
}
start() {  # log, file, flags
  local log=$1 file=$2
  shift 2
  : > "$log"  # what an earlier build said there is no sign of this one
  env --default-signal=INT "$STRAKE" build --progress plain -f "$file" "$@" \
    context > "$log" 2>&1 &
  started=$!
}
has_begun() { wait_for grep -q ' begun$' "$1"; }
go() { touch "$(counts)/go-$1"; }
is_counted() { [ "$(wc -l < "$(counts)/$1")" = "$2" ]; }
waits_for() { wait_for grep -q "waiting for another build .*(process $2)" "$1"; }
result_of() { wait "$1"; status=$?; out=$(cat "$2"); }

# One owner, three who wait; one of another Dockerfile, which says the same in
# another stage at another line.
step one 0
{ printf '\n\n'; cat one; printf 'FROM base\nCOPY --from=0 /etc/passwd /\n'; } > other
start a one -t a; owner=$started
has_begun a
start b one -t b; b=$started
start c one -t c; c=$started
start d other -t d; d=$started
for log in b c d; do waits_for "$log" "$owner"; has_begun "$log"; done
go one
result_of "$owner" a
expect_status 0
expect_out "DONE"
for build in "$b b" "$c c" "$d d"; do
  result_of ${build% *} ${build#* }
  expect_status 0
  expect_out ' ending'
  expect_out 'CACHED from another build'
  expect 1 "$(count_out 'waiting for')"
done
is_counted one 1 || fail "run more than once"
expect "$(inspect a '.[0].RootFS')" "$(inspect b '.[0].RootFS')"
expect 0 "$(ls "$STRAKE_ROOT/inflight" | wc -l)"

# A failure is everybody's, each at its own line; but for who has other limits.
step fails 7
{ printf '\n\n\n'; cat fails; } > moved
start a fails; owner=$started
has_begun a
start b moved; b=$started
start c fails --on-failure keep; c=$started
waits_for b "$owner"
waits_for c "$owner"
go fails
result_of "$owner" a
expect_status 4
result_of "$b" b
expect_status 4
expect_out 'moved:7:1: RUN failed with exit code 7'
expect_out '  ending'
expect_out "all of it: $STRAKE_ROOT/logs/"
result_of "$c" c
expect_status 4
expect_out 'kept as '
is_counted fails 2 || fail "failed once for each"

# Who waits stops at once; an owner that is stopped, and one that is killed, has
# a successor.
for signal in INT KILL; do
  step "heir-$signal" 0
  start a "heir-$signal"; owner=$started
  has_begun a
  start b "heir-$signal"; b=$started
  start c "heir-$signal"; c=$started
  waits_for b "$owner"
  waits_for c "$owner"
  if [ "$signal" = INT ]; then
    start leaver "heir-$signal"; leaver=$started
    waits_for leaver "$owner"
    kill -INT "$leaver"
    result_of "$leaver" leaver
    expect_status 130
  fi
  kill "-$signal" "$owner"
  wait "$owner"
  wait_for is_counted "heir-$signal" 2
  go "heir-$signal"
  result_of "$b" b
  expect_status 0
  result_of "$c" c
  expect_status 0
  is_counted "heir-$signal" 2 || fail "not taken over by one"
  expect 1 "$(cat b c | grep -c 'CACHED from another build')"
  expect 1 "$(cat b c | grep -c 'the other build was stopped; running it here')"
done

# --no-cache is for itself, on both sides.
step apart 0
start a apart --no-cache; owner=$started
has_begun a
start b apart; b=$started
wait_for is_counted apart 2
start c apart --no-cache; c=$started
wait_for is_counted apart 3
go apart
for build in "$owner a" "$b b" "$c c"; do
  result_of ${build% *} ${build#* }
  expect_status 0
  expect_no_out 'waiting for'
done

# Builds that need the same two steps, each of which wants the same lock.
pids=()
for order in "x y" "y x"; do
  read -r first second <<< "$order"
  dockerfile "order-$first" <<END
FROM base AS $first
RUN --mount=type=cache,id=lock,target=/l,sharing=locked sleep 0.3; echo $first > /made
FROM base AS $second
RUN --mount=type=cache,id=lock,target=/l,sharing=locked sleep 0.3; echo $second > /made
FROM base
COPY --from=$first /made /$first
COPY --from=$second /made /$second
END
  start "log-$first" "order-$first" -t "order-$first"
  pids+=("$started")
done
for pid in "${pids[@]}"; do
  timeout 60 tail --pid="$pid" -f /dev/null || fail "waiting for each other"
  wait "$pid" || fail "building with locks"
done
expect 'x y' "$(run order-x cat /x /y | xargs)"

# Two steps of one build, on bases that are the same but for their names.
touch context/f context/g
dockerfile twins <<'END'
FROM base AS left
COPY f /e
RUN --mount=type=cache,id=count,target=/count echo run >> /count/twins; sleep 0.5
FROM base AS right
COPY g /e
RUN --mount=type=cache,id=count,target=/count echo run >> /count/twins; sleep 0.5
FROM base
COPY --from=left /e /left
COPY --from=right /e /right
END
build -f twins
expect_status 0
is_counted twins 1 || fail "run for each stage"

# One download, and one checkout, for two builds. The second can begin when the
# repository is given free.
http_server
printf 'fifteen letters' > files/file
printf 'FROM scratch\nADD %s /file\n' "$http/drip/file" > fetches
start a fetches; owner=$started
wait_for test -s http.log
start b fetches; b=$started
waits_for b "$owner"
result_of "$owner" a
expect_status 0
result_of "$b" b
expect_status 0
expect_out 'CACHED from another build'
expect 1 "$(asked | grep -c file)"

git_server
repository app
echo 1 > app/file
commit app one
printf 'FROM scratch\nADD %s /app\n' "$git/app.git" > checks-out
build -f checks-out
expect_status 0
echo 2 > app/file
commit app two
exec 9< "$(echo "$STRAKE_ROOT"/git/*)"
flock 9
start a checks-out; owner=$started
is_claimed() { [ -n "$(ls "$STRAKE_ROOT/inflight")" ]; }
wait_for is_claimed
start b checks-out; b=$started
waits_for b "$owner"
flock -u 9
result_of "$owner" a
expect_status 0
result_of "$b" b
expect_status 0
expect_out 'CACHED from another build'

# Nothing is claimed by a build that has all.
rmdir "$STRAKE_ROOT/inflight"
try "$STRAKE" build -f one context
expect_status 0
expect_no_file "$STRAKE_ROOT/inflight"
expect_no_traces
expect_all_recorded

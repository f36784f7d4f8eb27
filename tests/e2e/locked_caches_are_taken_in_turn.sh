#!/usr/bin/env bash
# Cache mounts between processes: locked waits, private takes another
# directory, shared is there for all at once; no order of locks stops two steps.
# Shows: [D276] [D279] [D282]
. "$(dirname "$0")/lib.sh"
base
# Each of two builds waits, for some tenths of a second, for the other to start.
race() {
  dockerfile <<END
FROM base
ARG WHO
RUN --mount=type=cache,id=$1,target=/c,sharing=$2 --mount=type=cache,id=gate-$1,target=/gate \
    : $2; echo start-\$WHO >> /c/log; touch /gate/\$WHO; \
    for i in \$(seq $3); do test \$(ls /gate | wc -l) = 2 && break; sleep 0.1; done; \
    sleep 0.3; echo end-\$WHO >> /c/log; cat /c/log > /log
END
  "$STRAKE" build -q -t one --build-arg WHO=one context > /dev/null &
  "$STRAKE" build -q -t two --build-arg WHO=two context > /dev/null &
  wait %1 && wait %2 || fail "building with a $2 cache"
}
race a locked 10
log=$(run one cat /log; run two cat /log)
[[ $log == *start-one$'\n'end-one* && $log == *start-two$'\n'end-two* ]] ||
  fail "both at once: $log"
race b private 200
for who in one two; do
  expect "start-$who end-$who" "$(run $who cat /log | xargs)"
done
race c shared 200
expect 2 "$(cat <(run one cat /log) <(run two cat /log) | sort -u | grep -c start)"
[ "$(run one cat /log | wc -l)" -ge 3 ] || [ "$(run two cat /log | wc -l)" -ge 3 ] ||
  fail "not shared"

# Two steps of one build that lock the same two caches the other way round; and
# one step that has a cache twice.
dockerfile <<'END'
FROM base AS left
RUN --mount=type=cache,id=x,target=/1,sharing=locked --mount=type=cache,id=y,target=/2,sharing=locked \
    sleep 0.3; echo left > /left
FROM base AS right
RUN --mount=type=cache,id=y,target=/1,sharing=locked --mount=type=cache,id=x,target=/2,sharing=locked \
    sleep 0.3; echo right > /right
FROM base
RUN --mount=type=cache,id=z,target=/1,sharing=locked --mount=type=cache,id=z,target=/2,sharing=locked \
    echo same > /1/f; cat /2/f > /same
COPY --from=left /left /
COPY --from=right /right /
END
try timeout 60 "$STRAKE" build -t crossed context
expect_status 0
expect $'left\nright\nsame' "$(run crossed cat /left /right /same)"

# One id of two modes is two directories. Two builds that lock them the other
# way round, each stopped where it could hold one and want the other.
dockerfile <<'END'
FROM base
ARG FIRST SECOND
RUN --mount=type=cache,id=m,mode=$FIRST,target=/1,sharing=locked \
    --mount=type=cache,id=m,mode=$SECOND,target=/2,sharing=locked true
END
build_modes() {
  exec "$STRAKE" build -q --no-cache --build-arg FIRST="$1" \
    --build-arg SECOND="$2" context > /dev/null
}
(build_modes 0700 0755) || fail "making two caches"
plain=$(grep -lx m "$STRAKE_ROOT"/cachemounts/*.id)
exec 9< "${plain%.id}"
flock 9
build_modes 0700 0755 &
left=$!
sleep 1
kill -STOP "$left"
build_modes 0755 0700 &
right=$!
flock -u 9
sleep 1
kill -CONT "$left"
for build in "$left" "$right"; do
  timeout 20 tail --pid="$build" -f /dev/null || fail "waiting for each other"
  wait "$build" || fail "building with two modes"
done

# What a step had for itself when it was stopped or killed is not kept; what one
# that failed has left is.
own() {
  dockerfile own <<END
FROM base
RUN --mount=type=cache,id=own,target=/c,sharing=private \
    ls /c > /seen; echo $1 > /c/left; echo begun; $2
END
}
for how in "exit 3" INT KILL; do
  case $how in
    exit*) own "$how" "$how" && build -f own && expect_status 4 ;;
    *)
      own "$how" "sleep 600"
      : > log
      env --default-signal=INT "$STRAKE" build --progress plain -f own context \
        > log 2>&1 &
      wait_for grep -q ' begun$' log
      kill "-$how" $!
      wait $!
      ;;
  esac
  own "after $how" true
  build -f own -t own
  expect_status 0
  [ "${how% *}" = exit ] && kept=left || kept=
  expect "$kept" "$(run own cat /seen)"
done

# One step's mounts of one id are one directory; while that is somebody's own,
# who would share it has another.
dockerfile <<'END'
FROM base
RUN --mount=type=cache,id=p,target=/1,sharing=private --mount=type=cache,id=p,target=/2 \
    touch /1/f; ls /2 > /seen
END
build -t once
expect f "$(run once cat /seen)"
dockerfile own <<'END'
FROM base
RUN --mount=type=cache,id=q,target=/c,sharing=locked \
    touch /c/owned; echo begun; while ! test -e /c/go; do sleep 0.05; done
END
# What an earlier build said is no sign of this one.
: > log
"$STRAKE" build --progress plain -f own context > log 2>&1 &
wait_for grep -q ' begun$' log
dockerfile <<'END'
FROM base
RUN --mount=type=cache,id=q,target=/c ls /c > /seen
END
build -t sharer
expect "" "$(run sharer cat /seen)"
# Who waits for it says so, once.
dockerfile next <<'END'
FROM base
RUN --mount=type=cache,id=q,target=/c,sharing=locked echo mine
END
: > next.log
"$STRAKE" build --progress plain -f next context > next.log 2>&1 &
next=$!
wait_for grep -q 'waiting for the cache mount "q", which another step has locked' next.log
touch "$(dirname "$(ls "$STRAKE_ROOT"/cachemounts/*/owned)")/go"
wait %1 || fail "building with a locked cache"
wait "$next" || fail "building after a locked cache"
expect 1 "$(grep -c 'waiting for' next.log)"

# Another name space is another cache.
dockerfile <<'END'
FROM base
ARG ROUND
RUN --mount=type=cache,target=/c echo $ROUND >> /c/f; cat /c/f > /f
END
build -t spaced --build-arg ROUND=1
build -t spaced --build-arg ROUND=2 --build-arg BUILDKIT_CACHE_MOUNT_NS=other
expect 2 "$(run spaced cat /f)"
expect_no_traces

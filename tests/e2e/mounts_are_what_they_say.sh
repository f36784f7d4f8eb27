#!/usr/bin/env bash
# The finer points of RUN --mount: whose content counts for the cache, where a
# cache starts and when it is another, and what a link cannot reach.
# Needs: root, because it removes what steps' users own.
# Shows: [D275] [D277] [D278] [D280] [D283] [D285] [D287] [D292]
. "$(dirname "$0")/lib.sh"
base
mkdir context/src context/other
echo 1 > context/src/file
echo 1 > context/other/file
echo host-secret > "$work/outside"
dockerfile <<'END'
FROM base AS start
RUN mkdir -p /tree/sub && echo initial > /tree/sub/file && chmod 0700 /tree/sub && \
    chown 5:6 /tree/sub && ln -s sub /tree/link && ln -s ../../../../../.. /tree/up
FROM base
ARG ROUND
RUN --mount=type=cache,id=c,target=/c,from=start,source=/tree/sub,mode=0777 \
    stat -c %a:%u:%g /c > /owner; echo $ROUND >> /c/file; cat /c/file > /file
RUN --mount=type=cache,id=c,target=/c ls -A /c > /plain
RUN --mount=type=cache,id=c,target=/c,uid=9 ls -A /c > /of-nine; touch /c/nine
RUN --mount=type=cache,id=c,target=/c,ro ! touch /c/x 2> /dev/null && ls -A /c > /read-only
RUN --mount=type=cache,id=l,target=/c,from=start,source=/tree/link cat /c/file > /linked
RUN --mount=type=cache,id=u,target=/c,from=start,source=/tree/up ls -d /c/tree > /up
RUN --mount=type=tmpfs,target=/t,from=start,source=/nowhere ls -A /t > /tmpfs
RUN --mount=type=secret,id=no,env=TOKEN echo "[${TOKEN-unset}]" > /token
END
build -t fine --build-arg ROUND=one
expect_status 0
show() { run fine cat "$1"; }
expect 700:5:6 "$(show /owner)"
expect $'initial\none' "$(show /file)"
expect '' "$(show /plain)"
expect '' "$(show /of-nine)"
expect '' "$(show /read-only)"
expect initial "$(show /linked)"
expect /c/tree "$(show /up)"
expect '' "$(show /tmpfs)"
expect '[]' "$(show /token)"
build -t fine --build-arg ROUND=two
expect $'initial\none\ntwo' "$(show /file)"

# Another base is another cache; an emptied one starts again.
sed -i 's/echo initial/echo other/' context/Dockerfile
build -t fine --build-arg ROUND=three
expect $'other\nthree' "$(show /file)"
rm -rf "$STRAKE_ROOT"/cachemounts/*
build -t fine --build-arg ROUND=four
expect_status 0
expect $'other\nfour' "$(show /file)"

# Only what the bind shows counts, and not its times.
dockerfile <<'END'
FROM base
RUN --mount=type=bind,source=src,target=/m cat /m/file
END
build
echo 2 > context/other/file
touch -d 2001-01-01 context/src/file
build
expect 0 "$(count_out DONE)"
echo 2 > context/src/file
build
expect 1 "$(count_out DONE)"

for source in from=start,source=/none source=/x; do
  dockerfile <<END
FROM base AS start
FROM base
RUN --mount=type=cache,target=/c,$source true
END
  build
  [ "$status" != 0 ] || fail "took a cache with $source"
  expect_out 'Dockerfile:3:'
  expect_out 'mount source'
done
expect_no_traces

#!/usr/bin/env bash
# The layer of a RUN: what was added, changed or removed, and how; nothing of
# what was mounted, and nothing of a step that failed.
# Needs: root, because its step makes a device node.
# Shows: [D269] [D284] [D300] [D312] [D318] [D321]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN mkdir -p /d/sub /gone/sub && echo x > /d/file && echo y > /d/kept && touch -d '2001-02-03' /d/kept
RUN --mount=type=cache,target=/d/cache --mount=type=tmpfs,target=/run/t \
    chown 7:8 /d/file && chmod 4711 /d/file && rm -r /gone && ln -s file /d/link && \
    ln /d/file /d/hard && mkfifo /d/pipe && mknod /d/null c 1 3 && \
    touch -d '2002-03-04 05:06:07' /d/sub && echo c > /d/cache/c && echo t > /run/t/t && \
    echo v > /run/kept && (sleep 1000 > /dev/null 2>&1 & echo late > /d/early)
END
build -t changes -o type=oci,dest=layout,tar=false
expect_status 0
manifest=layout/blobs/sha256/$(jq -r '.manifests[0].digest' layout/index.json | cut -d: -f2)
layer=layout/blobs/sha256/$(jq -r '.layers[2].digest' "$manifest" | cut -d: -f2)
expect '.wh.gone d d/early d/file d/hard d/link d/null d/pipe d/sub run run/kept' \
  "$(tar -tzf "$layer" | sed 's,/$,,' | grep -vx '\.' | sort | xargs)"
listed=$(TZ=UTC tar -tvzf "$layer" --full-time --numeric-owner)
line() { grep -E " $1( |\$|/)" <<< "$listed" | head -1; }
[[ $(line d/file) == -rws--x--x\ 7/8\ * ]] || fail "mode or owner: $(line d/file)"
[[ $(line d/sub) == *'2002-03-04 05:06:07'* ]] || fail "time: $(line d/sub)"
[[ $(line d/link) == l*'link -> file' ]] || fail "link: $(line d/link)"
[[ $(line d/hard) == h*'link to d/file' ]] || fail "hard link: $(line d/hard)"
[[ $(line d/null) == c*1,3* ]] || fail "node: $(line d/null)"
[[ $(line d/pipe) == p* ]] || fail "pipe: $(line d/pipe)"
expect_no_traces

before=$(ls "$STRAKE_ROOT/overlay2"; sqlite3 "$STRAKE_ROOT/strake.db" 'SELECT count(*) FROM cache_records')
dockerfile <<'END'
FROM base
RUN echo half > /half && exit 3
END
build -t failed
expect_status 4
expect "$before" "$(ls "$STRAKE_ROOT/overlay2"; sqlite3 "$STRAKE_ROOT/strake.db" 'SELECT count(*) FROM cache_records')"
expect_no_traces

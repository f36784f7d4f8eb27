#!/usr/bin/env bash
# A build context whose directories and files are swapped for links to the
# host's files while they are copied: what is outside never gets in.
. "$(dirname "$0")/lib.sh"
base
mkdir -p outside context/dir
echo 'secret of the host' > outside/file
echo inside > context/dir/file
for i in $(seq 300); do echo "$i" > context/dir/pad$i; done
dockerfile <<'END_FILE'
FROM base
COPY dir /dir
COPY dir/file /file
RUN --mount=type=bind,source=dir,target=/dir cat /dir/file > /seen 2>&1 || true
RUN --mount=type=bind,target=/all cat /all/dir/file > /all_seen 2>&1 || true
END_FILE
(
  while :; do
    mv context/dir context/kept && ln -s ../outside context/dir
    rm context/dir && mv context/kept context/dir
    mv context/dir/file kept-file && ln -s ../../outside/file context/dir/file
    rm context/dir/file && mv kept-file context/dir/file
  done
) 2> /dev/null &
swapper=$!
for _ in $(seq 12); do
  build -t swapped --no-cache  # it may fail: what it copies is there by turns
done
kill -9 $swapper
wait $swapper 2> /dev/null
found=$(grep -rl 'secret of the host' "$STRAKE_ROOT")
[ -z "$found" ] || fail "in $found"
expect_no_traces

#!/usr/bin/env bash
# strake run --commit: what the command changed becomes a layer of a new image,
# whatever its exit code; nothing when it was cut short or never ran.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV COLOUR=blue
WORKDIR /work
CMD ["cat", "/work/file"]
END
build -t app
layers() { inspect "$1" '.[0].RootFS.Layers'; }

strake run --commit mine:1 -e COLOUR=red -v "$work/context:/volume" \
  --tmpfs /t app sh -c 'echo $COLOUR > file; rm -r /home; : > /t/x; exit 9'
expect_status 9
expect "$(inspect mine:1 '.[0].Id')" "\"$out\""
expect red "$(run mine:1)"
expect '"blue"' "$(inspect mine:1 '.[0].Config.Env' | jq -c '.[] |
  select(startswith("COLOUR=")) | ltrimstr("COLOUR=")')"
id=${out#sha256:}
strake run mine:1 ls -d /home /volume /t
expect_out '/home: No such file'
expect_out '/volume: No such file'
expect_out '/t: No such file'
expect "$(layers app | jq -c .)" "$(layers mine:1 | jq -c '.[:-1]')"
expect '["sh -c echo $COLOUR > file; rm -r /home; : > /t/x; exit 9","strake run --commit"]' \
  "$(jq -c '.history[-1] | [.created_by, .comment]' \
    "$STRAKE_ROOT/blobs/sha256/$id")"

# The base of the next build, and of the next run.
printf 'FROM mine:1\nRUN test "$(cat file)" = red && echo more >> file\n' |
  dockerfile
build -t next
expect_status 0
expect $'red\nmore' "$(run next)"
strake run --commit mine:1 mine:1 sh -c 'echo again > file'
expect_status 0
expect again "$(run mine:1)"

# Interactive sessions are what it is for.
script -qec "$STRAKE run -it --commit typed app sh" /dev/null > log 2>&1 <<'END'
echo typed > file
exit 3
END
expect typed "$(run typed)"

# Not when the command was cut short, or never ran.
env --default-signal=INT "$STRAKE" run --commit no app sh -c \
  'echo ready; exec sleep 600' > log 2>&1 &
pid=$!
wait_for grep -q ready log
kill -INT "$pid"
wait "$pid"
status=$?
out=$(cat log)
expect_status 130
expect_out 'nothing is committed'
strake run --commit no app not-there
expect_status 127
strake run --commit Upper app echo ran
expect_status 125
expect_no_out ran
strake inspect no
expect_status 1
expect_no_traces
expect_all_recorded

#!/usr/bin/env bash
# Any number of builds may use one store at the same time: the same Dockerfile
# or different ones, beside commands that list, run and remove.
. "$(dirname "$0")/lib.sh"
base
mkdir context/tree
for i in $(seq 100); do echo "$i" > "context/tree/$i"; done
dockerfile same <<'END'
FROM base
RUN echo once > /once && sleep 0.2
COPY tree /tree
RUN cat /tree/* | wc -l > /count
END
for i in 1 2 3; do
  dockerfile "own$i" <<END
FROM base
COPY tree /own$i
RUN echo $i > /which && sleep 0.1
RUN cat /own$i/* > /all && wc -l < /all > /count
END
done
for round in 1 2 3; do
  jobs=()
  for job in "same same-a" "same same-b" "own1 own1" "own2 own2" "own3 own3"; do
    read -r file tag <<< "$job"
    "$STRAKE" build --no-cache -f "$file" -t "$tag" context > "log-$tag" 2>&1 &
    jobs+=("$!:$tag")
  done
  dockerfile short <<< "FROM base"
  "$STRAKE" build -q -f short -t "short$round" context > /dev/null || fail "short build"
  "$STRAKE" images > /dev/null || fail "images beside builds"
  "$STRAKE" rmi "short$round" > /dev/null || fail "rmi beside builds"
  run base true || fail "run beside builds"
  for job in "${jobs[@]}"; do
    wait "${job%%:*}" || { out=$(cat "log-${job#*:}"); fail "build of ${job#*:} failed"; }
  done
done
expect 100 "$(run same-a cat /count)"
expect 100 "$(run same-b cat /count)"
for i in 1 2 3; do expect $'100\n'"$i" "$(run "own$i" cat /count /which)"; done
expect_no_traces
expect_all_recorded

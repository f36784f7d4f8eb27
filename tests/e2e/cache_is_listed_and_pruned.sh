#!/usr/bin/env bash
# What the build cache holds is listed, and removed on demand: by filter, by
# size, oldest first; never what an image or a running build needs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
base
git_server
repository app
echo 1 > app/file
commit app one
head -c 1000000 /dev/zero | tr '\0' x > context/big
dockerfile <<END
FROM base AS side
RUN --mount=type=cache,target=/npm head -c 300000 /dev/zero > /npm/cached; \\
    head -c 500000 /dev/zero > /side
ADD $git/app.git /app
FROM base
COPY big /big
RUN --mount=type=bind,from=side,target=/side ls /side > /list
END
build -t kept
expect_status 0
ls_of() { "$STRAKE" cache ls --format "$1" "${@:2}"; }
prune() { strake builder prune -f "$@"; }

# Everything once, the largest first, each with what it was made by.
strake cache ls
expect_status 0
expect 'ID' "$(head -1 <<< "$out" | cut -d' ' -f1)"
expect_out 'COPY big /big'
expect_out 'RUN head -c 300000'
expect_out 'cache mount /npm'
expect_out "repository $git/app.git"
expect_out 'Reclaimable:'
expect "$(ls_of '{{.SizeBytes}}')" "$(ls_of '{{.SizeBytes}}' | sort -rn)"
expect kept:latest "$(ls_of json --filter description~='^COPY big' | jq -r '.Images[]')"
expect 'exec.cachemount /npm' \
  "$(ls_of '{{.Type}} {{.Description}}' --filter type=exec.cachemount | sed 's/cache mount //')"
expect "$(ls_of '{{.ID}}' --filter private)" "$(ls_of '{{.ID}}' --filter shared!=true)"
mount=$(ls_of '{{.ID}}' --filter type=exec.cachemount)
expect "$mount" "$(ls_of '{{.ID}}' --filter "id=${mount:0:12}")"
strake cache ls --filter tipe=x
expect_status 2
expect_out 'did you mean "type"?'
strake builder prune -f --filter until=yesterday
expect_status 2
strake builder prune -f --max-used-space much
expect_status 2

# Many images that keep a layer are counted; the JSON names all of them.
dockerfile many-images <<'END'
FROM base
COPY big /big
ARG N
LABEL n=$N
END
for n in 1 2 3 4; do build -q -f many-images --build-arg N=$n -t "labelled:$n"; done
strake cache ls --filter description~='^COPY big'
grep -qE ' [a-z]+:[a-z0-9]+ and 4 more +COPY big' <<< "$out" || fail "not cut"
expect 5 "$(ls_of json --filter description~='^COPY big' | jq '.Images | length')"
strake rmi labelled:{1,2,3,4}

# Unless -f, it asks; without an answer nothing goes.
before=$(ls_of '{{.ID}}')
try "$STRAKE" builder prune < /dev/null
expect_status 0
expect_out 'WARNING! This will remove all build cache that no image needs.'
expect "$before" "$(ls_of '{{.ID}}')"
[ "$("$STRAKE" builder prune < /dev/null | tail -c 7 | od -An -c | tr -d ' ')" = '[y/N]\n' ] ||
  fail "the question has no line end"
strake builder prune -a --filter type=frontend --max-used-space 1 < /dev/null
expect_out 'This will remove build cache that no running build uses, as far as --filter says, until the limits are kept.'
strake builder prune -f --keep-storage 100GB --max-used-space 1
expect_status 2
expect_out 'give one of them'

# Nothing is that old, or of that type.
prune --filter until=1h
expect_status 0
expect 'Total: 0B' "$out"
prune --filter type=frontend
expect 'Total: 0B' "$out"

# By size the one goes that was used longest ago.
touch -d '2 days ago' "$STRAKE_ROOT/cachemounts/$mount.id"
total=$(ls_of '{{.SizeBytes}}' --filter private | awk '{ sum += $1 } END { print sum }')
prune --max-used-space $((total - 1000))
expect_status 0
expect_out 'cache mount /npm'
expect 1 "$(count_out exec.cachemount)"
expect_no_file "$STRAKE_ROOT/cachemounts/$mount"
expect 3 "$(wc -l <<< "$out")"
prune --keep-storage $((total * 2)) --min-free-space 1
expect 'Total: 0B' "$out"

# What an image needs stays, and hits; the rest goes.
prune
expect_status 0
expect_out 'RUN head -c 300000'
expect_no_out 'COPY big'
strake system df
expect_status 0
expect "0 0B" "$(awk '/^Git sources/ { print $3, $4 }' <<< "$out")"
expect_all_recorded
run kept true || fail "the image is damaged"
dockerfile small <<'END'
FROM base
COPY big /big
END
build -f small
expect_out CACHED

# With --all the image's steps are forgotten too; its layers are not.
prune --all
expect_status 0
expect_out 'COPY big'
expect_no_file "$(echo "$STRAKE_ROOT"/logs/*)"
expect "" "$(ls_of '{{.ID}}')"
run kept cat /list > /dev/null || fail "the image is damaged"
build -f small
expect 1 "$(count_out CACHED)"  # FROM

# Beside a running build: its mounts, layers and logs are its own, also of steps
# that were there before.
dockerfile running <<'END'
FROM base AS other
RUN head -c 100000 /dev/zero > /other
FROM base
RUN echo first > /first
RUN --mount=type=cache,id=gate,target=/gate \
    echo begun; while ! test -e /gate/go; do sleep 0.05; done
COPY --from=other /other /other
RUN cat /first > /last
END
sed '/gate/,$d' running > earlier
build -f earlier
expect_status 0
"$STRAKE" build --progress plain -f running -t ran context > log 2>&1 &
wait_for grep -q ' begun$' log
prune --all
expect_status 0
expect_no_out 'echo first'
expect_no_out 'cache mount gate'
expect 2 "$(ls_of '{{.InUse}}' --filter inuse --filter type!=regular | grep -c true)"
touch "$(dirname "$(find "$STRAKE_ROOT/cachemounts" -mindepth 1 -type d | head -1)/x")/go"
wait %% || { out=$(cat log); fail "a build beside pruning failed"; }
expect first "$(run ran cat /last)"
expect_all_recorded

# An image that goes nowhere but out keeps its layers until it is written.
dockerfile out-only <<'END'
FROM base
COPY big /big
RUN echo out > /out
END
build -f out-only -o type=cacheonly
mkfifo pipe
"$STRAKE" build -q -f out-only -o type=tar,dest=- context > pipe 2> log &
exec 7< pipe
head -c 1 <&7 > out.tar
prune --all
cat <&7 >> out.tar
exec 7<&-
wait %% || { out=$(cat log); fail "an output beside pruning failed"; }
expect out "$(tar -xOf out.tar ./out 2> /dev/null || tar -xOf out.tar out)"

# Killed at any moment, it leaves a store that serves the next build.
dockerfile many <<'END'
FROM base
ARG ROUND
COPY big /big-$ROUND
RUN --mount=type=cache,id=many,target=/m echo $ROUND > /m/f; echo $ROUND > /round
RUN echo more > /more
END
RANDOM=5
for round in $(seq 12); do
  build -q -f many --build-arg ROUND="$round" -t many
  expect_status 0
  "$STRAKE" build -q -f many --build-arg ROUND="beside$round" -t beside context \
    > beside.log 2>&1 &
  beside=$!
  [ $((round % 2)) = 0 ] && "$STRAKE" rmi many > /dev/null
  "$STRAKE" builder prune -a -f > /dev/null 2>&1 &
  sleep "0.0$((RANDOM % 40 + 10))"
  kill -KILL $! 2> /dev/null
  wait $! 2> /dev/null
  wait "$beside" || { out=$(cat beside.log); fail "a build beside round $round"; }
  expect "beside$round" "$(run beside cat /round)"
done
build -f many --build-arg ROUND=last -t many
expect_status 0
expect last "$(run many cat /round)"
prune --all
expect_status 0
build -f many --build-arg ROUND=secret -t many
expect_out 'because it was not built here before'
expect_no_out 'ARG ROUND'
prune --all
expect_no_traces
expect_all_recorded
strake system check
expect_out 'no damage'

# A long line is cut between characters.
printf 'FROM base\nRUN : %s > /e\n' "$(printf 'é%.0s' $(seq 80))" | dockerfile
build
expect_status 0
strake cache ls
expect_out '  RUN : ééé'
expect_out 'é...'
expect_no_out $'\xef\xbf\xbd'

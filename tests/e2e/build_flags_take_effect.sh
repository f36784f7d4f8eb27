#!/usr/bin/env bash
# -f, -t, --target, --build-arg, --label, --iidfile, -q, --no-cache: each does
# what docker's does.
# Shows: [D122] [D199]
. "$(dirname "$0")/lib.sh"
base
mkdir elsewhere
dockerfile elsewhere/My.docker <<'END'
ARG BASE=nothing
FROM ${BASE} AS first
ARG WORD=default
RUN echo "$WORD" > /word
FROM first
RUN echo second > /word
END
build -f elsewhere/My.docker -t one -t two:2 --build-arg BASE=base --target FIRST \
  --build-arg WORD --iidfile id
expect_status 0
expect default "$(run one cat /word)"
expect "$(cat id)" "$(tail -1 <<< "$out")"
expect "\"$(cat id)\"" "$(inspect two:2 '.[0].Id')"

# An ARG named without a value is the caller's variable.
WORD=mine build -q -f elsewhere/My.docker -t mine --target first \
  --build-arg=BASE=base --build-arg WORD --label a=1 --label=b= 
expect mine "$(run mine cat /word)"
expect '{"a":"1","b":""}' "$(inspect mine '.[0].Config.Labels')"

# -q prints the image ID alone, on stdout.
only=$("$STRAKE" build -q -f elsewhere/My.docker --build-arg BASE=base context 2> /dev/null)
expect 71 "${#only}"
expect sha256: "${only:0:7}"

# The Dockerfile may come on stdin.
out=$(printf 'FROM base\nRUN echo stdin > /word\n' | "$STRAKE" build -t piped -f - context 2>&1)
expect stdin "$(run piped cat /word)"

# Nothing that failed replaces a tag or an ID file.
before=$(cat id)
printf 'FROM base\nRUN false\n' > context/Dockerfile
build -t one --iidfile id
expect_status 4
expect "$before" "$(cat id)"
expect default "$(run one cat /word)"

# Called as `build`, the program is `strake build`.
ln -s "$STRAKE" build
printf 'FROM base\nRUN echo linked > /word\n' > context/Dockerfile
(cd context && ../build -t linked . > /dev/null 2>&1) || fail "as build: $?"
expect linked "$(run linked cat /word)"

# A variable of a script that is empty: "--target=" swallows nothing.
build --target= --runtime= --build-arg=EMPTY= -t emptied
expect_status 0
expect "--network=" "$(run --user= emptied echo --network=)"
build --metadata-file context
expect_status 1
expect_out 'is a directory'

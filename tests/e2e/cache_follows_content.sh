#!/usr/bin/env bash
# A file's time is no part of it, its bytes and mode are; what changes misses
# with all that depends on it, and nothing else does.
# Shows: [D429] [D433] [D434] [D435] [D436] [D437] [D440]
. "$(dirname "$0")/lib.sh"
base
mkdir context/tree
echo one > context/tree/one
echo other > context/other
dockerfile <<'END'
FROM base AS left
RUN echo before > /before
COPY tree /tree
RUN cat /tree/* > /all
FROM base
RUN echo unrelated > /unrelated
COPY --from=left /all /all
COPY other /other
END
build -t image
expect_status 0
id=$(tail -1 <<< "$out")
build -t image
expect 7 "$(count_out CACHED)"

touch context/tree/one # the time only
build -t image
expect 7 "$(count_out CACHED)"
expect "$id" "$(tail -1 <<< "$out")"

echo unseen > context/not-copied
build -t image
expect 7 "$(count_out CACHED)"
expect "$id" "$(tail -1 <<< "$out")"

touch -r context/tree/one stamp
echo ONE > context/tree/one # of the same size and time
touch -r stamp context/tree/one
build -t image
expect_status 0
expect_out 'COPY tree /tree'
expect ONE "$(run image cat /all)"
# Made again: the copy, its RUN, and the copy of that. The last copy sees
# nothing of what was made again below it.
expect 4 "$(count_out CACHED)"

chmod 600 context/other
build -t image
expect 1 "$(count_out DONE)"

# Another tag, label or command makes no step run.
echo 'CMD ["true"]' >> context/Dockerfile
build -t another --label a=b
expect 7 "$(count_out CACHED)"

build --no-cache
expect_status 0
expect 1 "$(count_out CACHED)" # FROM
expect 6 "$(count_out DONE)"

# An owner's name means what the image's accounts say when it is copied.
owned() {
  printf '%s\n' 'FROM base' "RUN echo new:x:$1:7::/:/bin/sh >> /etc/passwd" \
    'COPY --chown=new other /other' | dockerfile
  build -t owned
  expect_status 0
  expect "$1" "$(run owned stat -c %u /other)"
}
owned 1500
owned 1501

# A step on other ground with the same files is the same step.
printf '%s\n' 'FROM base' 'RUN echo same > /same' 'RUN cat /same > /copy' | dockerfile
build -t image
printf '%s\n' 'FROM base' 'RUN echo  same > /same' 'RUN cat /same > /copy' | dockerfile
build -t image
expect 2 "$(count_out CACHED)" # FROM, and the second RUN
expect_out 'CACHED'

# The clock alone makes no new layer, but a time that a step sets does, and what
# stands on it sees the new one.
dockerfile <<'END'
FROM base
ARG WHEN
RUN echo same > /x; touch -d @$WHEN /x
RUN stat -c %Y /x > /seen
END
for when in 1000000000 1500000000 1000000000; do
  build -t times --build-arg WHEN=$when
  expect_status 0
  expect "$when $when" "$(run times sh -c 'echo $(stat -c %Y /x) $(cat /seen)')"
done

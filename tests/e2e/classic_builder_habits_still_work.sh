#!/usr/bin/env bash
# What old Dockerfiles rely on: ADD unpacks archives by content, COPY of a
# directory copies what is in it, and a line's variables are those before it.
# Shows: [D481] [D88] [D332] [D378]
. "$(dirname "$0")/lib.sh"
base
mkdir -p context/dir/inner
echo one > context/dir/one
echo two > context/dir/inner/two
tar -C context/dir -cf context/plain-name one
dockerfile <<'END'
FROM base
ENV abc=hello
ENV abc=bye def=$abc
ADD plain-name /unpacked
COPY dir /d
RUN echo "$abc $def" > /variables
END
build -t habits
expect_status 0
expect 'bye hello' "$(run habits cat /variables)"
expect one "$(run habits cat /unpacked/one)"
expect 'inner one' "$(run habits ls /d | xargs)"
expect two "$(run habits cat /d/inner/two)"

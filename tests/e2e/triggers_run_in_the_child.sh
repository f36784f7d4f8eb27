#!/usr/bin/env bash
# ONBUILD runs in the image built on this one, first and once: grandchildren
# see nothing of it. Errors point to the child's FROM and show the trigger.
. "$(dirname "$0")/lib.sh"
base
dockerfile parent <<'END'
FROM base
ENV FROM_PARENT=yes
ONBUILD ARG NAME=default
ONBUILD COPY file /copied
ONBUILD RUN echo "$NAME $FROM_PARENT" > /triggered
END
build -f parent -t parent
[ "$status" != 0 ] || run parent cat /triggered 2> /dev/null && fail "ran at once"

echo content > context/file
dockerfile <<'END'
FROM parent
RUN cat /copied /triggered > /own
END
build -t child --build-arg NAME=ann
expect_status 0
expect $'content\nann yes' "$(run child cat /own)"
expect null "$(inspect child '.[0].Config.OnBuild')"

dockerfile <<< 'FROM child'
rm context/file
build -t grandchild
expect_status 0

dockerfile <<'END'
ARG X
FROM parent
END
build
[ "$status" != 0 ] || fail "copied a file that is gone"
expect_out 'Dockerfile:2:'
expect_out 'COPY file /copied'

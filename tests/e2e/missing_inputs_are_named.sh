#!/usr/bin/env bash
# What a build needs and does not find is named, with what would help.
. "$(dirname "$0")/lib.sh"
build
expect_status 1
expect_out "there is no Dockerfile in $work/context"
expect_out '-f'

strake build nowhere
expect_status 1
expect_out 'build context "nowhere" is not there'

build -f gone.docker
expect_status 1
expect_out 'gone.docker'

base
touch context/notes.txt context/hidden.txt
echo 'hid*' > context/.dockerignore
dockerfile <<'END'
FROM base
COPY note.txt /
END
build
[ "$status" != 0 ] || fail "copied what is not there"
expect_out 'Dockerfile:2:'
expect_out '"note.txt"'
expect_out "$work/context"
expect_out 'did you mean "notes.txt"?'
expect_out '   2 | COPY note.txt /'

dockerfile <<'END'
FROM base
COPY hidden.txt /
END
build
[ "$status" != 0 ] || fail "copied what is ignored"
expect_out '"hidden.txt"'
expect_out '.dockerignore'
expect_out 'line 1'

# A link is followed inside the context, where its target is not.
ln -s /far context/away
dockerfile <<'END'
FROM base AS start
RUN ln -s /far /away
FROM base
RUN --mount=target=/x,source=away ls /x
END
build
[ "$status" != 0 ] || fail "mounted what is not there"
expect_out 'mount source "away" leads to "far", which is not in'
expect_no_out 'did you mean'
sed -i s/source=away/from=start,source=away/ context/Dockerfile
build
[ "$status" != 0 ] || fail "mounted what is not there"
expect_out 'mount source "away" leads to "far", which is not in "start"'

dockerfile <<< 'FROM busybax:1'
build
[ "$status" != 0 ] || fail "built on nothing"
expect_out 'Dockerfile:1:6: '
expect_out '"busybax:1"'

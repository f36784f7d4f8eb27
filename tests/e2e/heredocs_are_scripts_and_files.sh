#!/usr/bin/env bash
# RUN <<EOF is a script for the shell, or for its #! line; COPY <<EOF writes
# files, with variables unless the name is quoted.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV NAME=ann
RUN <<EOF
greeting="hello $NAME"
# a comment of the shell
if true; then
  echo "$greeting" > /shell
fi
EOF
RUN <<EOF
#!/bin/awk -f
BEGIN { print "awk", 6 * 7 > "/awk" }
EOF
RUN cat <<ONE > /first && cat <<'TWO' > /second
one $NAME
ONE
two $NAME
TWO
RUN <<-TABS
	echo tabs > /tabs
	TABS
COPY --chmod=640 --chown=1000:50 <<expanded <<'literal' /files/
name=${NAME:-nobody}, "quoted" \$NAME
expanded
name=$NAME
literal
COPY <<EOF /single
one line
EOF
END
build -t heredocs
expect_status 0
show() { run heredocs cat "$@"; }
expect 'hello ann' "$(show /shell)"
expect 'awk 42' "$(show /awk)"
expect 'one ann' "$(show /first)"
expect 'two $NAME' "$(show /second)"
expect tabs "$(show /tabs)"
expect 'name=ann, "quoted" $NAME' "$(show /files/expanded)"
expect 'name=$NAME' "$(show /files/literal)"
expect 'one line' "$(show /single)"
expect '640 1000:50' "$(run heredocs stat -c '%a %u:%g' /files/literal)"
expect '644 0:0' "$(run heredocs stat -c '%a %u:%g' /single)"

dockerfile <<'END'
FROM base
RUN <<EOF
echo first
exit 3
EOF
END
build
expect_status 4
expect_out 'Dockerfile:2:1: RUN failed with exit code 3'

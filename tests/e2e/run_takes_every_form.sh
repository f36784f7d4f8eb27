#!/usr/bin/env bash
# RUN's forms: text for the shell, words without one, heredocs for either; each
# reaches its program as it was written.
# Shows: [D77] [D79] [D80] [D81] [D82] [D250] [D251] [D252] [D253]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV NAME=ann
RUN printf '%s|' "a  b" 'c\d' \$HOME "$NAME" e\
f   g > /text
RUN ["sh", "-c", "printf '%s|' \"$@\" > /words", "sh", "$NAME", "a  b", "*", "|", "é"]
RUN
RUN <<'EOF'
echo "quoted $NAME" > /quoted
false
echo "after a failure" >> /quoted
EOF
RUN <<-EOF
	#!/bin/sh -e
	echo "tabs $0 $(stat -c %a "$0")" > /tabs
	if ! echo x 2> /dev/null > "$0"; then echo read-only >> /tabs; fi
	EOF
RUN awk '{ print "awk", $1 }' <<EOF > /redirected
$NAME
EOF
RUN <<A cat - <<B > /two
first
A
second
B
SHELL ["/bin/sed", "-n", "p"]
RUN /words
END
build -t forms
expect_status 0
show() { run forms cat "$1"; }
expect 'a  b|c\d|$HOME|ann|ef|g|' "$(show /text)"
expect '$NAME|a  b|*|||é|' "$(show /words)"
expect $'quoted ann\nafter a failure' "$(show /quoted)"
expect $'tabs /dev/pipes/EOF 755\nread-only' "$(show /tabs)"
expect 'awk ann' "$(show /redirected)"
expect second "$(show /two)"
expect '' "$(run forms ls -A /dev/pipes 2> /dev/null)"

# Whatever the shell is, a heredoc that only a shell can read is its affair.
dockerfile <<'END'
FROM base
SHELL ["/bin/echo", "got:"]
RUN cat <<EOF
body
EOF
END
build
expect_status 0
expect_out 'got: cat <<EOF'
expect_out 'body'

printf 'FROM base\nRUN []\n' | dockerfile
build
expect_status 3
expect_out 'Dockerfile:2'

# The status of a heredoc is its last command's.
dockerfile <<'END'
FROM base
RUN <<EOF
true
false
EOF
END
build
expect_status 4

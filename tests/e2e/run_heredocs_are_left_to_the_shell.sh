#!/usr/bin/env bash
# Nothing in a RUN heredoc is expanded before the shell sees it, quoted or not;
# the step's status is the script's; another SHELL gets the same text.
# Shows: [D77] [D81] [D82]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV NAME=outer
RUN <<EOF
NAME=inner
echo "$NAME \$NAME" > /sole
EOF
RUN <<'EOF'
echo "$NAME" > /quoted
EOF
RUN <<EOF
false
echo "went on" > /status
EOF
SHELL ["/bin/awk"]
RUN <<EOF
BEGIN { print "by awk" > "/other" }
EOF
SHELL ["/bin/sh", "-c", "printf '%s' \"$0\" > /text"]
RUN cat <<EOF > /never
$NAME
EOF
END
build -t shells
expect_status 0
expect 'inner $NAME' "$(run --entrypoint cat shells /sole)"
expect outer "$(run --entrypoint cat shells /quoted)"
expect 'went on' "$(run --entrypoint cat shells /status)"
expect 'by awk' "$(run --entrypoint cat shells /other)"
expect $'cat <<EOF > /never\n$NAME\nEOF' "$(run --entrypoint cat shells /text)"

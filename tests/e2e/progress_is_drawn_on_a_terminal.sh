#!/usr/bin/env bash
# On a terminal a build shows what runs with its last lines, what is over as one
# line each, cached steps as a number, and at its end what it made.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/terminal.sh"
base
dockerfile <<'END'
FROM base AS slow
RUN --mount=type=cache,id=gate,target=/g \
    echo "a line"; printf '10%%\r\033[31m20%%\033[2J'; \
    until test -e /g/open; do sleep 0.05; done; echo > /slow
FROM base
RUN echo quick > /quick
COPY --from=slow /slow /
END
terminal 66 14
type_in 'strake build --network none -t shown context > id'
wait_for on_screen '20%'
wait_for on_screen '✓'
look
expect_out '  1 step cached'
expect_out '[stage-1 1/2] RUN echo quick > /quick'
expect_out '[slow 2/2] RUN --mount=type=cache,id=gate,target='
expect_out '         a line'
expect_no_out '10%'
expect_no_out '2J'
longest=$(LC_ALL=C.UTF-8 wc -L <<< "$out")
[ "$longest" -lt 66 ] || fail "a line is $longest wide"
if has_cursor; then fail "the cursor is shown"; fi

open_gate
wait_for on_screen 'in '
look
expect_out '  3 of 4 steps run, 1 cached'
expect_out "built shown  $(cut -c1-19 id)"
expect_out ' RUN --mount=type=cache'
expect_no_out 'a line'
wait_for has_cursor
grep -qxE 'sha256:[0-9a-f]{64}' id || fail "the image ID is not alone: $(< id)"

# Where all is cached there are two lines, and no escape sequence but colours.
type_in 'clear; strake build -t shown context 2> progress > id2; cat progress'
wait_for cmp id id2
export NO_COLOR=1
try script -qec "$STRAKE build -t shown --network none context" /dev/null
expect_status 0
expect_out 'all 4 steps cached'
expect 3 "$(grep -c . <<< "$out")"
! grep -q $'\033' <<< "$out" || fail "escape sequences"

# --progress tty asks for it where there is no terminal, auto does not.
build --progress tty
expect_out 'all 4 steps cached'
build
expect_out '#1 CACHED'
expect_no_out 'steps cached'
export TERM=dumb
try script -qec "$STRAKE build -t shown context" /dev/null
expect_out '#1 CACHED'

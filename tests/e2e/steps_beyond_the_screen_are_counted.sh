#!/usr/bin/env bash
# More steps run than the terminal has rows: the others are a number, and of
# what was redrawn nothing is left in the history.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/terminal.sh"
base
{
  for i in 1 2 3 4 5 6 7 8; do
    echo "FROM base AS s$i"
    echo "RUN --mount=type=cache,id=gate,target=/g until test -e /g/open;" \
      "do sleep 0.05; done; echo $i > /$i"
  done
  echo FROM base
  for i in 1 2 3 4 5 6 7 8; do echo "COPY --from=s$i /$i /"; done
} | dockerfile
terminal 50 7
type_in 'strake build --network none -t m context'
wait_for on_screen '+4 more'
expect 4 "$(screen | grep -c '^> ')"
open_gate
wait_for on_screen 'built m'
wait_for has_cursor
out=$(tmux capture-pane -p -S -)
expect 16 "$(count_out '✓')"
expect 1 "$(count_out '1 step cached')"
expect_no_out '> '
expect_no_out ' more'

# shellcheck shell=bash
# A terminal to run strake in: tmux, in $work; sourced behind lib.sh.
#
#   terminal 80 24
#   type_in 'strake build -t x context'
#   wait_for on_screen 'built x'
# "strake" there is the program under test.
tmux() { command tmux -u -S "$work/tmux" -f /dev/null "$@"; }

# A new terminal of this many columns and rows, with nothing on its screen.
terminal() {
  mkdir -p bin
  ln -sf "$STRAKE" bin/strake
  command tmux -u -D -S "$work/tmux" -f /dev/null &
  tmux_pid=$!
  trap 'close_terminal; clean_up' EXIT
  wait_for test -S "$work/tmux"
  wait_for tmux new-session -d -x "$1" -y "$2" \
    "env PATH=$work/bin:$PATH STRAKE_ROOT=$STRAKE_ROOT PS1='% ' LC_ALL=C.UTF-8 \
     NO_COLOR=${NO_COLOR:-} bash --norc --noprofile"
  wait_for on_screen '%'
}
close_terminal() {
  local code=$?
  tmux kill-server && wait "$tmux_pid"
  return "$code"
}
type_in() { tmux send-keys -l "$1" && tmux send-keys Enter; }
screen() { tmux capture-pane -p; }
on_screen() { screen | grep -qF -- "$1"; }
not_on_screen() { ! on_screen "$1"; }
has_cursor() { [ "$(tmux display-message -p '#{cursor_flag}')" = 1 ]; }
# What is on the screen becomes $out, to be asked with expect_out.
look() { out=$(screen | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'); }
# "RUN --mount=type=cache,id=gate,target=/g until test -e /g/open; ..." waits
# for this.
gate() { echo "$STRAKE_ROOT/cachemounts/$(printf gate | sha256sum | cut -c1-64)"; }
open_gate() { wait_for touch "$(gate)/open"; } # a step makes the directory
close_gate() { rm -f "$(gate)/open"; }

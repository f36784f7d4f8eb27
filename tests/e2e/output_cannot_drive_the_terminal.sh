#!/usr/bin/env bash
# Nothing that a step prints, a Dockerfile says or a file is called reaches the
# terminal as an escape sequence; the log keeps the bytes as they came.
. "$(dirname "$0")/lib.sh"
base
{
  echo 'FROM base'
  printf 'RUN printf "%%b" "before\\\\033[2J\\\\033]0;owned\\\\007after\\\\n"; : \033[31mtitle\033[0m\n'
  echo 'RUN printf "10%%\r50%%\rall done\n"; printf "\033]52;c;aGk=\033\\\\bad\n\302\2332Jend\n"; exit 3'
} | dockerfile
build --progress plain
expect_status 4
expect_out ' beforeafter'
expect_out ': title'
expect_out ' all done'
expect_out '  bad' # in the error's last lines too
found=$(tr -d '\n\t\040-\176' <<< "$out" | od -An -c)
[ -z "$found" ] || fail "control characters: $found"
grep -rq $'\033]0;owned' "$STRAKE_ROOT/logs" || fail "the log was changed"

# Nor can an image's history, which whoever made the image wrote.
tar -cf empty.tar -T /dev/null
strake import -m $'evil \e]0;title\a comment' empty.tar written
strake history written
expect_status 0
expect_out 'evil  comment'
[[ $out != *$'\e'* ]] || fail "an escape sequence got through"

# Nor what --format picks, on a terminal; a pipe gets the bytes as they are.
on_terminal() { # what a terminal is sent
  out=$(python3 -c 'import pty, sys
sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$STRAKE" "$@")
  status=$?
}
printf 'FROM base\nRUN : "\e]0;title\a" > /x\n' | dockerfile
build
expect_status 0
for asked in 'history --format {{.Comment}} written' \
  'cache ls --format {{.Description}}' \
  'cache ls --format json'; do
  # shellcheck disable=SC2086
  on_terminal $asked
  expect_status 0
  [ -n "$out" ] || fail "nothing was printed"
  [[ $out != *$'\e'* ]] || fail "an escape sequence got through: $asked"
done
strake cache ls --format '{{.Description}}'
expect_out $'\e]0;title\a'

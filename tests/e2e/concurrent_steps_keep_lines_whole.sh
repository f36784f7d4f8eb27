#!/usr/bin/env bash
# Steps that print at the same time, their lines in pieces, share the output
# line by line, and none is lost.
. "$(dirname "$0")/lib.sh"
base
pieces() { # LETTER: 500 lines of forty, each in two writes
  echo "RUN --network=none i=0; while [ \$i -lt 500 ]; do" \
    "printf $(printf "$1%.0s" {1..20}); printf '$(printf "$1%.0s" {1..20})\\n';" \
    "i=\$((i+1)); done; printf last-$1"
}
{
  for letter in a b c; do
    echo "FROM base AS $letter"
    pieces $letter
  done
  echo 'FROM base'
  for letter in a b c; do echo "COPY --from=$letter /etc/passwd /$letter"; done
} | dockerfile
build --progress plain
expect_status 0
for letter in a b c; do
  expect 500 "$(grep -cxE "#[0-9]+ [0-9]+\\.[0-9]{2} $letter{40}" <<< "$out")"
  expect 1 "$(grep -cxE "#[0-9]+ [0-9]+\\.[0-9]{2} last-$letter" <<< "$out")"
done
# Nothing else but what belongs there: no line is mixed from two.
expect "" "$(grep -vE '^(#[0-9]+ (\[|because |DONE|CACHED|[0-9.]+ (a+|b+|c+|last-.)$)|sha256:)' <<< "$out")"

#!/usr/bin/env bash
# --offline asks no server: ADD, and build contexts of all kinds, take what
# their address gave last, and what was never there is named.
# Shows: [D385] [D402] [D415] [D419]
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/git.sh"
. "$checkout/tests/e2e/http.sh"
base
http_server
git_server
repository app
mkdir app/docs
echo doc > app/docs/page
printf 'FROM base\nCOPY docs/page /page\n' > app/Dockerfile
commit app first
echo one > files/one
tar -cf files/context.tar -C app docs Dockerfile

dockerfile <<END
FROM base
ADD $http/full/one /one
ADD $git/app.git#main /tree
COPY --from=named docs/page /named
RUN cat /proc/sys/kernel/random/uuid > /random
END
named=named=$git/app.git
offline() { strake build --offline "$@"; }
missing() {
  offline "${@:2}"
  expect_status 1
  expect_out "$1: it is not in the store yet, and --offline asks no server"
  expect_out 'hint: build once without --offline'
}

# Nothing was ever got.
missing "build context $git/app.git" "$git/app.git"
missing "build context $http/full/context.tar" "$http/full/context.tar"
printf 'FROM scratch\nADD %s/full/one /\n' "$http" | dockerfile one
missing "one:2:5: cannot fetch $http/full/one" -f one context
printf 'FROM scratch\nADD %s/app.git#main /\n' "$git" | dockerfile two
missing "two:2:5: cannot check out $git/app.git" -f two context
expect "" "$(cat http.log git.log 2> /dev/null)"

strake build -t image --build-context "$named" context
expect_status 0
strake build -t tree "$git/app.git"
strake build -t packed "$http/full/context.tar"
expect_status 0
commits=$(fetches)
strake build "$git/app.git"
expect 0 "$(count_out DONE)"
expect "$commits" "$(fetches)" # a commit that is known is not got again
asked > /dev/null
strake build "$http/full/context.tar"
expect "GET /full/context.tar 304" "$(asked | cut -d ' ' -f 1-3)"

# Now all of them give something else.
echo two > files/one
echo new > app/docs/page
commit app second
tar -cf files/context.tar -C app docs Dockerfile
: > http.log
: > git.log
same() {
  local id
  id=$(inspect "$1" '.[0].Id' | tr -d '"')
  try strace -f -qq -e trace=socket,connect,execve -o calls "$STRAKE" build \
    --offline "${@:2}"
  expect_status 0
  expect 0 "$(count_out DONE)"
  expect "$id" "$(tail -1 <<< "$out")"
  out=$(grep -E 'socket\(|connect\(|"git"' calls) && fail "it asked somebody"
}
same image --build-context "$named" context
same tree "$git/app.git"
same packed "$http/full/context.tar"
expect "" "$(cat http.log git.log)"

# --no-cache makes steps anew of what is there.
random=$(run image cat /random)
offline -t again --no-cache --build-context "$named" context
expect_status 0
expect 'one doc doc' \
  "$(run again cat /one /tree/docs/page /named | xargs)"
[ "$random" != "$(run again cat /random)" ] || fail "RUN was not made anew"

# What the servers say later counts from then on.
strake build -t image --build-context "$named" context
expect 'two new new' "$(run image cat /one /tree/docs/page /named | xargs)"
same image --build-context "$named" context
strake build -t tree "$git/app.git"
expect new "$(run tree cat /page)"
same tree "$git/app.git"
strake build --offline --pull context
expect_status 2
expect_out 'and --offline asks nobody'
expect_no_traces

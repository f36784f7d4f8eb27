#!/usr/bin/env bash
# A base that is known is not asked for again but with --pull, whose answer later
# builds keep. A tag that is given here afterwards counts more. A registry that
# is gone is no trouble while the base is known, and named where it is not.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
registry
base=$registry/base:1
# What $base is from now on, there.
publish() {
  printf 'FROM scratch\nLABEL is=%s\nCOPY file /\n' "$1" | dockerfile other
  echo "$1" > context/file
  "$STRAKE" --root maker build -q --push -t "${2:-$base}" \
    --platform "${3:-linux/amd64}" -f other context > /dev/null ||
    fail "publishing $1"
}
built_on() {
  build -q -t image "${@:2}"
  expect_status 0
  expect "\"$1\"" "$(inspect image '.[0].Config.Labels.is')"
}

publish first
printf 'FROM %s\nLABEL mine=1\n' "$base" | dockerfile
built_on first
publish second
built_on first
built_on first --pull=missing
built_on second --pull
built_on second
publish third
built_on third --pull=always
built_on third --offline
built_on third --pull=never

# What is given here counts more, whichever way.
tar -cC context file | "$STRAKE" import - plain > /dev/null
for name in tagged built loaded; do
  printf 'FROM plain\nLABEL is=%s\n' "$name" | dockerfile other
  "$STRAKE" build -q -f other -t "$name" context > /dev/null
done
"$STRAKE" tag tagged "$base"
built_on tagged
built_on third --pull
built_on third
printf 'FROM plain\nLABEL is=built\n' | dockerfile other
"$STRAKE" build -q -f other -t "$base" context > /dev/null
built_on built
built_on third --pull
"$STRAKE" build -q -f other -t "$base" context > /dev/null # nothing new
built_on built
"$STRAKE" tag loaded "$base"
"$STRAKE" save -o saved.tar "$base"
built_on third --pull
"$STRAKE" load -q -i saved.tar > /dev/null
built_on loaded
publish fourth
"$STRAKE" pull -q "$base" > /dev/null
built_on fourth

# The platform that is asked for, not the one that is here.
publish arm "$registry/one:1" linux/arm64
"$STRAKE" pull -q --platform linux/arm64 "$registry/one:1" > /dev/null
publish amd "$registry/one:1"
printf 'FROM %s/one:1\nLABEL mine=1\n' "$registry" | dockerfile
built_on amd
built_on arm --platform linux/arm64

# A name that is nowhere, and the nearest one that is somewhere.
publish bookworm "$registry/base:bookworm"
printf 'FROM %s/base:bokworm\n' "$registry" | dockerfile
build
expect_status 1
expect_out "Dockerfile:1:6"
expect_out "$registry/base:bokworm"
expect_out "404"
expect_out "did you mean $registry/base:bookworm?"
strake pull "$registry/base:bokworm"
expect_status 1
expect_out "did you mean $registry/base:bookworm?"
strake pull "$registry/one"
expect_status 1
expect_out "404"
expect_out "its tags are: 1"

# A short name of the user's own.
printf '[aliases]\nshort = "%s"\n' "$registry/base" >> "$CONTAINERS_REGISTRIES_CONF"
printf 'FROM short:1\nLABEL mine=1\n' | dockerfile
built_on fourth

# What a digest means never changes.
digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$base")
printf 'FROM %s@%s\nLABEL mine=1\n' "${base%:1}" "$digest" | dockerfile pinned
built_on fourth -f pinned

# The registry dies.
kill "$(jobs -p)"
wait
built_on fourth
built_on fourth -f pinned --pull
printf 'FROM %s\nLABEL mine=1\n' "$base" | dockerfile
built_on fourth
build -t image --pull
expect_status 0
expect_out "$base is taken as it was last known"
printf 'FROM %s/base:2\n' "$registry" | dockerfile
build
expect_status 5
expect_out "Dockerfile:1:6"
expect_out "$registry"
expect_out "^~~"
build --offline
expect_failure
expect_out "Dockerfile:1:6"
"$STRAKE" image prune -f > /dev/null
strake system check
expect_status 0
expect_no_traces

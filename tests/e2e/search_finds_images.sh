#!/usr/bin/env bash
# A search finds what a registry has: by its index, as docker.io's, or in the
# list of all it holds. What is found can be pulled by the name that is shown.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export HOME=$work/home CONTAINERS_REGISTRIES_CONF=$work/registries.conf
mkdir home
: > registries.conf
echo 'FROM scratch' | dockerfile
fill() {
  local name
  for name in "$@"; do
    build --push -q -t "$registry/$name"
    expect_status 0
  done
}

oci_registry index
index=$registry
fill library/web team/web-app:1 team/web-app:2 team/shell
strake search "$index/web"
expect_status 0
expect "$(printf '%s\n' \
  "NAME DESCRIPTION STARS OFFICIAL" \
  "$index/web What library/web is about, in more words tha… 1 [OK]" \
  "$index/team/web-app What team/web-app is about, in more words th… 2 ")" \
  "$(tr -s ' ' <<< "$out")"
strake search --no-trunc --format '{{.Name}}: {{.Description}}' "$index/shell"
expect "$index/team/shell: What team/shell is about, in more words than a table has room for" "$out"
strake search --filter stars=2 --format '{{.Name}} {{.StarCount}}' "$index/web"
expect "$index/team/web-app 2" "$out"
strake search -f is-official=true --format json "$index/web"
expect '["web","true","1"]' \
  "$(jq -c --arg r "$index/" '[(.Name | ltrimstr($r)), .IsOfficial, .StarCount]' <<< "$out")"
strake search --limit 1 --format '{{.Name}}' "$index/web"
expect "$index/web" "$out"

# Debian's registry has a list alone.
registry
fill web team/web-app
strake search --format '{{.Name}}' "$registry/web"
expect_status 0
expect "$(printf '%s\n' "$registry/team/web-app" "$registry/web")" "$out"
strake search --format '{{.Name}}' "$registry/"
expect 2 "$(wc -l <<< "$out")"
strake pull -q "$registry/web"
expect_status 0

# Where the name says none, those of registries.conf are searched.
echo "unqualified-search-registries = [\"127.0.0.1:1\", \"$index\"]" > registries.conf
strake search --format '{{.Name}}' shell
expect_status 0
expect_out "$index/team/shell"
expect_out 'warning: 127.0.0.1:1: '
printf '[[registry]]\nlocation = "%s"\nblocked = true\n' "$index" > registries.conf
strake search "$index/web"
expect_status 6
expect_out "$index must not be searched: "

# What is wrong is said before anybody is asked.
for words in '--limit 0 web' '--limit 101 web' '--limit x web' '-f stars=many web' \
  '-f oficial=true web' 'https://quay.io/web' 'docker.io/'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake search $words
  expect_status 2
done
oci_registry no-catalog
strake search "$registry/web"
expect_status 1
expect_out "$registry can neither be searched nor does it list what it has"

# shellcheck shell=bash
# A build, and what must become of it whatever is given to it for a cache;
# sourced after lib.sh and registry.sh.
#
#   hostile KIND TEXT   # one of hostile_cache.py: it costs a warning with TEXT
#   refused NAME TEXT   # the cache that is at $registry/NAME
base
"$STRAKE" save -o "$work/base.tar" base > /dev/null || fail "save"
oci_registry trusting
mkdir context/src
seq 2000 > context/src/numbers
dockerfile <<'END'
FROM base AS build
COPY src /src
RUN sort -rn /src/numbers > /sorted
FROM base
WORKDIR /data
COPY --from=build --chown=ann /sorted /data/sorted
RUN head -n 3 /data/sorted > /top && chmod 640 /top
END
build -t plain --cache-to type=registry,ref="$registry/honest",mode=max
expect_status 0

# What is in an image, less the times.
content() {
  "$STRAKE" export "$1" > image.tar || fail "$kind: export"
  tar -tvf image.tar --full-time --numeric-owner |
    sed 's/ [0-9]\{4\}-[0-9-]* [0-9:.]* */ /' | sort
  tar -xOf image.tar data/sorted top | md5sum
}
content plain > wanted
[ "$(wc -l < wanted)" -gt 10 ] || fail "nothing to compare"
# A store with the base and nothing else, copied for each kind.
STRAKE_ROOT=$work/template "$STRAKE" load -i base.tar > /dev/null || fail load
export STRAKE_ROOT=$work/round

# Builds on an empty store what is built without a cache. The rest are flags.
build_anew() {
  rm -rf round
  cp -a template round
  # What a cache may take is bounded (its largest index), whatever it unpacks to.
  try timeout 60 python3 -c 'import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
with open("peak", "w") as peak:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=peak)
sys.exit(status)' "$STRAKE" build -t again "$@" context
  expect_status 0
  [ "$(cat peak)" -lt 700000 ] || fail "$kind: took $(cat peak) kB"
  content again > got || fail "$kind: content"
  cmp -s wanted got || fail "$kind: $(diff wanted got)"
}
# $1: a cache, $2: what is said of it. It is written as well.
refused() {
  kind=$1
  local cache=type=registry,ref=$registry/$1
  build_anew --cache-from "$cache" --cache-to "$cache,mode=max"
  expect_out "warning: the cache $registry/$1:latest is not used: "
  expect_out "$2"
  expect 1 "$(count_out ' is not used: ')"
  expect 5 "$(count_out 'because it was not built here before')"
  strake system check
  expect_status 0
  expect_no_file /tmp/strake-escaped
  expect_no_traces
}
# One that is changed on its way. What a build has found to be wrong it makes
# good; what is another's, another version's or no document stays what it is.
hostile() {
  [[ " ${KINDS:-$1} " == *" $1 "* ]] || return 0
  python3 "$checkout/tests/e2e/hostile_cache.py" "$registry" honest "$1" "$1" ||
    fail "making $1"
  local before
  before=$(manifest "$1")
  refused "$@"
  case $1 in
    manifest_is_[!e]* | keys_are_empty)
      expect "$before" "$(manifest "$1")"
      ;;
    *)
      build_anew --cache-from "type=registry,ref=$registry/$1"
      expect_out 'cache: 5 of 5 steps'
      expect_no_out 'warning: '
      ;;
  esac
}
manifest() {
  curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://$registry/v2/$1/manifests/latest" | md5sum
}

#!/usr/bin/env bash
# "# strake: ttl=24h" above a step: a result that is older counts as missing.
# Shows: [D485] [D486] [D487] [D488] [D489]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
# The list changes every day.
# strake: ttl=24h
RUN echo list > /list
RUN cat /list > /copy
END
build
expect_status 0
build
expect_no_out because
id=$(tail -1 <<< "$out")
shift_time() {
  sqlite3 "$STRAKE_ROOT/strake.db" \
    "UPDATE cache_records SET recorded = recorded - $1"
}
shift_time 86000
build
expect_no_out because
shift_time 7600
build
expect_status 0
expect_out '#2 because its ttl of 24h has passed (made 26h ago)'
# The same files: the old layer stays, so what follows is cached, and the time
# starts anew.
expect_out '#3 CACHED (26 hours ago)'
expect "$id" "$(tail -1 <<< "$out")"
build
expect_no_out because
# The ttl is no part of the key.
sed -i 's/ttl=24h/ttl=1h30m/' context/Dockerfile
build
expect_no_out because
shift_time 5465 # so that slow builds stay below 92 minutes
build
expect_out '#2 because its ttl of 1h30m has passed (made 91m ago)'

sed -i 's/ttl=1h30m/ttl=soon/' context/Dockerfile
build
expect_status 3
expect_out 'Dockerfile:3:15: "soon" is no time to live'
expect_out '  |               ^~~~'
sed -i 's/ttl=soon/tll=1d/' context/Dockerfile
build
expect_status 0
expect_out 'Dockerfile:3: the comment asks strake for "tll"'
expect_out 'did you mean "ttl"?'
printf 'FROM base\n# strake: ttl=1d\nENV A=1\n' > context/Dockerfile
build
expect_status 0
expect_out 'a ttl means nothing above ENV'
printf '# strake: ttl=1d\nFROM base\nRUN true\n' > context/Dockerfile
build
expect_status 0
expect_out 'Dockerfile:1: a ttl means nothing above FROM'

# A result in another cache ages as well.
printf 'FROM base\n# strake: ttl=24h\nRUN echo list > /list\n' > context/Dockerfile
build
shift_time 100000
try "$STRAKE" cache export elsewhere
expect_status 0
try "$STRAKE" builder prune --all --force
build --cache-from type=local,src=elsewhere
expect_out "because its ttl of 24h has passed (made 27h ago, in elsewhere)"

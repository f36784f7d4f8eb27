#!/usr/bin/env bash
# --no-cache-filter makes the steps of its stages anew and no others; what they
# gave is recorded, so that the next build hits.
# Shows: [D438] [D439] [D440]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base AS one
RUN cat /proc/sys/kernel/random/uuid > /one
FROM base AS two
RUN cat /proc/sys/kernel/random/uuid > /two
RUN cat /two > /again
FROM base
COPY --from=one /one /
COPY --from=two /two /again /
END
build -t first
expect_status 0
build -t second
cached=$(count_out CACHED)
expect 0 "$(count_out DONE)"
expect "$(inspect first '.[0].Id')" "$(inspect second '.[0].Id')"

build -t third --no-cache-filter TWO
expect_status 0
expect "$(run first cat /one)" "$(run third cat /one)"
[ "$(run first cat /two)" != "$(run third cat /two)" ] || fail "two was kept"
expect "$(run third cat /two)" "$(run third cat /again)"
expect 3 "$(count_out DONE)" # two RUNs, and the COPY of what they made

build -t fourth
expect "$cached" "$(count_out CACHED)"
expect "$(inspect third '.[0].Id')" "$(inspect fourth '.[0].Id')"

build -t fifth --no-cache-filter one,two
[ "$(run third cat /one)" != "$(run fifth cat /one)" ] || fail "one was kept"
build --no-cache-filter tow
expect_out 'did you mean "two"?'

#!/usr/bin/env bash
# Extended attributes are copied, and are part of what the cache compares.
# Needs: root, because umoci unpacks with owners.
. "$(dirname "$0")/lib.sh"
base
echo data > context/file
setfattr -n user.colour -v blue context/file
dockerfile <<'END'
FROM base AS first
COPY file /file
FROM base
COPY --from=first /file /second
END
build --target first -t first
expect_status 0
build -t second -o type=oci,dest=layout,tar=false
expect_status 0
umoci unpack --image layout:latest bundle > /dev/null 2>&1 || fail "umoci"
colour() { getfattr --only-values -n user.colour "$1" 2> /dev/null; }
expect blue "$(colour bundle/rootfs/second)"

setfattr -n user.colour -v red context/file
build --target first
expect_out 'COPY file'
expect 1 "$(count_out DONE)"

#!/usr/bin/env bash
# When whoever read our progress has gone (`strake build . | head`), the build
# goes on or ends, but leaves nothing behind.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done; echo x > /x
END
"$STRAKE" build -t piped context 2>&1 | head -n 1 > /dev/null
expect_no_traces

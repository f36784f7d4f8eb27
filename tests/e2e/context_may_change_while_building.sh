#!/usr/bin/env bash
# A layer is made of what its key says, also when the context changes between
# the two: a save in an editor during a build must not poison the cache.
. "$(dirname "$0")/lib.sh"
base

# Changes the context while the build is in its RUN, then ends that RUN.
hold_then() { # command that changes the context
  (
    wait_for is_running_in_store 'sleep 1111'
    "$@"
    pkill -f '^sleep 1111$'
  ) &
}
grow() { echo 'a much longer text' > context/b; }
dockerfile <<'END'
FROM base
COPY a /a
RUN sleep 1111; true
COPY b /b
END
echo a > context/a
echo b > context/b
hold_then grow
build -t grown
expect_status 0
expect 'a much longer text' "$(run grown cat /b)"
build -t grown
expect 'a much longer text' "$(run grown cat /b)"

dockerfile <<'END'
FROM base
COPY a /a
RUN sleep 1111; echo again
COPY a /b
END
echo old > context/a
change() { echo new > context/a; }
hold_then change
build -t changed
expect_status 0
echo old > context/a
build -t changed
expect_status 0
expect 'old' "$(run changed cat /b)"

# What a RUN was shown has changed under it: used, but not recorded.
dockerfile <<'END'
FROM base
RUN --mount=type=bind,source=a,target=/a sleep 1111; cat /a > /seen
END
hold_then change
build
expect_status 0
expect_out 'not cached'

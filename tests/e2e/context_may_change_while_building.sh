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

# The same with a file that comes, a link that leads elsewhere, a mode; one that
# came and went, as editors make them, is no change.
mkdir -p context/dir/sub
echo one > context/dir/sub/one
ln -s one context/dir/sub/link
come() { echo two > context/dir/sub/two; }
lead() { ln -sfn two context/dir/sub/link; }
lock() { chmod 700 context/dir/sub; }
come_on_top() { echo top > context/top; }
come_and_go() { touch context/dir/sub/.one.swp && rm context/dir/sub/.one.swp; }
listing() {
  printf '%s\n' 'FROM base' \
    "RUN --mount=target=/in$1 sleep 1111; find /in | sort > /seen" | dockerfile
}
poisons() { # command, what has changed
  hold_then "$1"
  build
  expect_status 0
  expect_out "$2 changed while RUN used it; the result is not cached"
}
listing ,source=dir
poisons come dir/sub/two
poisons lead dir/sub/link
poisons lock dir/sub
hold_then come_and_go
build
expect_no_out 'not cached'
build
expect 2 "$(count_out CACHED)"
listing ''
poisons come_on_top top
rm context/top
hold_then true
build -t listed
expect_no_out 'not cached'
expect '' "$(run listed grep top /seen)"

#!/usr/bin/env bash
# A cache mount is writable, kept between builds, shared by id, and never part
# of an image.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ARG ROUND
RUN --mount=type=cache,target=/var/cache/x \
    echo $ROUND >> /var/cache/x/rounds; cp /var/cache/x/rounds /seen
RUN --mount=type=cache,id=/var/cache/x,target=/elsewhere cat /elsewhere/rounds > /by-id
RUN --mount=type=cache,id=owned,target=/o,uid=1000,gid=50,mode=0700 stat -c %u:%g:%a /o > /owner
RUN --mount=type=cache,target=/var/cache/x,ro sh -c 'echo x > /var/cache/x/no' 2> /refused; true
END
build -t cached --build-arg ROUND=1
expect_status 0
expect 1 "$(run cached cat /seen)"
build -t cached --build-arg ROUND=2
expect $'1\n2\n1\n2' "$(run cached cat /seen /by-id)"
expect 1000:50:700 "$(run cached cat /owner)"
expect 1 "$(run cached grep -c 'Read-only' /refused)"
expect '' "$(run cached sh -c 'ls -A /var/cache /elsewhere /o 2> /dev/null')"

# What is in the cache is no input of the step.
build -t cached --build-arg ROUND=2
expect 0 "$(count_out DONE)"

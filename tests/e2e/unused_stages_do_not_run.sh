#!/usr/bin/env bash
# Only what the target reaches is run; --target picks another stage.
# Shows: [D169] [D171] [D475]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base AS broken
RUN exit 1

FROM image-that-nobody-has AS missing
RUN exit 1

FROM base AS wanted
RUN echo wanted > /which

FROM wanted
RUN echo last > /which
END
build -t last
expect_status 0
expect_no_out "exit 1"
expect last "$(run last cat /which)"

build --target wanted -t wanted
expect_status 0
expect wanted "$(run wanted cat /which)"

build --target broken
expect_status 4

build --target wantd
expect_status 3
expect_out 'Dockerfile has no stage "wantd"'
expect_out 'did you mean "wanted"?'

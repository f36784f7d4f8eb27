#!/usr/bin/env bash
# COPY --from takes a stage by its name, in any case, or by its number; the
# image has only the last stage's files.
. "$(dirname "$0")/lib.sh"
base
echo source > context/main.c
dockerfile <<'END'
FROM base AS builder
COPY main.c /src/
RUN tr a-z A-Z < /src/main.c > /src/program && touch /src/leftover

FROM base
RUN echo second > /second

FROM scratch
COPY --from=Builder /src/program /by-name
COPY --from=0 /src/program /by-number
COPY --from=1 /second /
COPY --from=base /bin/busybox /bin/
CMD ["/bin/busybox", "cat", "/by-name", "/by-number", "/second"]
END
build -t stages
expect_status 0
expect $'SOURCE\nSOURCE\nsecond' "$(run stages)"
expect $'bin\nby-name\nby-number\nsecond' \
  "$(run stages /bin/busybox ls / | grep -vxE 'dev|etc|proc|sys')"

#!/usr/bin/env bash
# ENV, ARG, WORKDIR, USER and SHELL are what later steps run with, and what
# the image's own command runs with.
# Shows: [D129] [D229] [D241]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
ARG TAG=latest
FROM base:$TAG
ARG TAG
ARG WHO=nobody
ENV GREETING="hello $WHO"
WORKDIR /home/ann/work
RUN echo "$TAG,$WHO,$GREETING,$(pwd),$(id -u),$HOME" > /root-step
USER ann
WORKDIR mine
RUN echo "$(pwd),$(id -u):$(id -g),$(id -G),$HOME,$(stat -c %U .)" > /tmp/ann-step
SHELL ["/bin/sh", "-c", "echo \"shell: $0\"; eval \"$0\""]
RUN echo changed > /tmp/shell-step
RUN ["sh", "-c", "echo 'exec $GREETING' > /tmp/exec-step"]
ENTRYPOINT ["cat"]
CMD ["/root-step", "/tmp/ann-step", "/tmp/shell-step", "/tmp/exec-step"]
END
build -t steps --build-arg WHO=world
expect_status 0
expect_out 'shell: echo changed > /tmp/shell-step'
expect 'latest,world,hello world,/home/ann/work,0,/root
/home/ann/work/mine,1000:1000,1000 50,/home/ann,ann
changed
exec $GREETING' "$(run steps)"
expect 'hello world,,' \
  "$(run --entrypoint sh steps -c 'echo "$GREETING,$WHO,$TAG"')"

build --build-arg WHO=world --build-arg WOH=typo
expect_out 'warning: strake/UnusedBuildArg: --build-arg WOH: no ARG declares it'

# A volume's path is written to as any other.
dockerfile <<'END'
FROM base
RUN mkdir /v && echo before > /v/before
VOLUME /v /none
RUN echo after > /v/after && ls / > /list
END
build -t volumes
expect_status 0
expect $'before\nafter' "$(run volumes cat /v/before /v/after)"
expect '' "$(run volumes cat /list | grep -x none)"

dockerfile <<'END'
FROM base
USER nobody-there
RUN true
END
build
[ "$status" != 0 ] || fail "ran as a user who is not there"
expect_out 'nobody-there'

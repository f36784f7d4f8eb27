#!/usr/bin/env bash
# Every instruction that only describes the image is found in its
# configuration, in the form docker writes.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
MAINTAINER Ann <ann@example.org>
ARG VERSION=1
ARG UNSET
ENV COLOUR=blue SHADE="dark $VERSION"
ENV COLOUR=green LEGACY=${UNSET:-none}
LABEL org.example.a=1 "org.example.b"="two words"
WORKDIR /srv
WORKDIR app
USER ann:staff
EXPOSE 80 53/UDP 8000-8001
VOLUME /data /more
VOLUME ["/with space"]
STOPSIGNAL SIGQUIT
SHELL ["/bin/ash", "-ec"]
HEALTHCHECK --interval=1m30s --timeout=3s --retries=2 CMD wget -q localhost
ENTRYPOINT ["/bin/echo", "$COLOUR"]
CMD echo the $COLOUR
ONBUILD RUN echo triggered > /tmp/triggered
END
build -t whole --label org.example.a=over
expect_status 0
config() { expect "$2" "$(inspect whole ".[0].Config.$1")"; }
config Env '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","COLOUR=green","SHADE=dark 1","LEGACY=none"]'
config Labels '{"org.example.a":"over","org.example.b":"two words"}'
config WorkingDir '"/srv/app"'
config User '"ann:staff"'
config ExposedPorts '{"53/udp":{},"80/tcp":{},"8000/tcp":{},"8001/tcp":{}}'
config Volumes '{"/data":{},"/more":{},"/with space":{}}'
config StopSignal '"SIGQUIT"'
config Shell '["/bin/ash","-ec"]'
config Healthcheck '{"Interval":90000000000,"Retries":2,"Test":["CMD-SHELL","wget -q localhost"],"Timeout":3000000000}'
config Entrypoint '["/bin/echo","$COLOUR"]'
config Cmd '["/bin/ash","-ec","echo the $COLOUR"]'
config OnBuild '["RUN echo triggered > /tmp/triggered"]'
expect '"Ann <ann@example.org>"' "$(inspect whole '.[0].Author')"
expect '"linux"' "$(inspect whole '.[0].Os')"

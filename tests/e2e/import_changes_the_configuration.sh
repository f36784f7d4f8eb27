#!/usr/bin/env bash
# import --change applies instructions of a Dockerfile to what is imported.
. "$(dirname "$0")/lib.sh"
mkdir -p root/bin
cp "$(command -v busybox)" root/bin/busybox
tar -C root -c . > root.tar
strake import -c 'ENTRYPOINT ["/bin/busybox"]' --change 'CMD echo $A' \
  -c 'ENV A=one B="two words"' -c 'LABEL a=b' -c 'EXPOSE 80' -c 'USER 5:6' \
  -c 'WORKDIR /work' -c 'VOLUME /data' -c 'STOPSIGNAL SIGINT' \
  -c 'HEALTHCHECK --interval=3s CMD true' -c 'ONBUILD ENV C=d' root.tar made
expect_status 0
expect '["/bin/busybox"]' "$(inspect made '.[0].Config.Entrypoint')"
expect '["/bin/sh","-c","echo $A"]' "$(inspect made '.[0].Config.Cmd')"
expect '"B=two words"' "$(inspect made '.[0].Config.Env[] | select(startswith("B"))')"
expect '{"80/tcp":{}}' "$(inspect made '.[0].Config.ExposedPorts')"
expect '"5:6"' "$(inspect made '.[0].Config.User')"
expect '"/work"' "$(inspect made '.[0].Config.WorkingDir')"
expect '3000000000' "$(inspect made '.[0].Config.Healthcheck.Interval')"
expect '["ENV C=d"]' "$(inspect made '.[0].Config.OnBuild')"
expect '5:6' "$(run made sh -c '/bin/busybox id -u; /bin/busybox id -g' | paste -sd:)"

# What needs a build is refused, with the instruction, before the tar is read.
for change in 'RUN true' 'COPY a b' 'FROM scratch' 'ADD a b' 'ENV' 'CDM ["x"]'; do
  strake import -c "$change" root.tar bad
  expect_status 3
  expect_out "$change"
done
strake inspect bad
expect_status 1

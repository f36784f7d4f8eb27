#!/usr/bin/env bash
# --fail-on-miss[=STAGE]: the build fails before the first step that is not
# cached, says why, and runs nothing.
. "$(dirname "$0")/lib.sh"
base
echo 1 > context/f
dockerfile <<'END'
FROM base AS build
COPY f /f
RUN cat /f > /out
FROM base
RUN echo own
COPY --from=build /out /out
ENV A=1
END
build --fail-on-miss
expect_status 4
expect_out 'would have to run: it was not built here before'
expect_no_out DONE
build
expect_status 0
build --fail-on-miss -t kept
expect_status 0
# What only touches the configuration does not count.
sed -i 's/^ENV A=1/ENV A=2/' context/Dockerfile
build --fail-on-miss
expect_status 0

sed -i 's/own/other/' context/Dockerfile
build --fail-on-miss=build
expect_status 0
expect_out 'because the instruction changed: RUN echo own → RUN echo other'
echo 2 > context/f
build --fail-on-miss=build -t kept
expect_status 4
expect_out 'Dockerfile:2:1: step [build 2/3] would have to run: f changed (content)'
expect_out '  2 | COPY f /f'
expect_out '    | ^~~~'
expect_no_out '#2 DONE'
expect_no_traces
build --fail-on-miss=biuld
expect_status 2
expect_out 'did you mean "build"?'
for name in stage-1 STAGE-1 1; do
  build --fail-on-miss=$name
  expect_status 4
  expect_out 'step [stage-1 '
done
build
build --fail-on-miss --fail-on-miss=build
expect_status 0

# Its value may be left out, and is written behind "=" alone.
strake build --help
expect_out '--fail-on-miss[=TEXT]'

#!/usr/bin/env bash
# One Dockerfile, built by strake itself and by OCI runtimes: the same image,
# the same errors, nothing left behind.
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" save -o base.tar base || fail "saving the base"
echo hello > context/file
printf 'hush' > secret
# Times are not the runtime's affair.
dockerfile <<'END'
FROM base AS made
RUN mkdir /made && echo one > /made/file && touch -d @0 /made/file /made
FROM base
ENV GREETING="a  b"
RUN printf %s "$GREETING" > /greeting && mkdir /out && chown ann /out && \
  touch -d @0 /greeting /out /
RUN --mount=type=secret,id=key,mode=0444 \
    --mount=type=bind,target=/src \
    --mount=type=bind,from=made,source=/made,target=/built/here \
    --mount=type=tmpfs,target=/scratch \
    --mount=type=cache,target=/cache \
  cat /run/secrets/key /src/file /built/here/file > /all && echo x > /scratch/x \
  && echo y > /cache/y && rm /greeting && touch -d @0 /all /
USER ann
WORKDIR /out
RUN id > who && grep ^Cap /proc/self/status >> who && ulimit -n >> who && \
  cat /proc/self/mounts | cut -d' ' -f2 | grep -v ^/dev/ | sort -u >> who && umask >> who && \
  hostname >> who && env | grep -v SHLVL | sort >> who && printf 'o%s\n' k > /dev/stdout && \
  touch -d @0 who .
RUN --network=none ls /sys/class/net > net; touch -d @0 net .
END
for runtime in native runc crun; do
  export STRAKE_ROOT=$work/store/$runtime
  "$STRAKE" load -i base.tar > /dev/null || fail "loading the base"
  SOURCE_DATE_EPOCH=0 build --runtime "$runtime" --ulimit nofile=100 \
    --secret id=key,src=secret -t image
  expect_status 0
  expect_out 'ok'
  expect_no_traces
  layers=$(inspect image '.[0].RootFS.Layers')
  expect "${first:=$layers}" "$layers"
  expect 'hushhello
one' "$(run --runtime "$runtime" image cat /all)"
  # Where the kernel mounts no overlay, it gets the tree that there is.
  expect "x$runtime" "$(STRAKE_STORAGE_DRIVER=copy run --runtime "$runtime" \
    image sh -c "echo x$runtime > /out/new; cat /out/new")"
  # The choice is no part of a step's key.
  strake build --runtime native --ulimit nofile=100 --secret id=key,src=secret context
  expect_status 0
  expect_no_out 'ok'

  run --runtime "$runtime" image sh -c 'exit 7'
  expect 7 $?
  run --runtime "$runtime" image sh -c 'sh -c "kill -9 \$\$"; exit $?' 2> /dev/null
  expect 137 $?
  strake run --runtime "$runtime" image nope
  expect_status 127
  expect_out '"nope": no such command in PATH'
  printf 'FROM base\nRUN ["/nope"]\n' | dockerfile Dockerfile.nope
  build --runtime "$runtime" -f Dockerfile.nope
  expect_status 4
  expect_out '"/nope": no such file, exit code 127'
done

STRAKE_RUNTIME=crun strake run image grep -c . /proc/self/status
expect_status 0
STRAKE_RUNTIME=rnuc strake run image true
expect_status 125
expect_out 'STRAKE_RUNTIME rnuc: no such program in PATH'
expect_out 'this machine has: native, runc, crun'
build --runtime /no/such
expect_status 2
expect_out 'no program there'

# A kill that cannot be caught takes runtime and command along.
printf 'FROM base\nRUN sleep 600 & echo started; sleep 600\n' | dockerfile
for runtime in runc crun; do
  "$STRAKE" build --runtime "$runtime" -t late context > log 2>&1 &
  wait_for grep -q ' started$' log
  is_running_in_store sleep || fail "the step is not to be seen"
  kill -KILL $!
  wait $! 2> /dev/null
  gone() { [ -z "$(processes_of_store)" ]; }
  wait_for gone
  printf 'FROM base\nCOPY file /%s\n' "$runtime" | dockerfile Dockerfile.next
  build -f Dockerfile.next
  expect_status 0
  expect_no_traces
  rm log
done

#!/usr/bin/env bash
# strake run: -e -w -u -v --entrypoint --network, the exit code passed on,
# stdin with -i, and nothing kept.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV COLOUR=blue
USER ann
WORKDIR /home/ann
CMD ["sh", "-c", "echo $COLOUR $(id -un) $(pwd)"]
END
build -t app
expect 'blue ann /home/ann' "$(run app)"
expect 'red root /tmp' "$(run --rm -e COLOUR=red -u 0 -w /tmp app)"
expect mine "$(COLOUR=mine run -e COLOUR app sh -c 'echo $COLOUR')"
expect '7:50' "$(run -u 7:50 app sh -c 'echo $(id -u):$(id -g)')"
expect 'entry point' "$(run --entrypoint echo app entry point)"
expect 'piped in' "$(echo piped in | run -i app cat)"
expect '' "$(echo not asked for | run app cat)"

mkdir volume && echo from-host > volume/file
expect from-host "$(run -v "$work/volume:/mnt" app cat /mnt/file)"
run -u 0 -v "$work/volume:/mnt" app sh -c 'echo written > /mnt/new'
expect written "$(cat volume/new)"
strake run -u 0 -v "$work/volume:/mnt:ro" app sh -c 'echo x > /mnt/no'
expect_out 'Read-only file system'
expect_no_file volume/no

# What strake mounts by itself neither hides a volume nor is hidden by one, and
# nothing of it gets into a directory of the host.
mkdir etc dev && echo kept > etc/mine
expect 'kept localhost' \
  "$(run -u 0 -v "$work/etc:/etc" app sh -c 'echo $(cat /etc/mine) $(grep -o -m1 localhost /etc/hosts | head -n1)')"
expect '' "$(run -u 0 -v "$work/dev:/dev" app ls /dev | grep -v -e pts -e shm -e mqueue)"
expect 'c' "$(run -u 0 -v /dev:/dev app sh -c 'test -c /dev/null && echo c')"

for code in 0 1 42 127; do
  strake run app sh -c "exit $code"
  expect_status "$code"
done
strake run app sh -c 'sh -c "kill -TERM \$\$"; exit $?'
expect_status 143
strake run app no-such-program
[ "$status" != 0 ] || fail "ran what is not there"
expect_out 'no-such-program'
strake run not-there
expect_status 125
expect_out 'not-there'

run -u 0 app touch /gone
strake run app test -e /gone
expect_status 1
expect_no_traces

# An image that sets no PATH gets docker's.
expect /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  "$(run base sh -c 'echo $PATH')"

# Limits of its processes and its shared memory.
expect $'100\n200\n10' "$(run --ulimit nofile=100:200 --shm-size 10m base \
  sh -c 'ulimit -n; ulimit -Hn; df -m /dev/shm | awk "END {print \$2}"')"
expect 2 "$(run base awk '/^Seccomp:/ { print $2 }' /proc/self/status)"

#!/usr/bin/env bash
# Without root RUN reaches the world through pasta, or else slirp4netns, and
# neither lets it to the host's loopback; without both a warning says what to
# install. Their processes end with the build, however that ends.
# Shows: [D301] [D313]
. "$(dirname "$0")/host.sh"
. "$(dirname "$0")/lib.sh"
make_host
make_world
# Elsewhere everybody may open it; here it may be root's alone.
mkdir devices
mount -t tmpfs devices devices
mknod -m 666 devices/tun c 10 200
mount --bind devices/tun /dev/net/tun

# From here on strake is an ordinary user's.
export STRAKE_ROOT=$work/home/store
export program=$STRAKE STRAKE=$work/strake
cat > strake <<'END'
#!/bin/sh
export HOME="$(dirname "$STRAKE_ROOT")"
exec setpriv --reuid 1000 --regid 1000 --clear-groups "$program" "$@"
END
chmod 755 . strake
install -d -o 1000 -g 1000 home
base

dockerfile <<'END'
FROM base
RUN wget -q -O /by-name http://anything.example/
RUN ! nc -w 2 127.0.0.1 8080 < /dev/null && \
    ! nc -w 2 "$(ip route | sed -n 's/default via \([^ ]*\).*/\1/p')" 8080 \
      < /dev/null && ! grep -q strake-abstract /proc/net/unix
RUN wget -q -O /gateway http://gw:8081/
RUN ls /sys/class/net | xargs > /links
END
programs() {
  local process
  for process in /proc/[0-9]*; do
    [ "$process/ns/net" -ef /proc/self/ns/net ] || continue
    grep -lxE 'pas(ta|st).*|slirp4netns' "$process/comm" 2> /dev/null
  done
}
check_network() {
  build -t net --no-cache --add-host gw:host-gateway
  expect_status 0
  expect_no_out 'no network but'
  expect 'you are 198.51.100.1' "$(run --network none net cat /by-name)"
  expect 'eth0 lo' "$(run --network none net cat /links)"
  expect '' "$(programs)"
}
check_network

printf 'FROM base\nRUN echo waiting; sleep 600\n' | dockerfile context/waits
for signal in KILL TERM; do
  rm -f log
  "$STRAKE" build -f context/waits context > log 2>&1 &
  wait_for grep -q ' waiting$' log
  [ -n "$(programs)" ] || fail "no program serves the step"
  kill -"$signal" $!
  wait $! 2> /dev/null
  wait_for eval '[ -z "$(programs)" ]'
done

mount --bind /dev/null "$(command -v pasta)"
check_network
mount --bind /dev/null "$(command -v slirp4netns)"
printf 'FROM base\nRUN ip -o link | wc -l > /links\n' | dockerfile
build -t bare
expect_status 0
expect_out 'apt install passt'
expect_out '--network host'
expect 1 "$(run --network none bare cat /links)"

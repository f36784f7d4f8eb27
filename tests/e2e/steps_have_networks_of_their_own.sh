#!/usr/bin/env bash
# RUN reaches the world by the host's address and not the host's own services;
# names are resolved where only the host reaches a resolver; nothing is left on
# the host, and what a killed build leaves the next one removes.
# Shows: [D301] [D313]
. "$(dirname "$0")/host.sh"
. "$(dirname "$0")/lib.sh"
make_host
base
ruleset() { nft list ruleset | grep strake; }
expect_nothing_left() {
  expect 'lo uplink' "$(ip -o link | sed 's/^[0-9]*: \([a-z0-9]*\).*/\1/' | xargs)"
  expect '' "$(ruleset)"
  expect 0 "$(cat /proc/sys/net/ipv4/ip_forward)"
  expect_no_file "/run/strake/network-$(network_cookie)"
}

# A machine without any way out builds all the same.
printf 'FROM base\nRUN true\n' | dockerfile
build -t alone
expect_status 0

make_world

dockerfile <<'END'
FROM base
RUN wget -q -O /by-address http://198.51.100.2/
RUN wget -q -O /by-name http://anything.example/ && cp /etc/resolv.conf /used
RUN cp /sys/class/net/eth0/mtu /mtu; ip route | head -n 1 > /route
RUN ! nc -w 2 127.0.0.1 8080 < /dev/null && ! nc -w 2 gw 8080 < /dev/null && \
    nc -w 2 gw 8081 < /dev/null && \
    ! grep -q strake-abstract /proc/net/unix
RUN wget -q -O /gateway http://gw:8081/
END
grep -q strake-abstract /proc/net/unix || fail "there is no abstract socket"
# A packet filter as docker leaves it.
nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority filter; policy drop; }'
build -t net --add-host gw:host-gateway
expect_status 0
show() { run --network none net cat "$1"; }
expect 'you are 198.51.100.1' "$(show /by-address)"
expect 'you are 198.51.100.1' "$(show /by-name)"
expect $'search lan\nnameserver 127.0.0.11' "$(show /used)"
expect 1400 "$(show /mtu)"
expect_nothing_left

# run has the same network, and its flags.
expect 'you are 198.51.100.1' "$(run net wget -q -O - http://anything.example/)"
expect $'search a\nnameserver 10.9.9.9\noptions ndots:3' \
  "$(run --dns 10.9.9.9 --dns-search a --dns-option ndots:3 net cat /etc/resolv.conf)"
expect 'you are 127.0.0.1' \
  "$(run --network host net wget -q -O - http://127.0.0.1:8080/)"
expect_nothing_left

# A name server is not hidden by the network of who asks it.
near=$(run net ip route | sed -n 's/default via \(.*\)\.1 .*/\1.77/p')
expect 1 "$(run net ip route get "$near" | grep -vc via)"
expect 1 "$(run --dns "$near" net ip route get "$near" | grep -c via)"

# A step can see its DNS settings: they are part of its key.
printf 'FROM base\nRUN cp /etc/resolv.conf /used\n' | dockerfile
build -t one --dns 10.9.9.9
build -t two --dns 10.9.9.9
expect 2 "$(count_out CACHED)"
build -t three --dns 10.8.8.8
expect 1 "$(count_out CACHED)"
expect 'nameserver 10.8.8.8' "$(run three grep nameserver /used)"
build --dns dns.example
expect_status 2
expect_out 'want an address'

# Killed in the middle of a step, or asked to end.
printf 'FROM base\nRUN echo waiting; sleep 600\n' | dockerfile
for signal in KILL TERM INT HUP; do
  rm -f log
  env --default-signal=INT,HUP "$STRAKE" build context > log 2>&1 &
  pid=$!
  wait_for grep -q ' waiting$' log
  kill -"$signal" "$pid"
  wait "$pid" 2> /dev/null
  if [ "$signal" = KILL ]; then
    [ -n "$(ruleset)" ] || fail "there is nothing to clean up"
    run alone true
  fi
  expect_nothing_left
done

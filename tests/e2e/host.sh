# shellcheck shell=bash
# A host of the test's own: a network with nothing in it but what the test puts
# there. Sourced before lib.sh, in which case the script starts anew inside.
#
#   make_host    a resolver on the loopback, in /etc/resolv.conf, and other
#                services that only the host should reach (network_world.py)
#   make_world   a web server and a name server behind a wire: 198.51.100.2,
#                where the host is 198.51.100.1 on its interface "uplink"
[ -n "${OWN_HOST:-}" ] || OWN_HOST=yes exec unshare --net --mount "$0"

make_host() {
  ip link set lo up
  echo 0 > /proc/sys/net/ipv4/ip_forward
  printf 'nameserver 127.0.0.1\nsearch lan\n' > resolv.conf
  mount --bind resolv.conf /etc/resolv.conf
}

# SO_NETNS_COOKIE, the kernel's number of this network.
network_cookie() {
  python3 -c 'import socket, struct
option = socket.socket().getsockopt(socket.SOL_SOCKET, 71, 8)
print(struct.unpack("Q", option)[0])'
}

make_world() {
  local world=$checkout/tests/e2e/network_world.py outside
  unshare --net bash -c 'until ip link show world > /dev/null 2>&1; do sleep 0.05; done
    ip addr add 198.51.100.2/24 dev world; ip link set world up; ip link set lo up
    exec python3 "$0" 198.51.100.2' "$world" > world.log &
  outside=$!
  is_outside() { ! [ /proc/$outside/ns/net -ef /proc/self/ns/net ]; }
  wait_for is_outside
  ip link add uplink mtu 1400 type veth peer name world netns $outside
  ip addr add 198.51.100.1/24 dev uplink
  ip link set uplink up
  ip route add default via 198.51.100.2
  python3 "$world" loopback > loopback.log &
  wait_for grep -q ready world.log
  wait_for grep -q ready loopback.log
}

#!/usr/bin/env bash
# Machines with networks of their own, and a registry with TLS between them:
# what one has built the other finds cached; its image is the same, and it
# downloads what it must and nothing twice. Of what two write at once, round
# after round, nothing is lost.
. "$(dirname "$0")/host.sh"
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
net=198.51.100
ip link set lo up
ip link add wire type bridge
ip addr add $net.1/24 dev wire
ip link set wire up
registry tls at=$net.1
export SSL_CERT_FILE=$authority program=$STRAKE STRAKE=$work/strake
cat > strake <<'END'
#!/bin/sh
exec nsenter -t "$network" -n "$program" "$@"
END
chmod 755 strake

# A machine with nothing but its address, of which $1 is the end.
new_machine() {
  unshare --net sleep infinity &
  networks[$1]=$!
  wait_for sh -c "! [ /proc/${networks[$1]}/ns/net -ef /proc/self/ns/net ]"
  ip link add "to$1" type veth peer name eth0 netns "${networks[$1]}"
  ip link set "to$1" master wire up
  nsenter -t "${networks[$1]}" -n sh -c "ip addr add $net.$1/24 dev eth0 &&
    ip link set eth0 up && ip link set lo up" || fail "a network"
  machine "$1"
}
# What follows is done by this one.
machine() { export network=${networks[$1]} STRAKE_ROOT=$work/store-$1; }
# The blobs that a machine has asked for, a line for each time.
downloads() {
  grep -F 'http.request.method=GET' registry.1/log |
    grep -F "remoteaddr=\"$net.$1:" |
    grep -oE 'uri="?/v2/[^ "]*/blobs/[^ "?]*' | sed 's|.*/blobs/||' | sort
}
get() {
  curl -sf --cacert "$authority" "$@" \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json'
}
# Of an image or a cache, without the indexes that a cache has of them.
layers() {
  get "https://$registry/v2/team/$1" | jq -r '.layers[] |
    select(.mediaType | contains("image.layer")).digest' | sort
}
digest() {
  get -I "https://$registry/v2/team/$1" | tr -d '\r' |
    sed -n 's/^Docker-Content-Digest: //Ip'
}

new_machine 11
base
{ "$STRAKE" tag base "$registry/team/base:1" &&
  "$STRAKE" push "$registry/team/base:1"; } > log 2>&1 || fail "$(cat log)"
mkdir context/src
seq 5000 > context/src/big
dockerfile <<END
FROM $registry/team/base:1 AS build
COPY src /src
RUN sort -rn /src/big > /made && head -c 300000 /dev/urandom > /noise
FROM $registry/team/base:1
COPY --from=build /made /made
WORKDIR /home/ann/work
RUN head -n 1 /made > /tmp/top && head -c 1000 /dev/urandom > /unlike
END
cache=type=registry,ref=$registry/team/cache
build -t "$registry/team/app:11" --push --cache-to "$cache,mode=max"
expect_status 0
layers app/manifests/11 > image
expect 4 "$(wc -l < image)"
layers cache/manifests/latest | grep -vF -f image > unwanted
expect 2 "$(wc -l < unwanted)" # of the stage that is not the image's

# The next one hands the image on: of layers it needs to know no more than what
# the cache says of them.
new_machine 12
build -t "$registry/team/app:12" --push --cache-from "$cache"
expect_status 0
expect_out 'cache: 5 of 5 steps'
expect 5 "$(count_out 'CACHED from')"
expect "$(digest app/manifests/11)" "$(digest app/manifests/12)"
downloads 12 > taken
expect '' "$(uniq -d taken)"
! grep -F -f image -f unwanted taken || fail "layers were downloaded"

# A third one keeps it: of layers it takes those of the image.
new_machine 13
build -t app --cache-from "$cache"
expect_status 0
expect_out 'cache: 5 of 5 steps'
expect 5000 "$(run app cat /tmp/top)"
downloads 13 > taken
expect '' "$(uniq -d taken)"
expect "$(cat image)" "$(grep -F -f image taken)"
! grep -F -f unwanted taken || fail "layers of another stage were downloaded"
# The base's configuration, all keys, and what lies where COPY --from looks.
expect 5 "$(grep -cvF -f image taken)"

# Both write at once, other steps each time.
cache=type=registry,ref=$registry/team/many
for name in one two; do
  dockerfile $name <<END
FROM $registry/team/base:1
ARG ROUND
RUN echo $name > /first
RUN echo $name \$ROUND > /second
COPY src /src
RUN cat /first /second > /both
END
done
build_round() { # a machine, a Dockerfile, and flags
  machine "$1"
  "$STRAKE" build -f "$2" --build-arg ROUND=$round -t "$2" "${@:3}" context \
    > "log.$2" 2>&1
}
for round in 1 2 3 4 5; do
  build_round 11 one --cache-to "$cache,mode=max,ignore-error=false" &
  one=$!
  build_round 12 two --cache-to "$cache,mode=max,ignore-error=false" &
  wait $! || fail "round $round, two: $(cat log.two)"
  wait $one || fail "round $round, one: $(cat log.one)"
done
new_machine 14
for round in 1 2 3 4 5; do
  for name in one two; do
    build_round 14 $name --cache-from "$cache" || fail "$(cat log.$name)"
    grep -q 'cache: 4 of 4 steps' log.$name ||
      fail "round $round: $(cat log.$name)"
    expect "$(printf '%s\n' $name "$name $round")" "$(run $name cat /both)"
  done
done
strake system check
expect_status 0

#!/usr/bin/env bash
# images, tag, rmi, history, inspect and import, as docker's users know them.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
ENV A=b
RUN echo x > /x
COPY Dockerfile /
CMD ["cat", "/x"]
END
build -t app:1
id=$(tail -1 <<< "$out")
strake tag app:1 registry.example.org:5000/team/app
expect_status 0
listed=$("$STRAKE" images --format '{{.Repository}}|{{.Tag}}|{{.ID}}' | sort)
short=${id:7:12}
expect "app|1|$short" "$(grep '^app' <<< "$listed")"
expect "registry.example.org:5000/team/app|latest|$short" "$(grep ^reg <<< "$listed")"
expect 3 "$("$STRAKE" images -q | wc -l)"
expect "$id" "$("$STRAKE" images -q --no-trunc app:1)"
strake images
expect_out 'REPOSITORY'
expect app:1 "$("$STRAKE" images --format json app | jq -r '.Repository + ":" + .Tag')"

# History, newest first, in the form scanners know.
history=$("$STRAKE" history --no-trunc --format '{{.CreatedBy}}' app:1)
expect 'CMD ["cat" "/x"]
COPY Dockerfile / # buildkit
RUN /bin/sh -c echo x > /x # buildkit
ENV A=b' "$(head -n 4 <<< "$history")"

# A name goes first; the image goes with its last name, and its layers with it.
strake rmi app:1
expect_status 0
strake run registry.example.org:5000/team/app
expect_status 0
expect_out x
strake rmi "$short"
strake inspect registry.example.org:5000/team/app
expect_status 1
expect_out 'registry.example.org:5000/team/app'
strake rmi app:1
expect_status 1
run base true || fail "the base image went as well"

# Import takes any compression and gives an image without a configuration.
mkdir root && echo imported > root/file && tar -C root -c . | xz > root.tar.xz
strake import -m 'by hand' root.tar.xz made:here
expect_status 0
expect 'by hand' "$("$STRAKE" history --format '{{.Comment}}' made:here)"
head -c 1000 /dev/urandom > noise
strake import noise broken
[ "$status" != 0 ] || fail "imported noise"
expect_no_traces

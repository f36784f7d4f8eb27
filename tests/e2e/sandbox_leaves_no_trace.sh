#!/usr/bin/env bash
# What the sandbox mounts and makes for itself is in no layer: not the files
# below /etc, not /proc, /dev and /sys, not the mount points of --mount, and
# not the times of the directories around them.
. "$(dirname "$0")/lib.sh"
base
echo x > context/file
dockerfile <<'END'
FROM base
RUN --mount=type=bind,target=/deep/er/mount --mount=type=cache,target=/var/cache/x \
    --mount=type=secret,id=s,target=/etc/secret --mount=type=tmpfs,target=/etc/t \
    grep -q strakesandbox /etc/hosts && test -e /etc/resolv.conf && \
    test -c /dev/null && test -e /proc/self && test -e /etc/secret && \
    test -e /deep/er/mount/file && echo x > /dev/shm/x && echo x > /result
END
echo secret-bytes > secret
build -t traceless --secret id=s,src=secret -o type=oci,dest=layout,tar=false
expect_status 0
manifest=layout/blobs/sha256/$(jq -r '.manifests[0].digest' layout/index.json | cut -d: -f2)
layer=layout/blobs/sha256/$(jq -r '.layers[1].digest' "$manifest" | cut -d: -f2)
expect 'result' "$(tar -tzf "$layer" | grep -vxF ./)"

# A step that writes over what is mounted changes nothing in the image.
dockerfile <<'END'
FROM base
RUN echo '1.2.3.4 elsewhere' >> /etc/hosts; cat /etc/hosts > /seen
RUN ! grep elsewhere /etc/hosts
END
build -t hosts
expect_status 0
expect 1 "$(run hosts grep -c elsewhere /seen)"

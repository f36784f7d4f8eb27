#!/usr/bin/env bash
# An OCI archive that skopeo inspects, with the configuration of the image.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo 1 > /one
ENV COLOUR=blue
LABEL org.example.purpose="a test"
CMD ["cat", "/one"]
END
build -t shown:1 -o type=oci,dest=shown.tar
expect_status 0
# No policy is needed to look.
skopeo inspect oci-archive:shown.tar > inspected || fail "skopeo inspect"
expect '"a test"' "$(jq -c '.Labels["org.example.purpose"]' inspected)"
expect 2 "$(jq '.Layers | length' inspected)"
expect '"COLOUR=blue"' "$(jq -c '.Env[1]' inspected)"
skopeo inspect --config oci-archive:shown.tar > config
expect "$(inspect shown:1 '.[0].RootFS.Layers')" "$(jq -c .rootfs.diff_ids config)"
expect '["cat","/one"]' "$(jq -c .config.Cmd config)"

# The image ID is the digest of that configuration.
skopeo inspect --raw oci-archive:shown.tar > manifest
expect "$(inspect shown:1 '.[0].Id')" "$(jq -c .config.digest manifest)"

# skopeo verifies every digest and size when it copies.
skopeo copy -q --insecure-policy oci-archive:shown.tar oci:copy:1 \
  || fail "skopeo copy"

# The same image, written twice, is the same bytes.
build -t shown:1 -o type=oci,dest=again.tar
cmp shown.tar again.tar || fail "the archives differ"

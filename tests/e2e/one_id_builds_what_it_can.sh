#!/usr/bin/env bash
# A user whom /etc/subuid grants nothing has one id in his namespace: steps run
# as its root, images of other owners stay what they are, and what needs another
# id is refused by name. Run by a user without ranges.
. "$(dirname "$0")/lib.sh"
base
dockerfile << 'END'
FROM base
RUN id -u > /who && rm /etc/group && mkdir /made && echo text > /made/file
COPY Dockerfile /made/
WORKDIR /made/below
END
build -t plain
expect_status 0
expect_out 'rootless: user namespace with one id'
expect_out 'usermod --add-subuids'
expect 0 "$(run plain cat /who)"
expect '0:0' "$(run plain stat -c %u:%g /made/file)"
build -t plain
expect 0 "$(count_out rootless)"

# What came from elsewhere is saved with its own owners, byte for byte.
mkdir -p root/{bin,home/ann} && cp "$(command -v busybox)" root/bin/sh
echo hers > root/home/ann/file
ln root/home/ann/file root/home/ann/link
tar -C root --owner=1000 --group=50 --sort=name -cf other.tar .
"$STRAKE" import other.tar other > /dev/null || fail 'import'
"$STRAKE" save other | tar -x -C "$(mkdir saved && echo saved)"
tar=$(jq -r '.[0].Layers[0]' saved/manifest.json)
cmp other.tar "saved/$tar" || fail 'the layer was changed'
expect '1000/50 1000/50' "$("$STRAKE" export other | tar -tv --numeric-owner |
  awk '$6 ~ "/ann/(file|link)$" { print $2 }' | xargs)"
expect hers "$(run other /bin/sh -c 'read x < /home/ann/link && echo $x')"
"$STRAKE" system check > check || fail "$(cat check)"

# Nor can it make devices: an image keeps those that it came with, a copy of
# them is left out and said to be.
python3 - << 'END'
import tarfile
with tarfile.open("devices.tar", "w") as tar:
    for minor, name in enumerate(("one", "two"), 7):
        node = tarfile.TarInfo("dev/" + name)
        node.type, node.devmajor, node.devminor = tarfile.CHRTYPE, 1, minor
        tar.addfile(node)
END
"$STRAKE" import devices.tar devices > /dev/null || fail 'import'
dockerfile << 'END'
FROM base
COPY --from=devices /dev /copied
END
build
expect_status 0
expect_out 'COPY leaves out the device /dev/one and 1 more'

refuse() {
  dockerfile
  build
  expect_failure
  expect_out "$1"
  expect_out 'usermod --add-subuids'
}
refuse 'user 1000 does not exist in the user namespace' << 'END'
FROM base
USER ann
RUN true
END
refuse 'the owner 5:6 does not exist' << 'END'
FROM base
COPY --chown=5:6 Dockerfile /
END

expect_no_traces

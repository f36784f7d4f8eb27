#!/usr/bin/env bash
# ADD unpacks a local tar in any compression, known by its bytes and not by
# its name; COPY and --unpack=false take it as the file it is.
# Needs: root, because its archives hold files of several owners.
# Shows: [D378] [D380] [D382] [D383] [D385]
. "$(dirname "$0")/lib.sh"
base
mkdir -p tree/d
echo data > tree/d/file
chown 1000:50 tree/d/file
chmod 4750 tree/d/file
ln -s file tree/d/link
make() { tar -C tree -c --numeric-owner . | "$@"; }
make cat > context/plain.tar
make gzip > context/gz
make bzip2 > context/a.bz2.txt
make xz > context/x.tar.xz
make zstd -q > context/z.tzst
# A frame that holds no data, as seekable archives begin with.
{ printf '\x50\x2a\x4d\x18\x04\0\0\0abcd' && cat context/z.tzst; } > context/framed
echo 'not a tar' | gzip > context/text.tar.gz
dockerfile <<'END'
FROM base
ADD plain.tar /plain
ADD gz /gz/
ADD a.bz2.txt /bz2
ADD x.tar.xz /xz
ADD z.tzst /zst
ADD framed /framed
ADD --chown=7:8 gz /owned
ADD text.tar.gz /text/
COPY gz /copied
ADD --unpack=false gz /kept
END
build -t added
expect_status 0
for kind in plain gz bz2 xz zst framed; do
  expect '4750 1000:50 data' \
    "$(run added sh -c "echo \$(stat -c '%a %u:%g' /$kind/d/file) \$(cat /$kind/d/link)")"
done
expect 7:8 "$(run added stat -c %u:%g /owned/d/file)"
expect 'not a tar' "$(run added zcat /text/text.tar.gz)"
expect "$(sha256sum < context/gz)" "$(run added sh -c 'sha256sum < /copied')"
expect "$(sha256sum < context/gz)" "$(run added sh -c 'sha256sum < /kept')"

# Members that point outside stay inside.
mkdir evil
tar -c --absolute-names --transform 's:.*:../../../../escaped:' -f context/evil.tar tree/d/file
dockerfile <<'END'
FROM base
ADD evil.tar /a/b
END
build -t evil
expect_no_file /escaped
expect_no_file "$STRAKE_ROOT/escaped"

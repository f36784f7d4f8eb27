#!/usr/bin/env bash
# What umoci unpacks from an OCI layout is what a RUN saw: owners, modes,
# times, links, setuid, extended attributes, devices, and what was removed.
# Needs: root, because its step makes a device node.
. "$(dirname "$0")/lib.sh"
base
mkdir -p context/tree/sub
echo data > context/tree/sub/file
chmod 4711 context/tree/sub/file
ln context/tree/sub/file context/tree/hard
ln -s sub/file context/tree/soft
touch -d '2001-02-03 04:05:06.789' context/tree/sub/file
mkdir root
run base tar -C / -c bin etc home | tar -x -C root
touch root/marked
setfattr -n user.colour -v blue root/marked
tar -C root --xattrs -c . | "$STRAKE" import - marked > /dev/null
dockerfile <<'END'
FROM marked
COPY --chown=1000:50 tree /tree
RUN mkdir -p /made/deep/er && echo x > /made/deep/x && chown -R 7:8 /made \
 && chmod 1750 /made/deep && mknod /made/null c 1 3 && mkfifo /made/pipe \
 && touch /made/gone && ln /made/null /made/hard && ln -s /nowhere /made/soft \
 && chmod 2755 /made/deep/x && head -c 3000000 /dev/zero > /made/zeros
RUN rm -r /made/gone /home/ann && rm -r /made/deep && mkdir /made/deep \
 && touch -d '1999-01-01 00:00:00' /made/deep && chmod 600 /marked
END
# Paths strake and the runtime make are left out.
list='cd / && find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys \
  -o -path ./etc/hosts -o -path ./etc/resolv.conf \) -prune -o \
  -exec stat -c "%n|%F|%a|%u|%g|%h|%t,%T|%Y" {} + | sed "/directory/s/|[0-9]*|\([^|]*|[0-9]*\)\$/|\1/" | sort'
build -t unpacked:1 -o type=oci,dest=layout,tar=false
expect_status 0
umoci unpack --image layout:1 bundle > /dev/null 2>&1 || fail "umoci unpack"
ran=$(run unpacked:1 sh -c "$list")
unpacked=$(chroot bundle/rootfs /bin/busybox sh -c "$list")
# The root directory's own times differ: umoci makes it.
difference=$(diff <(grep -vE '^\.\|' <<< "$ran") <(grep -vE '^\.\|' <<< "$unpacked")) \
  || fail "$difference"
grep -q '^./tree/sub/file|regular file|4711|1000|50|.*|981173106$' <<< "$ran" \
  || fail "not kept: $(grep '^./tree/sub/file' <<< "$ran")"
grep -q '^./made/hard|character special file|644|0|0|2|1,3|' <<< "$ran" \
  || fail "no device under two names"
expect_no_file bundle/rootfs/made/gone
expect_no_file bundle/rootfs/home/ann
expect_no_file bundle/rootfs/made/deep/er
expect '0:0' "$(stat -c %u:%g bundle/rootfs/made/pipe)"
expect 'user.colour="blue"' \
  "$(getfattr -d --absolute-names bundle/rootfs/marked | grep colour)"

#!/usr/bin/env bash
# build --output: every type, several at once, to files, directories, devices
# and standard output; and which of them put the image into the store.
# Needs: root, because its step makes a device node.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN mkdir -p "/dir/with blank" && echo text > "/dir/with blank/file" && chmod 640 /dir/*/file && \
    ln "/dir/with blank/file" /dir/hard && ln -s hard /dir/soft && chown 1000:50 /dir/hard && \
    cp /bin/busybox /dir/suid && chown 1000 /dir/suid && chmod 6755 /dir/suid && \
    rm /bin/zcat && mknod /dir/null c 1 3 && touch -d @12345 /dir/hard
CMD ["cat", "/dir/soft"]
END
image_count() { "$STRAKE" images | tail -n +2 | wc -l; }
expect 1 "$(image_count)"

# Files alone: no image, unless it has a name.
build -o type=tar,dest=tree.tar -o type=local,dest=tree -o out
expect_status 0
expect 1 "$(image_count)"
expect_out 'left out 1 device node of out'
tar -tvf tree.tar > listing
grep -qE 'hrw-r----- 1000/50 .* dir/(hard link to dir/with blank/file|with blank/file link to dir/hard)' \
  listing || fail "the hard link: $(grep dir/ listing)"
grep -q '^crw.* 1,3 .* dir/null' listing || fail "the device: $(grep null listing)"
! grep -qE '/zcat|\.wh\.' listing || fail "a deleted file, or its whiteout"
for tree in tree out; do
  expect text "$(cat $tree/dir/soft)"
  expect "640 0:0 2 12345" "$(stat -c '%a %u:%g %h %Y' $tree/dir/hard)"
  # Whoever owns it now, setuid was another's right.
  expect "755 0:0" "$(stat -c '%a %u:%g' $tree/dir/suid)"
  expect_no_file $tree/dir/null
  expect_no_file $tree/bin/zcat
done
# Once more over what is there: files are replaced, others stay, nothing is
# followed out of the directory.
echo mine > tree/mine
ln -sfn "$work/outside" tree/dir/soft
echo safe > outside
build -o tree
expect_status 0
expect mine "$(cat tree/mine)"
expect safe "$(cat outside)"
expect hard "$(readlink tree/dir/soft)"
rm -rf tree/dir && mkdir elsewhere && ln -s "$work/elsewhere" tree/dir
build -o tree
expect_status 0
expect '' "$(ls -A elsewhere)"
expect text "$(cat tree/dir/hard)"
rm -rf tree/dir/hard && mkdir tree/dir/hard
build -o tree
expect_status 1
expect_out 'dir/hard'

# Standard output carries the archive and nothing else.
"$STRAKE" build -o - context 2> log | cmp - tree.tar || fail "-o -: $(cat log)"
"$STRAKE" build -o type=tar context 2> /dev/null | cmp - tree.tar || fail "type=tar"
expect 1 "$(image_count)"
"$STRAKE" build --iidfile id -t named -o type=docker context 2> /dev/null > docker.tar
expect 2 "$(image_count)"
expect '["named:latest"]' "$(tar -xOf docker.tar manifest.json | jq -c '.[0].RepoTags')"
expect "$(cat id)" "$("$STRAKE" inspect --format '{{.Id}}' named)"
"$STRAKE" export named | cmp - tree.tar || fail "export differs from type=tar"
"$STRAKE" build -o type=oci context 2> /dev/null | tar -t > names || fail "type=oci"
grep -qx index.json names || fail "no layout: $(cat names)"

# Names of the output's own; a cache alone; layouts as directories.
build -o 'type=image,"name=first,team/second:2"' -o type=oci,tar=false,dest=layout,compression=zstd
expect_status 0
expect '"sha256:' "$(inspect team/second:2 '.[0].Id' | head -c 8)"
expect 1 "$(jq '.manifests | length' layout/index.json)"
skopeo copy -q --insecure-policy oci:layout oci:copy || fail "skopeo copy"
"$STRAKE" rmi first team/second:2 named > /dev/null
build -t never -o type=cacheonly
expect_status 0
expect 1 "$(image_count)"
build --progress plain -o type=cacheonly
expect 2 "$(count_out CACHED)"

# A device is written to, never replaced; a link to a file stays one.
"$STRAKE" build -o type=tar,dest=/dev/null context > /dev/null 2>&1 || fail "/dev/null"
"$STRAKE" build --iidfile /dev/null --trace /dev/null context > /dev/null 2>&1 \
  || fail "--iidfile /dev/null"
[ -c /dev/null ] || fail "/dev/null was replaced"
ln -s real.tar link.tar
touch real.tar
build -o type=tar,dest=link.tar
expect real.tar "$(readlink link.tar)"
cmp real.tar tree.tar

# What cannot be written costs the build its success, and leaves nothing.
for dest in missing/x.tar /dev/full tree; do
  build -o type=tar,dest=$dest
  expect_status 1
  expect_out "${dest%/*}"
done
expect '' "$(find . -name '*.tmp')"
expect_no_traces

# Wrong wishes are told before anything runs.
for wish in type=tra,dest=x type=oci,dest type=oci,dest=x,tar=maybe type=local dest=x \
  'type=oci,dest=x,compression=rar' 'type=image,name=UPPER' 'type=tar -o type=oci'; do
  # shellcheck disable=SC2086 # two of them
  strake build -o $wish nowhere
  expect_status 2
done
strake build -o type=tra,dest=x context
expect_out 'did you mean "tar"?'

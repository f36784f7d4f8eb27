#!/usr/bin/env bash
# save and load: every format, layer compression and outer compression, files,
# directories and pipes; several images in one archive; IDs stay what they were.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo 1 > /one && ln /one /two && chmod 4755 /bin/busybox && rm /etc/group
CMD ["cat", "/two"]
END
build -t one
expect_status 0
printf 'FROM one\nENV A=b\n' | "$STRAKE" build -q -f - -t team/two:2 context > /dev/null \
  || fail "building the second image"
id=$(inspect one '.[0].Id')
id2=$(inspect team/two:2 '.[0].Id')

# Loads into a store of its own, from the file or, with "-", from a pipe.
loads() {
  local from=$1
  export STRAKE_ROOT=$work/other
  if [ "$from" = - ]; then out=$("$STRAKE" load 2>&1); else strake load -i "$from"; fi
  status=$?
  expect_status 0
  expect_out 'Loaded image: one:latest'
  expect "$id" "$(inspect one '.[0].Id')"
  expect 1 "$(run one)"
  [ -u "$work/other/overlay2/$(inspect one '.[0].RootFS.Layers[1]' | tr -d '"' | cut -d: -f2)/diff/bin/busybox" ] \
    || fail "setuid was lost"
  expect_no_traces
  rm -rf "$work/other"
  export STRAKE_ROOT=$work/store
}

for format in docker-archive oci-archive oci-dir; do
  for compression in none gzip zstd; do
    strake save --format $format --compression $compression -o saved one
    expect_status 0
    loads saved
    rm -rf saved
  done
done
"$STRAKE" save one > saved.tar || fail "saving to a pipe"
loads - < saved.tar
cat saved.tar | loads -
for packer in gzip bzip2 xz zstd; do
  $packer -qk1 saved.tar
  loads saved.tar.??*
  rm saved.tar.??*
done

# The same image again is the same bytes.
strake save -o again.tar one
cmp saved.tar again.tar || fail "the archives differ"

# Several images, several names, one file; shared layers are in it once.
"$STRAKE" tag one one:again
strake save -o all.tar one one:again team/two:2
expect_status 0
expect 2 "$(tar -xOf all.tar manifest.json | jq length)"
expect '["one:latest","one:again"]' "$(tar -xOf all.tar manifest.json | jq -c '.[0].RepoTags')"
expect '' "$(tar -tf all.tar | sort | uniq -d)"
export STRAKE_ROOT=$work/other
strake load < all.tar
expect_out 'Loaded image: one:again'
expect_out 'Loaded image: team/two:2'
expect "$id2" "$(inspect team/two:2 '.[0].Id')"
# What is there already is not stored twice.
before=$(du -s "$work/other" | cut -f1)
strake load -q -i all.tar
expect '' "$out"
expect "$before" "$(du -s "$work/other" | cut -f1)"

# By ID it has no name.
export STRAKE_ROOT=$work/store
"$STRAKE" save "$(tr -d '"' <<< "$id")" > nameless.tar
STRAKE_ROOT=$work/third strake load -i nameless.tar
expect "Loaded image ID: $(tr -d '"' <<< "$id")" "$out"
strake save -o none.tar nosuch
expect_status 1
expect_out 'there is no image "nosuch"'
expect_no_file none.tar

#!/usr/bin/env bash
# An archive that is cut, altered or lies is refused with what is wrong, and no
# image of it is ever to be seen.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo something > /file
END
build -q -t good
"$STRAKE" save --format oci-archive -o good.tar good
"$STRAKE" save --format oci-dir -o layout good
"$STRAKE" save --compression gzip -o docker.tar good
export STRAKE_ROOT=$work/other

refused() {
  local code=$1 text=$2
  shift 2
  strake load "$@"
  [ "$status" -gt 0 ] && [ "$status" -lt 128 ] || fail "exit code $status"
  expect_status "$code"
  expect_out "$text"
  expect 1 "$("$STRAKE" images | wc -l)"
  expect_no_traces
}
# A layout with one blob changed by a command that reads and writes it.
with_blob() {
  rm -rf bad
  cp -r layout bad
  local blob=bad/blobs/sha256/$1
  shift
  "$@" < "$blob" > changed
  mv changed "$blob"
}
manifest=$(jq -r '.manifests[0].digest' layout/index.json | cut -d: -f2)
config=$(jq -r .config.digest "layout/blobs/sha256/$manifest" | cut -d: -f2)
layer=$(jq -r '.layers[1].digest' "layout/blobs/sha256/$manifest" | cut -d: -f2)
for blob in "$manifest" "$config" "$layer"; do
  # One byte is another one; then one is missing.
  with_blob "$blob" perl -0777 -pe 'substr($_, length($_) / 2, 1) ^= "\1"'
  strake load -i bad
  expect_status 1
  expect_out "$blob"
  expect 1 "$("$STRAKE" images | wc -l)"
  with_blob "$blob" head -c -1
  refused 1 "$blob" -i bad
  rm "bad/blobs/sha256/$blob"
  refused 1 'the archive has no file' -i bad
done

# Cut anywhere.
size=$(stat -c %s good.tar)
for part in 1 2 5 9; do
  head -c $((size * part / 10)) good.tar > cut.tar
  strake load -i cut.tar
  expect_status 1
  strake load < cut.tar
  expect_status 1
  expect 1 "$("$STRAKE" images | wc -l)"
done

# Not what it should be at all.
: > empty
refused 1 'strake import' -i empty
head -c 100000 /dev/urandom > noise
refused 1 'noise' -i noise
tar -C layout -cf files.tar oci-layout
refused 1 'there is neither an index.json nor a manifest.json' -i files.tar
refused 1 'nothing.tar' -i nothing.tar
mkdir loop && ln -s b loop/a && ln -s a loop/b && ln -s /etc/hostname loop/manifest.json
tar -C loop -cf loop.tar a b manifest.json
refused 1 'neither' -i loop.tar
mkfifo loop/index.json
refused 1 'neither' -i loop

# A manifest that leads out of the archive reads nothing there.
mkdir out && printf '[{"Config":"../../../../../etc/hostname","Layers":["/etc/passwd"]}]' > out/manifest.json
tar -C out -cf out.tar manifest.json
refused 1 'the archive has no file' -i out.tar
refused 1 'the archive has no file' -i out
for json in '[]' '{}' '[1]' '[{"Config":1}]' 'null' '[{"Config":"x","Layers":["'; do
  printf %s "$json" > out/manifest.json
  strake load -i out
  expect_status 1
done
printf '%0.s[' $(seq 100000) > out/manifest.json
strake load -i out
expect_status 1

# A lie about a layer that is here already harms neither it nor its image.
export STRAKE_ROOT=$work/store
rm -rf bad && cp -r layout bad
printf 12345 > "bad/blobs/sha256/$layer"
jq -c --arg layer "sha256:$layer" \
  '.layers |= map(if .digest == $layer then .size = 5 else . end)' \
  "layout/blobs/sha256/$manifest" > forged
forged=$(sha256sum forged | cut -d' ' -f1)
cp forged "bad/blobs/sha256/$forged"
jq -c --arg digest "sha256:$forged" --argjson size "$(stat -c %s forged)" \
  '.manifests[0].digest = $digest | .manifests[0].size = $size' layout/index.json > bad/index.json
strake load -i bad
expect_status 1
expect_out "$layer"
strake save --format oci-dir -o still-good good
expect_status 0
skopeo copy -q --insecure-policy oci:still-good oci:copied || fail "skopeo copy"

# One of several images that cannot be had costs the others too.
mkdir two
tar -C two -xf docker.tar
rm two/index.json
jq -c '[.[0], (.[0] | .Layers[0] = "nowhere")] | .[0].RepoTags = ["moved:1"]' \
  two/manifest.json > changed
mv changed two/manifest.json
strake load -i two
expect_status 1
strake inspect moved:1
expect_status 1

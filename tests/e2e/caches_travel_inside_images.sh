#!/usr/bin/env bash
# type=inline: the records of an image's steps are in its configuration, the
# image is one like any other, and it is the same image each time.
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" save -o base.tar base > /dev/null || fail save
dockerfile <<'END'
FROM base
RUN head -c 100000 /dev/urandom > /noise
RUN echo made > /made
CMD ["cat", "/made"]
END
build -t app --cache-to type=inline -o type=oci,dest=layout,tar=false
expect_status 0
id=${out##*$'\n'}
sleep 1
build -t app --cache-to type=inline
expect "$id" "${out##*$'\n'}"
expect made "$(run app)"
"$STRAKE" save -o app.tar app > /dev/null || fail save

# Others run and copy it; what they copy still has its cache.
skopeo inspect --config oci:layout:latest > /dev/null || fail "skopeo inspect"
skopeo copy -q oci:layout:latest oci:copied:again || fail "skopeo copy"

for from in type=local,src=layout type=local,src=copied,tag=again; do
  export STRAKE_ROOT=$work/store-$from
  "$STRAKE" load -i base.tar > /dev/null || fail load
  build -t app --cache-from "$from"
  expect_status 0
  expect_out 'cache: 2 of 2 steps'
  expect made "$(run app)"
done

# By its name, when it was loaded.
export STRAKE_ROOT=$work/loaded
"$STRAKE" load -i base.tar > /dev/null || fail load
build --offline --cache-from app
expect_out 'warning: the cache app is not used: there is no image "app"'
export STRAKE_ROOT=$work/loaded2
"$STRAKE" load -i base.tar > /dev/null || fail load
"$STRAKE" load -i app.tar > /dev/null || fail load
build --cache-from app
expect_out 'cache: 2 of 2 steps'
build --cache-from base --no-cache
expect_status 0

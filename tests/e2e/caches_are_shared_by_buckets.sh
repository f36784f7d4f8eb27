#!/usr/bin/env bash
# Machines that share a cache in a bucket of S3, Debian's swift: what one has
# built the other finds; what goes wrong is a warning; secrets are told nobody.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/s3.sh"
base
"$STRAKE" save -o base.tar base > /dev/null || fail "save"
swift_server
s3 PUT /shared || fail "making a bucket: $(cat swift.log)"
bucket=type=s3,bucket=shared,endpoint_url=$S3_ENDPOINT,prefix=team/
# A store that knows nothing but the base.
machine() {
  export STRAKE_ROOT=$work/store-$1
  "$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
}
mkdir context/src
echo one > context/src/a
head -c 300000 /dev/urandom > context/src/big
dockerfile <<'END_OF_FILE'
FROM base AS build
COPY src /src
RUN cat /src/a > /made && head -c 200000 /dev/urandom > /noise
FROM base
COPY --from=build /made /made
RUN echo $RANDOM > /who
END_OF_FILE

# There is none yet: a warning, and it is written.
build -t first --cache-from "$bucket" --cache-to "$bucket,mode=max"
expect_status 0
expect_out 'warning: the cache s3://shared/team/manifests/strake is not used: '
expect_out 'cache: 0 of 4 steps'
id=${out##*$'\n'}

# Another machine: everything is found, the result alone is read.
machine second
build -t second --cache-from "$bucket" --metadata-file meta
expect_status 0
expect_out 'cache: 4 of 4 steps'
expect "$id" "${out##*$'\n'}"
expect true "$(jq '."strake.cache".read_bytes < 100000' meta)"
strake system check
expect_status 0

# What is there is not sent again, and a cache of another name shares it.
build -t second --cache-to "$bucket" --metadata-file meta
expect_status 0
expect 0 "$(jq '."strake.cache".written_bytes' meta)"
blobs() { s3 GET '/shared?list-type=2&prefix=team/blobs/' | grep -o '<Key>' | wc -l; }
before=$(blobs)
build -t second --cache-to "$bucket,name=other"
expect_status 0
expect $((before + 1)) "$(blobs)" # its key index
machine third
build -t third --cache-from "$bucket,name=other"
expect_out 'cache: 2 of 4 steps'

# Nobody is asked who must not be.
machine offline
build --offline -t offline --cache-from "$bucket" --cache-to "$bucket"
expect_status 0
expect_out 'is not used: servers are left alone (--offline)'
expect_out 'writing the cache to s3://shared/team/manifests/strake: servers are left'

# A wrong secret, and no bucket of that name.
wrong=access_key_id=test:tester,secret_access_key=hush-hush
machine stranger
build -t stranger --cache-from "$bucket,$wrong" --cache-to "$bucket,$wrong"
expect_status 0
expect_out 'warning: the cache s3://shared/team/manifests/strake is not used: '
expect_out 'warning: writing the cache to s3://shared/team/manifests/strake: '
expect_no_out hush-hush
build --no-cache -t stranger --cache-to "${bucket/bucket=shared/bucket=nowhere},ignore-error=false"
expect_status 1
expect_out 'writing the cache to s3://nowhere/team/manifests/strake'

# The right one, written into the flag: nowhere to be found.
build -t told --cache-to "$bucket,access_key_id=test:tester,secret_access_key=testing" \
  --cache-from "$bucket,mode=x,secret_access_key=testing"
expect_status 2
expect_no_out testing
env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN \
  "$STRAKE" --debug --trace "$work/trace" build -t told --metadata-file meta \
  --cache-from "$bucket,access_key_id=test:tester,secret_access_key=testing" \
  --cache-to "$bucket,name=told,access_key_id=test:tester,secret_access_key=testing" \
  context > log 2>&1 || fail "$(cat log)"
grep -q 'cache: ' log || fail "$(cat log)"
! grep -q 'not used' log || fail "$(cat log)"
[ -s trace ] || fail "no trace"
! grep -rlaF testing log meta trace "$STRAKE_ROOT" || fail "a secret is told"
s3 GET /shared/team/manifests/told > manifest || fail "no cache told"
! grep -qF testing manifest || fail "a secret is told"

# Many at the same moment: nothing of anybody gets lost.
dockerfile many <<'END_OF_FILE'
FROM base
ARG N
RUN echo $N > /n
END_OF_FILE
for n in 1 2 3 4; do
  "$STRAKE" build -f many --build-arg N=$n -t many$n \
    --cache-to "$bucket,name=many,ignore-error=false" context > log.$n 2>&1 &
  many[$n]=$!
done
for n in 1 2 3 4; do
  wait "${many[$n]}" || fail "build $n: $(cat log.$n)"
done
machine fourth
for n in 1 2 3 4; do
  build -f many --build-arg N=$n -t many --cache-from "$bucket,name=many"
  expect_out 'cache: 1 of 1 step '
  expect $n "$(run many cat /n)"
done

#!/usr/bin/env bash
# An image of many layers goes to a registry and comes from it whole where every
# fifth request fails. A registry that lies gets nothing into the store.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
registry
good=$registry
echo 'FROM scratch' > context/Dockerfile
for i in $(seq 12); do
  echo "COPY $i /" >> context/Dockerfile
  seq "$i" $((i * 9000)) > "context/$i"
done
build -q -t image
expect_status 0
id=$out

for seed in $(seq "${ROUNDS:-3}"); do
  registry=$good
  faulty rate=0.2 "seed=$seed"
  name=app$seed:1
  "$STRAKE" tag image "$registry/$name"
  strake push "$registry/$name"
  expect_status 0
  expect "$(skopeo inspect --tls-verify=false --raw "docker://$good/$name" |
    jq -r .config.digest)" "$id"
  STRAKE_ROOT=$work/store.$seed strake pull "$registry/$name"
  expect_status 0
  STRAKE_ROOT=$work/store.$seed strake images -q --no-trunc
  expect "$id" "$out"
  STRAKE_ROOT=$work/store.$seed strake system check
  expect_status 0
  grep -qv ' nothing$' "$faults" || fail "nothing failed"
done

# Each lie is one that no second try mends.
export STRAKE_ROOT=$work/lies
for lie in short long digest bytes elsewhere loop truncated; do
  registry=$good
  faulty rate=1 "lies=$lie"
  strake pull "$registry/app1:1"
  expect_failure
  expect_out "$registry"
  strake images -q
  expect "" "$out"
  strake system check
  expect_status 0
  expect_no_traces
done

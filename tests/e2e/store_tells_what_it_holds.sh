#!/usr/bin/env bash
# system info, df and check: what the store holds, what could go, what is
# damaged; as tables, as JSON, and without waiting for a build.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN --network=none head -c 300000 /dev/zero | tr '\0' x > /big; echo done
RUN --network=none --mount=type=cache,target=/c head -c 100000 /dev/zero > /c/file
END
build -t app
df() { "$STRAKE" system df --format "$2" | grep "^$1|" | cut -d'|' -f2-; }
rows='{{.Type}}|{{.TotalCount}}|{{.SizeBytes}}|{{.ReclaimableBytes}}'
expect '2|0' "$(df Images "$rows" | cut -d'|' -f1,3)"
expect '1' "$(df 'Shared layers' "$rows" | cut -d'|' -f1)"
expect '2|300000|0' "$(df 'Unique layers' "$rows")"
expect '0|0|0' "$(df 'Unused layers' "$rows")"
expect '2|0|0' "$(df 'Build cache' "$rows")"
expect '1' "$(df 'Cache mounts' "$rows" | cut -d'|' -f1)"
expect '1' "$(df Logs "$rows" | cut -d'|' -f1)"
strake system df -v
expect_out 'TYPE              TOTAL'
expect_out '300kB         app:latest'
expect 300000 "$("$STRAKE" system df -v --format '{{json .}}' |
  jq '.Images[] | select(.Names == "app:latest") | .UniqueBytes')"
expect 11 "$("$STRAKE" system df --format json | jq -r .Type | wc -l)"

strake system check
expect_status 0
expect 'no damage' "$out"

# Without its name the image can go, without the image its layers are the
# cache's.
strake rmi app
expect '2|300000|300000' "$(df 'Build cache' "$rows")"

info() { "$STRAKE" system info --format "{{.$1}}"; }
expect "$STRAKE_ROOT" "$(info StoreRoot)"
expect "$(uname -r)" "$(info KernelVersion)"
expect "$(nproc --all)" "$(info NCPU)"
expect "$(stat -fc %T "$STRAKE_ROOT" | sed 's|ext2/ext3|ext4|')" "$(info FileSystem)"
expect 1,3,2 "$(info Images),$(info Layers),$(info CacheRecords)"
expect true "$(info Overlayfs)"
expect true "$("$STRAKE" system info --format json | jq '.StoreBytes > 300000')"
strake system info
expect_out 'File system:'

# Nobody waits for a build that is writing.
sqlite3 "$STRAKE_ROOT/strake.db" 'BEGIN IMMEDIATE' '.shell touch locked; sleep 20' &
wait_for test -e locked
before=$SECONDS
"$STRAKE" system df > /dev/null || fail "df failed"
"$STRAKE" system info > /dev/null || fail "info failed"
[ $((SECONDS - before)) -lt 10 ] || fail "waited for a writer"
kill %%
wait

file=$(find "$STRAKE_ROOT/overlay2" -name big)
chmod 600 "$file"
strake system check
expect_status 1
expect_out '/big differs'

strake system dff
expect_status 2
expect_out 'did you mean "df"?'
strake system prune
expect_status 1
expect_out '"system prune" is not supported yet'
strake system
expect_status 2
expect_out 'show what takes the space'
strake system df --verbos
expect_status 2
expect_out '--verbose'

#!/usr/bin/env bash
# strake cache export and import take cache mounts along with all records: each
# as it is, and the second time only what is new.
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" save -o base.tar base > /dev/null || fail save
dockerfile <<'END'
FROM base
RUN --mount=type=cache,target=/c,id=mine mkdir -p /c/d /c/empty && head -c 9000000 /dev/urandom > /c/d/noise && ln /c/d/noise /c/hard && ln -s d/noise /c/soft && mkfifo /c/pipe && touch /c/.wh.x && chmod 4710 /c/d && touch -d @1000 /c/d /c/empty
RUN --mount=type=cache,target=/w,uid=1000,mode=0700 echo w > /w/w
END
build -t app
expect_status 0
strake cache export --mount mine out
expect_status 0
strake cache export --mount mine out
expect_out 'wrote 0B'
strake cache export --all-mounts --mount nonesuch out
expect_out 'there is no cache mount "nonesuch"'

printf 'FROM base\nRUN --mount=type=cache,target=/c,id=mine echo more > /c/more\n' | dockerfile more
build -f more
strake cache export out
expect_status 0
strake cache export --mount mine out
size=$(sed -n 's/.*wrote \([0-9]*\)\.*[0-9]*MB/\1/p' <<< "$out")
[ "${size:-0}" -lt 6 ] || fail "all was written again"

# Everything about each file, in the order of names.
listing() {
  (cd "$1/cachemounts" && find . -mindepth 2 -printf '%p %y %m %U:%G %s %T@ %n %l\n' | sort &&
    find . -mindepth 1 -maxdepth 1 -printf '%p %y %m %U:%G\n' | sort &&
    find . -type f -exec sha256sum {} + | sort)
}
listing store > wanted
export STRAKE_ROOT=$work/second
"$STRAKE" load -i base.tar > /dev/null || fail load
strake cache import out
expect_status 0
expect_out '2 cache mounts were new'
listing second > got
cmp wanted got || fail "$(diff wanted got)"
strake cache import out
expect_out '0 records, 0 layers and 0 cache mounts were new'
build -t app
expect 2 "$(grep -c '^#[23] CACHED' <<< "$out")"

# One that differs is replaced whole; a bad chunk leaves what is here.
build -f more --no-cache
chunk=$(ls -S out/blobs/sha256 | head -n 1)
printf 'not what was there' |
  dd of="out/blobs/sha256/$chunk" conv=notrunc bs=1 seek=1000 status=none
listing second > wanted
strake cache import out
expect_failure
expect_out 'cache mount mine: '
listing second > got
cmp wanted got || fail "$(diff wanted got)"
expect_no_traces
# Who exports it again heals it; who has another does not hand the damage on.
export STRAKE_ROOT=$work/store
strake cache export --mount mine out
expect_status 0
expect_no_out 'wrote 0B'
strake cache export --mount mine out
expect_out 'wrote 0B'
[ "$(sha256sum "out/blobs/sha256/$chunk" 2> /dev/null)" = "$chunk  out/blobs/sha256/$chunk" ] || fail "the chunk is damaged still"
export STRAKE_ROOT=$work/second
strake cache import out
expect_status 0
strake system check
expect_out 'no damage'
strake cache exprot out
expect_status 2
expect_out 'did you mean "export"?'

# What a killed step left of one is as it was before, and is not exported.
printf 'FROM base\nRUN --mount=type=cache,target=/k,id=killed,sharing=private,uid=1000,mode=0775 echo half > /k/half; : > /k/begun; sleep 600\n' | dockerfile killed
"$STRAKE" build -f killed context > /dev/null 2>&1 &
begun() { compgen -G "$STRAKE_ROOT/cachemounts/*/begun"; }
wait_for begun
kill -KILL $!
wait 2> /dev/null
state() { (cd "$STRAKE_ROOT/cachemounts" && find . -printf '%p %y %m %U:%G %s %T@\n' 2> /dev/null | sort); }
state > wanted
strake cache export --all-mounts second
expect_status 0
expect_out 'the cache mount killed mode=775 uid=1000'
expect_out 'half-written'
state > got
cmp wanted got || fail "$(diff wanted got)"
expect 2 "$(for config in second/blobs/sha256/*; do jq '.mounts | length' "$config" 2> /dev/null | grep -v '^0'; done)"

# One that looks whole but is marked so is replaced.
half=$(dirname "$STRAKE_ROOT"/cachemounts/*/hard)
: > "$half.half"
strake cache import second
expect_out '1 cache mounts were new'
expect_no_file "$half.half"

#!/usr/bin/env bash
# A store that cannot be written or made is named, with the reason.
# Needs: root, because it gives the store to another user.
. "$(dirname "$0")/lib.sh"
dockerfile <<< 'FROM scratch'
mkdir readonly
mount -t tmpfs -o ro none readonly
STRAKE_ROOT=$work/readonly/store build
expect_status 1
expect_out "$work/readonly"
expect_out 'Read-only file system'

# A store that was writable once.
base
mount --bind "$STRAKE_ROOT" "$STRAKE_ROOT"
mount -o remount,bind,ro "$STRAKE_ROOT"
printf 'FROM base\nRUN true\n' > context/Dockerfile
build
[ "$status" != 0 ] || fail "built in a read-only store"
expect_out "$STRAKE_ROOT"
grep -qiE 'read-?only' <<< "$out" || fail "no reason"
umount "$STRAKE_ROOT"
build
expect_status 0

echo a file > file
strake --root file images
expect_status 1
expect_out "$work/file"
strake --root /proc/nowhere images
expect_status 1
expect_out /proc/nowhere

# A store of a future version is left alone.
sqlite3 "$STRAKE_ROOT/strake.db" 'PRAGMA user_version = 999'
before=$(sha256sum < "$STRAKE_ROOT/strake.db")
build
expect_status 1
expect_out 999
expect "$before" "$(sha256sum < "$STRAKE_ROOT/strake.db")"

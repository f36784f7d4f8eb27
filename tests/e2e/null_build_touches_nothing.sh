#!/usr/bin/env bash
# A build with nothing to do only looks: no process, mount or socket, nothing
# opened for writing in the context, nothing changed in the store.
. "$(dirname "$0")/lib.sh"
base
for d in $(seq 50); do
  mkdir -p "context/src/$d"
  (cd "context/src/$d" && for f in $(seq 100); do echo "$d $f" > "$f.c"; done)
done
dockerfile <<'END'
FROM base
WORKDIR /src
COPY src .
RUN cat */*.c > /all && wc -l < /all
ENV DONE=yes
RUN --mount=type=bind,target=/context test -f /context/src/50/100.c
END
# Files younger than the clock's grain are not yet trusted.
find context -exec touch -d '1 minute ago' {} +
build -t null
expect_status 0
expect_out ' 5000'
id=$(tail -1 <<< "$out")
build -t null # remembers the files' digests, now that their times are past
state() {
  (cd "$STRAKE_ROOT" && find . -printf '%p %m %U %s %T@\n' &&
    find . -type f -exec sha256sum {} +) | grep -v strake.db-shm | sort
}
state > before

# Not even a thread to draw with, only those that walk a large context, and one
# write to the terminal.
try strace -f -o calls "$STRAKE" build --progress tty -t null context
expect_status 0
expect_out 'all 5 steps cached'
threads=$(grep -cE '^[0-9]+ +clone3?\(' calls)
[ "$threads" -lt "$(($(nproc) < 4 ? $(nproc) : 4))" ] || fail "threads: $threads"
expect 1 "$(grep -cE '^[0-9]+ +write\(2,' calls)"

try strace -f -o calls "$STRAKE" build -t null context
expect_status 0
expect 5 "$(count_out CACHED)" # all of them
expect_no_out DONE
expect "$id" "$(tail -1 <<< "$out")"
found=$(grep -E '^[0-9]+ +(socket|connect|clone3?|fork|vfork|execve|mount|fsopen|move_mount|unshare)\(' \
  calls | grep -v 'execve.*STARTED\|CLONE_THREAD' | tail -n +2)
[ -z "$found" ] || fail "calls: $found"
found=$(grep -E 'open(at2?)?\(' calls | grep "$work/context" |
  grep -E 'O_WRONLY|O_RDWR|O_CREAT')
[ -z "$found" ] || fail "opened for writing: $found"
found=$(grep -cE 'openat2?\(.*\.c"' calls)
expect 0 "$found" # no file is read again
state > after
out=$(diff before after) || fail "the store changed"

#!/usr/bin/env bash
# What a step tries against the machine that builds it: system calls, files of
# the kernel, strake itself, processes, mounts, links in paths of mounts.
. "$(dirname "$0")/lib.sh"
base
gcc -static -O1 -o context/try_calls "$checkout/tests/e2e/try_calls.c" ||
  fail "no program to try system calls with"
mkdir victim
echo of-the-host > victim/file
printf '#!/proc/self/exe\n' > context/strake_again
cat > context/attack.sh <<'END_FILE'
say() { printf '%s: ' "$1"; shift; "$@" 2>&1 | tail -1; }
/try_calls
echo fds: $(ls /proc/self/fd)
echo processes: $(ls /proc | grep -c '^[0-9]')
say exe readlink /proc/1/exe
say root ls /proc/1/root/$WORK
say cwd ls /proc/1/cwd/../..$WORK
for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe \
  /proc/sysrq-trigger /proc/kcore /sys/kernel/uevent_helper /sys/power/state; do
  (echo x > $file) 2>/dev/null && echo "$file: written"
done
find /sys/fs/cgroup -name release_agent 2>/dev/null | while read -r file; do
  (echo x > "$file") 2>/dev/null && echo "$file: written"
done
kill -9 1; kill -TERM 1; echo alive
dd if=/dev/zero of=/dev/shm/full bs=1M count=200 2>&1 | grep -o 'No space left'
seq 100000 | (cd /many && xargs touch) && ls /many | wc -l
ulimit -c unlimited 2>&1 || echo no core
setsid sh -c 'sleep 1000; echo late > /late' > /dev/null 2>&1 < /dev/null &
END_FILE
dockerfile <<END_FILE
FROM base
COPY try_calls attack.sh strake_again /
RUN chmod +x /strake_again
RUN --mount=type=tmpfs,target=/many WORK=$work sh /attack.sh
END_FILE
exe=$(sha256sum "$STRAKE")
build -t attacked
expect_status 0
for line in 'add_key EPERM' 'keyctl EPERM' 'request_key EPERM' \
  'userfaultfd EPERM' 'perf_event_open EPERM' 'bpf EPERM' \
  'io_uring_setup EPERM' 'unshare EPERM' 'clone EPERM' 'clone3 ENOSYS' \
  'setns EPERM' 'mount EPERM' 'fsopen EPERM' 'pivot_root EPERM' \
  'open_by_handle_at EPERM' 'init_module EPERM' 'kexec_load EPERM' \
  'reboot EPERM' 'swapon EPERM' 'syslog EPERM' 'personality EPERM' \
  'tty ENXIO' 'tiocsti ENOTTY' 'fds: 0 1 2 3' 'exe: /bin/busybox' \
  'No such file' 'alive' 'No space left' '100000' 'no core'; do
  expect_out "$line"
done
[ "$(uname -m)" != x86_64 ] || expect_out 'i386 mount EPERM'
expect_no_out written
expect_no_out of-the-host
[ "$(grep -o 'processes: [0-9]*' <<< "$out" | cut -d' ' -f2)" -lt 6 ] ||
  fail "it sees processes of others"
expect_no_traces
# A script whose interpreter is who executes it, and a link to that.
printf 'FROM attacked\nRUN ["/strake_again"]\n' | dockerfile
build --no-cache
expect_failure
expect_out 'lead to a running program'
printf 'FROM attacked\nRUN ["/proc/self/exe", "version"]\n' | dockerfile
build --no-cache
expect_failure
expect_out 'lead to a running program'
expect "$exe" "$(sha256sum "$STRAKE")"

# What a layer holds, setuid programs among it, is for nobody else.
printf 'FROM base\nCOPY --chmod=4755 try_calls /su\n' | dockerfile
build -t setuid
expect '-rwsr-xr-x' "$(run setuid ls -l /su | cut -c1-10)"
su=$(find "$STRAKE_ROOT/overlay2" -name su -perm -4000)
[ -n "$su" ] || fail "no layer with the program"
chmod 755 "$work" "$STRAKE_ROOT"  # as a careless administrator may have it
nobody() { try setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
for path in "$su" "$STRAKE_ROOT/cachemounts" "$STRAKE_ROOT/blobs"; do
  nobody ls "$path"
  expect_out 'Permission denied'
done
nobody cat "$STRAKE_ROOT/strake.db"
expect_out 'Permission denied'

# A directory of the host by the number of a file that was open when the
# sandbox was made.
for number in 3 4 5 6 7 8 9 10 11 12; do
  out=$(run -w /proc/self/fd/$number attacked ls -d "../../../..$work" 2>&1) &&
    fail "the host is at /proc/self/fd/$number: $out"
done

# Paths of mounts and copies lead through the image's links, inside it.
printf 'secret of the host' > secret
dockerfile <<END_FILE
FROM base AS links
RUN ln -s /../../../../../..$work/victim /target && ln -s $work/secret /leak && \
    ln -s ../../../../../..$work /up && mkdir -p /d && ln -s /up /d/proc
FROM links
RUN --mount=type=tmpfs,target=/target --mount=type=tmpfs,target=/../../x/../..$work/victim \
    --mount=type=cache,id=../../../../victim,target=/c --mount=type=cache,id=/$work/victim,target=/c2 \
    touch /target/in /c/in /c2/in $work/victim/in; cat /leak /up/secret 2>&1 | sed 's/^/seen /'
COPY attack.sh /target/
COPY attack.sh /up/attack.sh
WORKDIR /up/made
RUN echo x > /up/made/x
END_FILE
build -t links
expect_status 0
expect_no_out 'secret of the host'
expect file "$(ls -A victim)"
expect "" "$(ls -d made attack.sh 2>/dev/null)"
for source in /leak /up/secret /target/file; do
  printf 'FROM links\nFROM base\nCOPY --from=links %s /x\n' "$source" | dockerfile
  build
  expect_failure
  printf 'FROM base\nRUN --mount=from=links,source=%s,target=/x cat /x\n' "$source" | dockerfile
  build
  expect_failure
done

# Accounts that never end, or are no files.
printf 'FROM base\nRUN truncate -s 3G /etc/passwd; rm /etc/group && mkfifo /etc/group\n' | dockerfile
build -t endless
printf 'FROM endless\nUSER ann\nRUN id\n' | dockerfile
build
expect_out '/etc/passwd of the image: file is larger than'
printf 'FROM endless\nUSER 0:staff\nRUN id\n' | dockerfile
build
expect_failure

# A mount that a trusted step makes stays with it, whatever the host shares.
dockerfile <<'END_FILE'
FROM base
RUN --security=insecure mkdir -p /m && mount -t tmpfs of-a-step /m && mount --make-rshared /m; \
    mount --bind /m /mnt 2>/dev/null; umount -l /m; true
END_FILE
try unshare -m sh -c 'mount --make-rshared / && "$1" build --no-cache \
  --allow security.insecure context; echo "code $?"; grep -c of-a-step /proc/self/mountinfo' \
  sh "$STRAKE"
expect_out 'code 0'
expect 0 "$(tail -1 <<< "$out")"
expect_no_traces

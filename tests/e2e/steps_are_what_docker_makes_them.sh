#!/usr/bin/env bash
# A step finds the machine that docker's classic builder gives it: rights,
# devices, mounts, limits, signals, environment. What differs on purpose is left
# out here and told in runtime/README.md.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
cat > context/look.sh <<'END_FILE'
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Umask|Sig[BIC]|Threads)' /proc/self/status
grep -vE '^Max (open|core|locked|processes|stack)|^Limit' /proc/self/limits | tr -s ' '
env | grep -vE '^(HOSTNAME|PWD|SHLVL)=' | sort
pwd; id; umask
echo "stdin: $(cat)"; tty; ls /proc/self/fd
cut -d' ' -f5,6,7,8,18,19 /proc/1/stat      # group, session, terminal, nice
cat /proc/self/oom_score_adj /proc/self/personality
cat /proc/self/uid_map /proc/self/setgroups
ls -la /dev /dev/pts /dev/shm /dev/mqueue | awk '$1 != "total" && $NF != ".." {
  print $1, $3, $4, ($1 ~ /^[bc]/ ? $5 $6 : $9), $10, $11 }'
# Mounts with their options; of what masks, where it is.
awk '$5 ~ /^\/(dev|proc$|sys$)/ { print $5, $6 }
  $5 ~ /^\/(proc|sys)\// && $5 !~ /cgroup|powercap/ { print $5, substr($6, 1, 2) }' \
  /proc/self/mountinfo | sort
for path in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/kcore \
  /proc/keys /proc/timer_list /sys/firmware /proc/acpi /proc/irq /proc/bus \
  /sys/kernel/mm/transparent_hugepage/enabled; do
  [ -e $path ] || { echo "$path absent"; continue; }
  (echo > $path) 2>/dev/null && echo "$path written"
  echo "$path $(ls -A $path 2>/dev/null | wc -l) $(head -c 9 $path 2>/dev/null | wc -c)"
done
hostname other 2>&1; mknod /tmp/null c 1 3 2>&1 && ls -l /tmp/null | cut -c1-10
chroot / true 2>&1; mount -t tmpfs none /tmp 2>&1; unshare -U true 2>&1
date +%Z; ulimit -c
rm -f /tmp/null
END_FILE
dockerfile <<'END_FILE'
FROM base
COPY look.sh /
RUN sh /look.sh > /tmp/root 2>&1
USER ann
RUN sh /look.sh > /tmp/ann 2>&1
USER 1234:50
RUN sh /look.sh > /tmp/number 2>&1
END_FILE
base
"$STRAKE" build -q -o type=tar,dest=base.tar - > /dev/null <<< 'FROM base'
start_docker
docker import base.tar base > /dev/null || fail "docker does not import"
build -t looked --network none
expect_status 0
try env DOCKER_BUILDKIT=0 /usr/bin/docker -H "unix://$work/docker.sock" \
  build --network none -t looked context
expect_status 0
mkdir ours theirs
for user in root ann number; do
  run looked cat /tmp/$user > ours/$user
  docker run --rm --network none looked cat /tmp/$user > theirs/$user
done
out=$(diff -r theirs ours) || fail "a step is not what docker makes it"

# Not from the shell that strake is called from, as docker's are its daemon's.
cat > context/Dockerfile <<'END_FILE'
FROM base
RUN cat /proc/self/limits > /limits; grep -E '^Sig[BI]' /proc/self/status > /signals; \
    cat /proc/self/oom_score_adj /proc/self/personality > /rest
END_FILE
build -t plain --no-cache
(
  trap '' INT HUP USR1
  ulimit -Sn 64 && ulimit -Sf 100000 && ulimit -Sc 0 && umask 077 &&
    echo 500 > /proc/self/oom_score_adj
  exec setarch -R "$STRAKE" build -q -t odd --no-cache context
) > /dev/null || fail "a shell's limits stop it"
for file in limits signals; do
  expect "$(run plain cat /$file)" "$(run odd cat /$file)"
done
expect $'500\n00000000' "$(run odd cat /rest)"
expect "1 1 bytes" "$(run odd awk '/core file/ { print $5, $6, $7 }' /limits)"

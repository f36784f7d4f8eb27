#!/usr/bin/env bash
# What a step is: which user, directory, environment, limits and machine; and
# what it is with consent to more.
# Needs: root, because it changes what is the machine's own.
# Shows: [D153] [D255] [D302] [D312] [D314] [D315] [D316] [D319] [D320]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN env > /env
RUN cat > /stdin; test -t 0 || test -t 1 || echo no terminal > /terminal
RUN umask > /umask; ulimit -n > /files; ulimit -Hn >> /files; df -m /dev/shm | awk 'END {print $2}' > /shm
RUN cat /etc/hosts > /hosts; hostname > /name
RUN mkdir -p /run/d /var/d && echo x | tee /run/d/f /var/d/f > /tmp/f
RUN date +%s > /clock
END
export OUTSIDE=leaked
before=$(date +%s)
build -t sandbox --ulimit nofile=100:200 --shm-size 10m \
  --add-host=six=::6 --add-host=four:4.4.4.4 \
  --build-arg BUILDKIT_SANDBOX_HOSTNAME=builder \
  --build-arg SOURCE_DATE_EPOCH=1 < /etc/passwd
expect_status 0
show() { run sandbox cat "$1"; }
expect_no_env() { ! show /env | grep -q "$1" || fail "a step sees $1"; }
expect_no_env OUTSIDE
expect_no_env BUILDKIT_
expect HOME=/root "$(show /env | grep HOME)"
expect '' "$(show /stdin)"
expect 'no terminal' "$(show /terminal)"
expect 0022 "$(show /umask)"
expect $'100\n200' "$(show /files)"
expect 10 "$(show /shm)"
expect builder "$(show /name)"
show /hosts | grep -qE '^127\.0\.0\.1\s+localhost' || fail "no localhost"
show /hosts | grep -qE '^::1\s+localhost' || fail "no localhost of version 6"
show /hosts | grep -qE '\sbuilder$' || fail "not its own name"
expect $'::6\tsix\n4.4.4.4\tfour' "$(show /hosts | tail -2)"
expect $'x\nx\nx' "$(run sandbox cat /run/d/f /var/d/f /tmp/f)"
[ "$(show /clock)" -ge "$before" ] || fail "the clock is not the real one"

# Limits, names and hosts of another build are not what these steps saw.
build -t sandbox
[ "$(count_out DONE)" -gt 0 ] || fail "other settings hit"

dockerfile <<'END'
FROM base
RUN echo before
RUN --security=insecure grep -E '^(CapEff|Seccomp):' /proc/self/status > /status; \
    mkdir /m && mount -t tmpfs none /m && umount /m && rmdir /m; \
    echo renamed > /proc/sys/kernel/hostname && hostname > /seen; ls /dev/kmsg >> /seen
RUN --security=insecure ls /dev | grep -c 'loop[0-9]' > /loops; dd if=/dev/zero of=/disk bs=1M count=1 2>/dev/null; \
    loop=$(losetup -f) && losetup $loop /disk && losetup -a | grep -q /disk && losetup -d $loop && echo looped >> /loops; rm /disk
RUN grep -E '^(CapEff|Seccomp):' /proc/self/status > /after
USER ann
RUN --security=insecure grep -E '^(CapEff|Seccomp):' /proc/self/status > /tmp/user
END
build -t insecure
expect_status 6
expect_out 'Dockerfile:3:5: RUN --security=insecure needs the user'
expect_out '--allow security.insecure'
expect_no_out 'DONE'
build -t insecure --allow security.insecure
expect_status 0
own=$(awk '/^CapEff/ { print $2 }' /proc/self/status)
expect "CapEff: $own Seccomp: 0" "$(echo $(run insecure cat /status))"
expect "CapEff: $own Seccomp: 0" "$(echo $(run insecure cat /tmp/user))"
[ ! -e /dev/loop-control ] || expect looped "$(run insecure tail -1 /loops)"
expect 'CapEff: 00000000a80425fb Seccomp: 2' "$(echo $(run insecure cat /after))"
expect $'renamed\n/dev/kmsg' "$(run insecure cat /seen)"
expect_no_traces

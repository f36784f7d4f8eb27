#!/usr/bin/env bash
# RUN --device: a device of this machine's CDI specifications, with its
# variables, nodes and mounts, for who was given consent.
# Needs: root, because it writes below /etc/cdi.
# Shows: [D256] [D257]
. "$(dirname "$0")/lib.sh"
base
name=strake-e2e-$$
mkdir -p /etc/cdi
trap 'code=$?; rm -f "/etc/cdi/$name.json"; rmdir /etc/cdi 2> /dev/null
  (exit "$code"); clean_up' EXIT
echo library > lib
cat > "/etc/cdi/$name.json" <<END
{"cdiVersion": "0.6.0", "kind": "$name.example/dev", "devices": [
 {"name": "null", "containerEdits": {
  "env": ["DEVICE=null"],
  "deviceNodes": [{"path": "/dev/sub/null", "hostPath": "/dev/null", "fileMode": 384, "uid": 7},
                  {"path": "/opt/device", "hostPath": "/dev/null"}],
  "mounts": [{"hostPath": "$work/lib", "containerPath": "/usr/lib/device", "options": ["ro"]}]}},
 {"name": "variable", "containerEdits": {"env": ["SECOND=2"]}},
 {"name": "tty0", "containerEdits": {"deviceNodes": [
  {"path": "/dev/tty0", "type": "c", "major": 4, "minor": 0}]}}]}
END
dockerfile <<END
FROM base
RUN --device=$name.example/dev=null --device=$name.example/dev=variable \
    echo "\$DEVICE \$SECOND" > /env; stat -c '%F %t:%T %a %u' /dev/sub/null > /node; \
    stat -c '%F %t:%T' /opt/device > /outside; \
    cat /usr/lib/device > /mount
RUN --device=$name.example/other=x test -z "\$DEVICE" && test ! -e /dev/sub
END
build -t device
expect_status 6
expect_out "--allow device=$name.example/dev=null"
expect_no_out DONE
build -t device --allow "device=$name.example/dev"
expect_status 0
expect 'null 2' "$(run device cat /env)"
expect 'character special file 1:3 600 7' "$(run device cat /node)"
expect 'character special file 1:3' "$(run device cat /outside)"
expect library "$(run device cat /mount)"
expect '' "$(run device ls /usr/lib 2> /dev/null)"

dockerfile <<END
FROM base
RUN echo before
RUN --device=$name.example/other=x,required true
END
build --allow device
[ "$status" != 0 ] || fail "ran without a required device"
expect_out 'Dockerfile:3:5:'
expect_out "\"$name.example/other=x\" is required"
expect_no_out DONE

# A node that root makes is no way to a device of the machine; what --device
# gives can be opened, and without a sandbox everything. (What no driver is
# behind fails otherwise than what is not permitted.)
dockerfile <<END
FROM base
RUN mknod /made c 4 0; (: < /made) 2>&1 | sed s/^/made:/; \
    mknod /disk b 8 0; (: < /disk) 2>&1 | sed s/^/disk:/; rm /disk; echo x > /dev/null
RUN (: < /made) 2>&1 | sed s/^/left:/
RUN --device=$name.example/dev=tty0 (: < /dev/tty0) 2>&1 | sed s/^/given:/
RUN --security=insecure (: < /made) 2>&1 | sed s/^/insecure:/
END
build --allow device --allow security.insecure
expect_status 0
for place in made disk left; do
  grep -q "$place:.*Operation not permitted" <<< "$out" || fail "$place can be opened"
done
! grep -E "(given|insecure):.*not permitted" <<< "$out" || fail "not opened"
expect_no_traces

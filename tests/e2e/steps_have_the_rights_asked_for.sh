#!/usr/bin/env bash
# --cap-add, --cap-drop and --security-opt: what a step may do, as docker and
# podman mean it; part of the key, and checked before anything runs.
. "$(dirname "$0")/lib.sh"
base
cat > context/look <<'END_FILE'
grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status
mount -t tmpfs none /tmp 2>/dev/null && echo mounted
unshare -n true 2>/dev/null && echo unshared
chown ann /look 2>/dev/null && echo owned
grep -q ' /proc/sys ' /proc/self/mountinfo || echo bare
END_FILE
printf 'FROM base\nCOPY look /\nRUN sh look\n' | dockerfile
caps() { grep -oE 'Cap(Inh|Prm|Eff|Bnd|Amb):.*' <<< "$out" | tr -d '\n' | tr -s '\t' ' '; }
build
expect_status 0
expect 'CapInh: 0000000000000000CapPrm: 00000000a80425fbCapEff: 00000000a80425fbCapBnd: 00000000a80425fbCapAmb: 0000000000000000' "$(caps)"
expect_no_out mounted
expect_no_out unshared
expect_out owned
expect_no_out bare
build --cap-drop CHOWN --cap-add CHOWN
expect 0 "$(count_out DONE)"     # docker's own set again: the same step

build --cap-drop=all
expect 'CapInh: 0000000000000000CapPrm: 0000000000000000CapEff: 0000000000000000CapBnd: 0000000000000000CapAmb: 0000000000000000' "$(caps)"
expect_no_out owned
build --cap-drop ALL --cap-add cap_Chown
expect_out 'CapBnd:	0000000000000001'
expect_out owned
build --cap-drop ALL --cap-add cap_Chown
expect 0 "$(count_out DONE)"
# The calls of docker's filter come with the capability that they need.
build --cap-add sys_admin,net_admin
expect_out 'CapEff:	00000000a82435fb'
expect_out mounted
expect_out unshared
build --cap-add moon
expect_status 2
expect_out 'unknown capability "moon"'
if grep -q '^CapBnd:.*1fffeffffff' /proc/self/status; then
  lacked=sys_resource
  build --cap-add $lacked
else
  lacked=sys_time
  try setpriv --inh-caps=-$lacked --bounding-set=-$lacked \
    "$STRAKE" build --cap-add $lacked context
fi
expect_failure
expect_out "--cap-add CAP_${lacked^^}: strake does not have it itself"

# Who is not root has no capability, of which the set stays bounded.
cat > user.Dockerfile <<'END_FILE'
FROM base
USER ann
RUN grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status
END_FILE
build -f user.Dockerfile --cap-add net_admin
expect 'CapInh: 0000000000000000CapPrm: 0000000000000000CapEff: 0000000000000000CapBnd: 00000000a80435fbCapAmb: 0000000000000000' "$(caps)"

build --security-opt seccomp=unconfined --security-opt no-new-privileges
expect_out 'Seccomp:	0'
expect_out 'NoNewPrivs:	1'
build --security-opt no-new-privileges:false --security-opt systempaths=unconfined
expect_out 'Seccomp:	2'
expect_out 'NoNewPrivs:	0'
expect_out bare
build --security-opt apparmor=unconfined --security-opt label=disable
expect_status 0
build --security-opt apparmor=docker-default
expect_out 'AppArmor'
expect_failure
build --security-opt secomp=unconfined
expect_status 2
expect_out 'did you mean "seccomp"?'

# Profiles: other tools' whole ones, small ones, broken ones.
cat > deny.json <<'END_FILE'
{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [
  {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
  {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
 "syscalls": [
  {"names": ["mkdir", "mkdirat", "mkdir_of_the_future"],
   "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
  {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"},
  {"names": ["chown", "fchownat", "lchown"], "action": "SCMP_ACT_ERRNO",
   "excludes": {"caps": ["CAP_NET_ADMIN"]}}]}
END_FILE
build --security-opt seccomp=deny.json
expect_status 0
expect_out 'Seccomp:	2'
expect_no_out owned
build --security-opt seccomp=deny.json
expect 0 "$(count_out DONE)"
build --security-opt seccomp=deny.json --cap-add net_admin
expect_out owned
printf 'FROM base\nRUN mkdir /x\n' > mkdir.Dockerfile
build -f mkdir.Dockerfile --debug --security-opt seccomp=deny.json
expect_failure
expect_out 'No space left on device'
expect_out 'name=mkdir_of_the_future'
strake run --debug --security-opt seccomp=deny.json base true
expect_out 'name=mkdir_of_the_future'
strake run --security-opt seccomp=deny.json --cap-add sys_admin base hostname x
expect_status 159                # SIGSYS
strake run --cap-drop all --security-opt no-new-privileges base \
  grep -E 'CapBnd|NoNewPrivs' /proc/self/status
expect $'CapBnd:\t0000000000000000\nNoNewPrivs:\t1' "$out"
if [ -e /usr/share/containers/seccomp.json ]; then
  build --security-opt seccomp=/usr/share/containers/seccomp.json
  expect_status 0
  expect_out owned
  expect_no_out mounted
fi
printf '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALOW"}]}' > broken.json
build --security-opt seccomp=broken.json --no-cache
expect_failure
expect_out 'broken.json: syscalls[0].action: unknown action "SCMP_ACT_ALOW"'
expect_no_out DONE
build --security-opt seccomp=nowhere.json
expect_out 'nowhere.json: there is no such file'

# A list of what is allowed holds what a program needs, and no more than that.
cat > allow.json <<'END_FILE'
{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW",
  "names": ["execve", "capset", "prctl", "arch_prctl", "brk", "mmap", "munmap",
  "mprotect", "set_tid_address", "set_robust_list", "rseq", "readlinkat",
  "readlink", "getrandom", "prlimit64", "write", "getuid", "exit_group",
  "fstat", "newfstatat", "ioctl", "rt_sigaction"]}]}
END_FILE
strake run --security-opt seccomp=allow.json -u ann base echo enough
expect enough "$out"
expect_no_traces

#!/usr/bin/env bash
# Repositories over ssh: with the agent's keys, from servers that are known; a
# password in the address is kept nowhere.
# Needs: root, because it gives ssh another home by a mount.
# Shows: [D393] [D400]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
mkdir -p repos ssh home/.ssh /run/sshd
repository app
echo one > app/file
commit app "first"
ssh-keygen -q -t ed25519 -N '' -f ssh/host
ssh-keygen -q -t ed25519 -N '' -f ssh/key
cp ssh/key.pub ssh/authorized
port=$((20000 + $$ % 10000))
cat > ssh/config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
END
/usr/sbin/sshd -D -e -f ssh/config 2> ssh/log &
wait_for sh -c "ssh-keyscan -p $port 127.0.0.1 2> /dev/null > known && test -s known"
ssh-agent -D -a "$work/ssh/agent" > /dev/null &
export SSH_AUTH_SOCK=$work/ssh/agent
wait_for test -S ssh/agent

# ssh(1) takes root's directory from passwd, whatever HOME says.
ssh_build() {
  # shellcheck disable=SC2016 # the inner shell's own
  try unshare -m sh -c 'mount --bind "$0" /root && exec "$@"' \
    "$work/home" timeout 30 "$STRAKE" build "$@" context
}
dockerfile <<END
FROM scratch
ADD --keep-git-dir ssh://root:s3cret@127.0.0.1:$port$work/repos/app.git /
END
ssh_build
expect_failure
expect_out "Host key verification failed"
expect_out "~/.ssh/known_hosts"
cp known home/.ssh/known_hosts
ssh_build
expect_failure
expect_out "Permission denied"
expect_out "SSH_AUTH_SOCK"
ssh-add -q ssh/key
# The user's settings neither run commands nor leave a connection behind.
cat > home/.ssh/config <<END
PermitLocalCommand yes
LocalCommand touch $work/ran
ControlMaster auto
ControlPath $work/ssh/master
ControlPersist yes
END
chmod 600 home/.ssh/config
ssh_build -o out
expect_no_file ran
expect_no_file ssh/master
expect_status 0
expect one "$(cat out/file)"
! grep -raq s3cret out store || fail "kept in a file"
expect_no_traces

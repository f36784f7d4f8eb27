#!/usr/bin/env bash
# RUN --mount=type=ssh: the user's agent, or keys from files, are there for the
# step alone, for its user, and only to sign with.
# Shows: [D297] [D298] [D299]
. "$(dirname "$0")/lib.sh"
debian_base
mkdir keys
for key in agent file locked; do
  phrase='' && [ "$key" = locked ] && phrase=secret
  ssh-keygen -q -t ed25519 -N "$phrase" -C "$key-key" -f "keys/$key"
done
chmod 0644 keys/file
eval "$(ssh-agent -a "$work/agent")" > /dev/null
trap 'code=$?; kill "$SSH_AGENT_PID"; (exit "$code"); clean_up' EXIT
ssh-add -q keys/agent

# A client of its own: the base has no ssh.
dockerfile <<'END'
FROM debian:12
RUN --mount=type=bind,from=tools,target=/tools \
    --mount=type=ssh --mount=type=ssh,id=files,target=/sock,mode=0666,uid=5,gid=6 \
    export LD_LIBRARY_PATH=/tools; \
    echo "$SSH_AUTH_SOCK" > /variable; \
    stat -c '%F %a %u:%g' "$SSH_AUTH_SOCK" /sock > /sockets; \
    /tools/ssh-add -l > /listed; SSH_AUTH_SOCK=/sock /tools/ssh-add -l > /listed-files; \
    /tools/ssh-add -D 2> /refused; /tools/ssh-add -l >> /listed
RUN test -z "$SSH_AUTH_SOCK" && test ! -e /sock && test ! -e /run/buildkit
END
mkdir context/tools
cp "$(command -v ssh-add)" context/tools/
ldd "$(command -v ssh-add)" | awk '$3 ~ /^\// { print $3 }' |
  grep -v 'libc\.so' | xargs -I{} cp {} context/tools/
sed -i 's/,from=tools/,source=tools/' context/Dockerfile
build -t agents --ssh default --ssh files=keys/file
expect_status 0
expect /run/buildkit/ssh_agent.0 "$(run agents cat /variable)"
expect $'socket 600 0:0\nsocket 666 5:6' "$(run agents cat /sockets)"
expect 2 "$(run agents grep -c agent-key /listed)"
expect 1 "$(run agents grep -c file-key /listed-files)"
expect '' "$(run agents ls -A /run/buildkit 2> /dev/null)"
ssh-add -l | grep -q agent-key || fail "the step emptied the agent"
pgrep -f "ssh-agent -D.*/proc/" > /dev/null && fail "an agent is left"

# Who has a connection to the agent changes nothing of the result.
build -t agents --ssh default=keys/file --ssh files=keys/file
expect 0 "$(count_out DONE)"

dockerfile <<'END'
FROM debian:12
RUN --mount=type=ssh,id=absent test ! -e "$SSH_AUTH_SOCK"
END
build
expect_status 0

dockerfile <<'END'
FROM debian:12
RUN echo before
RUN --mount=type=ssh,required true
END
build
[ "$status" != 0 ] || fail "ran without a required agent"
expect_out 'Dockerfile:3:'
expect_out 'ssh agent "default" is required'
expect_out '--ssh default'
expect_no_out 'DONE'

# A key that nobody can be asked about.
dockerfile <<'END'
FROM debian:12
RUN --mount=type=ssh true
END
build --ssh default=keys/locked < /dev/null
[ "$status" != 0 ] || fail "took a key with a passphrase"
expect_out 'keys/locked cannot be used'
build --ssh default=keys/agent.pub
expect_status 1
expect_out 'is not a private key'
expect_no_traces

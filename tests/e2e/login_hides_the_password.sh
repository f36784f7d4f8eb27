#!/usr/bin/env bash
# A password is on no screen, in no list of processes, in no log and with a
# helper in no file.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/terminal.sh"
export HOME=$work/home DOCKER_CONFIG=$work/docker
unset REGISTRY_AUTH_FILE DOCKER_AUTH_CONFIG
mkdir home docker bin
registry htpasswd

# Without a helper, under the worst umask.
(umask 000 && "$STRAKE" --debug --trace trace login -u ann --password-stdin \
  "$registry" <<< 'secret' > log 2>&1) || fail "login: $(cat log)"
expect 600 "$(stat -c %a docker/config.json)"
secret=$(printf 'ann:secret' | base64)
! grep -qF -e secret -e "$secret" log trace || fail "a log has the password"

# With one: it gets the password on its input alone.
cat > bin/docker-credential-vault <<'END'
#!/bin/sh
tr '\0' ' ' < /proc/$$/cmdline >> "$VAULT/asked"
cat "/proc/$PPID/cmdline" | tr '\0' ' ' >> "$VAULT/asked"
tr '\0' '\n' < /proc/$$/environ >> "$VAULT/asked"
case $1 in
  store) cat > "$VAULT/kept" ;;
  get) cat "$VAULT/kept" ;;
  erase) rm "$VAULT/kept" ;;
esac
END
chmod +x bin/docker-credential-vault
export PATH=$work/bin:$PATH VAULT=$work/vault
mkdir vault
echo '{"credsStore": "vault"}' > docker/config.json
try "$STRAKE" --debug login -u ann --password-stdin "$registry" <<< 'secret'
expect_status 0
expect_no_out secret
expect_no_out unencrypted
expect 'secret' "$(jq -r .Secret vault/kept)"
expect '{}' "$(jq -c --arg r "$registry" '.auths[$r]' docker/config.json)"
strake login "$registry"
expect_status 0
! grep -qE '(^|[ =])secret( |$)' vault/asked || fail "the helper's caller shows the password"
grep -qF 'docker-credential-vault store' vault/asked || fail "it was not asked"
grep -qF 'docker-credential-vault get' vault/asked || fail "it was not asked"
strake logout "$registry"
expect_no_file vault/kept

# At a terminal.
echo '{}' > docker/config.json
terminal 100 20
type_in "strake login $registry; stty -a | tr ' ' '\\n' | grep -x -e echo -e -echo"
wait_for on_screen "User name for $registry:"
type_in ann
wait_for on_screen 'Password:'
type_in 'secret'
wait_for on_screen 'Login Succeeded'
has_line() { screen | grep -qx -- "$1"; }
wait_for has_line echo
look
expect_no_out secret
expect "$secret" "$(jq -r --arg r "$registry" '.auths[$r].auth' docker/config.json)"

# Ctrl-C gives the terminal back as it was.
type_in "clear; strake login -u ben $registry; echo code \$?; stty -a | tr ' ' '\\n' | grep -x -e echo -e -echo"
wait_for not_on_screen 'Login Succeeded'
wait_for on_screen 'Password:'
tmux send-keys -l 'half of it'
tmux send-keys C-c
wait_for on_screen 'code 130'
wait_for has_line echo
look
expect_out 'the login was interrupted'
expect_no_out 'half of it'

#!/usr/bin/env bash
# A login is tried at the registry, then kept where docker keeps it; a logout
# forgets it. What the registry refuses changes nothing.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export HOME=$work/home
unset DOCKER_CONFIG REGISTRY_AUTH_FILE DOCKER_AUTH_CONFIG XDG_RUNTIME_DIR XDG_CONFIG_HOME
mkdir home
config=$HOME/.docker/config.json
registry htpasswd
login() { try "$STRAKE" login "$@" <<< 'secret'; }

login -u ann --password-stdin "$registry"
expect_status 0
expect_out 'Login Succeeded'
expect_out "the password is kept unencrypted in $config"
expect_no_out secret
expect "$(printf 'ann:secret' | base64)" \
  "$(jq -r --arg r "$registry" '.auths[$r].auth' "$config")"
expect 600 "$(stat -c %a "$config")"
# What docker has written holds here, and the reverse.
login "https://$registry/v2/"
expect_status 0
expect_no_out 'unencrypted'

kept=$(cat "$config")
try "$STRAKE" login -u ann --password-stdin "$registry" <<< 'shut'
expect_status 6
expect_out 'does not accept the credentials'
expect_out 'hint: check the user name and the password'
expect_no_out 'strake login'
expect "$kept" "$(cat "$config")"

strake logout "$registry"
expect_status 0
expect_out "Removing login credentials for $registry"
expect '{}' "$(jq -c .auths "$config")"
strake logout "$registry"
expect_status 0
expect_out "Not logged in to $registry"

# A registry whose tokens another server gives.
plain=$registry
registry token
login -u ann --password-stdin "$registry"
expect_status 0
try "$STRAKE" login -u ann --password-stdin "$registry" <<< 'shut'
expect_status 6
expect_out 'does not accept the credentials'

# One that has to prove who it is.
registry tls htpasswd
login -u ann --tls-verify --password-stdin "$registry"
expect_status 6
expect_no_out 'check the user name'
SSL_CERT_FILE=$authority login -u ann --tls-verify=true --password-stdin "$registry"
expect_status 0
login -u ann --tls-verify=perhaps --password-stdin "$registry"
expect_status 2
registry=$plain

# Where a password may come from.
strake login -u ann -p 'secret' "$registry"
expect_status 0
expect_out 'everybody on this machine can see a password on a command line'
expect_no_out secret
login -u ann --tls-verify=false --password-stdin "$registry"
expect_status 0
printf 'secret\r\n' | "$STRAKE" --config named login -u ann --password-stdin \
  "$registry" > /dev/null 2>&1 || fail "--config"
expect ann "$(jq -r --arg r "$registry" '.auths[$r].auth' named/config.json |
  base64 -d | cut -d: -f1)"
REGISTRY_AUTH_FILE=$work/auth.json login -u ann --password-stdin "$registry"
expect_out "unencrypted in $work/auth.json"

# What is wrong is said before anybody is asked.
strake login -u ann -p x --password-stdin "$registry"
expect_status 2
login --password-stdin "$registry"
expect_status 2
expect_out '--password-stdin wants --username'
login -u ann:x --password-stdin "$registry"
expect_status 2
login -u ann 'ann@host.io'
expect_status 2
expect_out '"ann@host.io" names no registry'
try "$STRAKE" login -u ann --password-stdin "$registry" < /dev/null
expect_status 2
expect_out 'no password on standard input'
login -u ann "$registry"
expect_status 2
expect_out 'there is no terminal to ask'
login -u ann --password-stdin 127.0.0.1:1
expect_status 5
expect_out '127.0.0.1:1'

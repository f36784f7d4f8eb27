#!/usr/bin/env bash
# Secrets of every shape, in builds that work, fail and are killed: their bytes,
# lines and encodings are in no file of the store, trace, log or message.
. "$(dirname "$0")/lib.sh"
base
printf -- '-----BEGIN KEY-----\nfirst-line-of-it\n\t"second": "line",\n-----END KEY-----\n' > key
printf 'token-with-"quotes"-and-\\' > token
export PASSPHRASE='correct horse
battery staple'
secrets=(--secret id=key,src=key --secret id=token,src=token
  --secret id=phrase,env=PASSPHRASE)
cat > patterns <<END_FILE
first-line-of-it
"second": "line"
\"second\": \"line\"
BEGIN KEY
token-with-
correct horse
battery staple
$(base64 -w0 < key | cut -c1-40)
$(printf %s "$PASSPHRASE" | base64 -w0 | cut -c1-24)
END_FILE
expect_no_secret() {
  local found
  found=$(grep -rlaF -f patterns "$STRAKE_ROOT" "$@" 2> /dev/null)
  [ -z "$found" ] || fail "a secret is in $found"
  ! grep -qaF -f patterns <<< "$out" || fail "a secret was printed"
}

cat > show.sh <<'END_FILE'
cat /run/secrets/key; sed 's/^/> /' /run/secrets/key >&2; tail -n 2 /run/secrets/key
cat /run/secrets/token; echo "[$(cat /run/secrets/token)]"; echo "phrase: $PHRASE"
echo "$PHRASE" | tac; set -x; : "$PHRASE"; grep -c . /run/secrets/key
END_FILE
cp show.sh context/
dockerfile <<'END_FILE'
FROM base
COPY show.sh /
RUN --mount=type=secret,id=key --mount=type=secret,id=token,mode=0444 \
    --mount=type=secret,id=phrase,env=PHRASE sh /show.sh
RUN ls -A /run/secrets 2>/dev/null; env | grep -c PHRASE; true
END_FILE
build -t kept "${secrets[@]}" --debug --trace trace.json
expect_status 0
expect_out '***'
expect_no_secret trace.json
out=$(inspect kept .; run kept sh -c 'ls -R /run; env')
expect_no_secret
"$STRAKE" save kept -o saved.tar
mkdir unpacked && tar -xf saved.tar -C unpacked
expect_no_secret unpacked

# Where the step fails, its last output is in the message; a command that is
# not there is named.
sed 's/sh \/show.sh$/sh \/show.sh; exit 9/' -i context/Dockerfile
for kept in '' '--on-failure keep'; do
  # shellcheck disable=SC2086  # words, on purpose
  build "${secrets[@]}" --trace trace.json $kept
  expect_out 'exit code 9'
  expect_no_secret trace.json
done
sed 's/sh \/show.sh; exit 9/nowhere "$PHRASE"/' -i context/Dockerfile
build "${secrets[@]}" --debug --trace trace.json
expect_failure
expect_no_secret trace.json

# Killed while the step holds them: nobody could have cleaned up.
sed 's/nowhere "$PHRASE"/sh \/show.sh; echo holding; sleep 1000/' -i context/Dockerfile
"$STRAKE" build "${secrets[@]}" --trace trace.json context > killed.log 2>&1 &
killed=$!
wait_for grep -q holding killed.log
expect_no_secret killed.log trace.json
kill -9 $killed
wait $killed 2> /dev/null
expect_no_secret killed.log trace.json

# Of an agent's key a step sees nothing at all, and another user not even the
# agent.
ssh-keygen -q -t ed25519 -N '' -f agent_key
grep -v -- --- agent_key >> patterns
dockerfile <<'END_FILE'
FROM base
RUN --mount=type=ssh test -w "$SSH_AUTH_SOCK" && echo root has it; env; ls -l "$SSH_AUTH_SOCK"
USER ann
RUN --mount=type=ssh test -w "$SSH_AUTH_SOCK" || echo ann has not
END_FILE
build -t agent --ssh default=agent_key --debug --trace trace.json
expect_status 0
expect_out 'root has it'
expect_out 'ann has not'
expect_no_secret trace.json

# A step beside it, of the same build, has none of them.
dockerfile <<'END_FILE'
FROM base AS holder
RUN --mount=type=secret,id=key --mount=type=secret,id=phrase,env=PHRASE \
    --mount=type=cache,id=meet,target=/meet touch /meet/held; \
    for i in $(seq 300); do [ -e /meet/looked ] && break; sleep 0.1; done
FROM base AS looker
RUN --mount=type=cache,id=meet,target=/meet \
    for i in $(seq 300); do [ -e /meet/held ] && break; sleep 0.1; done; \
    cat /proc/*/environ /run/secrets/* /proc/*/root/run/secrets/* > /seen 2>/dev/null; \
    touch /meet/looked
FROM base
COPY --from=looker /seen /
COPY --from=holder /etc/passwd /
END_FILE
build -t beside "${secrets[@]}"
expect_status 0
expect_no_secret

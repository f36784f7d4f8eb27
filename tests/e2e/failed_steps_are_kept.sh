#!/usr/bin/env bash
# build --on-failure keep: strake debug finds the files, environment, user,
# directory and mounts of the step that failed, but no secret of it.
. "$(dirname "$0")/lib.sh"
base
echo "very-secret-token" > token
echo context > context/input
dockerfile <<'END'
FROM base
ENV COLOUR=blue
RUN mkdir /w && chown ann /w
WORKDIR /w
USER ann
RUN --mount=type=secret,id=token,target=/run/token,uid=1000 \
    --mount=type=secret,id=token,env=TOKEN --mount=type=cache,target=/cache,uid=1000 \
    --mount=target=/context,rw --mount=type=tmpfs,target=/scratch \
    echo begun > here; echo kept > /cache/file; \
    test -s /run/token && exit 7
END

build --secret id=token,src=token
expect_status 4
strake debug
expect_failure
expect_out 'no failed step is kept'
expect_out '--on-failure keep'

build --on-failure keep --secret id=token,src=token
expect_status 4
expect_out 'RUN failed with exit code 7'
expect_out '"strake debug" opens it'
expect "" "$(ls -A "$STRAKE_ROOT/tmp")"

# The very state, and what is done there stays.
debug() { "$STRAKE" debug "$@" 2> stderr; }
expect "/w uid=1000(ann) blue begun kept context" "$(debug sh -c \
  'echo $(pwd; id | cut -d" " -f1; echo $COLOUR; cat here /cache/file /context/input)')"
expect "tmpfs" "$(debug sh -c "awk '\$5 == \"/scratch\" { print \$9 }' /proc/self/mountinfo")"
debug sh -c 'echo mended > here'
expect "mended" "$(echo 'cat here' | debug)"
debug sh -c 'exit 9'
expect 9 $?

# Of the secret nothing is kept; who has it gives it again.
expect "" "$(grep -rl very-secret-token "$STRAKE_ROOT")"
expect "no " "$(debug sh -c 'test -e /run/token || echo "no $TOKEN"')"
grep -q 'secret "token" is not there' stderr || fail "nothing told of the secret"
expect "very-secret-token very-secret-token" \
  "$(debug --secret id=token,src=token sh -c 'echo $TOKEN $(cat /run/token)')"
expect "" "$(grep -rl very-secret-token "$STRAKE_ROOT")"

# They are listed by age and removed by name.
build --on-failure keep --secret id=token,src=token
strake debug --list
expect 2 "$(count_out 'RUN failed with exit code 7')"
oldest=$(awk 'NR == 3 { print $1 }' <<< "$out")
expect "mended" "$(debug --id "$oldest" cat here)"
expect "begun" "$(debug cat here)"
strake debug --rm --id "$oldest"
expect_status 0
strake debug --id "$oldest" true
expect_failure
expect_out "there is no kept step"
strake debug --id ../overlay2 --rm
expect_failure

# One visitor at a time; only so many are kept.
debug sh -c 'touch /cache/in; while test -e /cache/in; do sleep 0.1; done' &
is_in() { ls "$STRAKE_ROOT"/cachemounts/*/in; }
wait_for is_in
strake debug true
expect_failure
expect_out 'in use by another strake debug'
rm "$(is_in)"
wait
for _ in 1 2 3 4 5 6; do build --on-failure keep --secret id=token,src=token; done
expect 5 "$(ls "$STRAKE_ROOT/failed" | wc -l)"

# A context that ends with the build, a store behind a link, a proxy's password
# and bytes that are no text; and a visitor who is killed.
mv "$STRAKE_ROOT" elsewhere && ln -s elsewhere "$STRAKE_ROOT"
printf 'FROM base\nENV NAME="caf\xe9"\nRUN --mount=target=/context,rw exit 3\n' | dockerfile
out=$(tar -C context -c . | "$STRAKE" build --on-failure keep \
  --build-arg http_proxy=http://ann:pass-word@proxy - 2>&1)
expect_out 'kept as'
expect "" "$(grep -rl pass-word "$STRAKE_ROOT/failed/")"
expect $'context\ncaf\xe9' "$(debug sh -c 'cat /context/input; echo "$NAME"')"
"$STRAKE" debug sleep 600 2> /dev/null &
wait_for is_running_in_store sleep
kill -KILL $!
wait $! 2> /dev/null
expect context "$(debug cat /context/input)"

# An image without a shell is lent one, which is in no layer.
mkdir empty && cp "$(command -v busybox)" context/program
dockerfile <<'END'
FROM scratch
COPY program /program
RUN ["/program", "false"]
END
build --on-failure keep
expect_status 4
expect "root program" "$(echo 'id -u | sed s/0/root/; ls /' | debug | grep -xE 'root|program' | xargs)"
expect "" "$(find "$STRAKE_ROOT"/failed/*/upper-* -name busybox)"
expect_no_traces

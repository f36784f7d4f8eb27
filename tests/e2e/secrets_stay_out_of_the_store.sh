#!/usr/bin/env bash
# A secret reaches the step that mounts it and nothing else: no layer, log,
# history, database or cache of the store holds its bytes.
. "$(dirname "$0")/lib.sh"
base
printf 'hunter2-%s' swordfish > token
export FROM_ENVIRONMENT=correct-horse-battery
dockerfile <<'END'
FROM base
RUN --mount=type=secret,id=token cat /run/secrets/token | sha256sum > /sum; \
    stat -c %a:%u:%g /run/secrets/token > /mode; cat /run/secrets/token
RUN --mount=type=secret,id=other,env=PASSWORD echo "${#PASSWORD} $PASSWORD" | cut -c1-2 > /length; \
    echo "the password is $PASSWORD"
RUN --mount=type=secret,id=not-given test ! -e /run/secrets/not-given
RUN test ! -e /run/secrets && test -z "$PASSWORD"
END
build -t secret --secret id=token,src=token \
  --secret id=other,env=FROM_ENVIRONMENT
expect_status 0
expect_no_out hunter2-swordfish
expect_no_out correct-horse-battery
expect "$(sha256sum < token)" "$(run secret cat /sum)"
expect 400:0:0 "$(run secret cat /mode)"
expect 21 "$(run secret cat /length)"
found=$(grep -rlE 'hunter2-swordfish|correct-horse-battery' "$STRAKE_ROOT")
[ -z "$found" ] || fail "in $found"
build -t secret -o type=oci,dest=out.tar --secret id=token,src=token \
  --secret id=other,env=FROM_ENVIRONMENT
! gunzip -c < out.tar 2> /dev/null | grep -q hunter2 || fail "in the archive"

# Another value is no reason to run again; --no-cache is.
echo another > token
build --secret id=token,src=token --secret id=other,env=FROM_ENVIRONMENT
expect 0 "$(count_out DONE)"

dockerfile <<'END'
FROM base
RUN --mount=type=secret,id=needed,required cat /run/secrets/needed
END
build
[ "$status" != 0 ] || fail "ran without a required secret"
expect_out '"needed"'

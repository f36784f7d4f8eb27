#!/usr/bin/env bash
# Tokens for git go to their server, in no list of processes and in no file.
# Shows: [D400]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
commit app "first"
host=${git#http://}
basic="basic eC1hY2Nlc3MtdG9rZW46czNjcmV0" # x-access-token:s3cret
export TOKEN=s3cret HEADER=$basic WRONG=wrong
dockerfile <<END
FROM scratch
ADD --keep-git-dir $git/private/app.git /
END
build
expect_failure
expect_out "--secret id=GIT_AUTH_TOKEN"
for secret in GIT_AUTH_TOKEN,env=TOKEN "GIT_AUTH_TOKEN.$host,env=TOKEN" \
  GIT_AUTH_HEADER,env=HEADER "GIT_AUTH_HEADER.$host,env=HEADER"; do
  build --no-cache -t image --secret "id=$secret" \
    --secret id=GIT_AUTH_TOKEN.x,env=WRONG
  expect_status 0
done
# The one for the host counts before the one for all.
build --no-cache --secret id=GIT_AUTH_TOKEN,env=WRONG \
  --secret "id=GIT_AUTH_TOKEN.$host,env=TOKEN"
expect_status 0
# Of the address itself.
sed -i "s,http://,http://x-access-token:s3cret@," context/Dockerfile
build --no-cache -t image
expect_status 0
expect_no_out s3cret
! grep -raq -e s3cret -e "${basic#basic }" store || fail "kept in the store"
"$STRAKE" history --no-trunc image > history
grep -q xxxxx: history || fail "history: $(cat history)"
! grep -q s3cret history || fail "kept in the image"

# While git runs, no command line has it; interrupted, nothing stays.
sed -i "s,/private/,/stall/," context/Dockerfile
"$STRAKE" build context > log 2>&1 &
pid=$!
wait_for grep -q 'stall.* 0 ' git.log
! grep -aq s3cret /proc/[0-9]*/cmdline 2> /dev/null || fail "in a command line"
kill -INT $pid
wait $pid
expect 130 $?
expect_no_traces
! pgrep -f "$host/stall" > /dev/null || fail "git still runs"

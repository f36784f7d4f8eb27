#!/usr/bin/env bash
# A server that cannot answer is not asked for its whole history instead. One
# that gives no single commits is, and nothing that looks like a failure is said.
# Shows: [D393] [D394]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
commit app "first"
first=$(head_of app)
echo two > app/file
commit app "second"

dockerfile <<END
FROM scratch
ADD $git/busy/app.git /
END
build
expect_failure
expect_out "git fetch: RPC failed; HTTP 503"
expect 1 "$(fetches)"

# Plain files cannot be asked for less than all of them.
git -C repos/app.git update-server-info
python3 -u -m http.server 0 --bind 127.0.0.1 --directory repos > plain.log 2>&1 &
wait_for grep -q ' port ' plain.log
port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' plain.log)
dockerfile <<END
FROM scratch
ADD http://127.0.0.1:$port/app.git /head
ADD http://127.0.0.1:$port/app.git#$first /first
END
build -o out
expect_status 0
expect two "$(cat out/head/file)"
expect one "$(cat out/first/file)"
expect_no_out "fatal: "
expect_no_traces

#!/usr/bin/env bash
# What a remote calls like the refs that the store keeps does not take their
# place: a commit is still the one its digits name.
# Shows: [D393] [D399]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
commit app "first"
first=$(head_of app)
echo two > app/file
commit app "second"
second=$(head_of app)
git -C app push -q origin "$first:refs/strake/$second"
dockerfile <<END
FROM scratch
ADD $git/app.git#strake/$second /
END
build -o out
expect_status 0
expect one "$(cat out/file)"
dockerfile <<END
FROM scratch
ADD $git/app.git#$second /
END
build -o out2
expect_status 0
expect two "$(cat out2/file)"

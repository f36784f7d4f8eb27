#!/usr/bin/env bash
# A commit whose time is no number that a clock can show is refused where its
# time is wanted, and only there.
# Shows: [D398]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
commit app "first"
git -C app cat-file commit HEAD |
  sed 's/^committer.*/committer t <t@t> 99999999999999999999999 +0000/' > odd
odd=$(git -C app hash-object --literally -w -t commit "$work/odd")
git -C app push -q --force origin "$odd:refs/heads/main"
dockerfile <<END
FROM scratch
ADD $git/app.git?mtime=commit /
END
build
expect_failure
expect_out "Dockerfile:2:5: cannot check out $git/app.git: "
expect_out "is no time of a commit"
sed -i 's/?mtime=commit//' context/Dockerfile
build -o out
expect_status 0
expect one "$(cat out/file)"
expect_no_traces

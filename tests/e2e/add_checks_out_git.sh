#!/usr/bin/env bash
# ADD takes trees from git repositories: any ref, any directory, with submodules;
# fetched once for each commit.
# Needs: root, because it looks at owners in the store from outside.
# Shows: [D392] [D393] [D394] [D395] [D396] [D397] [D398] [D399] [D401]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository part
echo part > part/part
commit part "part"
repository app
mkdir -p app/docs app/bin
echo one > app/file
echo doc > app/docs/page
printf '#!/bin/sh\n' > app/bin/run
chmod 777 app/bin/run
chmod 600 app/file
ln -s ../file app/docs/link
ln -s docs app/to-docs
ln -s / app/out
submodule app sub "../part.git" "$(head_of part)"
commit app "first"
git -C app tag light
git -C app tag -a v1 -m v1
git -C app push -q origin light v1
first=$(head_of app)
git -C app checkout -q -b feature/x
echo two > app/file
commit app "second"
git -C app checkout -q main
mkdir -p context/github.com/o/r && echo local > context/github.com/o/r/file

dockerfile <<END
FROM scratch
ADD $git/app.git /whole
ADD $git/app.git#feature/x /branch/
ADD $git/app.git#v1:docs /docs
ADD $git/old/app.git#:to-docs /docs2
ADD $git/old/app.git#$first:bin /bin
ADD $git/app.git?tag=light&subdir=docs&submodules=false /query
ADD $git/app.git?mtime=commit&submodules=0 /timed
ADD --keep-git-dir=true $git/app.git#v1 /kept
ADD --checksum=${first:0:12} $git/app.git /checked
ADD github.com/o/r /local
END
build -t image -o out
expect_status 0
expect "bin docs file out sub to-docs" "$(ls out/whole | xargs)"
expect part "$(cat out/whole/sub/part)"
expect two "$(cat out/branch/file)"
expect "link page" "$(ls out/docs | xargs)"
expect "link page" "$(ls out/docs2 | xargs)"
expect run "$(ls out/bin)"
expect "" "$(ls out/timed/sub)"
expect local "$(cat out/local/file)"
expect "" "$(find out/whole out/branch out/docs out/checked -name .git)"
expect "644 755 755 777" \
  "$(stat -c %a out/whole/file out/whole/bin/run out/whole/bin out/whole/out | xargs)"
expect "0:0 0:0" "$(stat -c %u:%g out/whole/file out/whole/bin | xargs)"
expect "$(git -C app show -s --format=%ct main)" "$(stat -c %Y out/timed/file)"
[ "$(stat -c %Y out/whole)" -ge "$(stat -c %Y context)" ] || fail "an old root"
expect "$first" "$(git -C out/kept rev-parse HEAD)"
expect "$first" "$(git -C out/kept rev-parse 'v1^{commit}')"
expect "" "$(git -C out/kept status --porcelain --ignore-submodules)"
expect 1 "$(git -C out/kept rev-list --count HEAD)"
git -C out/kept fsck --no-dangling > /dev/null 2>&1 || fail "a broken .git"

# Nothing has moved: names are asked for, commits are not.
: > git.log
build -t image
expect_status 0
expect 0 "$(fetches)"
expect 0 "$(count_out DONE)"

# Moved: what follows it is built again, and only that.
echo three > app/file
commit app "third"
build -t image -o out2
expect_failure # the checksum is of the commit before
expect_out "HEAD is commit $(head_of app), not ${first:0:12}"
sed -i /checksum/d context/Dockerfile
build -t image -o out2
expect_status 0
expect three "$(cat out2/whole/file)"
expect two "$(cat out2/branch/file)"
expect doc "$(cat out2/docs/page)"

# A commit that is known needs no server.
dockerfile <<END
FROM scratch
ADD $git/old/app.git#$first:bin /bin
END
kill %1
build
expect_status 0
expect_no_traces
"$STRAKE" system check > /dev/null || fail "the store is damaged"

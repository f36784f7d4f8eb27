#!/usr/bin/env bash
# Git sources that cannot be had are refused with the reason, at their place, and
# nothing a repository holds runs or reads anything here.
# Shows: [D392] [D394] [D395] [D397]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/git.sh"
git_server
repository app
echo one > app/file
ln -s "$work" app/out
commit app "first"
first=$(head_of app)
refused() { # text, words of the ADD
  local text=$1
  shift
  printf 'FROM scratch\nADD %s /d/\n' "$*" | dockerfile
  build
  expect_failure
  expect_out "$text"
  expect_out "Dockerfile:2:"
  expect_no_traces
}
refused "cannot check out $git/gone.git: " "$git/gone.git"
refused 'there is no branch or tag "gone"' "$git/app.git#gone"
refused 'a commit is named by all its 40 digits' "$git/app.git#${first:0:10}"
refused 'there is no directory "gone/dir"' "$git/app.git#:gone/dir"
refused 'there is no directory "file"' "$git/app.git#:file"
refused 'there is no directory "out/repos"' "$git/app.git#:out/repos"
refused "main is commit $first, not 0123456" \
  "--checksum=0123456 $git/app.git#main"
refused "is not 0123456" "--checksum=0123456 $git/app.git#$first"
refused 'there is no commit ffffffffffffffffffffffffffffffffffffffff' \
  "$git/app.git#ffffffffffffffffffffffffffffffffffffffff"
refused 'no query "brunch"' "$git/app.git?brunch=main"
refused 'is no name of a git branch' "$git/app.git#--upload-pack=touch"
refused "--keep-git-dir and the address say different things" \
  "--keep-git-dir=false $git/app.git?keep-git-dir=true"
refused "unable to connect" "git://127.0.0.1:1/app.git"

# Hooks and filters of this machine's configuration do not run.
mkdir -p home/hooks
printf '#!/bin/sh\ntouch %s/hooked\n' "$work" > home/hooks/post-checkout
chmod +x home/hooks/post-checkout
cat > home/.gitconfig <<END
[core]
  hooksPath = $work/home/hooks
[filter "evil"]
  smudge = touch $work/filtered
END
echo '* filter=evil' > app/.gitattributes
commit app "filters"
printf 'FROM scratch\nADD %s /d/\n' "$git/app.git" | dockerfile
HOME=$work/home GIT_CONFIG_GLOBAL=$work/home/.gitconfig GIT_DIR=/nowhere build
expect_status 0
expect_no_file hooked
expect_no_file filtered

# A submodule of this machine's, or one that is a command.
number=0
for url in "$work/repos/app.git" "file://$work/repos/app.git" \
  "ext::touch $work/run"; do
  evil=evil$((number += 1))
  repository "$evil"
  submodule "$evil" sub "$url" "$first"
  commit "$evil" "submodule"
  refused "not allowed" "$git/$evil.git"
done
expect_no_file run

PATH=$work/nothing "$STRAKE" build --no-cache context > log 2>&1
out=$(cat log)
expect_out 'git sources need the program "git"'

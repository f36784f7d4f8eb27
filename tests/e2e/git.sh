# shellcheck shell=bash
# Git repositories for a test and a server for them; sourced after lib.sh.
#
#   git_server                   # $git: http://127.0.0.1:PORT, serves ./repos
#   repository app               # ./repos/app.git and its working tree ./app
#   echo text > app/file; commit app "a message"
#   fetches                      # how often commits were asked for
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t \
  GIT_COMMITTER_EMAIL=t@t GIT_CONFIG_GLOBAL=/dev/null

git_server() {
  mkdir -p repos
  python3 "$checkout/tests/e2e/git_server.py" repos git.log > git.port &
  wait_for test -s git.port
  git=http://127.0.0.1:$(cat git.port)
}

repository() {
  git init -q --bare -b main "repos/$1.git"
  git init -q -b main "$1"
  git -C "$1" remote add origin "$work/repos/$1.git"
}

commit() {
  git -C "$1" add -A
  git -C "$1" commit -q -m "$2"
  git -C "$1" push -q --force origin HEAD
}
head_of() { git -C "$1" rev-parse "${2:-HEAD}"; }
fetches() { grep -c ' fetch' git.log; }

# A submodule as its repository's next commit has it: directory, address, commit.
submodule() {
  printf '[submodule "%s"]\n\tpath = %s\n\turl = %s\n' "$2" "$2" "$3" \
    >> "$1/.gitmodules"
  mkdir -p "$1/$2"
  git -C "$1" update-index --add --cacheinfo "160000,$4,$2"
}

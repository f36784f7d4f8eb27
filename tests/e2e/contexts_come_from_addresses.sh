#!/usr/bin/env bash
# A build context is fetched from a git repository or over HTTP: the main one
# with the Dockerfile in it, a named one as the step that first reads it.
# Shows: [D189] [D415] [D419]
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/git.sh"
. "$checkout/tests/e2e/http.sh"
base
git_server
repository app
mkdir -p app/docs
echo one > app/file
echo doc > app/docs/page
printf 'FROM base\nCOPY . /c\nRUN ls -A /c > /list\n' > app/Dockerfile
printf 'FROM base\nCOPY page /page\n' > app/docs/Dockerfile
printf 'file\n' > app/.dockerignore
commit app first

# No ignore file counts for what somebody chose to commit; .git stays out.
strake build -t tree "$git/app.git"
expect_status 0
expect '.dockerignore Dockerfile docs file' "$(run tree cat /list | xargs)"
strake build -t tree "$git/app.git"
expect 0 "$(count_out DONE)"
strake build -t part "$git/app.git#main:docs"
expect doc "$(run part cat /page)"
strake build -t other -f docs/Dockerfile "$git/app.git#main"
expect_out "there is no \"page\" in build context $git/app.git#main"
printf 'FROM base\nCOPY file /f\n' > mine
strake build -t mine -f - "$git/app.git" < mine
expect one "$(run mine cat /f)"
strake build -t mine -f "$work/mine" "$git/app.git"
expect_status 0
strake build "$git/app.git#nowhere"
expect_status 1
expect_out "build context $git/app.git: "
strake build "$git/app.git?nonsense=1"
expect_out nonsense

# Over HTTP an archive, whatever its name, or a Dockerfile alone.
http_server
tar -czf files/archive.txt -C app --exclude .git .
strake build -t packed "$http/full/archive.txt"
expect_status 0
expect '.dockerignore Dockerfile docs file' "$(run packed cat /list | xargs)"
printf 'FROM base\nCOPY . /c\nRUN ls /c > /list\n' > files/alone
strake build -t alone "$http/full/alone"
expect_status 0
expect context "$(run alone cat /list)"
strake build "$http/full/missing"
[ "$status" != 0 ] || fail 'took what is not there'
expect_out "build context $http/full/missing: "

# Named ones.
dockerfile <<'END'
FROM base
COPY --from=repo docs/page /page
COPY --from=download context /file
RUN --mount=from=repo,target=/m cp /m/file /bound
END
build -t named --build-context "repo=$git/app.git" \
  --build-context "download=$http/full/alone"
expect_status 0
expect 'doc FROM one' \
  "$(run named sh -c 'cat /page; head -c 4 /file; echo; cat /bound' | xargs)"
printf 'FROM repo AS r\nFROM base\nCOPY --from=r /file /f\n' | dockerfile
build -t from --build-context "repo=$git/app.git"
expect one "$(run from cat /f)"
expect_no_traces

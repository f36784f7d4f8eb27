#!/usr/bin/env bash
# The build context is a directory, an archive or nothing; the Dockerfile is in
# it, beside it, elsewhere or on standard input.
# Needs: root, because its archives hold files of several owners.
# Shows: [D415] [D418] [D419] [D476] [D483]
. "$(dirname "$0")/lib.sh"
base
mkdir -p files/d
echo content > files/d/f
chown 5:6 files/d/f
chmod 640 files/d/f
echo d > files/.dockerignore
printf 'FROM base\nCOPY . /c\nRUN --mount=target=/m cmp /m/d/f /c/d/f\n' \
  > files/Dockerfile
printf 'FROM base\nRUN echo other > /other\n' > files/Other

# An archive in each compression; the owners it has count, its ignore file not.
for how in '' -z -j -J --zstd; do
  tar -C files -c $how . > archive
  strake build --no-cache -t packed - < archive
  expect_status 0
  expect '5:6 640' "$(run packed stat -c '%u:%g %a' /c/d/f)"
  expect content "$(run packed cat /c/d/f)"
done
out=$(cat archive | "$STRAKE" build -t packed - 2>&1) || fail 'from a pipe'
expect 0 "$(count_out DONE)"
strake build -t other -f Other - < archive
expect other "$(run other cat /other)"
strake build -f Othre - < archive
expect_out 'there is no Othre in the archive on standard input'
expect_no_traces

# An ignore file that is named counts for an archive as well.
echo d > hidden
strake build -t packed --ignorefile hidden -f Plain - < <(
  printf 'FROM base\nCOPY . /c\n' > files/Plain && tar -C files -c .)
expect_status 0
expect 'no d' "$(run packed sh -c '[ -e /c/d ] || echo no d')"
rm files/Plain

# Nothing in an archive leads out of it.
mkdir trap
ln -s "$work" trap/out
ln -s "$work/secret" trap/Dockerfile
echo secret > secret
tar -C trap -c . > trap.tar
strake build - < trap.tar
expect_out 'there is no Dockerfile in the archive'
printf 'FROM base\nCOPY out/secret /\n' > files/Dockerfile
tar -C files -c ./Dockerfile --transform 's,^.*/,,' -f trap2.tar
tar -C trap -r -f trap2.tar ./out
strake build - < trap2.tar
expect_out '"out/secret" leads to'
tar -cPf climb.tar --transform 's,^,../../,' secret 2>/dev/null
tar -C files -r -f climb.tar ./Dockerfile 2>/dev/null
strake build - < climb.tar
expect_no_file "$STRAKE_ROOT/secret"
expect_no_traces

# A Dockerfile alone: there is no file to copy.
printf 'FROM base\nCOPY . /\nRUN echo built > /f\n' > alone
strake build -t alone - < alone
expect_status 0
expect built "$(run alone cat /f)"
printf 'FROM base\nCOPY x /\n' > alone
strake build - < alone
expect_status 1
expect_out '-:2:6: there is no "x" in the build context, which is empty'
gzip -c alone | "$STRAKE" build - > out 2>&1 && fail 'took a packed Dockerfile'
out=$(cat out)
expect_out 'standard input is compressed, but not an archive'
strake build -f - - < alone
expect_status 2
expect_out 'cannot be both the build context and the Dockerfile'
strake build -f files/Other - < alone
expect_status 2
expect_out 'standard input is a Dockerfile, and so is -f files/Other'

# -f - with a directory: the context's own ignore file counts.
printf 'FROM base\nCOPY . /c\nRUN cd /c && ls > /list\n' > alone
strake build -t both -f - files < alone
expect_status 0
expect 'Dockerfile Other' "$(run both cat /list | xargs)"

# -f counts from the current directory, also out of the context.
mkdir -p elsewhere
printf 'FROM base\nCOPY d/f /f\n' > elsewhere/file
echo Other > elsewhere/file.dockerignore
strake build -t out -f elsewhere/file files
expect_status 0
expect content "$(run out cat /f)"
strake build -f Other files
expect_status 1
expect_out 'hint: -f counts from the current directory: write -f files/Other'
strake build -f elsewhere/fil files
expect_out 'did you mean -f elsewhere/file?'
strake build -f elsewhere files
expect_out 'elsewhere is a directory, not a Dockerfile'
printf 'd\n' > mine
strake build --ignorefile mine -f elsewhere/file files
expect_out 'mine line 1 leaves it out'

# By itself it has one of three names, and buildah's ignore file.
rm files/Dockerfile files/.dockerignore
strake build files
expect_out "there is no Dockerfile in $work/files"
for name in Containerfile dockerfile Dockerfile; do
  printf 'FROM base\nCOPY . /c\nRUN echo %s; ls /c > /list\n' "$name" \
    > "files/$name"
  printf 'd\nOther\n*file\n.*\n' > files/.containerignore
  strake build -t named files
  expect_status 0
  expect_out "RUN echo $name;"
  expect '' "$(run named cat /list)"
done

# What is no context.
strake build files/Dockerfile
expect_out "is a file, not a directory"
strake build filse
expect_out 'build context "filse" is not there'
expect_out 'did you mean "files"?'
mkdir gone
out=$(cd gone && rmdir ../gone && "$STRAKE" build . 2>&1)
expect_out 'build context ".": the current directory was deleted'
strake build oops://example.org
expect_out 'is no form of a build context'

# Interrupted while it reads: nothing is left.
mkfifo pipe
exec 3<> pipe
"$STRAKE" build - < pipe > /dev/null 2>&1 &
job=$!
printf 'FROM base\n' >&3
wait_for sh -c 'ls -A "$STRAKE_ROOT/tmp" | grep -q .'
kill -TERM $job
wait $job
expect 130 $?
expect_no_traces

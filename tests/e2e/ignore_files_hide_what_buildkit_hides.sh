#!/usr/bin/env bash
# What COPY brings of one tree, through many ignore files, is what Docker's
# BuildKit brings, or both refuse the file. It is the one of Docker 20.10: rules
# that it reads otherwise than BuildKit has since are tested without it ("**foo",
# "!**/*.md" behind "**").
# Needs: root, because it starts dockerd.
# Shows: [D404] [D405] [D406] [D407] [D408] [D409] [D410] [D411] [D412] [D413]
# Shows: [D417]
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
start_docker
export DOCKER_BUILDKIT=1

mkdir -p context/{a/b/c,docs/deep,node_modules/x,empty,'sp ace','!neg','#hash'}
mkdir -p context/{'[x]','st*r','back\slash',ünï,.hidden,A,foo/foo,dir/dir2/dir3}
for directory in context context/*/ context/*/*/ context/a/b/c context/.hidden \
  context/dir/dir2/dir3; do
  [[ $directory == *empty* ]] && continue
  touch "$directory"/{f,f.md,README.md,x.o,foo,'-','a b'}
done
touch context/{.foo,bar.foo,afoo,'st*r/lit','[x]/y',ünï/ö,'back\slash/z'}
echo 'FROM scratch
COPY . /' > Dockerfile

ours() {
  "$STRAKE" build -f Dockerfile --ignorefile ignore -o type=tar,dest=ours.tar \
    context > ours.log 2>&1 && tar --quoting-style=literal -tf ours.tar |
    sed 's,/$,,' | sort > ours
}
theirs() {
  cp ignore context/.dockerignore
  docker build -f Dockerfile -o type=tar,dest=theirs.tar context \
    > theirs.log 2>&1 && tar --quoting-style=literal -tf theirs.tar |
    sed 's,/$,,' | sort > theirs
  local code=$?
  rm context/.dockerignore
  return $code
}
compare() {
  printf '%s' "$1" > ignore
  ours; local us=$?
  # Its own ignore file is in the context that it sees.
  theirs; local them=$?
  [ $us = 0 ] && us=taken || us=refused
  [ $them = 0 ] && them=taken || them=refused
  [ $us = $them ] || {
    cat ours.log theirs.log
    fail "$(printf '%q' "$1") is $us here, $them there"
  }
  [ $us = taken ] || return 0
  diff <(grep -vx .dockerignore theirs) ours > differ || {
    out=$(cat differ)
    fail "different for $(printf '%q' "$1")"
  }
}

while IFS= read -r -d ';' rules; do
  compare "${rules#$'\n'}"
done <<'END'
f;
./a//b/;
/a;
../a;
**/foo;
foo;
*;
*
!a;
*
!a/b/c;
*
!a/b/c/f
!docs/*.md;
**/*.md
!README.md
!**/deep/README.md;
docs
!docs/README.md;
docs/
!docs/README.md;
a
!a/b
a/b/c;
# comment
 # comment
#hash;
  f  
  x.o	;
! f
f
! f;
\!neg;
[[]x];
st\*r;
back\\slash;
?nï;
[^a]*;
[a-c]
[^.]*/f;
a/**;
a/**/f;
**/.foo;
a**;
*.md
docs/*.md
!docs/f.md;
.;
/;
node_modules
!node_modules/x/f;
A;
empty
a/*
foo/*;
dir/**
!dir/dir2/dir3/f;
!;
[;
[]a];
[-x];
\;
END
printf '\xef\xbb\xbff\r\n*.md\r\n\r\n!README.md\r\n' > bom
compare "$(cat bom; printf x.o)"

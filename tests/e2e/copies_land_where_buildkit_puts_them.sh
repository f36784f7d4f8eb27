#!/usr/bin/env bash
# COPY and ADD of files, directories, links and archives onto a base full of
# traps give the tree that BuildKit gives: names, kinds, modes, owners, link
# targets, content. Left out is what its version of Debian's docker.io did
# otherwise than later ones: --chmod above 777 and on parents, zstd, --chown of
# an archive's members.
# Needs: root, because it starts dockerd.
# Shows: [D324] [D326] [D328] [D329] [D332] [D333] [D334] [D335] [D337] [D338]
# Shows: [D343] [D344] [D345] [D346] [D348] [D349] [D350] [D351] [D352] [D354]
# Shows: [D356] [D357] [D359] [D378] [D379] [D381] [D382] [D384] [D481]
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
start_docker

make_base() {
  mkdir -p base/{etc,usr/lib,srv,opt,data/sub/deep,data/isdir}
  echo 'ann:x:1000:1001::/home/ann:/bin/sh' > base/etc/passwd
  echo 'staff:x:50:ann' > base/etc/group
  ln -s usr/lib base/lib
  ln -s ../../../usr/lib base/up
  ln -s /nowhere/at/all base/dangling
  ln -s loop base/loop
  ln -s /etc/passwd base/to-file
  ln -s /srv base/data/to-dir
  ln -s nothing base/data/to-nothing
  echo file > base/srv/file
  echo old > base/data/f
  ln base/data/f base/data/hard
  echo plain > base/data/plain
  chown 5:6 base/srv
  chown 1000:50 base/data
  chmod 700 base/srv base/data/sub
  chmod 1777 base/opt
  chmod 2750 base/data
  tar -C base -c . > base.tar
  docker import base.tar base > /dev/null
  "$STRAKE" import base.tar base > /dev/null
}

make_context() {
  cd context
  mkdir -p d/sub/deep d/.hid s1/x s2/x conf/{a/data/to-nothing,b/plain}
  mkdir -p conf/c/isdir conf/d 'sp ace' 'gl[ob'
  echo one > one
  echo two > two
  echo three > d/three
  echo deep > d/sub/deep/deep
  echo hidden > d/.hid/h
  echo dot > .dot
  ln -s three d/link
  ln -s ../../../etc/passwd d/out
  ln -s nowhere d/dangling
  ln -s d to-d
  ln -s /d/three to-three
  ln d/three d/again
  echo 1 > s1/x/1
  echo 2 > s2/x/2
  echo in > conf/c/isdir/in
  echo over > conf/d/f
  echo over > conf/d/to-nothing
  echo spaced > 'sp ace/f f'
  echo globbed > 'gl[ob/f'
  chmod 4755 two
  chmod 2755 d
  chmod 1777 d/sub/deep
  mkdir -p t/dir/sub
  echo m > t/dir/m
  ln -s m t/dir/l
  ln t/dir/m t/dir/n
  chown 7:8 t/dir/m
  chmod 4711 t/dir/m
  chmod 750 t/dir
  tar -C t -cf plain.tar .
  mkdir tars
  cp plain.tar tars/
  gzip -c plain.tar > packed
  bzip2 -c plain.tar > a.bz2
  tar -C t -cf bare.tar dir/sub/../m 2> /dev/null
  : > empty.tar
  tar -cf no-members.tar -T /dev/null
  gzip -c one > text.tgz
  head -c 60 packed > cut.tgz
  printf '\x1f\x8b\x08 not gzip' > bad.gz
  cd ..
}

# All of a tree but its times, from a tar of it.
list() {
  mkdir tree
  tar -C tree --numeric-owner --warning=no-timestamp -xpf "$1"
  (cd tree && find . -mindepth 1 -printf '%P %y %m %U:%G %n %l\n' &&
    find . -type f -exec sha256sum {} +) | sort
  rm -rf tree "$1"
}

check() {
  local theirs ours
  docker_status=0
  # A session that is lost on a busy machine says nothing about the file.
  for _ in 1 2 3; do
    DOCKER_BUILDKIT=1 docker build -q -o type=tar,dest=theirs.tar context \
      > docker.log 2>&1
    docker_status=$?
    grep -q 'no active session' docker.log || break
  done
  build -o type=tar,dest=ours.tar
  if [ "$docker_status" != 0 ] || [ "$status" != 0 ]; then
    [ "$docker_status" != 0 ] && [ "$status" != 0 ] ||
      fail "BuildKit: $docker_status $(tail -1 docker.log)
$(cat context/Dockerfile)"
    return
  fi
  theirs=$(list theirs.tar) ours=$(list ours.tar)
  [ "$theirs" = "$ours" ] || fail "$(cat context/Dockerfile)
$(diff <(echo "$theirs") <(echo "$ours"))"
}

make_base
make_context
echo Dockerfile > context/.dockerignore
cases=0
while read -r line; do
  case $line in
    FROM*) printf '%b\n' "$line" | dockerfile ;;
    *) printf 'FROM base\n%s\n' "$line" | dockerfile ;;
  esac
  check
  cases=$((cases + 1))
done <<'END'
COPY one /new/name
COPY one /srv
COPY one /srv/file
COPY one /data/hard
COPY two /lib/two
COPY two /up/
COPY two /dangling
COPY two /dangling/
COPY two /loop/x
COPY two /to-file
COPY two /data/plain/x
COPY one /data/to-dir/../x
COPY one /data/to-nothing
COPY one /data/new/er/
COPY d /data/plain
COPY d /srv
COPY d/. /lib
COPY s1/x s2/x /t
COPY s1/x one /t
COPY s? /t/
COPY s*/* /t
COPY nothing* one /t/
COPY nope /t
COPY to-d to-three /t/
COPY to-three /t
COPY d/* /t/
COPY d/dangling /t
COPY .* /t/
COPY ../../d/three/ /t
COPY conf/a/ /
COPY conf/b /data
COPY conf/c /data
COPY conf/d /data
COPY --chown=ann:staff d /p/q
COPY --chown=7 one /data/new/
COPY --chown=5: one /p/one
COPY --chmod=640 one /srv/
COPY ["sp ace/f f", "/with space/"]
COPY gl[[]ob/f /t
ADD plain.tar /t
ADD plain.tar one d /t/
ADD packed a.bz2 /data
ADD plain.tar /srv/file
ADD tars /t/
ADD tars/* /data/to-dir
ADD empty.tar no-members.tar text.tgz bad.gz cut.tgz /t/
FROM base\nWORKDIR /data\nCOPY one .\nCOPY d x
FROM base AS one\nFROM base\nCOPY --from=one /data /lib /t/
FROM scratch\nCOPY --from=base / /\nCOPY d /d\nCOPY --chown=3:4 d /d
END
expect 49 "$cases"

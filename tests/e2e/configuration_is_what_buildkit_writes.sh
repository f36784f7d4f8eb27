#!/usr/bin/env bash
# The configuration and history of many small images, field by field what the
# BuildKit inside docker writes of the same Dockerfiles. Where docker 20.10's
# is older than the texts of today, those are rewritten before they are compared.
# Needs: root, because it starts dockerd.
# Shows: [D194] [D195] [D196] [D197] [D201] [D202] [D203] [D204] [D205] [D208]
# Shows: [D211] [D213] [D215] [D217] [D218] [D220] [D226] [D227] [D232] [D233] [D234]
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
start_docker
base
mkdir context/dir
echo file > context/f
echo other > context/dir/g
"$STRAKE" save base | docker load -q > /dev/null || fail "docker load"

# Times, layers and who built it are not compared. docker 20.10 writes ports as
# a Go map, the parts of a health check unnamed, and leaves out --chown and the
# values that ARG has from elsewhere.
normal() {
  jq -S 'del(.created, ."moby.buildkit.buildinfo.v1")
    | .config |= with_entries(select(.value != null))
    | .rootfs.diff_ids |= length
    | .history |= map(del(.created, .comment)
      | .created_by = (.created_by // "" | sub("^EXPOSE .*"; "EXPOSE")
        | sub("^HEALTHCHECK .*"; "HEALTHCHECK")
        | sub("--chown=[^ ]* "; "")))' "$1"
}
docker_config() {
  normal "$work/docker/image/overlay2/imagedb/content/sha256/${1#sha256:}"
}
strake_config() { normal "$STRAKE_ROOT/blobs/sha256/${1#sha256:}"; }

compare() {
  local name=$1 theirs ours
  theirs=$(DOCKER_BUILDKIT=1 docker build -q --network host context) ||
    fail "docker build: $name"
  ours=$("$STRAKE" build -q context 2> stderr) ||
    fail "$name: $(cat stderr)"
  docker_config "$theirs" > theirs && strake_config "$ours" > ours ||
    fail "$name: a configuration cannot be read"
  diff theirs ours > difference || fail "$name: $(cat difference)"
  compared=$((compared + 1))
}
compared=0
while IFS= read -r line; do
  case $line in
    '=== '*)
      [ ! -s context/Dockerfile ] || compare "$name"
      name=${line#=== }
      : > context/Dockerfile
      ;;
    *) printf '%s\n' "$line" >> context/Dockerfile ;;
  esac
done <<'CASES'
=== quoting of ENV
FROM base
ENV A=1 B="x y" C='$A' D=\ q E=${A:-z} F=a=b G== H="a'b" I='a"b'
ENV legacy  some "text"  'here' $A
ENV S=\$A T="\$A" A=2 EMPTY= J=${NONE:+set}
ENV PATH=/x:$PATH Ä=ö
=== quoting of LABEL
FROM base
ENV V=v
LABEL a=1 "b c"="d \"e\"" multi="line1\
line2" v=$V 'q'='$V' html="<a>&b"
LABEL legacy  text here
LABEL k=v \
  # comment
  l="w  z" empty=
=== ports
FROM base
ARG P="1000 1001"
EXPOSE 80 53/UDP 8000-8002/tcp $P 80 "90" 091/
EXPOSE 127.0.0.1:8080:81 9000:82 [::1]:7000:83 $NONE
=== volumes
FROM base
ENV d=data
VOLUME /a /b/$d
VOLUME ["/c d", " /$d "]
VOLUME /a
=== users
FROM base
ARG U=1000
USER $U:$U
RUN id -u
USER ann:staff
USER $NONE
=== directories
FROM base
WORKDIR /a/b/
WORKDIR c
WORKDIR ../d/./e
ENV x=zz
WORKDIR $x
WORKDIR $NONE
WORKDIR /q/../r
COPY f .
=== the root as directory
FROM base
WORKDIR /
WORKDIR .
WORKDIR ""
=== directories of names
FROM base
WORKDIR a b/
WORKDIR "/a b"
WORKDIR C:\foo
=== directories of a parent stage
FROM base AS a
WORKDIR /a/
FROM a
WORKDIR b
=== commands
FROM base
CMD echo "$HOME" 'x'
CMD ["a","b\"c","d\\e","\u00e9\n\t\u0001\u00a0\u200b<&>"]
ENTRYPOINT exec $FOO "x"
=== commands cleared
FROM base
CMD []
ENTRYPOINT []
=== commands of nothing
FROM base
CMD
ENTRYPOINT
=== a command stays with an entrypoint of its stage
FROM base
CMD ["x"]
ENTRYPOINT ["e"]
=== a command goes with a new entrypoint
FROM base AS a
CMD ["x"]
FROM a
ENTRYPOINT e f
=== health checks
FROM base
HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=90m --retries=3 CMD curl -f http://x | y
=== a health check taken away
FROM base
HEALTHCHECK CMD ["a","b c"]
HEALTHCHECK --interval=5s none
=== shells
FROM base
SHELL ["/bin/sh","-ec"]
RUN echo a   b  && \
  # comment
  echo c
CMD foo
ENTRYPOINT bar
=== signals
FROM base
STOPSIGNAL SIGRTMIN+3
STOPSIGNAL 9
STOPSIGNAL kill
=== authors
FROM base
MAINTAINER "Ann" $X  <a@b>
=== triggers
FROM base
ENV A=1
ONBUILD RUN echo "a"   b \
   # comment
   && c
ONBUILD COPY . /x
ONBUILD env A=$A
ONBUILD CMD ["x"]
=== triggers of a parent stage
FROM base AS p
ONBUILD ENV X=1
ONBUILD RUN echo $X
FROM p
CMD x
=== arguments of RUN
FROM base
ARG A=1 B C='x y'
RUN echo $A
RUN ["echo","a b"]
ENV A=3
RUN echo $A
=== copies
FROM base AS one
RUN echo > /ff
FROM base
ENV F=f
COPY $F dir/ /x/
COPY --chown=1:1 f /y
ADD f /z
COPY --from=one /ff /
COPY --from=0 ["/ff", "/g g"]
=== nothing but a file
FROM scratch
COPY f /
=== repeated variables
FROM base
ENV A=1 B=1
ENV A=2 A=3
ENV a=4
ARG A=5
LABEL a=$A
=== labels and what follows FROM
FROM base AS one
LABEL a=1 b=1
VOLUME /v
EXPOSE 1
USER ann
FROM one
LABEL b=2
ENTRYPOINT ["e"]
=== the end
CASES
expect 26 "$compared"

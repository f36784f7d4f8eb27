#!/usr/bin/env bash
# .dockerignore hides files from COPY, ADD and bind mounts; the last pattern
# that matches decides; NAME.dockerignore stands in for it.
# Shows: [D403] [D409] [D414] [D415]
. "$(dirname "$0")/lib.sh"
base
mkdir -p context/{src/deep,logs,empty}
touch context/{a.txt,b.md,src/x.o,src/x.c,src/deep/y.o,logs/keep.log,logs/drop.log}
cat > context/.dockerignore <<'END'
# comments and blank lines do not count

*.md
**/*.o
logs
!logs/keep.log
Dockerfile
.dockerignore
END
list='cd /all && find . | sort | xargs'
dockerfile <<END
FROM base
COPY . /all
RUN $list > /copied
RUN --mount=target=/all,type=bind { $list; } > /bound
RUN --mount=target=/all/src,type=bind,source=src { cd /all/src; find . | sort | xargs; } > /part
END
build -t ignored
expect_status 0
wanted='. ./a.txt ./empty ./logs ./logs/keep.log ./src ./src/deep ./src/x.c'
expect "$wanted" "$(run ignored cat /copied)"
expect "$wanted" "$(run ignored cat /bound)"
expect '. ./deep ./x.c' "$(run ignored cat /part)"

dockerfile other.docker <<END
FROM base
COPY . /all
RUN $list > /copied
END
printf 'src\nlogs\n*ocker*\n' > other.docker.dockerignore
build -f other.docker -t other
expect_status 0
expect '. ./a.txt ./b.md ./empty' "$(run other cat /copied)"

# What is ignored may change as it likes.
build -t ignored
echo changed > context/b.md
echo changed > context/logs/drop.log
build -t ignored
expect 0 "$(count_out DONE)"

#!/usr/bin/env bash
# Files that share an inode in what is copied share one in the image (D337),
# from the context and from a stage.
. "$(dirname "$0")/lib.sh"
base
mkdir context/tree
echo data > context/tree/a
ln context/tree/a context/tree/b
dockerfile <<'END'
FROM base AS made
RUN mkdir /made && echo data > /made/a && ln /made/a /made/b
FROM base
COPY tree /context
COPY --from=made /made /stage
END
build -t linked
expect_status 0
same='[ $0/a -ef $0/b ]'
run linked sh -c "$same" /stage || fail "COPY --from made two files of one"
run linked sh -c "$same" /context || fail "COPY made two files of one"

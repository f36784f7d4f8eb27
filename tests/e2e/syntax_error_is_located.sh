#!/usr/bin/env bash
# What is wrong with a Dockerfile is said with file, line, column, the source
# line, a caret under the word and a near word; nothing has run by then.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN touch /never
RUNN echo hello
END
build
expect_status 3
expect_out 'Dockerfile:3:1: unknown instruction "RUNN"'
expect_out $'   3 | RUNN echo hello\n     | ^~~~'
expect_out 'did you mean "RUN"?'
expect_no_out '#1'

dockerfile other.docker <<'END'
FROM base
  COPY --form=base /x /y
END
build -f other.docker
expect_status 3
expect_out 'other.docker:2:8: '
expect_out '--form'
expect_out '--from'
expect_out $'   2 |   COPY --form=base /x /y\n     |        ^~'

dockerfile <<'END'
FROM base
RUN <<SCRIPT
echo never closed
END
build
expect_status 3
expect_out 'Dockerfile:2:'
expect_out 'SCRIPT'

dockerfile < /dev/null
build
expect_status 3
expect_out 'Dockerfile'

dockerfile <<'END'
FROM base
ENV broken='no end
END
build
expect_status 3
expect_out 'Dockerfile:2:'

# A stage that is not built is checked all the same.
dockerfile <<'END'
FROM base AS unused
EXPOSE nonsense
FROM base
END
build
expect_status 3
expect_out 'Dockerfile:2:8:'

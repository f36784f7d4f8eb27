#!/usr/bin/env bash
# Reasons for misses that are easily told wrong: of two projects that look
# alike, of arguments that take turns, of what is ignored, moved or renamed.
. "$(dirname "$0")/lib.sh"
base
because() { expect_status 0; expect_out "#$1 because $2"; }

# What another project copied is nobody else's business.
mkdir one two
echo s > one/contract-with-a-customer.pdf
echo x > one/a
echo y > two/a
printf 'FROM base\nCOPY . /app\nRUN cat /app/a\n' | tee one/Dockerfile > two/Dockerfile
"$STRAKE" build -q one > /dev/null
try "$STRAKE" build --explain --progress plain two
because 2 'it was not built here before'
expect_no_out customer

# Arguments that take turns are no reason; the file that was edited is.
echo 1 > context/a
dockerfile <<'END'
FROM base
ARG GO=1
COPY a /a
RUN echo $GO; cat /a
END
build
build --build-arg GO=2
because 3 'ARG GO: 1 → 2'
echo 2 > context/a
build
because 2 'a changed (content)'
because 3 'step [stage-0 2/3] ran again'
build --build-arg GO=2
because 3 'what it stands on changed'
build --build-arg REPO=https://me:one@host/x
sed -i 's/^ARG GO/ARG REPO\n&/' context/Dockerfile
build --build-arg REPO=https://me:one@host/x
build --build-arg REPO=https://me:two@host/x
because 3 'ARG REPO changed (credentials)'
try "$STRAKE" explain --no-cache context
expect_out '2 would run'
expect_no_out 'may'

# Files: what hides them, what a link leads to, odd names.
mkdir context/src
echo b > context/src/b
echo c > context/src/c
ln -s a context/link
dockerfile <<'END'
FROM base
COPY src /src
COPY link /link
END
build
echo src/c > context/.dockerignore
build
because 2 'src/c is left out now (.dockerignore line 1)'
rm context/.dockerignore
build
expect_no_out because
ln -sfn src/c context/link
build
because 3 'link → src/c changed (content)'
mkdir 'context/src/d
e'
printf x > $'context/src/\xe2\x80\xaex'
build --explain
expect_out 'src/d\ne/ is new'
expect_out 'src/\u202ex is new'

# Capabilities are told by what came and went, lines by their order.
dockerfile <<'END'
FROM base
RUN echo one > /one
RUN echo two > /two
END
build
build --cap-add SYS_ADMIN
because 2 'capabilities (default) → '
build --cap-add SYS_ADMIN --cap-add NET_RAW
build --cap-add SYS_ADMIN --cap-drop CHOWN --cap-add SYS_TIME
expect_out '-CAP_CHOWN'
build --cap-drop ALL
because 2 'capabilities '
expect_out ' → (none)'
sed -i '2h; 2d; 3G' context/Dockerfile
build
expect_out 'RUN echo one > /one has another place'

# A record that was pruned, of a layer that an image has.
build -t kept
try "$STRAKE" builder prune --all --force --filter type=regular
expect_status 0
build -t kept
expect_out 'its result is not in the store'

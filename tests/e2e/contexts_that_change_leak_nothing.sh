#!/usr/bin/env bash
# A build context whose directories and files are swapped for links to the
# host's files while they are copied or mounted: what is outside never gets in.
. "$(dirname "$0")/lib.sh"
base
mkdir -p outside context/dir
for name in file a b c d e f; do
  echo 'secret of the host' > outside/$name
  echo inside > context/dir/$name
done
ln -s ../outside context/link
ln -s ../../outside/file context/dir/link
cat > copy.Dockerfile <<'END_FILE'
FROM base
COPY dir /dir
COPY dir/file /file
END_FILE
cat > bind.Dockerfile <<'END_FILE'
FROM base
RUN --mount=type=bind,source=dir,target=/dir cat /dir/* > /seen
RUN --mount=type=bind,source=dir,target=/dir,rw cat /dir/* > /seen
END_FILE
cat > swap.py <<'END_FILE'
import ctypes, os, random, sys, time
libc = ctypes.CDLL(None)
EXCHANGE = 2
directory = os.open(sys.argv[1], os.O_RDONLY)
one, other = (name.encode() for name in sys.argv[2:])
while True:  # what belongs there stays somewhat longer than the link
    libc.renameat2(directory, one, directory, other, EXCHANGE)
    time.sleep(random.random() * 0.005)
    libc.renameat2(directory, one, directory, other, EXCHANGE)
    time.sleep(random.random() * 0.03)
END_FILE
python3 swap.py context/dir file link &
swappers=$!
wait_for test -L context/dir/file
python3 swap.py context dir link &
swappers="$swappers $!"
for _ in $(seq 12); do
  for file in copy bind; do
    build -f $file.Dockerfile --no-cache  # it may fail: it is there by turns
  done
done
kill $swappers
wait $swappers 2> /dev/null
found=$(grep -rl 'secret of the host' "$STRAKE_ROOT")
[ -z "$found" ] || fail "in $found"
expect_no_traces

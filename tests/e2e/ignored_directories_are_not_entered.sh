#!/usr/bin/env bash
# A directory that is ignored, and in which no exception can bring anything
# back, is never opened; nor is the content of a file that nothing selects.
# Odd contexts are read all the same: deep, wide, unreadable, changing.
# Needs: root, because under strace newuidmap has no rights.
# Shows: [D409] [D411] [D435]
. "$(dirname "$0")/lib.sh"
base
mkdir -p context/{src,node_modules/x,kept/deep,logs/a}
touch context/{src/main.c,node_modules/x/f,kept/deep/f,kept/other,logs/a/x.log}
touch context/unselected
(cd context/node_modules && seq 5000 | xargs touch)
printf 'node_modules\nlogs\nkept\n!kept/deep/f\n!src\n' > context/.dockerignore
printf 'FROM base\nCOPY src kept /all/\n' | dockerfile
opened() {
  strace -f -e trace=openat,openat2,open,getdents64,newfstatat -o trace \
    "$STRAKE" build --no-cache -t it context > log 2>&1 ||
    { out=$(cat log); fail 'the build'; }
  grep -c "$1" trace
}
expect 0 "$(opened 'open.*[/"]node_modules"')"
expect 0 "$(opened 'open.*[/"]logs"')"
expect 0 "$(opened 'open.*[/"]unselected"')"
expect 1 "$(opened 'open.*[/"]kept"')"
expect 'deep main.c' "$(run it ls /all | xargs)"

# Which line hid what, and how many.
printf 'FROM base\nCOPY node_modules/x /\n' | dockerfile
build
expect_out 'hint: .dockerignore line 1 leaves it out'
printf 'FROM base\nCOPY src /\n' | dockerfile
build --debug
expect_out 'ignored=5 by=".dockerignore line 1: node_modules; line 2: logs;'
expect_out 'line 3: kept and 2 more"'

# 3,000 levels, 20,000 names, and files nobody may read or that are no files.
rm -rf context
mkdir -p context/deep context/wide
python3 - <<'END'
import os
os.chdir('context/deep')
for _ in range(3000):
    os.mkdir('d')
    os.chdir('d')
open('leaf', 'w').write('reached')
END
(cd context/wide && seq 20000 | xargs touch)
printf 'FROM base\nCOPY deep /deep\n' | dockerfile
build -t deep
expect_status 0
build -t deep
expect 0 "$(count_out DONE)"
printf 'deep\n' > context/.dockerignore
printf 'FROM base\nCOPY wide/7777 wide/1* /w/\n' | dockerfile
build -t wide
expect_status 0
expect 11112 "$(run wide sh -c 'ls /w | wc -l')"

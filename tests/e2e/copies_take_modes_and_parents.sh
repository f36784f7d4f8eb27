#!/usr/bin/env bash
# --chmod in letters changes each file's own mode; --parents keeps the source's
# directories, from the first "/./" on; both go with the other flags.
# Shows: [D360] [D362] [D363] [D369] [D370] [D371] [D372] [D373] [D374]
. "$(dirname "$0")/lib.sh"
base
mkdir -p context/src/app/sub context/src/lib
echo code > context/src/app/main.c
echo code > context/src/app/sub/part.c
echo text > context/src/app/notes
echo tool > context/src/lib/tool
ln -s tool context/src/lib/link
chmod 700 context/src/app context/src/lib/tool
chmod 600 context/src/app/main.c
touch -d '2001-02-03 04:05:06 UTC' context/src/app
dockerfile <<'END'
FROM base
COPY --chmod=u=rwX,go=rX src /letters
COPY --parents src/**/*.c src/lib/tool /kept
COPY --parents --exclude=**/sub src/./*/ /cut/
COPY --parents --chmod=g+w --chown=ann src/./app/main.c /both/
END
build -t copied
expect_status 0
list() { run copied find "$1" -exec stat -c '%n %a %U' {} + | sort; }
expect '/letters 755 root
/letters/app 755 root
/letters/app/main.c 644 root
/letters/app/notes 644 root
/letters/app/sub 755 root
/letters/app/sub/part.c 644 root
/letters/lib 755 root
/letters/lib/link 777 root
/letters/lib/tool 755 root' "$(list /letters)"
expect '/kept 755 root
/kept/src 755 root
/kept/src/app 700 root
/kept/src/app/main.c 600 root
/kept/src/app/sub 755 root
/kept/src/app/sub/part.c 644 root
/kept/src/lib 755 root
/kept/src/lib/tool 700 root' "$(list /kept)"
expect '/cut 755 root
/cut/app 700 root
/cut/app/main.c 600 root
/cut/app/notes 644 root
/cut/lib 755 root
/cut/lib/link 777 root
/cut/lib/tool 700 root' "$(list /cut)"
expect '/both 755 ann
/both/app 720 ann
/both/app/main.c 620 ann' "$(list /both)"
expect 981173106 "$(run copied stat -c %Y /kept/src/app)"

dockerfile <<'END'
FROM base
COPY --parents src/lib/tol /x/
END
build
[ "$status" != 0 ] || fail "copied what is not there"
expect_out 'Dockerfile:2:16: there is no "src/lib/tol"'
expect_out 'did you mean "src/lib/tool"?'

# log NAME TEXT: one line of the shop's common log.
log() { printf '[%s] %s\n' "$1" "$2"; }

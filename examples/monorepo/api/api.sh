. /usr/lib/shop/log.sh
log api "taking orders"

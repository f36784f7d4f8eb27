. /usr/lib/shop/log.sh
log worker "packing orders"

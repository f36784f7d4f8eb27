#!/usr/bin/env python3
"""An HTTP server that behaves as its first path part says.

    http_server.py DIRECTORY LOG [CERTIFICATE]

Serves DIRECTORY's files on a free port of 127.0.0.1, with TLS when it is given
a file with key and certificate; prints the port once it listens. Each request
becomes a line of LOG: "METHOD PATH status name=value...", with those headers of
the request that matter.

    /full/F        ETag, Last-Modified, ranges, 304
    /etag/F        ETag alone        /weak/F    a weak one
    /dated/F       Last-Modified alone
    /plain/F       neither
    /gzip/F        packed, as a Content-Encoding
    /redirect/N/P  N redirects, then /P
    /loop/N        redirects for ever
    /to?URL        a redirect to URL
    /cut/F         the first reply ends in the middle; ranges are served
    /swap/F        the same, but the file is another one afterwards
    /broken/F      every reply ends in the middle, ranges are not served
    /flaky/N/P     N times 503, then /P
    /status/N      that status
    /named/        the text "name"
    /auth/F        401 without the header "Authorization: open sesame"; asks
                   for Basic
    /endless       a body without an end
    /drip/F        a byte of the body every fifth of a second
    /silent        no reply
    /bomb          headers without an end
    /wide          one header of 1 MB
    /garbage       no HTTP at all
"""
import email.utils
import gzip
import hashlib
import http.server
import os
import ssl
import sys
import threading
import time
import urllib.parse

directory, log = sys.argv[1:3]
seen = {}
lock = threading.Lock()


def count(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def note(self, status):
        words = [self.command, self.path, str(status)]
        for name in ("Host", "Authorization", "Range", "If-Range",
                     "If-None-Match", "If-Modified-Since"):
            if name in self.headers:
                words.append(f"{name}={self.headers[name]}")
        with lock, open(log, "a", encoding="latin-1") as file:
            file.write(" ".join(words) + "\n")

    def head(self, status, headers=()):
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def empty(self, status, headers=()):
        self.head(status, [*headers, ("Content-Length", "0")])

    def moved(self, status, to):
        """With a page for people, as most servers have it."""
        page = b"<a href=there>it has moved</a>\n"
        self.head(status, [("Location", to),
                           ("Content-Length", str(len(page)))])
        if self.command != "HEAD":
            self.wfile.write(page)

    def do_GET(self):
        if self.path.startswith("http://"):  # asked as a proxy
            self.path = "/" + self.path.split("://", 1)[1].split("/", 1)[1]
        self.answer(self.path)

    do_HEAD = do_GET

    def answer(self, path):
        kind, _, rest = path[1:].partition("/")
        kind, _, query = kind.partition("?")
        rest = rest.split("?")[0]
        method = getattr(self, "on_" + kind, None)
        if method is None:
            return self.empty(404)
        return method(rest, query)

    def read(self, name):
        path = os.path.join(directory, urllib.parse.unquote(name))
        if not os.path.isfile(path):
            self.empty(404)
            return None, None
        with open(path, "rb") as file:
            return file.read(), os.stat(path).st_mtime

    def serve(self, name, etag=None, dated=False, ranges=False, cut=False):
        content, mtime = self.read(name)
        if content is None:
            return
        headers = []
        tag = None
        if etag:
            tag = etag % hashlib.sha256(content).hexdigest()[:16]
            headers.append(("ETag", tag))
        date = email.utils.formatdate(int(mtime), usegmt=True)
        if dated:
            headers.append(("Last-Modified", date))
        asked = self.headers
        if tag and asked.get("If-None-Match") == tag:
            return self.empty(304, headers)
        if dated and not tag and asked.get("If-Modified-Since") == date:
            return self.empty(304, headers)
        begin, status = 0, 200
        if ranges and "Range" in asked and asked.get("If-Range") in (tag, date):
            begin = int(asked["Range"].split("=")[1].rstrip("-"))
            status = 206
            headers.append(("Content-Range", "bytes %d-%d/%d" % (
                begin, len(content) - 1, len(content))))
        part = content[begin:]
        self.head(status, [*headers, ("Content-Length", str(len(part)))])
        if self.command == "HEAD":
            return
        self.wfile.write(part[:len(part) // 2] if cut else part)
        if cut:
            self.close_connection = True

    def on_full(self, rest, _):
        self.serve(rest, '"%s"', dated=True, ranges=True)

    def on_etag(self, rest, _):
        self.serve(rest, '"%s"')

    def on_weak(self, rest, _):
        self.serve(rest, 'W/"%s"')

    def on_dated(self, rest, _):
        self.serve(rest, dated=True)

    def on_plain(self, rest, _):
        self.serve(rest)

    def on_gzip(self, rest, _):
        content, _ = self.read(rest)
        if content is None:
            return
        packed = gzip.compress(content)
        self.head(200, [("Content-Encoding", "gzip"),
                        ("Content-Length", str(len(packed)))])
        self.wfile.write(packed)

    def on_redirect(self, rest, _):
        left, _, path = rest.partition("/")
        to = "/redirect/%d/%s" % (int(left) - 1, path) if int(left) > 1 \
            else "/" + path
        self.moved(302, to)

    def on_loop(self, rest, _):
        self.moved(302, "/loop/%d" % (int(rest) + 1))

    def on_to(self, _, query):
        url = self.path.split("?", 1)[1]
        self.moved(307, url)

    def on_cut(self, rest, _):
        self.serve(rest, '"%s"', dated=True, ranges=True,
                   cut=count(self.path) == 1)

    def on_swap(self, rest, _):
        is_first = count(self.path) == 1
        self.serve(rest if is_first else rest + ".new", '"%s"', dated=True,
                   ranges=True, cut=is_first)

    def on_broken(self, rest, _):
        self.serve(rest, cut=True)

    def on_flaky(self, rest, _):
        times, _, path = rest.partition("/")
        if count(self.path) <= int(times):
            return self.empty(503)
        return self.answer("/" + path)

    def on_status(self, rest, _):
        self.empty(int(rest))

    def on_named(self, *_):
        self.head(200, [("Content-Length", "5")])
        self.wfile.write(b"name\n")

    def on_auth(self, rest, _):
        if self.headers.get("Authorization") != "open sesame":
            return self.empty(
                401, [("WWW-Authenticate", 'Basic realm="here"')])
        return self.serve(rest)

    def on_endless(self, *_):
        self.head(200)
        while True:
            self.wfile.write(b"x" * 65536)

    def on_drip(self, rest, _):
        content, _ = self.read(rest)
        self.head(200, [("Content-Length", str(len(content)))])
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.2)

    def on_silent(self, *_):
        self.note(0)
        time.sleep(3600)

    def on_bomb(self, *_):
        self.note(200)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        number = 0
        while True:
            number += 1
            self.wfile.write(b"X-%d: %s\r\n" % (number, b"x" * 1000))

    def on_wide(self, *_):
        self.note(200)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: %s\r\n\r\n" % (b"x" * 10**6))
        self.close_connection = True

    def on_garbage(self, *_):
        self.note(0)
        self.wfile.write(b"SSH-2.0-nothing\r\n" * 10)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients leave when they like


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()

#!/usr/bin/env python3
"""A way to a server that fails now and then, or lies.

    faulty_proxy.py HOST:PORT LOG [OPTION...]

Listens on a free port of 127.0.0.1, prints it, and hands every request on to
the server at HOST:PORT. Host stays as the client has it, so that the server
tells addresses which lead through here. Each request becomes a line of LOG:
"NUMBER METHOD PATH what". The same seed does the same to the same requests in
the same order.

    seed=N          of the choices (0)
    rate=P          how many of the requests something is done to (0.2)
    certificate=F   with TLS on both sides; F has certificate and key
    retry-after=N   what 429 and 503 say (0)
    faults=A,B      which of these, all when nothing is said:
        cut-request  the connection ends in the middle of the request, which
                     the server sees as well
        cut-reply    or at some byte of the reply, its first one, too
        delay        the reply comes late
        429 500 502 503  in place of the server's own
    lies=A,B        or which of these, then no faults; "all":
        short        Content-Length is less than the body, which is cut to it
        long         or more; then the connection ends
        digest       Docker-Content-Digest is another one
        bytes        some of the body's are others
        type         Content-Type is another one
        self         a redirect to the same address
        elsewhere    a redirect to where nothing is
        loop         redirects for ever
        truncated    JSON that ends in the middle
"""
import http.client
import random
import ssl
import sys
import time

from request_handler import Cut, RequestHandler, Server, lock

FAULTS = ["cut-request", "cut-reply", "delay", "429", "500", "502", "503"]
LIES = ["short", "long", "digest", "bytes", "type", "self", "elsewhere", "loop",
        "truncated"]

upstream, log, *words = sys.argv[1:]
options = dict(word.split("=", 1) for word in words)
rate = float(options.get("rate", 0.2))
certificate = options.get("certificate")


def choices(name, every):
    text = options.get(name, "all")
    return every if text == "all" else text.split(",")


trouble = choices("lies", LIES) if "lies" in options else \
    choices("faults", FAULTS)
count = 0


def connect():
    if not certificate:
        return http.client.HTTPConnection(upstream, timeout=60)
    return http.client.HTTPSConnection(
        upstream, timeout=60, context=ssl._create_unverified_context())


class Handler(RequestHandler):
    def note(self, what):
        with lock, open(log, "a", encoding="latin-1") as file:
            file.write(f"{self.number} {self.command} {self.path} {what}\n")

    def hand_on(self):
        global count
        with lock:
            count += 1
            self.number = count
        dice = random.Random(f"{options.get('seed', '0')}:{self.number}")
        what = dice.choice(trouble) if dice.random() < rate else "nothing"
        self.note(what)
        try:
            if what.isdigit():
                self.refuse(int(what))
            else:
                self.forward(what, dice)
        except (Cut, OSError, http.client.HTTPException):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

    def refuse(self, status):
        """Some of the body stays unread: nobody else may use the connection."""
        self.send_response(status)
        if status in (429, 503):
            self.send_header("Retry-After", options.get("retry-after", "0"))
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        for _ in self.body_parts():
            pass
        self.close_connection = True

    def forward(self, what, dice):
        server = connect()
        try:
            self.send_request(server, what, dice)
            reply = server.getresponse()
            body = reply.read()
        finally:
            server.close()
        if what == "delay":
            time.sleep(dice.uniform(0.01, 0.1))
        head, body = self.lie(what, dice, reply, body)
        data = head + (b"" if self.command == "HEAD" else body)
        if what == "cut-reply":
            data = data[:dice.randrange(len(data))]
        self.wfile.write(data)
        self.wfile.flush()
        if what in ("cut-reply", "long"):
            raise Cut

    def send_request(self, server, what, dice):
        server.putrequest(self.command, self.path, skip_host=True,
                          skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                server.putheader(name, value)
        server.endheaders()
        is_chunked = "Transfer-Encoding" in self.headers
        most = int(self.headers.get("Content-Length", 1 << 20))
        left = dice.randrange(most + 1) if what == "cut-request" else 1 << 62
        for part in self.body_parts():
            part = part[:left]
            left -= len(part)
            server.send(b"%x\r\n%s\r\n" % (len(part), part)
                        if is_chunked and part else part)
            if left == 0:
                raise Cut
        if is_chunked:
            server.send(b"0\r\n\r\n")
        if what == "cut-request":
            raise Cut

    def lie(self, what, dice, reply, body):
        """The reply's head and body, as the client is to see them."""
        status = reply.status
        headers = {name.title(): value for name, value in reply.getheaders()
                   if name.lower() not in ("connection", "transfer-encoding")}
        length = len(body)
        if what in ("self", "elsewhere", "loop"):
            status, body, length = 307, b"", 0
            headers["Location"] = {
                "self": self.path, "elsewhere": "http://127.0.0.1:1/nothing",
                "loop": self.path.split("?")[0] + f"?loop={self.number}"}[what]
        elif what == "short":
            body = body[:length // 2]
            length = len(body)
        elif what == "long":
            length += dice.randrange(1, 1000)
        elif what == "digest":
            headers["Docker-Content-Digest"] = \
                "sha256:%064x" % dice.getrandbits(256)
        elif what == "bytes" and body:
            at = dice.randrange(length)
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        elif what == "type":
            headers["Content-Type"] = "text/html"
        elif what == "truncated":
            body = body[:dice.randrange(length)] if length else body
            length = len(body)
        if self.command != "HEAD":
            headers["Content-Length"] = str(length)
        lines = [f"HTTP/1.1 {status} {reply.reason}",
                 *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), body


server = Server(("127.0.0.1", 0), Handler)
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()

#!/usr/bin/env python3
"""A registry that stops in the middle of every layer, and waits.

    halting_registry.py LAYOUT LOG

Listens on a free port of 127.0.0.1 and prints it. Whatever name is asked for is
the one image of the OCI layout. Half of a layer is sent, and some bytes of an
upload are read; then "halted" becomes a line of LOG, and nothing comes any more
until the client has gone.
"""
import http.server
import json
import sys

layout, log = sys.argv[1:]


def read(digest):
    with open(f"{layout}/blobs/{digest.replace(':', '/')}", "rb") as file:
        return file.read()


with open(f"{layout}/index.json", encoding="utf-8") as index:
    top = json.load(index)["manifests"][0]
layers = {layer["digest"] for layer in json.loads(read(top["digest"]))["layers"]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def halt(self):
        with open(log, "a", encoding="utf-8") as file:
            file.write("halted\n")
        self.wfile.flush()
        while self.connection.recv(1 << 16):
            pass
        self.close_connection = True

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        kind, name = self.path.split("/")[-2:]
        if kind == "manifests":
            self.answer(200, read(top["digest"]),
                        Content_Type=top["mediaType"])
        elif name not in layers:
            self.answer(200, read(name) if kind == "blobs" else b"")
        else:
            bytes_ = read(name)
            self.send_response(200)
            self.send_header("Content-Length", str(len(bytes_)))
            self.end_headers()
            self.wfile.write(bytes_[:len(bytes_) // 2])
            self.halt()

    def do_HEAD(self):
        self.answer(404)

    def do_POST(self):
        self.answer(202, Location="/v2/app/blobs/uploads/1")

    def do_PATCH(self):
        self.rfile.read1(100)
        self.halt()

    do_PUT = do_PATCH


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()

#!/usr/bin/env python3
"""Serves git repositories over HTTP, by git http-backend.

    git_server.py DIRECTORY LOG

Prints its port once it listens on 127.0.0.1. Each request becomes a line of LOG:
"METHOD PATH status [fetch] [Authorization=...]"; "fetch" asks for commits, what has
none asks for names. Repositories below /private/ want the header "Authorization: basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"
(x-access-token:s3cret); those below /stall/ never answer a fetch, those below
/busy/ answer it with 503, those below /old/ speak protocol version 0, which
gives no commit but what a name leads to.
"""
import gzip
import http.server
import os
import subprocess
import sys
import time

directory, log = sys.argv[1:3]
WANTED = "basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def note(self, status):
        words = [self.command, self.path, str(status)]
        if b"want " in self.body:
            words.append("fetch")
        if "Authorization" in self.headers:
            words.append("Authorization=" + self.headers["Authorization"])
        with open(log, "a", encoding="utf-8") as file:
            file.write(" ".join(words) + "\n")

    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body

    def do_GET(self):
        if self.path.startswith("http://"):  # asked as a proxy
            self.path = "/" + self.path.split("/", 3)[3]
        path, _, query = self.path.partition("?")
        body = self.body = self.read_body()
        if path.startswith("/private/") and \
                self.headers.get("Authorization") != WANTED:
            self.note(401)
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if path.startswith("/stall/") and self.command == "POST":
            self.note(0)
            time.sleep(3600)
        if path.startswith("/busy/") and b"want " in body:
            self.note(503)
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        prefix = ("/private", "/stall", "/busy", "/old")
        real = path
        for part in prefix:
            if path.startswith(part + "/"):
                real = path[len(part):]
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": directory,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": real,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
        }
        if "Git-Protocol" in self.headers and not path.startswith("/old/"):
            env["GIT_PROTOCOL"] = self.headers["Git-Protocol"]
        answer = subprocess.run(["git", "http-backend"], input=body, env=env,
                                stdout=subprocess.PIPE, check=False).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients leave when they like


server = Server(("127.0.0.1", 0), Handler)
sys.stdout.write("%d\n" % server.server_address[1])
sys.stdout.flush()
server.serve_forever()

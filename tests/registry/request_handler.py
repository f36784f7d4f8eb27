"""What the servers of these tests share: bodies, replies, and a log of lines
"SERVER METHOD PATH status name=value...", with those headers of the request
that matter and the client's port.
"""
import http.server
import threading

KEPT = ("Authorization", "Range", "Content-Range", "Content-Type",
        "Content-Length", "Transfer-Encoding")
lock = threading.RLock()


class Cut(Exception):
    """The client has gone."""


class RequestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    log = None
    server_name = ""
    has_read = False

    def log_message(self, *_):
        pass

    def note(self, status):
        line = [self.server_name, self.command, self.path, str(status)]
        line += [f"{name}={self.headers[name]}" for name in KEPT
                 if name in self.headers]
        line.append(f"client={self.client_address[1]}")
        with lock, open(self.log, "a", encoding="latin-1") as file:
            file.write(" ".join(line) + "\n")

    def body_parts(self):
        """The request's body, as it comes."""
        self.has_read = True
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while True:
                line = self.rfile.readline()
                if not line:
                    raise Cut
                size = int(line.split(b";")[0], 16)
                part = self.rfile.read(size)
                if len(part) < size or not self.rfile.readline():
                    raise Cut
                if size == 0:
                    return
                yield part
        size = int(self.headers.get("Content-Length", 0))
        while size > 0:
            part = self.rfile.read1(min(size, 1 << 16))
            if not part:
                raise Cut
            size -= len(part)
            yield part

    def read_body(self):
        return b"" if self.has_read else b"".join(self.body_parts())

    def reply(self, status, body=b"", **headers):
        """A header that is None is left out."""
        self.read_body()
        self.note(status)
        self.send_response(status)
        headers.setdefault("content_length", len(body))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-").title(), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # clients leave when they like

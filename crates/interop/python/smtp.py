"""A mail server on loopback for tests: it keeps what it takes, and misbehaves as it is told.

    smtp.py DIRECTORY [--port PORT] [--tls starttls|implicit --certificate FILE --key FILE]
            [--login USER PASSWORD] [--stranger ADDRESS]... [--fates FATE...]

It prints `port NUMBER` once it listens, and ends when its standard input does.

Each message becomes a file of JSON in DIRECTORY, 000001.json and so on, whose name appears once it is whole. Each
attempt to hand over a message becomes a line of DIRECTORY/attempts, which says what came of it.

The first messages meet the given fates, one each, and all later ones are taken:

    taken       250, the message is kept
    later       451, the message is not kept
    never       550, the message is not kept
    broken      the connection is cut in the middle of the message
    unanswered  the message is kept, and the connection is cut before the reply
    slow:SECS   250 after so many seconds, the message is kept then, unless the client has gone
"""

import argparse
import asyncio
import email
import email.policy
import json
import os
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

LOOPBACK = "127.0.0.1"

REPLIES = {
    "taken": "250 2.0.0 taken",
    "later": "451 4.3.0 not now",
    "never": "550 5.7.1 not here",
}

FATES = (*REPLIES, "broken", "unanswered")


async def serve(options):
    office = Office(options)
    loop = asyncio.get_running_loop()
    implicit = options.context if options.tls == "implicit" else None
    server = await loop.create_server(lambda: Counter(office, loop), LOOPBACK, options.port, ssl=implicit)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    # A thread of its own, since a pipe that is never written to would block everybody.
    await loop.run_in_executor(None, sys.stdin.buffer.read)


class Counter(SMTP):
    """One connection."""

    def __init__(self, office, loop):
        starttls = office.options.tls == "starttls"
        login = office.options.login
        super().__init__(
            office,
            hostname="mail.test",
            ident="ESMTP",
            enable_SMTPUTF8=True,
            tls_context=office.options.context if starttls else None,
            require_starttls=starttls,
            auth_required=login is not None,
            auth_require_tls=starttls,
            authenticator=office.authenticate,
            loop=loop,
        )
        self.office = office

    async def push(self, status):
        """The reply 354 begins a message, whose fate is drawn there."""
        await super().push(status)
        if status[:3] in ("354", b"354"):
            self.fate = self.office.draw()
            if self.fate == "broken":
                self.office.note(self.fate)
                await self._reader.readuntil(b"\r\n")
                self.cut()

    def cut(self):
        """Ends the connection without a word, and with it the task that serves it."""
        self.transport.abort()
        raise asyncio.CancelledError


class Office:
    """What all connections share; also the hooks that the library calls."""

    def __init__(self, options):
        self.options = options
        self.fates = iter(options.fates)
        self.kept = len(list(options.directory.glob("*.json")))

    def draw(self):
        return next(self.fates, "taken")

    def note(self, outcome):
        with open(self.options.directory / "attempts", "a", encoding="utf-8") as attempts:
            attempts.write(outcome + "\n")

    def authenticate(self, _server, session, _envelope, _mechanism, given):
        right = self.options.login and tuple(part.encode() for part in self.options.login)
        success = isinstance(given, LoginPassword) and (given.login, given.password) == right
        if not success:
            self.note("unauthenticated")
        # Not handled: the library is to reply.
        return AuthResult(success=success, handled=False, auth_data=self.options.login[0] if success else None)

    async def handle_EHLO(self, _server, session, _envelope, hostname, replies):
        """A server without accounts offers no authentication."""
        session.host_name = hostname
        return [reply for reply in replies if self.options.login or not reply.startswith("250-AUTH")]

    async def handle_RCPT(self, _server, _session, envelope, address, _parameters):
        if address in self.options.stranger:
            self.note("stranger")
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 known"

    async def handle_DATA(self, server, session, envelope):
        fate, _, seconds = server.fate.partition(":")
        if fate == "slow":
            await asyncio.sleep(float(seconds))
            fate = "taken"
        if fate in ("taken", "unanswered"):
            self.keep(self.describe(session, envelope))
        self.note(fate)
        if fate == "unanswered":
            server.cut()
        return REPLIES[fate]

    def describe(self, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [part for part in message.walk() if not part.is_multipart()]
        return {
            "helo": session.host_name,
            "encrypted": self.options.tls == "implicit" or session.ssl is not None,
            "login": session.auth_data if session.authenticated else None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "parts": [{"type": part.get_content_type(), "text": text(part)} for part in parts],
            "defects": sorted(defects(message)),
            "raw": envelope.content.decode("utf-8", errors="backslashreplace"),
        }

    def keep(self, message):
        self.kept += 1
        path = self.options.directory / f"{self.kept:06}.json"
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(message), encoding="utf-8")
        os.replace(unfinished, path)


def text(part):
    """A part's text, decoded, its lines ended as in files; none of what is no text."""
    return part.get_content().replace("\r\n", "\n") if part.get_content_maintype() == "text" else None


def defects(message):
    """What breaks a rule of MIME, in any part and any header."""
    for part in message.walk():
        yield from (repr(defect) for defect in part.defects)
        for name, value in part.items():
            yield from (f"{name}: {defect!r}" for defect in value.defects)


def parsed(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--login", nargs=2)
    parser.add_argument("--stranger", action="append", default=[])
    parser.add_argument("--fates", nargs="*", default=[])
    options = parser.parse_args(arguments)
    for fate in options.fates:
        if fate not in FATES and not fate.startswith("slow:"):
            parser.error(f"no fate is called {fate}")
    options.context = None
    if options.tls:
        options.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options.context.load_cert_chain(options.certificate, options.key)
    return options


if __name__ == "__main__":
    asyncio.run(serve(parsed(sys.argv[1:])))

"""One data logger once it is known: its frames go to the sink, its answers come back in order.

A session ends with its connection. What is at the sink by then is still committed, only not answered; the logger sends
it again and the store knows it by its natural key. Hence nothing here needs to survive.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from ingest.decode.hj212_frames import Frame
from ingest.delivery import Delivery, Outcome, Receipt, SinkUnavailable
from ingest.hj212.causes import Cause
from ingest.hj212.gate import Refusal, Station
from ingest.hj212.hub import Hub
from ingest.hj212.pending import Answer, Pending
from ingest.hj212.protocol import Owner, Say, crc_is_right, owner_of, qn_rtn, react, reply
from ingest.inflight import Inflight

_QOS = 1
_NOTHING = Receipt(Outcome.STORED, None, None)
#: How the report of a refusal says that the CRC was wrong; an encrypted frame's can be checked only with its key.
_BAD_CRC = b'"reason":"bad_crc"'


class Link(Protocol):
    """The connection below a session."""

    peer: str

    def write(self, data: bytes) -> None: ...

    def end(self, cause: Cause) -> None:
        """End the connection; the session hears of it by `ended`."""
        ...

    def ask(self, frame: Frame, mn: str) -> None:
        """Read on only after the register said whether this connection may speak for another MN."""
        ...

    def go_on(self) -> None:
        """The sink has finished something: read again, if reading had stopped."""
        ...


class Session:
    """One connection from the frame that said who it is to its end."""

    def __init__(self, hub: Hub, link: Link, station: Station, password: str) -> None:
        self.station = station
        self.password = password
        self.log_context: dict[str, object] = {"enterprise": station.enterprise, "mn": station.mn}
        self._hub = hub
        self._link = link
        self._siblings: dict[str, Station] = {}
        self._client_id = f"hj212:{station.mn}"
        self._replies = bytearray()
        self.finishing = False
        """Nothing more of this connection is to be handled."""
        limits = hub.limits
        self.window = Inflight[Pending](
            max_messages=limits.max_inflight,
            max_bytes=limits.max_inflight_bytes,
            answer=self._answer,
            failed=self._failed,
            settled=self._settled,
        )

    # --- in

    def take(self, frame: Frame) -> bool:
        """Act upon one frame; whether it was one by its CRC."""
        mn = frame.header.get("MN")
        station = self._siblings.get(mn, self.station) if mn else self.station
        if not crc_is_right(frame, station.crc):
            self._hub.metrics.bad_crc.inc()
            self._deliver(frame.raw, len(frame.raw), station)
            return False
        owner = owner_of(mn, frame.header.get("PW"), self.station, self.password, self._siblings)
        if isinstance(owner, Refusal):
            self._refuse(frame, owner)
        elif owner is Owner.ASK and mn is not None:
            self._link.ask(frame, mn)
        else:
            self._act(frame, station)
        return True

    def answered(self, frame: Frame, found: Station | Refusal) -> None:
        """What the register said of the MN of a frame that `ask` was called with."""
        if isinstance(found, Station) and found.enterprise == self.station.enterprise:
            self._siblings[found.mn] = found
            self.take(frame)
        else:
            self._refuse(frame, Refusal.FOREIGN_MN)

    def forget_siblings(self) -> None:
        """Ask the register anew for whom else this connection may speak."""
        self._siblings.clear()

    def take_noise(self, data: bytes, size: int) -> None:
        """Put bytes that are no frame into the station's books, as one refused item. data: the first of `size`."""
        self._deliver(data, size, self.station)

    def last_noise(self, data: bytes, size: int) -> None:
        """The same when the connection is over."""
        self._hub.submit_last_words(self._delivery(data, size, self.station))

    def _act(self, frame: Frame, station: Station) -> None:
        edition = frame.edition(station.edition)
        reaction = react(frame.header.get("CN"), edition, frame.wants_answer, station.strict)
        self._hub.metrics.frames[reaction.kind].inc()
        answer = None
        if reaction.say is not None:
            answer = Answer(reaction.say, reply(frame, reaction.say, edition, reaction.qn_rtn))
        if reaction.deliver:
            self._deliver(frame.raw, len(frame.raw), station, answer)
        elif answer is not None:
            self._say(answer)

    def _refuse(self, frame: Frame, refusal: Refusal) -> None:
        self._hub.metrics.refused[refusal].inc()
        self._hub.log.say(
            logging.INFO, "a frame is not its connection's", {**self.log_context, "problem": refusal.value}
        )
        raw = frame.raw
        self._hub.note_stray(frame.header.get("MN", ""), self._link.peer, raw, len(raw), refusal.value)
        self.finishing = True
        answer = None
        if frame.wants_answer:
            data = reply(frame, Say.REQUEST_ACK, self.station.edition, qn_rtn(refusal))
            answer = Answer(Say.REQUEST_ACK, data)
        # behind what is at the sink, so that nothing of it has to be sent again
        nothing: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        nothing.set_result(_NOTHING)
        self.window.add(Pending(nothing, answer, 0, last=True))

    def _say(self, answer: Answer) -> None:
        self._hub.metrics.answers[answer.say].inc()
        self._link.write(answer.data)

    def _deliver(self, payload: bytes, size: int, station: Station, answer: Answer | None = None) -> None:
        future = self._hub.submit(self._delivery(payload, size, station))
        self.window.add(Pending(future, answer, len(payload)))

    def _delivery(self, payload: bytes, size: int, station: Station) -> Delivery:
        topic = f"plantwatch/v1/{station.enterprise}/{station.gateway}/hj212"
        return Delivery(station.enterprise, self._client_id, topic, payload, size, _QOS, False, False, self._hub.now())

    # --- out

    def _answer(self, pending: Pending, receipt: Receipt) -> None:
        if receipt.outcome is not Outcome.STORED:
            self._hub.metrics.refusals.labels(outcome=receipt.outcome.value).inc()
            if receipt.rejects is not None and _BAD_CRC in receipt.rejects:
                return
        if pending.answer is not None:
            self._hub.metrics.answers[pending.answer.say].inc()
            self._replies += pending.answer.data
        if pending.last:
            self._flush()
            self._link.end(Cause.REFUSED)

    def _failed(self, error: BaseException) -> None:
        self._flush()
        if isinstance(error, SinkUnavailable | asyncio.CancelledError):
            self._hub.log.say(logging.INFO, "the store is not available; a logger is sent away", {**self.log_context})
            self._link.end(Cause.SINK_UNAVAILABLE)
        else:
            self._hub.log.say(logging.ERROR, "the sink failed", self.log_context, error)
            self._link.end(Cause.INTERNAL)

    def _settled(self) -> None:
        self._flush()
        self._link.go_on()

    def _flush(self) -> None:
        if self._replies:
            self._link.write(bytes(self._replies))
            self._replies.clear()

    # --- the end

    def taken_over(self) -> None:
        """Another connection is this station now."""
        self._link.end(Cause.TAKEN_OVER)

    def ended(self, cause: Cause) -> None:
        """The connection is over."""
        self._hub.leave(self.station, self, cause)

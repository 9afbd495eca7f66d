"""Counters of the HJ 212 door, in a registry that is passed in.

Labels are bounded lists: no MN, enterprise or command code as sent, which a peer could invent by the million.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from ingest.delivery import Outcome
from ingest.hj212.causes import Cause
from ingest.hj212.gate import Refusal
from ingest.hj212.protocol import Kind, Say


class HjMetrics:
    """What the door counts; all names start with `plantwatch_hj212_`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connections = Gauge("plantwatch_hj212_connections", "Sockets that are open now", registry=registry)
        self.stations = Gauge(
            "plantwatch_hj212_stations", "Connections that proved which station they are", registry=registry
        )
        admissions = Counter(
            "plantwatch_hj212_admissions_total",
            "Loggers that said who they are, by what became of them",
            ["result"],
            registry=registry,
        )
        self.accepted = admissions.labels(result="accepted")
        self.refused = {refusal: admissions.labels(result=refusal.value) for refusal in Refusal}
        frames = Counter(
            "plantwatch_hj212_frames_total", "Frames of known stations, by kind", ["kind"], registry=registry
        )
        self.frames = {kind: frames.labels(kind=kind.value) for kind in Kind}
        self.bad_crc = frames.labels(kind="bad_crc")
        answers = Counter("plantwatch_hj212_answers_total", "Answers sent, by command code", ["cn"], registry=registry)
        self.answers = {say: answers.labels(cn=say.value) for say in Say}
        self.refusals = Counter(
            "plantwatch_hj212_refusals_total",
            "Deliveries that the sink refused, wholly or partly",
            ["outcome"],
            registry=registry,
        )
        for outcome in Outcome:
            if outcome is not Outcome.STORED:
                self.refusals.labels(outcome=outcome.value)
        self.noise_bytes = Counter(
            "plantwatch_hj212_noise_bytes_total", "Bytes that were no part of any frame", registry=registry
        )
        disconnects = Counter(
            "plantwatch_hj212_disconnects_total", "Connections ended, by cause", ["reason"], registry=registry
        )
        self.disconnects = {cause: disconnects.labels(reason=cause.value) for cause in Cause}
        self.pauses = Counter(
            "plantwatch_hj212_pauses_total",
            "Times that a socket was not read because too much of it was at the sink",
            registry=registry,
        )
        self.lost_strays = Counter(
            "plantwatch_hj212_lost_strays_total",
            "Strays that could not be noted because the store was not available",
            registry=registry,
        )

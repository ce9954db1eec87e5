"""The named deadlines: how long each thing may take, in seconds, and which criterion or reason says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """How long something may take, in seconds, and where that figure comes from."""

    seconds: float
    source: str


VOLUME_BOUND = Deadline(30, "criterion 2.3")
API_RESUMES = Deadline(30, "issue: writes resume after the loss of a control plane")
POD_READY = Deadline(90, "the suite: an image is pulled and its process starts")
NODES_READY = Deadline(180, "the suite: a cluster that was just made")
API_ANSWERS = Deadline(60, "the suite: an API server that was just started")
RESTARTED = Deadline(120, "the suite: the API of a cluster whose machines were all just started")
SETTLED = Deadline(90, "the suite: nodes and system pods of a cluster that was just made")
STANDS = Deadline(10, "the suite: nodes and system pods of a platform that was kept")
RESTART = Deadline(60, "criterion 2.6: three probes at one second each, and the kubelet's back-off")
LOAD_BALANCER_READY = Deadline(60, "the suite: health checks of the load balancer")
GONE = Deadline(60, "the suite: deletion with its grace period")
LOGS_READABLE = Deadline(30, "the suite: a container's first lines")
LOGGED = Deadline(10, "the suite: a line that a program writes at once")
FLUSHED = Deadline(3, "the suite: lines of requests that a program has answered already")
HEALTHY_AGAIN = Deadline(15, "the suite: three probes, in case a dependency of the service was down a moment ago")
COMPONENT_READY = Deadline(300, "the suite: a component whose images are pulled and whose processes start")
APPLICATION_READY = Deadline(900, "task 11.8: 5 to 7 minutes for the database, plus new machines and image pulls")
CERTIFICATE_ISSUED = Deadline(60, "the suite: an ACME order of a new host, with a back-off after a first refusal")
CERTIFICATE_RENEWED = Deadline(25, "the suite: an ACME order of a host that is served already")
UNSEALED = Deadline(30, "the suite: the controller sees a SealedSecret at once")
DETECTED_BY_POLLING = Deadline(180, "criterion 3.2: three minutes")
DETECTED_BY_WEBHOOK = Deadline(15, "criterion 3.2: at once")
SYNCED = Deadline(120, "the suite: a small change, applied and healthy")
TRIED_AGAIN = Deadline(60, "the suite: a push that mends a sync which another scenario made fail")
ROLLED_OUT = Deadline(150, "the plan: progressDeadlineSeconds 90 of the services, and a sync around it")
ROUTE_READY = Deadline(30, "the suite: Traefik sees a change within 2 s")
DATABASE_SERVES = Deadline(120, "the suite: twice the minute that a stand-in may take to have a new leader")
MEMBER_BACK = Deadline(150, "the suite: a member of the database starts and catches up")
REPLICATED = Deadline(30, "the suite: what is written is read on every member")

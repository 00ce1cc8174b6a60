"""What the control room sees and can do from afar.

A hazard may take a share of remote control, so that switching needs hands on the spot, and a
share of what the control room sees, so that faults become known when customers call. Data
that owners of infrastructure share with each other shorten both knowing and coordinating.
"""

from data.region import Region
from data.tables import FloatArray
from sim.event_log import EventLog
from sim.rng import stream
from sim.services.telecom import Telecom


class Control:
    """Control systems of one course.

    Parameters
    ----------
    region : Region
    telecom : Telecom
    log : EventLog
    seed, replication : int
        Keys of the stream that decides where remote control is lost.
    """

    def __init__(
        self, region: Region, telecom: Telecom, log: EventLog, *, seed: int, replication: int
    ) -> None:
        constants = region.constants
        self._telecom = telecom
        self._log = log
        self._detection_h = constants["detection_h"]
        self._by_calls_h = constants["detection_by_calls_h"]
        self._fewest_calls = constants["calls_without_telephone_share"]
        self._dispatch_h = constants["dispatch_h"]
        self._saved = constants["data_sharing"] * constants["data_sharing_gain"]
        self._uniform: FloatArray = stream(seed, replication, "control").random(
            len(region.sections)
        )
        self._struck: dict[int, tuple[float, float]] = {}

    def strike(self, t_h: float, hazard: int, remote_lost: float, sight_lost: float) -> None:
        """Let a hazard take shares of remote control and of what is seen; 0 and 0 end it."""
        if remote_lost > 0.0 or sight_lost > 0.0:
            self._struck[hazard] = (remote_lost, sight_lost)
            left = 1.0 - max(remote_lost, sight_lost)
            self._log.note(t_h, "control_lost", cause="scenario", level=left)
        elif self._struck.pop(hazard, None) is not None:
            self._log.note(t_h, "control_back", cause="scenario", level=1.0)

    def can_switch(self, section: int) -> bool:
        """Whether the switches around a section answer the control room now."""
        lost = max((remote for remote, _ in self._struck.values()), default=0.0)
        return bool(self._uniform[section] >= lost)

    def detection_h(self, area: int) -> float:
        """Time until a fault in an area is known: by telemetry, or by customers' calls. [h]."""
        blind = max((sight for _, sight in self._struck.values()), default=0.0)
        hours = (1.0 - blind) * self._detection_h
        if blind > 0.0:
            calls = max(self._telecom.up("telecom", area), self._fewest_calls) if area >= 0 else 1.0
            hours += blind * self._by_calls_h / calls
        return hours * (1.0 - self._saved)

    @property
    def dispatch_h(self) -> float:
        """Time from an order until a crew is on its way. [h]."""
        return self._dispatch_h * (1.0 - self._saved)

    def blindness(self, area: int) -> float:
        """How little crews in an area can be coordinated, 1 when nobody reaches them. [1]."""
        return (1.0 - self._telecom.coordination(area)) * (1.0 - self._saved)

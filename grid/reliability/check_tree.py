"""Whether sections make trees: each reached from one busbar by one way, pointing away from it."""

from collections import defaultdict, deque
from collections.abc import Iterable

from data.problems import Problem
from grid.reliability.place import Place, similar
from grid.reliability.tables import Busbars, Sections


def tree_problems(busbars: Busbars, sections: Sections, place: Place) -> Iterable[Problem]:
    """Find loops, parts without a busbar, and sections the wrong way round.

    Parameters
    ----------
    busbars, sections
        Tables whose cells all read cleanly.
    place : Place

    Yields
    ------
    Problem
        In the order of the sections; one for each part that hangs together.
    """
    at_node: dict[str, list[int]] = defaultdict(list)
    for row in range(len(sections)):
        for node in {str(sections.from_node[row]), str(sections.to_node[row])}:
            at_node[node].append(row)
    seen = set(busbars.node.tolist())
    used: set[int] = set()
    queue = deque(busbars.node.tolist())
    found: list[tuple[int, Problem]] = []

    def follow(node: str) -> None:
        for row in at_node[node]:
            if row in used:
                continue
            used.add(row)
            begin, end = str(sections.from_node[row]), str(sections.to_node[row])
            far = end if begin == node else begin
            if far in seen:
                if begin != end:
                    found.append((row, _loop(sections, row, far, place)))
                continue
            if far == begin and begin not in seen:
                found.append((row, _reversed(sections, row, place)))
            seen.add(far)
            queue.append(far)

    while queue:
        follow(queue.popleft())
    for row in range(len(sections)):
        if row in used or len(busbars) == 0:
            continue
        found.append((row, _island(sections, row, seen, place)))
        # One message for each part that hangs together.
        seen.add(str(sections.from_node[row]))
        queue.append(str(sections.from_node[row]))
        before = len(found)
        while queue:
            follow(queue.popleft())
        del found[before:]
    return [problem for _, problem in sorted(found, key=lambda each: each[0])]


def _loop(sections: Sections, row: int, node: str, place: Place) -> Problem:
    return Problem(
        "loop",
        place("sections", row, "to_node"),
        str(sections.section_id[row]),
        f"one way only from a busbar to {node}",
        "Where the loop is open in normal operation, move the section to ties.csv.",
    )


def _reversed(sections: Sections, row: int, place: Place) -> Problem:
    begin, end = str(sections.from_node[row]), str(sections.to_node[row])
    return Problem(
        "reversed_section",
        place("sections", row, "from_node"),
        begin,
        f"the end nearer the busbar, here {end}",
        f"Swap from_node and to_node: the device stands at {end}.",
    )


def _island(sections: Sections, row: int, seen: set[str], place: Place) -> Problem:
    node = str(sections.from_node[row])
    return Problem(
        "unconnected_section",
        place("sections", row, "from_node"),
        node,
        "a node that is connected to a busbar",
        similar(node, seen) or "Add the section that connects it, or its busbar.",
    )

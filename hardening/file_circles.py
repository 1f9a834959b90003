"""file_circles.py - files that need each other in a circle, so that none can be read or tested without all.

Pure: edges come in, circles go out; test_house.py says what the edges are.
"""


def circles_in(edges: dict[str, set[str]]) -> list[list[str]]:
    """Each set of nodes that reach one another (strongly connected, more than one node), sorted, by name.

    edges: node -> the nodes that it needs. A node that needs itself is no circle.
    """
    reachable = {node: reach(edges, node) for node in edges}
    circles = {tuple(sorted({node} | {other for other in reachable[node] if node in reachable.get(other, ())}))
               for node in edges}
    return sorted(list(circle) for circle in circles if len(circle) > 1)


def reach(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    pending = list(edges.get(start, ()))
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending.extend(edges.get(node, ()))
    return found

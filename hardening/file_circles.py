"""file_circles.py - find files that depend on each other in a circle, so that none can be read or tested without the others.

Pure: no disk; test_house.py reads the dependencies.
"""


def circles_in(edges: dict[str, set[str]]) -> list[list[str]]:
    """Each set of more than one node that all reach one another (a strongly connected component), sorted by name.

    edges: {node: the nodes that it needs}. A node that needs only itself is not a circle.
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

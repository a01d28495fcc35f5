"""The package's graph, in which edges are found from both ends and reading changes nothing.

The simulator deletes "all edges of a thing" by asking after each of some 290 nodes; here only
edges that exist are visited. What a state holds after a step is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from virtualhome_eval.simulation.evolving_graph.environment import (
    AddEdges,
    AnyNode,
    BodyNode,
    DeleteEdges,
    EnvironmentGraph,
    EnvironmentState,
    GraphNode,
    NodeEnumerator,
    ObjectInsideNode,
    Property,
    Relation,
    StateChanger,
)

Edge = tuple[int, Relation, int]


class Scene(EnvironmentGraph):  # type: ignore[misc]
    """A scene that does not change, with its edges from both ends.

    Attributes:
        sources: Ids of nodes with an edge to a node, by that node and the relation.
        body: Ids of the agent's own parts.
        properties: Which of the 23 properties each node has; no action changes them.
        by_class: Ids of nodes by class, ascending; no action changes or adds a class.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self.sources: dict[tuple[int, Relation], list[int]] = {}
        for (source, relation), targets in self._edge_map.items():
            for target in targets:
                self.sources.setdefault((target, relation), []).append(source)
        self.body = [n.id for n in self.get_nodes() if Property.BODY_PART in n.properties]
        self.properties = {
            n.id: tuple(p in n.properties for p in Property) for n in self.get_nodes()
        }
        self.by_class: dict[str, list[int]] = {}
        for node in sorted(self.get_nodes(), key=lambda node: int(node.id)):
            self.by_class.setdefault(node.class_name, []).append(node.id)
        self._without_cycles()

    def _without_cycles(self) -> None:
        """Drop what is inside itself, or inside each other: looking for its room never ends."""
        inside = {k: set(to) for (k, r), to in self._edge_map.items() if r is Relation.INSIDE}
        for source, targets in inside.items():
            for target in targets:
                if source in inside.get(target, ()):
                    del self._edge_map[(source, Relation.INSIDE)][target]
                    self.sources[(target, Relation.INSIDE)].remove(source)


class State(EnvironmentState):  # type: ignore[misc]
    """What has changed since the beginning of an episode."""

    def __init__(self, scene: Scene, equivalence: Mapping[str, list[str]]) -> None:
        super().__init__(scene, equivalence, instance_selection=True)

    @property
    def scene(self) -> Scene:
        """Where it began."""
        return self._graph  # type: ignore[no-any-return]

    def get_node_ids_from(self, from_id: int, relation: Relation) -> list[int]:
        """Return the targets of a node's edges, in the order of a set of numbers.

        Where the simulator takes the first of several, as GRAB does for where a thing was, this is
        the one that it takes.
        """
        key = (from_id, relation)
        found = set(self._new_edges_from.get(key, ()))
        found.update(self._graph.get_node_ids_from(from_id, relation))
        found.difference_update(self._removed_edges_from.get(key, ()))
        return list(found)

    def get_nodes_from(self, from_node: GraphNode, relation: Relation) -> list[GraphNode]:
        """Return the nodes at the other end of a node's edges."""
        return [self.get_node(i) for i in self.get_node_ids_from(from_node.id, relation)]

    def ids_to(self, to_id: int, relation: Relation) -> list[int]:
        """Return the nodes that have an edge to a node, ascending."""
        found = {*self._graph.sources.get((to_id, relation), ())}
        found |= {
            source
            for (source, its), targets in self._new_edges_from.items()
            if its is relation and to_id in targets
        }
        removed = self._removed_edges_from
        return sorted(i for i in found if to_id not in removed.get((i, relation), ()))

    def change_state(
        self,
        changers: Iterable[StateChanger],
        node: GraphNode | None = None,
        obj: Any = None,
        in_place: bool = False,
    ) -> State:
        """Return the state after changes; this one stays as it is unless they are in place."""
        after = self if in_place else self.copy()
        if obj is not None and node is not None:
            after._script_objects[(obj.name, obj.instance)] = node.id
        for changer in changers:
            after._apply(changer)
        return after

    def copy(self) -> State:
        """Return an independent copy; nodes are values, which changes replace."""
        twin = State(self._graph, self._name_equivalence)
        twin._new_nodes = dict(self._new_nodes)
        twin._removed_edges_from = {k: set(v) for k, v in self._removed_edges_from.items()}
        twin._new_edges_from = {k: set(v) for k, v in self._new_edges_from.items()}
        twin._script_objects = dict(self._script_objects)
        twin.executor_data = dict(self.executor_data)
        twin._max_node_id = self._max_node_id
        return twin

    def edges(self) -> Iterator[Edge]:
        """Yield all edges."""
        for source, relation in {*self._new_edges_from, *self._graph.get_from_pairs()}:
            for target in self.get_node_ids_from(source, relation):
                yield source, relation, target

    def digest(self) -> tuple[Any, ...]:
        """Return all of it in one order, whatever the order of sets."""
        nodes = sorted(
            (n.id, n.class_name, *(sorted(x.name for x in xs) for xs in (n.states, n.properties)))
            for n in self.get_nodes()
        )
        edges = sorted((source, r.name, target) for source, r, target in self.edges())
        return nodes, edges

    def _apply(self, changer: StateChanger) -> None:
        if isinstance(changer, AddEdges):
            for one in self._nodes(changer.from_node):
                for other in self._nodes(changer.to_node):
                    self.add_edge(one, changer.relation, other)
                    if changer.add_reverse:
                        self.add_edge(other, changer.relation, one)
        elif isinstance(changer, DeleteEdges):
            for one, relation, other in list(self._meant(changer)):
                self.delete_edge(self.get_node(one), relation, self.get_node(other))
        else:
            changer.apply_changes(self)

    def _nodes(self, enumerator: NodeEnumerator) -> list[GraphNode]:
        if isinstance(enumerator, ObjectInsideNode):
            inside = self.ids_to(enumerator.container_node.id, Relation.INSIDE)
            return [self.get_node(i) for i in inside]
        if isinstance(enumerator, BodyNode):
            return [self.get_node(i) for i in self._graph.body]
        return list(enumerator.enumerate(self))

    def _meant(self, changer: DeleteEdges) -> Iterator[Edge]:
        """Yield the edges that exist among those that a change deletes."""
        ends = (changer.from_node, changer.to_node)
        first, second = (
            None if isinstance(end, AnyNode) else {n.id for n in self._nodes(end)} for end in ends
        )
        for relation in changer.relations:
            yield from self._between(first, relation, second)
            if changer.delete_reverse:
                yield from self._between(second, relation, first)

    def _between(
        self, sources: set[int] | None, relation: Relation, targets: set[int] | None
    ) -> Iterator[Edge]:
        """Yield the edges between nodes, `None` standing for all of them."""
        if sources is None:
            assert targets is not None, "no action deletes all edges"
            for target in sorted(targets):
                yield from ((i, relation, target) for i in self.ids_to(target, relation))
            return
        for source in sorted(sources):
            for target in self.get_node_ids_from(source, relation):
                if targets is None or target in targets:
                    yield source, relation, target

"""Blocks to LLVM IR: where values live, and control flow. What single operations do is `elementwise` and `shaping`.

A value carried from bar to bar lives in memory, in its cell of the state. An `if` writes the cell on its own side only, so that a
bar on which nothing happens neither copies nor stores it; readers load it where they need it. A big array is changed in place where
nobody looks at its old content any more, and copied otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import inf

import numpy as np

from pinejax.native import shaping
from pinejax.native.blocks import Atom, Block, Const, Eqn, Var, free_vars, uses
from pinejax.native.elementwise import RULES, Spot
from pinejax.native.errors import NotLowered
from pinejax.native.memory import Memory, objects
from pinejax.native.text import Function
from pinejax.native.values import Cell, Grid, Kind, Mem, Root, Value, dense, kind_of


@dataclass
class Scope:
    """A block while it is lowered: which of its equations is the current one, and where each value is used last.

    designated: outputs of its ifs and loops with a cell that they work on in place; read_once: big results of element-wise operations
    that one other such operation reads; big_homes: where big outputs must be at the end.
    """

    is_loop: bool
    own: set[Var]
    last_use: dict[Var, float]
    designated: dict[Var, Cell]
    read_once: set[Var]
    big_homes: dict[Var, Mem]
    at: int = -1


@dataclass
class Lowering:
    """The state of lowering one function. width: lanes per vector; passed: where in a row of `passed_bytes` each shared value lies
    that one half of a loop leaves for the other (`pinejax.native.split`)."""

    width: int
    passed: list[int] = field(default_factory=list)
    passed_bytes: int = 0
    fn: Function = field(default_factory=Function)
    env: dict[Var, Value] = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)
    globals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory = Memory(self.fn, self.width, self.globals)

    # Values

    def kind(self, atom: Atom) -> Kind:
        """The kind of an atom."""
        return kind_of(atom.shape, atom.dtype, self.width)

    def read(self, atom: Atom) -> Grid | Mem:
        """The value of an atom now; a cell is loaded."""
        if isinstance(atom, Const):
            return self.memory.constant(atom.value, self.kind(atom))
        value = self.env[atom]
        return self.memory.load(value) if isinstance(value, Cell) else value

    def number(self, atom: Atom) -> str:
        """The operand of a scalar."""
        value = self.read(atom)
        assert isinstance(value, Grid) and value.kind.axis is None and value.els.size == 1
        return value.els.item()

    def write(self, var: Var, value: Value) -> None:
        """Bind a variable."""
        self.env[var] = value
        if isinstance(value, Mem):
            value.root.users.add(var)

    def is_dead(self, var: Var) -> bool:
        """Whether nobody reads a variable after the current equation (which may)."""
        for scope in self.scopes:
            if scope.last_use.get(var, -1) > scope.at:
                return False
            # Inside a loop that began after the variable was made, the next round reads it again.
            if scope.is_loop and var in scope.last_use and var not in scope.own:
                return False
        return True

    def may_overwrite(self, root: Root) -> bool:
        """Whether the memory may be changed in place by the current equation."""
        return root.writable and all(self.is_dead(v) for v in root.users)

    # Blocks

    def run(self, block: Block, homes: Sequence[Value | None], before: Sequence[Atom], is_loop: bool = False) -> None:
        """Lower a block's equations and store its outputs at home. before: what the homes hold at the beginning."""
        last: dict[Var, float] = {}
        for i, eqn in enumerate(block.eqns):
            last.update((v, i) for v in uses(eqn))
        last.update({a: inf for a in block.outs if isinstance(a, Var)})
        own = set(block.ins).union(*(e.outs for e in block.eqns))
        big_homes = {o: h for o, h in zip(block.outs, homes, strict=True) if isinstance(o, Var) and isinstance(h, Mem)}
        scope = Scope(is_loop, own, last, chains(block, homes, before), read_once(block), big_homes)
        self.scopes.append(scope)
        early = early_stores(block, homes, before, scope)
        for i, eqn in enumerate(block.eqns):
            scope.at = i
            self.equation(eqn)
            for var, home in early.get(i, ()):
                value = self.memory.in_registers(self.read(var))
                self.save_readers([home], set())
                self.memory.store(value, home)
                self.env[var] = home
        scope.at = len(block.eqns)

    def leave(self) -> None:
        """End the scope of the innermost block, after its outputs have been stored."""
        self.scopes.pop()

    def equation(self, eqn: Eqn) -> None:
        """Lower one equation."""
        if eqn.op in RULES:
            self.write(eqn.outs[0], self.elementwise(eqn))
        elif eqn.op == "if":
            self.lower_if(eqn)
        elif eqn.op == "while":
            self.lower_while(eqn)
        elif eqn.op == "scan":
            self.lower_scan(eqn)
        elif eqn.op in ("export", "import"):
            self.pass_on(eqn)
        elif eqn.op in shaping.RULES:
            self.write(eqn.outs[0], shaping.RULES[eqn.op](self, eqn))
        else:
            raise NotLowered(f"the operation {eqn.op}")

    def pass_on(self, eqn: Eqn) -> None:
        """Leave a bar's shared values for the lanes, or find them. ins: the bar, the first bar, what is left."""
        since = self.fn.op(f"sub i32 {self.number(eqn.ins[0])}, {self.number(eqn.ins[1])}")
        since = self.fn.op(f"sext i32 {since} to i64")
        offset = self.fn.op(f"mul i64 {since}, {self.passed_bytes}")
        row = self.fn.op(f"getelementptr inbounds i8, ptr %passed, i64 {offset}")
        atoms = eqn.ins[2:] if eqn.op == "export" else eqn.outs
        for atom, first in zip(atoms, self.passed, strict=True):
            kind = self.kind(atom)
            place = Mem(kind, self.memory.at(row, first), dense(kind.outer), Root(writable=False)) if kind.big else None
            if eqn.op == "import":
                self.write(atom, place or Cell(kind, (row, first), writable=False))  # type: ignore[arg-type]
            elif place is not None:
                value = self.read(atom)
                assert isinstance(value, Mem)
                self.memory.copy_into(value, place)
            else:
                self.memory.store(self.memory.in_registers(self.read(atom)), Cell(kind, (row, first)))

    def elementwise(self, eqn: Eqn) -> Value:
        """An operation on each element."""
        out = self.kind(eqn.outs[0])
        values, rule = [self.read(a) for a in eqn.ins], RULES[eqn.op]
        dtypes = [a.dtype for a in eqn.ins]
        if eqn.op == "atan2" and dtypes[0] != dtypes[1]:
            raise NotLowered("atan2 of different types")
        spot = Spot(self.fn, dtypes, out.dtype, self.width if out.axis is not None else 0, eqn.params)
        grids = [v for v in values if isinstance(v, Grid)]
        values = [self.memory.stretched(v, out) if isinstance(v, Mem) else v for v in values]
        mems = [v for v in values if isinstance(v, Mem)]
        if not out.big and mems:
            raise NotLowered("a big operand of a small result")
        if out.big and not mems:
            values = mems = [self.memory.stretched(self.memory.in_memory(self.memory.widen(g, out)), out) for g in grids]
        if not mems:
            els = [self.memory.widen(g, out).els for g in grids]
            flat = [np.broadcast_to(e, out.outer).ravel() for e in els]
            return Grid(out, objects([rule(spot, *row) for row in zip(*flat, strict=True)]).reshape(out.outer))
        if len(mems) + sum(g.els.size == 1 for g in grids if not isinstance(g, Mem)) < len(values):
            values = mems = [
                self.memory.stretched(self.memory.in_memory(self.memory.widen(v, out)) if isinstance(v, Grid) else v, out) for v in values
            ]
        single = lambda g: self.memory.widen(g, out).els.item()  # noqa: E731
        if all(m.uniform is not None for m in mems):
            ops = [(self.memory.element(v, [], out) if isinstance(v, Mem) else single(v)) for v in values]
            return self.memory.uniform(out, rule(spot, *ops))

        def element(index: Sequence[str]) -> str:
            ops = [(self.memory.element(v, index, out) if isinstance(v, Mem) else single(v)) for v in values]
            return rule(spot, *ops)

        scope = self.scopes[-1]
        roots = {r for v in mems for r in (v.root, *v.root.behind)}
        if eqn.outs[0] in scope.read_once:
            for root in roots:
                root.users.add(eqn.outs[0])
            return Mem(out, "", (), Root(writable=False, behind=roots), computed=element)
        home = scope.big_homes.get(eqn.outs[0])
        in_place = home is not None and self.may_overwrite(home.root) and all(reads_same_place(v, home) for v in mems)
        return self.memory.fill(out, element, home if in_place else None)

    # Control flow

    def save_readers(self, homes: Sequence[Value | None], again: AbstractSet[Var]) -> None:
        """Load, before cells are overwritten, what later code reads of their present content. again: what a loop reads in every round."""
        addresses = {h.address for h in homes if isinstance(h, Cell)}
        for var, value in list(self.env.items()):
            if isinstance(value, Cell) and value.address in addresses and (var in again or not self.is_dead(var)):
                self.env[var] = self.memory.load(value)

    def cell_for(self, var: Var, atom: Atom, eqn: Eqn) -> Cell | None:
        """The cell in which an if or loop may work on what it carries: the one it is on the way to, or one nobody reads later."""
        found = self.scopes[-1].designated.get(var)
        if found is not None:
            return found
        value = self.env.get(atom) if isinstance(atom, Var) else None
        alone = sum(a is atom for a in eqn.ins) == 1
        # Another name of the cell that is read later, or that the equation itself carries.
        shared = isinstance(value, Cell) and any(
            v is not atom and isinstance(c, Cell) and c.address == value.address and (v in eqn.ins or not self.is_dead(v))
            for v, c in self.env.items()
        )
        usable = isinstance(value, Cell) and value.writable and alone and not shared
        return value if usable and isinstance(atom, Var) and self.is_dead(atom) else None  # type: ignore[return-value]

    def lower_if(self, eqn: Eqn) -> None:
        """Run a block where a condition holds."""
        (then,) = eqn.blocks
        before = eqn.ins[1:]
        asked = self.number(eqn.ins[0])
        kinds = [self.kind(v) for v in eqn.outs]
        # A value with a cell stays there, a big one in its memory; the others meet behind the block.
        homes: list[Value | None] = []
        passing = {a for a, o in zip(before, then.outs, strict=True) if o is a and isinstance(a, Var)}
        kept = [self.read(a) for a in passing if self.kind(a).big]
        for var, atom, out, kind in zip(eqn.outs, before, then.outs, kinds, strict=True):
            if out is atom:
                homes.append(None)
            else:
                homes.append(self.home_of(atom, [*homes, *kept]) if kind.big else self.cell_for(var, atom, eqn))
        self.save_readers(homes, passing)
        meets = [i for i, (a, h, o) in enumerate(zip(before, homes, then.outs, strict=True)) if h is None and o is not a]
        old = {i: self.memory.in_registers(self.read(before[i])) for i in meets}
        came_from, inside, after = self.fn.label, self.fn.new_label("then"), self.fn.new_label("after")
        self.fn.branch(asked, inside, after)
        self.fn.start(inside)
        outer_env = dict(self.env)
        self.run(then, homes, before)
        new = {i: self.memory.in_registers(self.read(then.outs[i])) for i in meets}
        self.store_all(then.outs, homes, before)
        self.scopes.pop()
        inside_end = self.fn.label
        self.fn.jump(after)
        self.fn.start(after)
        self.env = outer_env
        for i, (var, atom, home) in enumerate(zip(eqn.outs, before, homes, strict=True)):
            if i in old:
                self.write(var, self.memory.meet(kinds[i], old[i], came_from, new[i], inside_end))
            elif home is not None:
                self.write(var, home)
            else:
                self.write(var, self.env[atom] if isinstance(atom, Var) else self.read(atom))

    def home_of(self, atom: Atom, taken: Sequence[Value | None], again: AbstractSet[Var] = frozenset()) -> Mem:
        """Where a carried big array lives from now on: where it is, if that may be overwritten and is nobody's home yet, else a copy."""
        value = self.read(atom)
        assert isinstance(value, Mem)
        free = isinstance(atom, Var) and self.may_overwrite(value.root) and not value.root.users & again
        if value.contiguous and free and not any(isinstance(h, Mem) and h.root is value.root for h in taken):
            return value
        return self.memory.copy(value)

    def store_all(self, outs: Sequence[Atom], homes: Sequence[Value | None], before: Sequence[Atom]) -> None:
        """Store a block's outputs at home, where they are not there already. All are read before the first is stored."""
        stores = []
        for out, home, first in zip(outs, homes, before, strict=True):
            value = self.env.get(out) if isinstance(out, Var) else None
            if home is None or out is first:
                continue
            if isinstance(home, Cell):
                if not (isinstance(value, Cell) and value.address == home.address):
                    stores.append((self.read(out), home))
            elif isinstance(home, Mem):
                value = self.read(out)
                assert isinstance(value, Mem)
                if value.pointer != home.pointer or not value.contiguous:
                    stores.append((value, home))
        targets = {id(h.root) for _, h in stores if isinstance(h, Mem)}
        moving = [(self.memory.copy(v) if isinstance(v, Mem) and id(v.root) in targets else v, h) for v, h in stores]
        for value, home in moving:
            if isinstance(home, Cell):
                assert isinstance(value, Grid)
                self.memory.store(value, home)
            else:
                assert isinstance(value, Mem)
                self.memory.copy_into(value, home)

    def homes_for(self, eqn: Eqn, atoms: Sequence[Atom], rows: AbstractSet[Var] = frozenset()) -> list[Value]:
        """Where a loop's carried values live: in place if they have a cell nobody else reads later, else in new memory. rows: what the
        loop reads a row at a time."""
        again = set(rows).union(*(free_vars(b) for b in eqn.blocks))
        homes: list[Value] = []
        for var, atom in zip(eqn.outs, atoms, strict=True):
            kind = self.kind(atom)
            if kind.big:
                homes.append(self.home_of(atom, homes, again))
                continue
            cell = self.cell_for(var, atom, eqn)
            if cell is None or (atom in again and var not in self.scopes[-1].designated):
                cell = self.memory.new_cell(kind)
                self.memory.store(self.memory.in_registers(self.read(atom)), cell)
            homes.append(cell)
        self.save_readers(homes, again)
        return homes

    def lower_while(self, eqn: Eqn) -> None:
        """Repeat a block while a condition holds."""
        goes_on, body = eqn.blocks
        homes = self.homes_for(eqn, eqn.ins)
        head, inside, after = (self.fn.new_label(n) for n in ("head", "round", "after"))
        self.fn.jump(head)
        self.fn.start(head)
        outer_env = dict(self.env)
        for var, home in zip(goes_on.ins, homes, strict=True):
            self.write(var, home)
        self.run(goes_on, [None], goes_on.outs, is_loop=True)
        self.fn.branch(self.number(goes_on.outs[0]), inside, after)
        self.scopes.pop()
        self.env = dict(outer_env)
        self.fn.start(inside)
        self.round(body, homes)
        self.fn.jump(head)
        self.fn.start(after)
        self.env = outer_env
        for var, home in zip(eqn.outs, homes, strict=True):
            self.write(var, home)

    def round(self, body: Block, homes: Sequence[Value]) -> None:
        """One round of a loop whose first inputs are carried."""
        carried = body.ins[: len(homes)]
        for var, home in zip(carried, homes, strict=True):
            self.write(var, home)
        self.run(body, homes, carried, is_loop=True)
        self.store_all(body.outs, homes, carried)
        self.scopes.pop()

    def lower_scan(self, eqn: Eqn) -> None:
        """A loop over the rows of some arrays, without outputs per round."""
        (body,) = eqn.blocks
        n = eqn.params["n_carry"]
        if len(body.outs) != n:
            raise NotLowered("a scan with outputs per round")
        columns = [self.memory.in_memory(self.read(a)) for a in eqn.ins[n:]]
        # A row of a repeated array is the next round's as well.
        columns = [self.memory.copy(c) if 0 in c.strides else c for c in columns]
        homes = self.homes_for(eqn, eqn.ins[:n], set().union(*(c.root.users for c in columns)))
        outer_env = dict(self.env)

        def one(i: str) -> None:
            for var, column in zip(body.ins[n:], columns, strict=True):
                self.write(var, self.memory.row(column, i, self.kind(var)))
            self.round(body, homes)

        self.fn.loop(eqn.params["length"], one)
        self.env = outer_env
        for var, home in zip(eqn.outs, homes, strict=True):
            self.write(var, home)


def early_stores(block: Block, homes: Sequence[Value | None], before: Sequence[Atom], scope: Scope) -> dict[int, list[tuple[Var, Cell]]]:
    """After which equation an output can go to its cell: once it is made and nobody in the block reads the old content any more.

    At the end of a block, dozens of values would wait for it on the stack.
    """
    made = {v: i for i, eqn in enumerate(block.eqns) for v in eqn.outs}
    found: dict[int, list[tuple[Var, Cell]]] = {}
    for out, home, first in zip(block.outs, homes, before, strict=True):
        if isinstance(home, Cell) and isinstance(out, Var) and out in made and out not in scope.designated:
            last_read = scope.last_use.get(first, -1) if isinstance(first, Var) else -1
            if last_read < inf:
                found.setdefault(max(made[out], int(last_read)), []).append((out, home))
    return found


def chains(block: Block, homes: Sequence[Value | None], before: Sequence[Atom]) -> dict[Var, Cell]:
    """The outputs of a block's ifs and loops that are on the way from a cell's old content to its new one, with that cell."""
    made = {v: e for e in block.eqns if e.op in ("if", "while", "scan") for v in e.outs}
    found: dict[Var, Cell] = {}
    for out, home, first in zip(block.outs, homes, before, strict=True):
        if not isinstance(home, Cell):
            continue
        links, at = [], out
        while isinstance(at, Var) and at is not first and at in made and at not in found:
            links.append(at)
            eqn = made[at]
            at = eqn.ins[eqn.outs.index(at) + (eqn.op == "if")]
        if at is first:
            found.update((v, home) for v in links)
    return found


def read_once(block: Block) -> set[Var]:
    """The results of element-wise operations whose only reader is such an operation of the same block and shape."""
    readers: dict[Var, list[Eqn | None]] = {}
    for eqn in block.eqns:
        for v in uses(eqn):
            readers.setdefault(v, []).append(eqn if eqn.op in RULES and v in eqn.ins else None)
        for v in eqn.ins:
            if isinstance(v, Var) and eqn.ins.count(v) > 1:
                readers[v].append(None)
    for v in block.outs:
        if isinstance(v, Var):
            readers.setdefault(v, []).append(None)
    made = {e.outs[0] for e in block.eqns if e.op in RULES}
    return {v for v in made if len(r := readers.get(v, [])) == 1 and r[0] is not None and r[0].outs[0].shape == v.shape}


def reads_same_place(a: Mem, home: Mem) -> bool:
    """Whether an element of `a` is made of no other element of a piece of memory than the one at its own index."""
    same = a.pointer == home.pointer and a.strides == home.strides
    return home.root not in a.root.behind and (same or a.root is not home.root)

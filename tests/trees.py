"""Random documents that the parser could have made, for the round trip; and trees without their spans."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction

from hypothesis import strategies as st

from derive.syntax import ast
from derive.text import NOWHERE

NAMES = ("a", "b", "x", "x_1", "W2", "mu", "sigma_1", "Delta", "f'", "sum", "inf", "pi", "step", "end", "index")
PROPERTIES = ("convex", "symmetric", "increasing")


def bare(node: object) -> object:
    """The tree without spans, as nested tuples."""
    if isinstance(node, tuple):
        return tuple(bare(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        kept = [f.name for f in fields(node) if f.name != "span"]
        return (type(node).__name__, *(bare(getattr(node, name)) for name in kept))
    return node


names = st.sampled_from(NAMES)
name_nodes = st.builds(ast.Name, names, st.just(NOWHERE))


def _number(text: str) -> ast.Number:
    return ast.Number(Fraction(text), text, NOWHERE)


numbers = st.sampled_from(("0", "1", "2", "12", "0.5", "1e-3", "10")).map(_number)


def _node(cls: type, *parts: st.SearchStrategy[object]) -> st.SearchStrategy[ast.Expr]:
    return st.tuples(*parts).map(lambda made: cls(*made, NOWHERE))


def _many(parts: st.SearchStrategy[ast.Expr], least: int = 1, most: int = 3):  # type: ignore[no-untyped-def]
    return st.lists(parts, min_size=least, max_size=most).map(tuple)


def grammar(depth: int) -> dict[str, st.SearchStrategy[ast.Expr]]:
    """A strategy for each level of the grammar, loosest operators outermost."""
    inner = grammar(depth - 1) if depth else None
    atom: st.SearchStrategy[ast.Expr] = st.one_of(name_nodes, numbers)
    postfix = atom
    if inner is not None:
        prop, expr = inner["prop"], inner["expr"]
        args = _many(inner["arg"])
        atom = st.one_of(
            atom,
            _node(ast.Paren, prop),
            _node(ast.Paren, inner["quantified"]),
            _node(ast.ListLiteral, args),
        )
        callee = st.one_of(name_nodes, _node(ast.Paren, expr))
        postfix = st.one_of(
            atom,
            _node(ast.Call, callee, args),
            _node(ast.Index, st.one_of(name_nodes, numbers), args),
            _node(ast.Postfix, st.sampled_from((".T", ".H", "!")), atom),
        )
    return _looser(atom, postfix, inner)


def _looser(
    atom: st.SearchStrategy[ast.Expr],
    postfix: st.SearchStrategy[ast.Expr],
    inner: dict[str, st.SearchStrategy[ast.Expr]] | None,
) -> dict[str, st.SearchStrategy[ast.Expr]]:
    minus = st.just("-")
    power = st.one_of(postfix, _node(ast.Binary, st.sampled_from(("^", ".^")), postfix, postfix))
    power = st.one_of(
        power,
        _node(ast.Binary, st.just("^"), postfix, _node(ast.Unary, minus, power)),
        _node(ast.Binary, st.just("^"), postfix, power),
    )
    factor = st.one_of(power, _node(ast.Unary, minus, power))
    times = st.sampled_from(("*", "/", "@", ".*", "./"))
    product = st.one_of(power, _node(ast.Binary, times, power, factor))
    product = st.one_of(product, _node(ast.Binary, times, product, factor))
    term = st.one_of(product, _node(ast.Unary, minus, product), _node(ast.Unary, minus, factor))
    plus = st.sampled_from(("+", "-"))
    total = st.one_of(term, _node(ast.Binary, plus, term, term))
    total = st.one_of(total, _node(ast.Binary, plus, total, term))
    span = st.one_of(total, _node(ast.Range, total, total))
    place = st.one_of(name_nodes, _node(ast.Index, name_nodes, _many(postfix)))
    places = st.lists(st.tuples(place, total), min_size=1, max_size=2).map(tuple)
    expr = st.one_of(span, _node(ast.Arrow, total, total), _node(ast.At, total, places))
    if inner is not None:
        expr = st.one_of(expr, _node(ast.IfElse, inner["prop"], expr, expr))
    return _propositions(expr, total, atom)


def _propositions(
    expr: st.SearchStrategy[ast.Expr], total: st.SearchStrategy[ast.Expr], atom: st.SearchStrategy[ast.Expr]
) -> dict[str, st.SearchStrategy[ast.Expr]]:
    rel = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
    pairs = st.lists(st.tuples(rel, total), min_size=1, max_size=2).map(tuple)
    member = _node(ast.In, total, expr)
    claim = st.one_of(
        _node(ast.Relation, total, pairs),
        member,
        _node(ast.Is, total, st.lists(st.sampled_from(PROPERTIES), min_size=1, max_size=2).map(tuple)),
        _node(ast.Law, total, total, st.booleans()),
    )
    negated = st.one_of(claim, _node(ast.Unary, st.just("not"), claim))
    prop = st.one_of(expr, negated)
    for op in ("and", "or", "=>", "<=>"):
        prop = st.one_of(prop, _node(ast.Logic, st.just(op), _many(prop, 2, 3).map(_flat(op))))
    sort = _node(ast.SortExpr, st.sampled_from(("real", "index")), _many(total, 0, 2), st.just(()))
    typed = _node(ast.Typed, names, sort)
    items = st.one_of(member, typed, _node(ast.NamedClaim, names, negated), _node(ast.Relation, total, pairs))
    independent = _node(ast.Independent, _many(name_nodes, 2, 3))
    body = st.one_of(negated, independent).filter(lambda claim: not isinstance(claim, ast.In))
    quantified = _node(ast.Quantified, _many(items), body)
    keyword = _node(ast.Keyword, names, prop)
    case = _node(ast.Case, prop, st.one_of(prop, st.none()))
    arg = st.one_of(prop, prop, _node(ast.Bar, prop, prop), keyword, case, typed)
    return {
        "expr": expr, "total": total, "prop": prop, "claim": negated, "arg": arg, "typed": typed, "sort": sort,
        "quantified": quantified, "member": member, "atom": atom, "keyword": keyword, "independent": independent,
    }  # fmt: skip


def _flat(op: str):  # type: ignore[no-untyped-def]
    """Operands in brackets where they bind no tighter than `op`."""
    order = ("and", "or", "=>", "<=>")

    def fix(args: tuple[ast.Expr, ...]) -> tuple[ast.Expr, ...]:
        return tuple(
            ast.Paren(arg, NOWHERE)
            if isinstance(arg, ast.Logic) and order.index(arg.op) >= order.index(op)
            else arg
            for arg in args
        )

    return fix


LEVELS = grammar(2)
SMALL = grammar(1)


# ---------------------------------------------------------------- statements

_reason_args = st.one_of(name_nodes, numbers, _node(ast.Index, name_nodes, _many(SMALL["total"], 1, 2)))
_compound = _node(ast.Paren, _node(ast.Binary, st.just("+"), name_nodes, numbers))
_bindings = st.lists(_node(ast.Keyword, names, SMALL["expr"]), max_size=2).map(tuple)
reason = st.one_of(
    st.builds(
        ast.Reason,
        names,
        st.lists(st.one_of(_reason_args, _compound), max_size=2).map(tuple),
        _bindings,
        st.just(NOWHERE),
    ),
    st.just(ast.Reason("admit", (ast.Name("it is known", NOWHERE),), (), NOWHERE)),
)
_with_last = st.lists(reason, max_size=2).map(tuple)


def _link(rels: tuple[str, ...], side: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Link]:
    condition = st.one_of(st.none(), SMALL["claim"])
    return st.builds(ast.Link, st.sampled_from(rels), side, condition, _with_last, st.just(NOWHERE))


def _chain(first: ast.Expr, links: tuple[ast.Link, ...]) -> ast.Chain:
    return ast.Chain(first, links, None, (), NOWHERE)


_relational = st.builds(
    _chain,
    LEVELS["total"],
    st.lists(_link(("=", "!=", "<", "<=", ">", ">="), LEVELS["total"]), min_size=1, max_size=3).map(tuple),
)
_implied = st.builds(
    _chain, LEVELS["claim"], st.lists(_link(("<=>", "=>"), LEVELS["claim"]), min_size=1, max_size=3).map(tuple)
)
_bare_claim = st.builds(
    ast.Chain,
    st.one_of(
        LEVELS["quantified"],
        LEVELS["independent"],
        LEVELS["member"],
        _node(ast.Logic, st.just("or"), _many(SMALL["claim"], 2, 2)),
    ),
    st.just(()),
    st.one_of(st.none(), SMALL["claim"]),
    _with_last,
    st.just(NOWHERE),
)
chain = st.one_of(_relational, _implied, _bare_claim)

_labels = st.one_of(st.none(), name_nodes)
hypothesis_claim = st.one_of(LEVELS["claim"], LEVELS["quantified"], LEVELS["independent"])


def _is_plain_for(step: ast.Step) -> bool:
    """A `for` line with nothing else on it may be read as a Fix."""
    bare_for = isinstance(step.chain.first, ast.Quantified) and not step.chain.links
    return bare_for and step.label is None and not step.have


step = st.builds(ast.Step, _labels, chain, st.booleans(), st.just(NOWHERE)).filter(lambda s: not _is_plain_for(s))
_function_sort = st.builds(
    lambda parts: ast.SortExpr("->", (), parts, NOWHERE),
    st.lists(SMALL["sort"], min_size=2, max_size=3).map(tuple),
)
_property = st.builds(
    ast.Property, st.sampled_from((*PROPERTIES, "finite variance")), _many(SMALL["total"], 0, 1), st.just(NOWHERE)
)
declaration = st.builds(
    ast.Declaration,
    _many(name_nodes),
    st.one_of(SMALL["sort"], _function_sort),
    st.lists(_property, max_size=2).map(tuple),
    st.just(NOWHERE),
)
hypothesis_item = st.builds(ast.Hypothesis, _labels, hypothesis_claim, st.just(NOWHERE))
definition = st.builds(
    ast.Definition,
    name_nodes,
    st.lists(
        st.builds(ast.Param, names, st.one_of(st.none(), SMALL["sort"]), st.just(NOWHERE)), max_size=2
    ).map(tuple),
    st.lists(name_nodes, max_size=2).map(tuple),
    LEVELS["total"],
    st.just(NOWHERE),
)
prose = st.sampled_from(("A remark.", "With $x^2$ and `code`.", "")).map(lambda text: ast.Prose(text, NOWHERE))
_reasons = st.lists(reason, min_size=1, max_size=2).map(tuple)
_leaf = st.one_of(
    step,
    prose,
    st.builds(ast.Let, definition, st.just(NOWHERE)),
    st.builds(ast.Conclude, _reasons, st.just(NOWHERE)),
    st.builds(ast.Contradiction, st.one_of(st.just(()), _reasons), st.just(NOWHERE)),
    st.just(ast.Admit("a text", NOWHERE)),
    st.builds(ast.Fix, _many(st.one_of(SMALL["member"], SMALL["typed"])), st.just(NOWHERE)),
)


def _blocks(items: st.SearchStrategy[ast.ProofItem]) -> st.SearchStrategy[ast.ProofItem]:
    body = st.lists(items, max_size=2).map(tuple)
    branch = st.builds(ast.Branch, st.none(), st.one_of(st.none(), hypothesis_claim), body, st.just(NOWHERE))
    arrow = _node(ast.Arrow, name_nodes, SMALL["total"])
    return st.one_of(
        st.builds(ast.Suppose, _labels, hypothesis_claim, body, st.just(NOWHERE)),
        st.builds(ast.Split, st.lists(branch, min_size=1, max_size=2).map(tuple), st.just(NOWHERE)),
        st.builds(
            ast.Induction, name_nodes, st.booleans(), st.just(_BASE), body, arrow, body, st.just(NOWHERE)
        ),
    )


_BASE = ast.Relation(ast.Name("n", NOWHERE), (("=", _number("1")),), NOWHERE)
proof_item = st.recursive(_leaf, _blocks, max_leaves=4)
theorem = st.builds(
    ast.Theorem,
    st.sampled_from(("theorem", "lemma", "corollary")),
    _labels,
    chain,
    st.lists(proof_item, max_size=4).map(tuple),
    st.just(True),
    st.just(NOWHERE),
)
given_section = st.builds(
    ast.Given, st.lists(st.one_of(declaration, hypothesis_item, prose), max_size=4).map(tuple), st.just(NOWHERE)
)
define_section = st.builds(
    ast.Define, st.lists(st.one_of(definition, prose), max_size=3).map(tuple), st.just(NOWHERE)
)
heading = st.sampled_from(
    (("title", ("A title",)), ("tags", ("a-b", "c")), ("use", ("other_file",)), ("language", ("1",)))
).map(lambda made: ast.Heading(*made, NOWHERE))
document = st.lists(st.one_of(heading, given_section, define_section, theorem), max_size=4).map(
    lambda items: ast.Document(tuple(items))
)

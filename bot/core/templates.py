"""Reading templates with Jinja; apart from what a template is, so that it is loaded only where somebody has one."""

from collections.abc import Iterator

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.core.template import FILTERS, LONGEST, VARIABLES, Template, TemplateWrong

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Concat,
)  # fmt: skip
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # becomes plain spans, which each chat escapes in its own way
    trim_blocks=True,
    lstrip_blocks=True,
)


def template_of(text: str) -> Template:
    """A template of its text. Raises TemplateWrong."""
    if len(text) > LONGEST:
        raise TemplateWrong(f"is longer than {LONGEST:,} characters")
    try:
        tree = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateWrong(f"cannot be read: {error.message}", error.lineno) from None
    for node in _nodes(tree):
        _refuse(node)
    if not text.strip():
        raise TemplateWrong("is empty")
    shown = frozenset(name.name for name in tree.find_all(nodes.Name))
    return Template(text, shown, _ENVIRONMENT.from_string(text).render)


def _refuse(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        what = type(node).__name__.lower()
        raise TemplateWrong(f"may show variables and use if and else, but no {what}", node.lineno)
    if isinstance(node, nodes.Name) and node.name not in VARIABLES:
        raise TemplateWrong(f"there is no variable '{node.name}'", node.lineno, unknown=node.name)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateWrong(f"there is no filter '{node.name}'; there are {', '.join(FILTERS)}", node.lineno)


def _nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    for child in tree.iter_child_nodes():
        yield from _nodes(child)

"""`orderwatch check`: whether the config can be used, and what it amounts to."""

import difflib
from collections.abc import Iterator
from typing import Any

import click

from bot.app import problems_with
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json, say_table
from bot.cli._shares import too_small
from bot.clock import SystemClock
from bot.config.load import Config
from bot.core.expect import failure
from bot.core.matchers import rule_words
from bot.errors import ConfigError, Problem
from bot.model.alarm import OTHERS
from bot.model.order import Stage, normal_word
from bot.model.route import Route
from bot.model.units import write_duration
from bot.pictures import INSTALL, can_draw

_NEARLY = 0.88


@click.command()
@common_options
def command(invocation: Invocation) -> int:
    """Check the config file and sum it up. Asks nobody and shows no secret."""
    try:
        config = read_config(invocation)
        if found := [*problems_with(config, SystemClock()), *_failed(config)]:
            raise ConfigError(found)
    except ConfigError as error:
        if not invocation.json:
            raise
        problems = [{"file": p.file, "line": p.line, "key": p.key, "text": p.text} for p in error.problems]
        say_json({"ok": False, "problems": problems})
        return Exit.CONFIG
    summary = _summary(config)
    for warning in summary["warnings"]:
        complain(warning)
    if invocation.json:
        say_json({"ok": True, **summary})
    else:
        _print(summary, color=invocation.color)
    return Exit.DONE


def _failed(config: Config) -> list[Problem]:
    """The assertions that the rules do not hold to."""
    failed = []
    for one in config.assertions:
        text = failure(one, config.watchlists, config.notify, config.lines.get)
        if text is not None:
            failed.append(Problem(one.file, one.line, one.key, text))
    return failed


def _summary(config: Config) -> dict[str, Any]:
    return {
        "file": str(config.path),
        "timezone": config.timezone,
        "database": str(config.database),
        "sources": [
            {
                "name": name,
                "kind": source.kind,
                "base_url": source.base_url,
                "budget": str(source.budget),
                "daily_budget": str(source.daily_budget) if source.daily_budget else None,
                "in_flight": source.in_flight,
            }
            for name, source in config.sources.items()
        ],
        "chats": sorted(config.chats),
        "destinations": [
            {"name": place.name, "chat": place.chat, "address": place.address, "timezone": place.timezone}
            for place in config.destinations.values()
        ],
        "watchlists": [
            {
                "name": watchlist.name,
                "source": watchlist.source,
                "orders": "all" if watchlist.orders is None else len(watchlist.orders),
                "where": watchlist.where,
                "every": write_duration(watchlist.every),
                "notify": [_route(route) for route in watchlist.notify],
            }
            for watchlist in config.watchlists.values()
        ],
        "notify": [_route(route) for route in config.notify],
        "operators": list(config.operators),
        "digests": [
            {
                "name": digest.name,
                "to": list(digest.to),
                "at": f"{digest.at // 60:02}:{digest.at % 60:02}",
                "every": "week" if digest.is_weekly else "day",
                "picture": digest.picture,
            }
            for digest in config.digests
        ],
        "assertions": len(config.assertions),
        "warnings": _warnings(config),
    }


def _warnings(config: Config) -> list[str]:
    """What can be used as it is, but will perhaps not be all that was asked for."""
    found = [*_nearly_stages(config), *too_small(config)]
    if not config.watchlists:
        found.append(config.problem("watchlists", "there are none, so only what people follow by hand is watched"))
    pictured = [digest.name for digest in config.digests if digest.picture]
    if pictured and not can_draw():
        found.append(config.problem(f"digests.{pictured[0]}.picture", f"is not drawn without matplotlib: {INSTALL}"))
    return [f"warning: {problem}" for problem in found]


def _nearly_stages(config: Config) -> Iterator[Problem]:
    """Any word may be a status of a source, so one that is nearly a stage can only be pointed at."""
    names = [*Stage, OTHERS]
    for key in config.lines:
        _, found, word = key.rpartition("alarms.stuck.")
        if found and normal_word(word) not in names:
            for near in difflib.get_close_matches(normal_word(word), names, n=1, cutoff=_NEARLY):
                text = f"is taken for a status word of a source, for it is no stage; did you mean '{near}'?"
                yield config.problem(key, text)


def _route(route: Route) -> str:
    return f"{rule_words(route)} → {', '.join(route.to)}{' (and on)' if route.continues else ''}"


def _print(summary: dict[str, Any], *, color: bool) -> None:
    say(f"{summary['file']} can be used; database {summary['database']}, times in {summary['timezone']}")
    for title in ("sources", "destinations", "watchlists", "digests"):
        if entries := summary[title]:
            say()
            say(title)
            rows = [[_cell(value) for value in entry.values()] for entry in entries]
            say_table(list(entries[0]), rows, color=color)
    say()
    say(f"everything else: {'; '.join(summary['notify'])}")
    say(f"operators: {', '.join(summary['operators'])}")
    if summary["assertions"]:
        say(f"assertions: all {summary['assertions']} hold")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={member}" for key, member in value.items())
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, list) else str(value)

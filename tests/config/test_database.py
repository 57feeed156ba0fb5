"""Where `database` says everything is kept: a file beside the config, or an address whose password nobody sees."""

from pathlib import Path

import pytest

from bot.config.load import locate
from bot.errors import ConfigError, StorageError
from bot.model.database import Dsn
from bot.storage.doors import file_of


def written(folder: Path, database: str) -> Path:
    path = folder / "watchlists.yaml"
    path.write_text(f"database: {database}\n", encoding="utf-8")
    return path


def test_a_path_starts_at_the_folder_of_the_file(tmp_path: Path) -> None:
    assert locate(written(tmp_path, "data/o.db"), {}).database == tmp_path / "data" / "o.db"


def test_what_is_worked_on_is_known_by_name_without_any_token(tmp_path: Path) -> None:
    path = written(tmp_path, "o.db")
    sections = "sources: {a: {token: '${NONE}'}, b: }\nchats: {slack: }\n"
    places = "destinations: {ops: {chat: console}, odd: , odder: {chat: []}}\n"
    path.write_text(path.read_text() + sections + places)
    store = locate(path, {})
    assert (sorted(store.sources), sorted(store.chats)) == (["a", "b"], ["console", "slack"])


def test_an_address_takes_its_password_from_the_environment_and_shows_it_to_nobody(tmp_path: Path) -> None:
    path = written(tmp_path, '"postgresql://bot:${PW}@db1,db2/orders"')
    database = locate(path, {"PW": "hush-hush"}).database
    assert database == Dsn("postgresql://bot:hush-hush@db1,db2/orders")
    assert (str(database), set(database.secrets)) == ("postgresql://bot@db1,db2/orders", {"hush-hush"})


def test_an_address_of_another_kind_of_database_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no other kind of database") as refusal:
        locate(written(tmp_path, "mysql://bot:hush-hush@db/orders"), {})
    assert "hush-hush" not in str(refusal.value)


@pytest.mark.parametrize("password", ["hush@hush", "hush/hush", "hush?hush", "hush#hush", "hush%hush"])
def test_a_password_with_a_sign_of_addresses_is_refused_without_any_part_of_it(password: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="@ as %40") as refusal:
        locate(written(tmp_path, '"postgresql://bot:${PW}@db/orders"'), {"PW": password})
    assert "hush" not in str(refusal.value)


def test_a_command_for_files_says_what_to_use_instead() -> None:
    with pytest.raises(StorageError, match=r"^postgresql://db/orders is no file; copy it with pg_dump"):
        file_of(Dsn("postgresql://db/orders"), "copy it with pg_dump")

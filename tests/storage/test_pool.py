"""Connections that are borrowed: whoever is asked to end while waiting for one ends."""

import asyncio

import pytest

from tests.postgres import empty_database

pytest.importorskip("psycopg")

from bot.storage._pg_connections import Pool


@pytest.mark.parametrize("turns", range(8))
async def test_who_is_cancelled_while_a_connection_comes_is_cancelled(turns: int) -> None:
    async with Pool(empty_database().secret, min_size=1, max_size=1, open=False) as pool:
        lent = await pool.getconn()
        waiting = asyncio.create_task(pool.getconn())
        await asyncio.sleep(0)
        await pool.putconn(lent)
        for _ in range(turns):
            await asyncio.sleep(0)
        if waiting.done():
            await pool.putconn(await waiting)
        else:
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with pool.connection(timeout=5.0) as connection:
            await connection.execute("select 1")

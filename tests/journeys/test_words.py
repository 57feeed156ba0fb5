"""Messages in the reader's language, under the reader's names, in the reader's own words, as the chats show them."""

from tests.journeys.conftest import Stage


async def test_each_place_is_told_in_its_language_and_with_its_names_of_status_words(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.settings["language"] = "fr"
    scene.set("destinations.sales.language", "de")
    scene.set("sources.stateset.display", {"fr": {"confirmed": "Confirmée"}})
    scene.set("watchlists.all of stateset.notify", [{"to": ["ops", "sales"]}])
    await scene.start()
    scene.world.confirm(scene.order("stateset", "placed"))
    news = await scene.look()
    card, alert = news.slack
    assert card.startswith("📦 Commande SO-100200 · Confirmée\n✓ passée · ✓ confirmée · en production")
    assert alert.startswith("🔄 Statut · SO-100200")
    assert "→ Confirmée" in alert
    assert news.telegram[0].startswith("🔄 Status · ")
    assert "Stand " in news.telegram[0]
    assert "Confirmée" not in news.telegram[0]


async def test_a_template_words_its_kind_at_its_place_and_the_last_line_stays(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("destinations.ops.templates", {"status": "{{ number }} is {{ new | upper }} <!channel> @here"})
    await scene.start()
    scene.world.confirm(scene.order("stateset", "placed"))
    news = await scene.look()
    assert " is CONFIRMED <!channel> @here" in news.slack[0].splitlines()[0]
    assert news.telegram == () or " is CONFIRMED" not in news.telegram[0]
    assert " · seen " in news.slack[0].splitlines()[-1]

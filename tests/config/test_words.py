"""Languages, names of status words and templates, as the file says them."""

from bot.model.change import Kind
from tests.config.conftest import Loader, Problems

_SCREEN = "  screen: {chat: console}\n"
_PASSWORD = "    password: ${PARTS_PASSWORD}\n"


def test_without_a_word_everybody_is_told_in_english(configured: Loader) -> None:
    voices = configured().voices
    assert [voices.at(name).language for name in ("ops", "screen", "nowhere")] == ["en", "en", "en"]


def test_a_destination_has_its_own_language_and_the_others_that_of_the_file(configured: Loader) -> None:
    voices = configured(_SCREEN, "  screen: {chat: console, language: nl}\nlanguage: fr\n").voices
    assert [voices.at(name).language for name in ("ops", "screen", "nowhere")] == ["fr", "nl", "fr"]


def test_a_language_there_is_not_is_refused(problems: Problems) -> None:
    (problem,) = problems(_SCREEN, "  screen: {chat: console, language: it}\n")
    assert (problem.line, problem.key) == (12, "destinations.screen.language")
    assert problem.text == "no words are known in 'it'; there are de, en, fr, nl"


def test_a_status_word_has_a_name_in_one_language_only(configured: Loader) -> None:
    sources = "sources:\n  parts:\n    display: {fr: {IN_PRODUCTION: En fabrication}}\n"
    french = configured("sources:\n  parts:\n", "language: fr\n" + sources).voices.at("ops")
    english = configured("sources:\n  parts:\n", sources).voices.at("ops")
    assert french.status("parts", "In production") == "En fabrication"
    assert english.status("parts", "In production") == "In production"


def test_names_of_status_words_are_for_languages_there_are(problems: Problems) -> None:
    (problem,) = problems(_PASSWORD, f"{_PASSWORD}    display: {{fa: {{a: b}}}}\n")
    assert problem.key == "sources.parts.display"
    assert "no words are known in 'fa'" in problem.text


def test_a_template_holds_everywhere_and_one_of_a_destination_goes_before_it(configured: Loader) -> None:
    own = "  screen: {chat: console, templates: {status: 'mine {{ new }}'}}\n"
    voices = configured(_SCREEN, own + "templates: {status: 'all {{ new }}', overdue: 'late {{ order }}'}\n").voices
    assert voices.templates_at("ops")[Kind.STATUS].text == "all {{ new }}"
    assert voices.templates_at("screen")[Kind.STATUS].text == "mine {{ new }}"
    assert voices.templates_at("screen").keys() == {Kind.STATUS, Kind.OVERDUE}


def test_an_unknown_variable_is_named_with_file_line_and_the_nearest_there_is(problems: Problems) -> None:
    (problem,) = problems("operators:", "templates:\n  status: |\n    {{ number }}\n    {{ nummber }}\noperators:")
    assert (problem.line, problem.key) == (25, "templates.status")
    assert problem.text == "there is no variable 'nummber'; did you mean 'number'?"


def test_a_template_for_no_kind_there_is_names_the_nearest(problems: Problems) -> None:
    (problem,) = problems("operators:", "templates: {sliped: x}\noperators:")
    assert problem.text == "'sliped' is no kind of change; did you mean 'slipped'?"


def test_braces_without_quotes_are_explained(problems: Problems) -> None:
    (problem,) = problems("operators:", "templates:\n  status: {a: b}\noperators:")
    assert problem.text == "must be text; put it in quotes, or below a |"


def test_a_template_that_says_nothing_of_a_sample_is_refused(problems: Problems) -> None:
    (problem,) = problems(_SCREEN, "  screen: {chat: console, templates: {status: '{{ reason }}'}}\n")
    assert problem.key == "destinations.screen.templates.status"
    assert "says nothing" in problem.text

"""What a chat shows of each verb in its menu, in the languages of our readers. English is what help says."""

from collections.abc import Mapping, Sequence

from bot.core.commands import listed
from bot.model.command import Verb

Menu = Sequence[tuple[str, str]]
"""Verbs, and what each does."""

ENGLISH = ""
"""For everybody whose language has no menu of its own."""
TEXTS: Mapping[str, Mapping[Verb, str]] = {
    "fr": {
        Verb.STATUS: "où en est une commande",
        Verb.LIST: "les commandes, la dernière modifiée d'abord",
        Verb.LATE: "les commandes dont la date promise est passée",
        Verb.DUE: "les commandes promises pour les prochains jours",
        Verb.HISTORY: "ce qui a changé, quand, et qui a été prévenu",
        Verb.CHECK: "interroger le fournisseur maintenant",
        Verb.WATCH: "prévenir cette discussion, ou moi, à chaque changement",
        Verb.UNWATCH: "ne plus prévenir",
        Verb.MUTE: "pas de nouvelles ici pendant un temps",
        Verb.SNOOZE: "garder les nouvelles, et dire plus tard où cela en est",
        Verb.UNMUTE: "de nouveau des nouvelles",
        Verb.ACK: "vu : plus de rappels sur ce qui ne va pas",
        Verb.ASSIGN: "qui s'en occupe : ses nouvelles n'appellent que cette personne",
        Verb.UNASSIGN: "plus personne en particulier ne s'en occupe",
        Verb.WHY: "ce qui a été envoyé ou retenu, où et pourquoi",
        Verb.SOURCES: "d'où viennent les commandes, et si on nous répond",
        Verb.ABOUT: "qui je suis, qui vous êtes pour moi, et l'identifiant d'ici",
        Verb.HELP: "cette liste, ou une de ses commandes",
    },
    "nl": {
        Verb.STATUS: "hoe het met een bestelling staat",
        Verb.LIST: "bestellingen, de laatst gewijzigde eerst",
        Verb.LATE: "bestellingen waarvan de beloofde datum voorbij is",
        Verb.DUE: "bestellingen die de komende dagen beloofd zijn",
        Verb.HISTORY: "wat er veranderde, wanneer, en wie bericht kreeg",
        Verb.CHECK: "nu bij de leverancier navragen",
        Verb.WATCH: "deze chat, of mij, bij elke wijziging berichten",
        Verb.UNWATCH: "niet meer berichten",
        Verb.MUTE: "hier een tijdje geen nieuws ervan",
        Verb.SNOOZE: "nieuws bewaren, en later vertellen waar het op uitkwam",
        Verb.UNMUTE: "weer nieuws ervan",
        Verb.ACK: "gezien: geen herinneringen meer aan wat er mis is",
        Verb.ASSIGN: "wie zich erom bekommert: nieuws roept alleen die persoon",
        Verb.UNASSIGN: "niemand in het bijzonder bekommert zich erom",
        Verb.WHY: "wat waarheen is gestuurd of tegengehouden, en waarom",
        Verb.SOURCES: "waar bestellingen vandaan komen, en of er antwoord komt",
        Verb.ABOUT: "wat ik ben, wie u voor mij bent, en de id van deze chat",
        Verb.HELP: "deze lijst, of één opdracht ervan",
    },
    "de": {
        Verb.STATUS: "wie es um eine Bestellung steht",
        Verb.LIST: "Bestellungen, die zuletzt geänderte zuerst",
        Verb.LATE: "Bestellungen, deren zugesagter Termin vorbei ist",
        Verb.DUE: "Bestellungen, die für die nächsten Tage zugesagt sind",
        Verb.HISTORY: "was sich wann geändert hat, und wer es erfuhr",
        Verb.CHECK: "jetzt beim Lieferanten nachfragen",
        Verb.WATCH: "diesem Chat, oder mir, jede Änderung melden",
        Verb.UNWATCH: "nichts mehr melden",
        Verb.MUTE: "hier eine Zeit lang nichts davon melden",
        Verb.SNOOZE: "Neues zurückhalten und später melden, was daraus wurde",
        Verb.UNMUTE: "wieder melden",
        Verb.ACK: "gesehen: keine Erinnerungen mehr an das, was nicht stimmt",
        Verb.ASSIGN: "wer sich kümmert: Neues ruft nur diese Person",
        Verb.UNASSIGN: "niemand kümmert sich mehr besonders darum",
        Verb.WHY: "was wohin gesendet oder zurückgehalten wurde, und warum",
        Verb.SOURCES: "woher Bestellungen kommen, und ob wir Antwort bekommen",
        Verb.ABOUT: "was ich bin, wer Sie für mich sind, und die Kennung dieses Chats",
        Verb.HELP: "diese Liste, oder ein Befehl daraus",
    },
}
"""Language (ISO 639-1) to the text of every listed verb."""


def menus() -> dict[str, Menu]:
    """The menu of every language; that of ENGLISH is everybody else's."""
    entries = listed()
    translated = {
        language: [(entry.verb.value, texts[entry.verb]) for entry in entries] for language, texts in TEXTS.items()
    }
    return {ENGLISH: [(entry.verb.value, entry.does) for entry in entries], **translated}

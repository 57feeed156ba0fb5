"""What may come from outside, and messages made of it."""

from hypothesis import strategies as st

from bot.model.message import Line, Link, Message, Text, When
from bot.model.moment import Moment

ATTACKS = [
    "<!channel> <!here> <!everyone>",
    "<@U0123456789> <!subteam^S1|@ops> <#C1|general>",
    "<https://evil.example|DHL>",
    "<!date^1^{ago}|x>",
    "@alice @channel joe@example.com (@bob)",
    "<a href='https://evil.example'>DHL</a>",
    '<a href="tg://user?id=1">x</a>',
    "</b></i><code>",
    "&lt;b&gt; &amp;amp; &#60;b&#62; &quot;",
    "*bold* _it_ ~s~ `code` ```pre``` > quote :tada: || spoiler ||",
    "שלום \u202eevil\u202c العربية",
    "\x00\x1b[31mred\x1b[0m\r\nnext\u2028line\ud800",
    "👩\u200d👩\u200d👧 🏷️ e\u0301",
    "x" * 10_000,
    "<" * 3000,
    "wide 🏷️ " * 800,
]
texts = st.one_of(
    st.text(max_size=200),
    st.sampled_from(ATTACKS),
    st.lists(st.sampled_from(list("<>&|@!*_`\"'/\\ aé\n🏷")), max_size=60).map("".join),
)
urls = st.one_of(
    texts,
    st.sampled_from(
        [
            "https://dhl.example/t?a=1&b=2",
            'https://dhl.example/"><b>',
            "https://dhl.example/a|b>c<d",
            "https://dhl.example/'onx=1",
            "javascript:alert(1)",
            "tg://user?id=1",
            "HTTPS://DHL.example/" + "x" * 1900,
        ]
    ),
)
spans = st.one_of(
    st.builds(Text, text=texts, style=st.sampled_from(["plain", "strong", "code", "struck"])),
    st.builds(Link, text=texts, url=urls),
    st.builds(
        When,
        at=st.sampled_from([Moment("2026-11-24"), Moment("2026-11-24T09:30:00.5Z")]),
        style=st.sampled_from(["plain", "strong", "struck"]),
    ),
)
lines = st.builds(Line, spans=st.lists(spans, max_size=6).map(tuple), indent=st.integers(0, 1))
messages = st.builds(
    Message,
    emoji=st.sampled_from(["", "🚚"]),
    headline=lines,
    body=st.lists(lines, max_size=8).map(tuple),
    footer=st.none() | lines,
)

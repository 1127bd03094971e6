"""How the mails look in a browser: on a phone and a wide screen, light and dark."""

from __future__ import annotations

import pytest

from mailer_worker.letters.rendering import Letters
from mailer_worker.letters.shelf import KINDS
from tests.plugins.chromium import tab

LONG_TITLE = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 3
LONG_FEEDBACK = "A" * 400 + "\n\n" + "Eine Rückmeldung in ganzen Sätzen. " * 20
SIGHTS = [(w, s) for w in (390, 1280) for s in ("light", "dark")]
#: WCAG 2.2, 1.4.3, level AA.
LEAST_CONTRAST = 4.5

#: Each text with the contrast between its colour and the first opaque one behind it.
MEASURE = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const shown = element.checkVisibility({checkOpacity: true});
    if (!walker.currentNode.data.trim() || !shown) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)]
      .map(luminance).sort((x, y) => y - x);
    texts.push([walker.currentNode.data.trim(), (a + 0.05) / (b + 0.05)]);
  }
  const root = document.documentElement;
  return {texts, wide: root.scrollWidth, inner: innerWidth,
          widest: Math.max(...[...document.querySelectorAll('body *')]
            .map((each) => each.getBoundingClientRect().right)),
          ground: luminance(behind(document.body))};
})()"""


async def test_every_mail_fits_and_is_legible_in_every_sight(tmp_path):
    letters = Letters()
    faults = []
    async with tab(tmp_path) as page:
        for kind in KINDS:
            for language in ["en", *letters.languages()]:
                letter = letters.render(
                    kind,
                    locale=language,
                    title=LONG_TITLE,
                    feedback=LONG_FEEDBACK,
                    unsubscribe_url="https://melotech.test/unsubscribe",
                )
                await page.show(letter.html)
                for width, scheme in SIGHTS:
                    await page.look(width=width, scheme=scheme)
                    seen = await page.ask(MEASURE)
                    faults += [
                        f"{kind} {language} {width} {scheme}: {fault}"
                        for fault in faults_of(seen, width=width, scheme=scheme)
                    ]
    assert faults == []


def faults_of(seen, *, width, scheme):
    if seen["inner"] != width or seen["wide"] > width or seen["widest"] > width:
        yield f"is {seen['wide']} wide, with {seen['widest']}, in {seen['inner']}"
    if (seen["ground"] < 0.2) != (scheme == "dark"):
        yield "has the ground of the other scheme"
    if len(seen["texts"]) < 9:
        yield f"shows {len(seen['texts'])} texts"
    for text, contrast in seen["texts"]:
        if contrast < LEAST_CONTRAST:
            yield f"{text[:30]!r} has the contrast {contrast:.2f}"


async def test_mail_loads_and_runs_nothing(tmp_path):
    letter = Letters().render(
        "approved",
        locale=None,
        title="<img src=x onerror=window.ran=1>",
        feedback="<script>window.ran=1</script>",
        unsubscribe_url=None,
    )
    async with tab(tmp_path) as page:
        await page.show(letter.html)

        asked = "performance.getEntriesByType('resource').length"
        assert await page.ask("typeof window.ran") == "undefined"
        assert await page.ask(asked) == 0
        assert (
            await page.ask("document.querySelectorAll('img,script,link').length") == 0
        )


@pytest.mark.parametrize("ours", [True, False])
def test_without_a_browser_the_test_is_left_out_but_never_in_ci(monkeypatch, ours):
    from tests.plugins import chromium

    monkeypatch.setattr(chromium.shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", "true" if ours else "")
    outcome = pytest.fail.Exception if ours else pytest.skip.Exception

    with pytest.raises(outcome, match="apt-get install chromium"):
        chromium.chromium()

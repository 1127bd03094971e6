"""What `preview` shows on the terminal and writes to files."""

from __future__ import annotations

from click.testing import CliRunner

from mailer_worker.commands.preview import preview


def run(*arguments):
    return CliRunner().invoke(preview, arguments)


def test_subject_and_text_are_shown():
    result = run("--status", "approved", "--locale", "de_AT")

    assert result.exit_code == 0
    assert result.stdout.startswith("Subject: „Midnight Tram“ ist angenommen\n\nMelo")
    assert "<html" not in result.stdout


def test_one_part_is_shown_alone():
    assert run("--status", "pending", "--part", "subject").stdout == (
        "We have your track “Midnight Tram”\n"
    )
    assert run("--status", "pending", "--part", "html").stdout.startswith("<!doctype")


def test_part_is_written_to_a_file(tmp_path):
    out = tmp_path / "mail.html"

    result = run("--status", "rejected", "--part", "html", "--out", str(out))

    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_text(encoding="utf-8").endswith("</html>\n")


def test_own_templates_are_shown_or_their_faults(tmp_path):
    (tmp_path / "approved").mkdir()
    subject = tmp_path / "approved" / "subject.txt"
    arguments = ("--status", "approved", "--templates", str(tmp_path))

    subject.write_text("Mine: {{ title }}")
    assert run(*arguments).stdout.startswith("Subject: Mine: Midnight Tram\n")

    subject.write_text("{{ titel }}")
    result = run(*arguments)
    assert result.exit_code == 1
    assert "approved/subject.txt line 1" in result.stderr


def test_unknown_status_is_refused_with_the_known_ones():
    result = run("--status", "lost")

    assert result.exit_code == 2
    assert "'in-review'" in result.stderr

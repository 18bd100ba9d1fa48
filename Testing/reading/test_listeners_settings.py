"""Topics and remembered settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from MedMMSlicerLib.errors import OutputError, UsageError
from MedMMSlicerLib.reading.listeners import Listeners
from MedMMSlicerLib.reading.settings import FileSettings, MemorySettings


def test_subscribers_hear_their_topic_until_they_leave() -> None:
    listeners, heard = Listeners(), []
    token = listeners.subscribe("run", lambda: heard.append("run"))
    listeners.subscribe("case", lambda: heard.append("case"))
    listeners.emit("run", "message")
    listeners.unsubscribe(token)
    listeners.unsubscribe(token)
    listeners.emit("run", "case")
    assert heard == ["run", "case"]
    with pytest.raises(UsageError, match="no topic 'runs'"):
        listeners.subscribe("runs", lambda: None)


def test_held_topics_are_told_once_in_order_also_after_an_error() -> None:
    listeners, heard = Listeners(), []
    for topic in ("run", "case"):
        listeners.subscribe(topic, lambda topic=topic: heard.append(topic))
    with pytest.raises(ZeroDivisionError), listeners.hold():
        with listeners.hold():
            listeners.emit("case", "run")
        listeners.emit("case")
        assert heard == []
        raise ZeroDivisionError
    assert heard == ["case", "run"]


def test_a_callback_may_unsubscribe_another_one() -> None:
    listeners, heard = Listeners(), []
    tokens: list[int] = []
    listeners.subscribe("run", lambda: listeners.unsubscribe(tokens[0]))
    tokens.append(listeners.subscribe("run", lambda: heard.append("second")))
    listeners.emit("run")
    assert heard == []


def test_settings_in_a_file_outlive_the_session(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    first = FileSettings(path)
    assert first.get("accepted/x") == ""
    first.set("accepted/x", "yes")
    first.set("gone", "1")
    first.set("gone", "")
    assert FileSettings(path).get("accepted/x") == "yes"
    assert FileSettings(path).get("gone") == ""
    path.write_text("{damaged", encoding="utf-8")
    assert FileSettings(path).get("accepted/x") == ""


def test_settings_that_can_not_be_written_count_for_the_session(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings = FileSettings(tmp_path / "file" / "settings.json")
    with pytest.raises(OutputError):
        settings.set("key", "value")
    assert settings.get("key") == "value"


def test_settings_in_memory() -> None:
    settings = MemorySettings()
    settings.set("key", "value")
    assert settings.get("key") == "value" and settings.get("other") == ""
    settings.set("key", "")
    assert settings.get("key") == ""

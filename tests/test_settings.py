from __future__ import annotations

import pytest

from reid_audit.errors import SettingsError
from reid_audit.settings import Settings, make_settings


def test_default_grid_is_nine_cameras_by_nine_lights():
    settings = Settings()
    assert len(settings.yaws) * len(settings.pitches) == 9
    assert len(settings.azimuths) * len(settings.elevations) == 9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 5}, "size = 5"),
        ({"yaws": ()}, "yaws"),
        ({"yaws": (200,)}, "200"),
        ({"sedd": 1}, "sedd = 1: there is no such setting; the nearest is seed"),
        ({"yaws": 5}, "yaws = 5: a list is wanted"),
        ({"attackers": ()}, "attackers"),
        ({"confidence": 1.0}, "confidence"),
        ({"workers": 0}, "workers"),
        ({"triangles": 12}, "triangles"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(values, message):
    with pytest.raises(SettingsError, match=message):
        make_settings(values)


def test_settings_are_frozen_and_survive_json():
    settings = make_settings({"seed": 5, "yaws": [-10, 10]})
    assert make_settings(settings.model_dump(mode="json")) == settings
    with pytest.raises(Exception, match="frozen"):
        settings.seed = 6


def test_the_default_grid_is_the_renderers():
    from reid_audit.render import DEFAULT_GRID, camera_grid

    settings = Settings()
    assert camera_grid(settings.yaws, settings.pitches, settings.azimuths, settings.elevations) == DEFAULT_GRID

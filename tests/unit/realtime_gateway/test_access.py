"""Access: who may sit where, decided from claims alone."""

import pytest

from realtime_gateway.access import (
    AdminRoom,
    ArtistRoom,
    TokenRefused,
    identify,
    needs_user,
    seat,
)
from realtime_gateway.admission import Refusal, address_of
from realtime_gateway.close_codes import CloseCode
from shared.supabase import User

ADA = User(id="users-ada", authid="auth-ada")


def claims(**overrides):
    return {"sub": "auth-ada", "exp": 2_000_000_000, "role": "authenticated"} | (
        overrides
    )


def identity(**overrides):
    return identify(claims(**overrides))


def test_admin_by_token_needs_no_look_up_and_gets_the_admin_room():
    admin = identity(app_metadata={"role": "admin"})

    assert not needs_user(AdminRoom(), admin)
    assert seat(AdminRoom(), admin, None).room == "admin"


@pytest.mark.parametrize("flag", ["is_admin", "admin"])
def test_admin_by_the_users_row_gets_the_admin_room(flag):
    user = User(id="users-ada", authid="auth-ada", **{flag: True})

    assert seat(AdminRoom(), identity(), user).room == "admin"


@pytest.mark.parametrize(
    "metadata",
    [
        {"user_metadata": {"role": "admin"}},
        {"app_metadata": "admin"},
        {"app_metadata": {"role": ["admin"]}},
        {"app_metadata": None},
        {"user_role": "admin"},
    ],
)
def test_nothing_that_a_user_may_write_makes_an_admin(metadata):
    assert seat(AdminRoom(), identity(**metadata), ADA) is None


def test_both_ids_of_an_artist_lead_to_the_same_room():
    by_sub = seat(ArtistRoom("auth-ada"), identity(), ADA)
    by_row = seat(ArtistRoom("users-ada"), identity(), ADA)

    assert by_sub == by_row
    assert by_row.room == "artist:users-ada"
    assert set(by_row.keys) == {"artist:auth-ada", "artist:users-ada"}


def test_artist_without_a_row_has_the_room_of_the_auth_id():
    assert seat(ArtistRoom("auth-ada"), identity(), None).room == "artist:auth-ada"


def test_nobody_gets_into_another_artists_room_not_even_an_admin():
    admin = identity(app_metadata={"role": "admin"})

    assert seat(ArtistRoom("users-ben"), identity(), ADA) is None
    assert seat(ArtistRoom("users-ben"), admin, ADA) is None


@pytest.mark.parametrize(
    "overrides",
    [
        {"role": ["x"]},
        {"role": "anon"},
        {"role": "service_role"},
        {"sub": ""},
        {"sub": 7},
        {"sub": "auth-\ud800"},
    ],
)
def test_keys_and_nobodies_are_refused(overrides):
    with pytest.raises(TokenRefused):
        identity(**overrides)


@pytest.mark.parametrize(
    "path", ["", "x", "admin/x", "artist", "artist/", "artist/a/b"]
)
def test_unknown_paths_are_no_rooms(path):
    with pytest.raises(Refusal) as refusal:
        address_of(path)

    assert refusal.value.code is CloseCode.NO_SUCH_ROOM


def test_known_paths_are_rooms():
    assert address_of("admin") == AdminRoom()
    assert address_of("artist/u-1") == ArtistRoom("u-1")

"""pyTwitchAPI, unchanged, against the simulator.

SIM_URL, SIM_CLIENT_ID, SIM_CLIENT_SECRET and SIM_REDIRECT_URL say where it is. Ends with an error when anything differs
from the truth that the simulator tells under /sim.
"""

import asyncio
import os
from urllib.parse import parse_qs, urlsplit

import aiohttp
from twitchAPI.eventsub.websocket import EventSubWebsocket
from twitchAPI.helper import first
from twitchAPI.oauth import UserAuthenticator, refresh_access_token, validate_token
from twitchAPI.twitch import Twitch
from twitchAPI.type import AuthScope

SIM = os.environ["SIM_URL"]
CLIENT, SECRET = os.environ["SIM_CLIENT_ID"], os.environ["SIM_CLIENT_SECRET"]
BACK = os.environ["SIM_REDIRECT_URL"]
AUTH = f"{SIM}/oauth2/"
LEA, HARBOR_LIGHT, GRANDE_VAGUE = "10000001", "10000003", "10000004"
SCOPES = [AuthScope.MODERATOR_READ_CHATTERS, AuthScope.USER_READ_MODERATED_CHANNELS]


async def control(session, method, path, body=None):
    async with session.request(method, f"{SIM}/sim/{path}", json=body) as answer:
        assert answer.ok, f"{path}: {answer.status}"
        text = await answer.read()
        return await answer.json() if text else None


async def consent(session, url):
    """What a browser brings back from the consent page at `url`."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    form = asked | {"user_id": LEA, "decision": "allow"}
    async with session.post(f"{AUTH}authorize", data=form, allow_redirects=False) as answer:
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def log_in(twitch, session):
    """Both ways in: the mock's grant, then a code with refresh and validation."""
    authenticator = UserAuthenticator(twitch, SCOPES, url=BACK, auth_base_url=AUTH)
    mocked = await authenticator.mock_authenticate(LEA)
    assert (await validate_token(mocked, auth_base_url=AUTH))["user_id"] == LEA

    code = await consent(session, authenticator.return_auth_url())
    _, refresh = await authenticator.authenticate(user_token=code)
    token, refresh = await refresh_access_token(refresh, CLIENT, SECRET, auth_base_url=AUTH)
    info = await validate_token(token, auth_base_url=AUTH)
    assert (info["user_id"], info["login"]) == (LEA, "lea_modere"), info
    assert set(info["scopes"]) == set(SCOPES), info
    await twitch.set_user_authentication(token, SCOPES, refresh)


async def read_room(twitch, truth):
    """Everybody in a room of 30,000, page by page."""
    chatters = await twitch.get_chatters(GRANDE_VAGUE, LEA, first=1000)
    assert truth["total"] > 25_000, truth["total"]
    assert chatters.total == truth["total"]
    seen = [chatter.user_id async for chatter in chatters]
    assert sorted(seen) == sorted(truth["ids"])
    return len(seen)


async def receive_raid(twitch, session):
    loop, raided = asyncio.get_running_loop(), asyncio.Event()
    raids = []

    async def on_raid(raid):
        raids.append(raid.event)
        loop.call_soon_threadsafe(raided.set)

    socket = EventSubWebsocket(
        twitch, connection_url=f"{SIM.replace('http', 'ws')}/ws", subscription_url=f"{SIM}/helix/"
    )
    socket.start()
    try:
        await socket.listen_channel_raid(on_raid, to_broadcaster_user_id=HARBOR_LIGHT)
        await control(session, "POST", "raids", {"from": GRANDE_VAGUE, "to": HARBOR_LIGHT, "viewers": 250})
        await asyncio.wait_for(raided.wait(), 30)
    finally:
        await socket.stop()
    (raid,) = raids
    assert raid.from_broadcaster_user_id == GRANDE_VAGUE
    assert (raid.to_broadcaster_user_id, raid.viewers) == (HARBOR_LIGHT, 250)


async def main():
    twitch = await Twitch(CLIENT, SECRET, base_url=f"{SIM}/helix/", auth_base_url=AUTH)
    refreshed = []

    async def on_refresh(token, _):
        refreshed.append(token)

    twitch.user_auth_refresh_callback = on_refresh
    async with aiohttp.ClientSession() as session:
        await log_in(twitch, session)
        # A 401 in use: it refreshes by itself.
        await control(session, "POST", f"users/{LEA}/expire_tokens")
        me = await first(twitch.get_users())
        assert me.id == LEA and len(refreshed) == 1, (me.id, refreshed)

        truth = await control(session, "GET", f"channels/{GRANDE_VAGUE}/truth")
        chatters = await read_room(twitch, truth)
        users = [user async for user in twitch.get_users(user_ids=truth["ids"][:100])]
        assert {user.id for user in users} == set(truth["ids"][:100])

        people = (await control(session, "GET", "people"))["people"]
        moderates = next(person["moderates"] for person in people if person["id"] == LEA)
        channels = [one.broadcaster_id async for one in twitch.get_moderated_channels(LEA)]
        assert sorted(channels) == sorted(moderates), channels

        await control(session, "POST", f"channels/{HARBOR_LIGHT}/live", {})
        stream = await first(twitch.get_streams(user_id=[HARBOR_LIGHT]))
        assert stream.user_id == HARBOR_LIGHT and stream.type == "live", stream

        await receive_raid(twitch, session)
    await twitch.close()
    print(f"pyTwitchAPI: {chatters} chatters, {len(channels)} channels, a raid")


asyncio.run(main())

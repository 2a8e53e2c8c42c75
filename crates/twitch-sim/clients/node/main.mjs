// Twurple, unchanged, against the simulator. Twurple reads the port from TWURPLE_MOCK_API_PORT by itself; SIM_URL,
// SIM_CLIENT_ID, SIM_CLIENT_SECRET and SIM_REDIRECT_URL are for us. Ends with an error when anything differs from the
// truth that the simulator tells under /sim.

import assert from 'node:assert/strict';

import { ApiClient } from '@twurple/api';
import { RefreshingAuthProvider, getTokenInfo } from '@twurple/auth';
import { EventSubWsListener } from '@twurple/eventsub-ws';

const { SIM_URL, SIM_CLIENT_ID, SIM_CLIENT_SECRET, SIM_REDIRECT_URL } = process.env;
const LEA = '10000001';
const GRANDE_VAGUE = '10000004';
const HARBOR_LIGHT = '10000003';
const SCOPES = ['moderator:read:chatters', 'user:read:moderated_channels'];

async function control(method, path, body) {
  const answer = await fetch(`${SIM_URL}/sim/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** What a browser brings back from the consent page. */
async function consent() {
  const form = new URLSearchParams({
    client_id: SIM_CLIENT_ID,
    redirect_uri: SIM_REDIRECT_URL,
    response_type: 'code',
    scope: SCOPES.join(' '),
    user_id: LEA,
    decision: 'allow',
  });
  const answer = await fetch(`${SIM_URL}/oauth2/authorize`, { method: 'POST', body: form, redirect: 'manual' });
  return new URL(answer.headers.get('location')).searchParams.get('code');
}

const authProvider = new RefreshingAuthProvider({
  clientId: SIM_CLIENT_ID,
  clientSecret: SIM_CLIENT_SECRET,
  redirectUri: SIM_REDIRECT_URL,
});
const refreshFailures = [];
authProvider.onRefreshFailure((userId, error) => refreshFailures.push(error));

// Log in.
assert.equal(await authProvider.addUserForCode(await consent()), LEA);

// Refresh by hand, validate, and refresh on a 401.
const before = await authProvider.getAccessTokenForUser(LEA);
const after = await authProvider.refreshAccessTokenForUser(LEA);
assert.notEqual(after.accessToken, before.accessToken);
const info = await getTokenInfo(after.accessToken, SIM_CLIENT_ID);
assert.equal(info.userId, LEA);
assert.equal(info.userName, 'lea_modere');
assert.deepEqual(info.scopes.toSorted(), SCOPES);
assert.ok(info.expiryDate > new Date());
await control('POST', `users/${LEA}/expire_tokens`);

// Who is in a room of 30,000.
const api = new ApiClient({ authProvider });
const chatters = await api.asUser(LEA, (as) => as.chat.getChattersPaginated(GRANDE_VAGUE).getAll());
const truth = await control('GET', `channels/${GRANDE_VAGUE}/truth`);
assert.ok(truth.total > 25_000, `${truth.total}`);
assert.deepEqual(chatters.map((one) => one.userId).toSorted(), truth.ids.toSorted());
assert.notEqual((await authProvider.getAccessTokenForUser(LEA)).accessToken, after.accessToken);

// Accounts, moderated channels, streams.
const users = await api.users.getUsersByIds(truth.ids.slice(0, 100));
assert.equal(users.length, 100);
assert.ok(users.every((user) => user.creationDate < new Date() && user.name !== ''));
const { people } = await control('GET', 'people');
const moderated = await api.moderation.getModeratedChannelsPaginated(LEA).getAll();
assert.deepEqual(
  moderated.map((channel) => channel.id).toSorted(),
  people.find((person) => person.id === LEA).moderates.toSorted(),
);
await control('POST', `channels/${HARBOR_LIGHT}/live`, {});
const stream = await api.streams.getStreamByUserId(HARBOR_LIGHT);
assert.equal(stream.userId, HARBOR_LIGHT);
assert.ok(stream.startDate <= new Date());

// A raid into the channel of somebody whose token is here: Twurple subscribes with it.
const listener = new EventSubWsListener({ apiClient: api });
const raided = new Promise((resolve, reject) => {
  listener.onSubscriptionCreateFailure((subscription, error) => reject(error));
  const subscription = listener.onChannelRaidTo(LEA, resolve);
  listener.onSubscriptionCreateSuccess((created) => {
    assert.equal(created.id, subscription.id);
    control('POST', 'raids', { from: GRANDE_VAGUE, to: LEA, viewers: 250 }).catch(reject);
  });
});
listener.start();
const raid = await raided;
assert.equal(raid.raidingBroadcasterId, GRANDE_VAGUE);
assert.equal(raid.raidedBroadcasterId, LEA);
assert.equal(raid.viewers, 250);
listener.stop();

assert.deepEqual(refreshFailures, []);
console.log(`twurple: ${chatters.length} chatters, ${moderated.length} channels, a raid of ${raid.viewers}`);
// Its sockets would try again for ever once the simulator is gone.
process.exit(0);

import { randomUUID } from 'node:crypto';
import { enrol, eventContextFor, login, PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
const GEOIP = 'authentik_policies_geoip.geoippolicy';
const BERLIN = {
  ...{ continent: 'EU', country: 'DE', city: 2_950_159, city_name: 'Berlin', latitude: 52.5196, longitude: 13.4069 },
};

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.source.query('TRUNCATE flow.objects, flow.login_places');
  await store.nextFlow();
});

const addPolicy = (model: string, attrs: object) =>
  store.source.query(`INSERT INTO flow.objects (id, model, identifiers, attrs) VALUES ($1, $2, '{}', $3)`, [
    ...[randomUUID(), model, JSON.stringify(attrs)],
  ]);

const places = () =>
  store.source.query<object[]>(`SELECT user_id, country, latitude, longitude, device,
    round(extract(epoch FROM expires_at - at) / 86400)::int AS days FROM flow.login_places ORDER BY id`);

async function logIn(location: typeof BERLIN | undefined = BERLIN) {
  const user = await enrol(store.source);
  const eventContext = { ...eventContextFor(user, store.slug), userAgent: FIREFOX, findLocation: () => location };
  await store.save(await store.begin(), { effects: [login(user)], eventContext });
  return user;
}

describe('the login place of a user', () => {
  it('is not stored if no policy compares logins with earlier ones', async () => {
    await addPolicy(GEOIP, { check_history_distance: false, countries: ['DE'] });
    await logIn();
    expect(await places()).toEqual([]);
  });

  it.each([
    [GEOIP, { check_history_distance: true }],
    [GEOIP, { check_impossible_travel: true }],
    ['gatehouse_policies.riskpolicy', {}],
  ])(
    'is stored for 90 days, rounded and with the name of the browser, if the policy %s needs it',
    async (model, attrs) => {
      await addPolicy(model, attrs);
      const { uuid } = await logIn();
      expect(await places()).toEqual([
        {
          ...{ user_id: uuid, country: 'DE', latitude: '52.5', longitude: '13.4' },
          ...{ device: 'Firefox on Linux', days: 90 },
        },
      ]);
    },
  );

  it('is empty if no GeoIP database contains the address', async () => {
    await addPolicy(GEOIP, { check_history_distance: true });
    const user = await enrol(store.source);
    await store.logIn(await store.begin(), user);
    expect(await places()).toMatchObject([
      { country: null, latitude: null, longitude: null, device: 'Other on Other' },
    ]);
  });

  it('replaces the user’s oldest place beyond 100 places', async () => {
    await addPolicy(GEOIP, { check_history_distance: true });
    const [user, other] = [await enrol(store.source), await enrol(store.source)];
    await store.source.query(
      `INSERT INTO flow.login_places (user_id, device, expires_at)
       SELECT u, 'd' || i, 'infinity' FROM generate_series(1, 100) i, unnest($1::uuid[]) u ORDER BY i`,
      [[user.uuid, other.uuid]],
    );
    await store.logIn(await store.begin(), user);
    const devicesOf = async (uuid: string) =>
      (
        await store.source.query<{ device: string }[]>(
          'SELECT device FROM flow.login_places WHERE user_id = $1 ORDER BY id',
          [uuid],
        )
      ).map(({ device }) => device);
    const devices = await devicesOf(user.uuid);
    expect([devices.length, devices[0], devices.at(-1)]).toEqual([100, 'd2', 'Other on Other']);
    expect(await devicesOf(other.uuid)).toHaveLength(100);
  });
});

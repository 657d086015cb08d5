import { GeoLocator } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { InMemoryLoginPlaces, loginAt } from '../../testing/in-memory-login-places.js';
import { ALICE, policyInput } from '../../testing/index.js';
import { distanceKm } from '../distance.js';
import type { LoginPlace } from '../login-places.repository.js';
import { geoipContract } from './geoip.contract.js';
import { GeoipPolicy } from './geoip.policy.js';

/** Locates each address at 0° N, 0° E, or nowhere if `isKnown` is false. */
class EquatorGeoLocator extends GeoLocator {
  constructor(private readonly isKnown = true) {
    super();
  }
  findNetwork = () => undefined;
  findLocation = () =>
    this.isKnown
      ? { ...{ continent: 'AF', country: 'GH', city: undefined }, latitude: 0, longitude: 0 }
      : { ...{ continent: 'AF', country: 'GH', city: undefined } };
}

const TOO_FAR = 'Distance from previous authentication is larger than threshold.';
const IMPOSSIBLE = 'Distance is further than possible.';

const ask = (
  config: Readonly<Record<string, unknown>>,
  logins: readonly LoginPlace[],
  { isKnown = true, user = ALICE }: { isKnown?: boolean; user?: typeof ALICE | null } = {},
) =>
  new GeoipPolicy(new EquatorGeoLocator(isKnown), new InMemoryLoginPlaces(logins)).evaluate(
    policyInput(geoipContract, { config, request: { user } }),
  );

it('distanceKm returns the distance on the surface of the earth', () => {
  const [berlin, sydney] = [
    { latitude: 52.52, longitude: 13.405 },
    { latitude: -33.8688, longitude: 151.2093 },
  ];
  expect(distanceKm(berlin, sydney)).toBeCloseTo(16_094, -1);
  expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.2, 1);
  expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(20_015, 0);
});

describe('the distance from earlier logins', () => {
  const near = { check_history_distance: true };

  it.each([
    ['passes the policy if it is less than the limit and the tolerance', { config: {}, longitude: 1.34, pass: true }],
    ['fails the policy if it exceeds the limit and the tolerance', { config: {}, longitude: 1.36, pass: false }],
    [
      'fails the policy if it exceeds a limit without tolerance',
      { config: { distance_tolerance_km: 0 }, longitude: 1, pass: false },
    ],
    [
      'passes the policy if it is less than a larger limit',
      { config: { history_max_distance_km: 200 }, longitude: 2.2, pass: true },
    ],
  ])('%s', async (_, { config, longitude, pass }) => {
    expect(await ask({ ...near, ...config }, [loginAt(longitude, 1000)])).toEqual({
      pass,
      messages: pass ? [] : [TOO_FAR],
    });
  });

  it('is compared for the configured number of logins', async () => {
    const logins = [loginAt(0, 1), loginAt(0, 2), loginAt(90, 3)];
    expect(await ask({ ...near, history_login_count: 3 }, logins)).toEqual({ pass: false, messages: [TOO_FAR] });
    expect(await ask({ ...near, history_login_count: 2 }, logins)).toEqual({ pass: true, messages: [] });
  });
});

describe('the speed of travel', () => {
  const travel = { check_impossible_travel: true };

  it.each([
    // 1000 km in an hour, and 100 km of tolerance: 9.89 degrees.
    [
      'passes the policy up to the distance of one hour, also 12 minutes after the login',
      { longitude: 9.8, hours: 0.2, pass: true },
    ],
    [
      'fails the policy beyond the distance of one hour, 12 minutes after the login',
      { longitude: 9.95, hours: 0.2, pass: false },
    ],
    [
      'fails the policy beyond the distance of one hour, because 1.9 hours count as one',
      { longitude: 9.95, hours: 1.9, pass: false },
    ],
    ['passes the policy up to the distance of two hours', { longitude: 9.95, hours: 2.1, pass: true }],
    [
      'passes the policy up to the distance of the time plus impossible_tolerance_km',
      { longitude: 9.95, hours: 1, pass: true, impossible_tolerance_km: 300 },
    ],
    [
      'fails the policy even with distance_tolerance_km',
      { longitude: 9.95, hours: 1, pass: false, distance_tolerance_km: 300 },
    ],
  ])('%s', async (_, { longitude, hours, pass, ...config }) => {
    expect(await ask({ ...travel, ...config }, [loginAt(longitude, hours)])).toEqual({
      pass,
      messages: pass ? [] : [IMPOSSIBLE],
    });
  });
});

describe('the logins of a user', () => {
  const config = { check_impossible_travel: true };

  it('pass if there are none, and for a visitor without an account', async () => {
    expect(await ask(config, [])).toEqual({ pass: true, messages: [] });
    expect(await ask(config, [loginAt(90, 1)], { user: null })).toEqual({ pass: true, messages: [] });
  });

  it('do not pass without a message if all of their places are unknown', async () => {
    expect(await ask(config, [loginAt(undefined, 1)])).toEqual({ pass: false, messages: [] });
    expect(await ask(config, [loginAt(undefined, 1), loginAt(0, 2)])).toEqual({ pass: true, messages: [] });
  });

  it('do not pass without a message if the place of the client is unknown', async () => {
    expect(await ask(config, [], { isKnown: false })).toEqual({ pass: false, messages: [] });
  });

  it('must pass in addition to the list of countries', async () => {
    expect(await ask({ ...config, countries: ['GH'] }, [loginAt(90, 1)])).toEqual({
      pass: false,
      messages: [IMPOSSIBLE],
    });
    expect(await ask({ ...config, countries: ['DE'] }, [loginAt(0, 1)])).toMatchObject({ pass: false });
    expect(await ask({ ...config, countries: ['GH'] }, [loginAt(0, 1)])).toEqual({ pass: true, messages: [] });
  });
});

import { ConfigError, readConfig } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { gatewayConfig } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

it('startGateway throws a ConfigError that names the setting if a GeoIP database cannot be read', async () => {
  const config = readConfig(gatewayConfig, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    GEOIP_ASN_DATABASE: '/nowhere/asn.mmdb',
  });
  const start = startGateway(config);

  await expect(start).rejects.toThrow(ConfigError);
  await expect(start).rejects.toThrow(/GEOIP_ASN_DATABASE.*nowhere/);
});

it.each(['SESSION_COOKIE', 'CSRF_COOKIE'])('the setting %s is refused if browsers would refuse the cookie', (name) => {
  const settings = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    [name]: `__Host-authentik_${name.split('_')[0]!.toLowerCase()}`,
  };
  expect(() => readConfig(gatewayConfig, { ...settings, BASE_URL: 'http://id.example.org' })).toThrow(
    `${name}: ${settings[name]} needs a BASE_URL that begins with https`,
  );
  expect(readConfig(gatewayConfig, { ...settings, BASE_URL: 'https://id.example.org' })).toMatchObject({
    [name]: settings[name],
  });
  expect(() => readConfig(gatewayConfig, { ...settings, [name]: 'mine' })).toThrow(name);
});

it('the setting DEVICE_BOUND_SESSIONS is refused at a BASE_URL where browsers bind no session', () => {
  const settings = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    DEVICE_BOUND_SESSIONS: 'true',
  };
  const read = (BASE_URL: string) => readConfig(gatewayConfig, { ...settings, BASE_URL });
  expect(() => read('http://id.example.org')).toThrow('DEVICE_BOUND_SESSIONS: Browsers bind sessions only at');
  for (const url of ['https://id.example.org', 'http://localhost:9000'])
    expect(read(url)).toMatchObject({ DEVICE_BOUND_SESSIONS: 'true', BOUND_COOKIE_S: 600, DEVICE_CHALLENGE_S: 60 });
});

it.each(['*', 'http://app.example.org', 'https://app.example.org/'])(
  'the setting CORS_ORIGINS is refused with %s',
  (origin) => {
    const settings = {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
      SECRET_KEY: 'x'.repeat(32),
      CORS_ORIGINS: `https://app.example.org,${origin}`,
    };
    expect(() => readConfig(gatewayConfig, settings)).toThrow(`CORS_ORIGINS: ${origin}`);
  },
);

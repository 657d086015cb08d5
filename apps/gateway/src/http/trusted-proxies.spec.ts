import { readConfig } from '@gatehouse/platform';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { gatewayConfig } from '../gateway.config.js';
import { trustedProxiesIn } from './trusted-proxies.js';

const read = (TRUSTED_PROXIES: string) =>
  readConfig(gatewayConfig, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    TRUSTED_PROXIES,
  });

it.each([
  ['', []],
  ['127.0.0.1', ['127.0.0.1']],
  [' 10.0.0.0/8 , fd00::/8,', ['10.0.0.0/8', 'fd00::/8']],
  ['10.0.0.0/255.255.0.0,::ffff:10.0.0.1,::1/128', ['10.0.0.0/255.255.0.0', '::ffff:10.0.0.1', '::1/128']],
  ['loopback,linklocal,uniquelocal', ['loopback', 'linklocal', 'uniquelocal']],
])('the setting TRUSTED_PROXIES %j is read as addresses and networks', (setting, proxies) => {
  expect(trustedProxiesIn(read(setting).TRUSTED_PROXIES)).toEqual(proxies);
  expect(() => fastify({ trustProxy: [...proxies] })).not.toThrow();
});

it.each([
  'proxy.internal',
  '10.0.0.0/33',
  '0.0.0.0/0',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/255.0.255.0',
  'fd00::/255.0.0.0',
])('the setting TRUSTED_PROXIES is refused with %s, and the message names the setting', (proxy) => {
  expect(() => fastify({ trustProxy: [proxy] })).toThrow(TypeError);
  expect(() => read(`127.0.0.1,${proxy}`)).toThrow(`  TRUSTED_PROXIES: ${proxy} is no IP address or network`);
});

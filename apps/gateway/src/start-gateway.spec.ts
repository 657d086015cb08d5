import { ConfigError, readConfig } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { gatewayConfig } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

it('does not start with a database of places that it cannot read, and names the settings', async () => {
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

import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, it } from 'vitest';
import { LogRecorder } from '../../../test/support/log-recorder.js';
import { rememberMetrics } from '../../../test/support/metrics.js';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import type { Requester } from './bus.js';
import { serveMonitoring } from './monitoring-server.js';
import { NatsBus } from './nats-bus.js';
import { connectNats, natsOptions } from './nats-connection.js';
import { NatsRoundTrip } from './nats-round-trip.js';
import { Readiness } from './readiness.js';

describeWithNats('a round trip over NATS', () => {
  let nats: RunningNats;
  let connection: NatsConnection | undefined;
  let log = new LogRecorder();

  afterEach(async () => {
    await nats.stop();
    await connection?.close();
    [connection, log] = [undefined, new LogRecorder()];
  });

  async function roundTrip(config = '') {
    nats = await startNats({ config });
    const settings = {
      NATS_URL: nats.url,
      ...(config.includes('user: c') ? { NATS_USER: 'c', NATS_PASSWORD: 's' } : {}),
    };
    connection = await connectNats(settings, 'c');
    return new NatsRoundTrip(connection, natsOptions(settings, 'c'), log.logger);
  }

  it('completes when the message returns, and needs permissions only for its own inbox', async () => {
    const own = 'permissions: { publish: ["_INBOX_c.>"], subscribe: ["_INBOX_c.>"] }';
    const trip = await roundTrip(`authorization { users: [{ user: c, password: s, ${own} }] }`);
    expect(await trip.completes(2000)).toBe(true);
    expect(log.events).toEqual([]);
  });

  it('does not complete when the server answers pings but does not return the message', async () => {
    const trip = await roundTrip('mappings: { "_INBOX_c.*": "elsewhere.$1" }');
    await expect(connection!.flush()).resolves.toBeUndefined();
    expect(await trip.completes(2000)).toBe(false);
  });

  it('completes and logs one warning when the user may not publish to its inbox', async () => {
    const older = 'permissions: { publish: ["echo"], subscribe: ["_INBOX_c.>"] }';
    const trip = await roundTrip(`authorization { users: [{ user: c, password: s, ${older} }] }`);
    expect([await trip.completes(2000), await trip.completes(2000)]).toEqual([true, true]);
    expect(log.lines).toMatchObject([{ event: 'bus_publish_refused', level: 'warn', nats_subject: '_INBOX_c.>' }]);
  });

  it('requires the message again after a reload of NATS permits to publish to the inbox', async () => {
    const user = (publish: string) =>
      `authorization { users: [{ user: c, password: s, permissions: { publish: ["${publish}"], subscribe: ["_INBOX_c.>"] } }] }`;
    const trip = await roundTrip(user('echo'));
    expect(await trip.completes(2000)).toBe(true);
    await nats.reload(user('_INBOX_c.>'));
    expect(await trip.completes(2000)).toBe(true);
    await nats.reload(`${user('_INBOX_c.>')}\nmappings: { "_INBOX_c.*": "elsewhere.$1" }`);
    expect(await trip.completes(2000)).toBe(false);
  });

  it('makes the process not ready, but still live, while the only server hangs', async () => {
    const removeNewMetrics = rememberMetrics();
    nats = await startNats();
    const readiness = new Readiness({ READINESS_TIMEOUT_MS: 500, START_WAIT_S: 10 });
    const requester: Requester = await new NatsBus({ NATS_URL: nats.url }, readiness).openRequester('gateway');
    const monitoring = (await serveMonitoring(
      { MONITORING_PORT: 0, MONITORING_HOST: '127.0.0.1' },
      readiness,
      'test',
    ))!;
    const probe = async (name: string) => (await fetch(`http://127.0.0.1:${monitoring.port}/-/health/${name}/`)).status;
    const before = [await probe('ready'), await probe('live')];
    await nats.hang();
    const meanwhile = [await probe('ready'), await probe('live')];
    nats.resume();
    const after = [await probe('ready'), await probe('live')];
    await Promise.all([monitoring.close(), requester.close()]);
    removeNewMetrics();
    expect([before, meanwhile, after]).toEqual([
      [200, 200],
      [503, 200],
      [200, 200],
    ]);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { User } from '@gatehouse/contracts';
import { type OutboxMessage, requestedEventMessage } from '@gatehouse/outbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REQUEST_FACTS } from '../../libs/executor-postgres/testing/event-context.js';
import { enrol } from '../../libs/executor-postgres/testing/flow-database.js';
import { CourierHarness } from '../support/courier-harness.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { describeWithNats } from '../support/nats.js';
import { freePort, startProcess } from '../support/processes.js';
import { webhookSecret, webhookSettingsFor } from '../support/webhook-receiver.js';

const SECRET = webhookSecret(1);
const NEW_SECRET = webhookSecret(2);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-receivers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describeWithNats('the receivers of docs/how-to/webhooks.md', () => {
  let couriers: CourierHarness;
  beforeAll(async () => {
    couriers = await CourierHarness.open();
  });
  afterAll(() => couriers?.close());

  const event = (action: string, user: User): OutboxMessage =>
    requestedEventMessage({ action, context: {} }, { ...REQUEST_FACTS, user });

  it.each([
    ['js', 'receiver.mjs', process.execPath],
    ['python', 'receiver.py', 'python3'],
  ])('print each event once, and refuse a wrong signature: %s', async (language, name, program) => {
    await couriers.begin();
    const alice = await enrol(couriers.source);
    const file = join(folder, name);
    await writeFile(file, DocumentedCommands.of('docs/how-to/webhooks.md').block(language, /WEBHOOK_SECRET/));
    const port = await freePort();
    const env = { WEBHOOK_SECRET: NEW_SECRET, PORT: String(port) };
    const receiver = await startProcess(file, env, { ready: /ready/, program });
    const url = `http://127.0.0.1:${port}/`;
    const forger = await couriers.start(webhookSettingsFor({ url }));
    const refused = forger.says(/status 401/);
    const [id] = await couriers.putEvents([event('login', alice)]);
    await refused;
    await forger.stop();
    expect(receiver.output()).not.toContain(id);
    const prints = receiver.says(new RegExp(`${id} gatehouse.login`));
    await couriers.start(webhookSettingsFor({ url, secrets: [NEW_SECRET, SECRET] }));
    await couriers.source.query('UPDATE flow.webhook_deliveries SET due_at = now()');
    await prints;
    // The courier delivers an event of a user only when the user's event before it is done.
    const done = receiver.says(/gatehouse.logout/);
    await couriers.putEvents([event('logout', alice)]);
    await done;
    const repeated = receiver.says(/gatehouse.custom_repeated/);
    await couriers.source.query(
      `INSERT INTO flow.webhook_deliveries (endpoint, event_id, user_id) VALUES ('siem', $1, $2)`,
      [id, alice.uuid],
    );
    await couriers.putEvents([event('custom_repeated', alice)]);
    await repeated;
    expect(receiver.output().match(/gatehouse.login\b/g)).toHaveLength(1);
    await receiver.stop();
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli, runCliOk } from '../support/commands.js';
import { CourierHarness, mailTo } from '../support/courier-harness.js';
import type { Deployment } from '../support/deployment.js';
import { describeWithNats } from '../support/nats.js';
import { recordedEvents } from '../support/recorded-events.js';

describeWithNats('npm run mail', () => {
  let couriers: CourierHarness;
  beforeAll(async () => {
    couriers = await CourierHarness.open();
  });
  afterAll(() => couriers?.close());

  async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const settings = { DATABASE_URL: couriers.url, SEAL_KEYS: couriers.seal, ...env };
    return (await runCliOk('mail', args, { env: settings })).trim();
  }
  const commandEvents = async () => {
    const rows: Deployment['rows'] = (sql) => couriers.source.query(sql);
    const events = await recordedEvents({ rows, sealing: { SEAL_KEYS: couriers.seal } }, 'command_run');
    return events.map(({ data }) => [data.actor, data.context]);
  };
  const park = (id: string) =>
    couriers.source.query(`UPDATE flow.outbox SET parked_at = now(), tries = 12, error = '550 who' WHERE id = $1`, [
      id,
    ]);

  it('lists parked and waiting mails with recipient and error, without links or codes', async () => {
    await couriers.begin();
    const [parked, waiting] = await couriers.put([mailTo('alice@example.org'), mailTo('bob@example.org')]);
    await park(parked!);

    const list = await command(['list']);
    expect(list).toMatch(new RegExp(`^${parked}  alice@example.org  made \\S+Z  tried 12  parked \\S+Z  550 who$`));
    expect(await command(['list', '--waiting'])).toMatch(
      new RegExp(`^${waiting}  bob@example.org  made \\S+Z  tried 0  due \\S+Z$`),
    );
    expect(await command(['list'], { SEAL_KEYS: '' })).toContain(`${parked}  mail  made`);
    expect(list).not.toMatch(/hidden|012345/);
  });

  it('lets a courier retry parked mails, and removes a mail', async () => {
    const mailbox = await couriers.begin();
    const [retried, removed] = await couriers.put([mailTo('alice@example.org'), mailTo('bob@example.org')]);
    await park(retried!);
    await park(removed!);

    expect(await command(['remove', removed!])).toBe('1 removed');
    expect(await command(['retry', '--all'])).toBe('1 to be sent again');
    expect(await command(['retry', '--all'])).toBe('0 to be sent again');
    const mails = { counts: [{ name: 'mail', count: 1 }] };
    expect(await commandEvents()).toEqual([
      [{ type: 'system', command: 'mail remove' }, mails],
      [{ type: 'system', command: 'mail retry' }, mails],
    ]);
    await couriers.start();
    await mailbox.mailTo('alice@example.org');
    expect(mailbox.mails).toHaveLength(1);
  });

  it('warns that no audit event was written if SEAL_KEYS is not set', async () => {
    await couriers.begin();
    const [id] = await couriers.put([mailTo('alice@example.org')]);
    await park(id!);
    const output = await runCli('mail', ['remove', id!], { env: { DATABASE_URL: couriers.url } });
    expect(output).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: no audit event/) });
    expect(await couriers.rows()).toEqual([]);
  });

  it('prints its usage for wrong arguments', async () => {
    const invalidArgs = [[], ['retry'], ['remove', 'x'], ['list', 'x'], ['list', '--most', '0']];
    const usage = { code: 1, stderr: expect.stringContaining('usage: npm run mail') };
    await Promise.all(invalidArgs.map((args) => expect(command(args)).rejects.toMatchObject(usage)));
  });
});

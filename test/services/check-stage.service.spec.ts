import { stages } from '@gatehouse/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStage, type ProtocolFinding } from '../../apps/cli/src/stage-check/check-stage.js';
import { StageRequester } from '../../libs/local/src/stage-requester.js';
import { DuoServer, duoAccount } from '../../libs/stages/testing/duo-server.js';
import { runCli } from '../support/commands.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { ServiceHarness } from './service-harness.js';

/** Configs by stage kind, for stages that reject every request without them. A required text is filled in without a line. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  authenticator_duo: {
    api_hostname: duoAccount.host,
    client_id: duoAccount.integrationKey,
    client_secret: duoAccount.secretKey,
  },
  authorization_code: {
    request: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0003',
    user: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0004',
    authentication: { auth_time: 1_700_000_000, acr: 'aal1', amr: ['pwd'], sid: 's' },
    asks: false,
  },
  captcha: { public_key: 'public', private_key: 'private' },
  authenticator_sms: { provider: 'generic', from_number: '+100', account_sid: 'http://127.0.0.1:1/', auth: 'x' },
  authenticator_totp: { digits: '6' },
  device_code_finish: { claimed: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0002' },
  identification: { user_fields: ['username'] },
  password: { backends: ['authentik.core.auth.InbuiltBackend'] },
};

/** Returns a config with a text for each required field. */
function requiredTexts(kind: string): Readonly<Record<string, string>> {
  const issues = stages[kind]?.contract.config.safeParse({}).error?.issues ?? [];
  return Object.fromEntries(issues.map(({ path }) => [String(path[0]), 'Welcome.']));
}

describeWithNats('npm run check:stage', () => {
  let harness: ServiceHarness;
  let database: FreshDatabase;
  let duo: DuoServer;

  beforeAll(async () => {
    [harness, database, duo] = await Promise.all([ServiceHarness.open(), migratedDatabase(), DuoServer.open()]);
    const keys = `test:${Buffer.alloc(32).toString('base64')}`;
    const env = { DATABASE_URL: database.url, MFA_SEAL_KEYS: keys, DUO_URL: duo.url };
    const services = new Set(Object.values(stages).map(({ contract }) => contract.service));
    await harness.startHosted([...services], env);
  });
  afterAll(async () => {
    await harness?.close();
    await duo?.close();
    await database?.drop();
  });

  /** Returns the output of the command and its exit code. */
  async function command(...args: string[]): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await runCli('check-stage', [...args, '--nats', harness.url], { env: {} });
    return { code, output: stdout + stderr };
  }

  /** Returns the faults that the check finds in a stage, by the promise that the stage breaks. */
  async function faultsOf(kind: string): Promise<Record<string, readonly string[]>> {
    const bus = new StageRequester({ NATS_URL: harness.url });
    const found: ProtocolFinding[] = [];
    for await (const finding of checkStage(bus, { kind, config: CONFIGS[kind] ?? requiredTexts(kind) }))
      found.push(finding);
    await bus.close();
    expect(found.length).toBeGreaterThan(0);
    return Object.fromEntries(found.flatMap(({ promise, faults }) => (faults.length > 0 ? [[promise, faults]] : [])));
  }

  it.each(Object.keys(stages))('finds no fault in %s', async (kind) => {
    expect(await faultsOf(kind)).toEqual({});
  });

  it('lists the promises and exits with 0 when the stage keeps them', async () => {
    const { code, output } = await command('password', '--config', JSON.stringify(CONFIGS['password']));
    expect(output).toMatch(/^(ok {3}\w.*\n){16}password: 16 promises kept\n$/);
    expect(code).toBe(0);
  });

  describe('for a stage that breaks promises', () => {
    const KIND = 'x_bad_stage';
    const object = { type: 'object' };
    const descriptor = {
      ...{ v: 1, kind: KIND, component: 'x-bad-stage', config: object, state: object },
      challenge: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
      response: { type: 'object', properties: { word: { type: 'string' } } },
    };
    const validReply = { type: 'challenge', challenge: { word: 'x' } };
    let described: unknown = descriptor;
    let reply: (body: string) => string = () => '';

    beforeAll(() => {
      const serve = (verb: string, answer: (body: string) => string) =>
        harness.connection.subscribe(`stage.${KIND}.${verb}`, {
          queue: KIND,
          callback: (_, message) => void message.respond(answer(message.string())),
        });
      serve('describe', () => JSON.stringify(described));
      for (const verb of ['challenge', 'respond']) serve(verb, (body) => reply(body));
    });

    it('names each broken promise and exits with 1', async () => {
      reply = () => JSON.stringify(validReply);
      const { code, output } = await command(KIND);
      expect(code).toBe(1);
      expect(output).toContain('ok   has an outcome for its challenge, twice in a row');
      expect(output).toContain(
        'FAIL refuses a message that is not JSON\n       challenge answers challenge instead of stage_bad_request',
      );
      expect(output).toContain('FAIL refuses another version of the protocol');
      expect(output).toMatch(/x_bad_stage: \d+ of \d+ promises broken\n$/);
    });

    it.each<[string, string, string]>([
      ['of an unknown type', '{"type":"welcome"}', 'sends an invalid reply: {"type":"welcome"}'],
      ['not JSON', 'welcome', 'sends invalid JSON: welcome'],
      [
        'beyond its contract',
        '{"type":"passed","effects":[{"type":"reputation","identifier":"x","delta":1}]}',
        'asks for the effect reputation',
      ],
      ['a challenge that its schema refuses', '{"type":"challenge","challenge":{}}', 'that does not fit its contract'],
      ['too large', `{"type":"passed","x":"${'x'.repeat(262_144)}"}`, 'sends more than 262144 bytes'],
    ])('finds a reply that is %s', async (_what, body, finding) => {
      reply = () => body;
      expect(Object.values(await faultsOf(KIND)).flat()).toContainEqual(expect.stringContaining(finding));
    });

    it('reports a descriptor that reads a secret fact, is invalid or has another kind', async () => {
      described = { ...descriptor, reads: { prompt_data: 'optional' } };
      expect(await faultsOf(KIND)).toMatchObject({
        'claims nothing that it may not have': ['it reads prompt_data, which is secret'],
      });
      described = { ...descriptor, v: 2 };
      expect(Object.keys(await faultsOf(KIND))).toEqual(['describes itself']);
      described = { ...descriptor, kind: 'x_other_stage', component: 'x-other-stage' };
      expect(await faultsOf(KIND)).toEqual({ 'describes itself': ['it calls itself x_other_stage'] });
    });
  });

  it('reports a stage that no service answers for, and a config that the stage refuses', async () => {
    const noService = expect.stringMatching(
      /^No service answers for x_no_one on stage\.x_no_one\.describe at [^@ ]*127\.0\.0\.1:\d+\. Start its service/,
    );
    expect(await faultsOf('x_no_one')).toEqual({ 'describes itself': [noService] });
    expect((await command('password')).output).toContain('FAIL accepts this config');
  });

  it.each([[[]], [['a', 'b']], [['a', '--config', '{']], [['a', '--verbose']]])(
    'prints its usage for the arguments %j',
    async (args) => {
      expect(await command(...args)).toMatchObject({
        code: 1,
        output: expect.stringContaining('usage: npm run check:stage'),
      });
    },
  );
});

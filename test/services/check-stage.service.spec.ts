import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stages } from '@gatehouse/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStage } from '../../apps/cli/src/stage-check/check-stage.js';
import type { ProtocolFinding } from '../../apps/cli/src/stage-check/protocol-finding.js';
import { StageRequester } from '../../libs/local/src/stage-requester.js';
import { DuoServer, duoAccount } from '../../libs/stages/testing/duo-server.js';
import { runCli } from '../support/commands.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { ServiceHarness } from './service-harness.js';

/**
 * Configs by stage kind, for stages that reject every request without a config. A required text field needs no entry
 * here.
 */
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
  configured_redirect: { mode: 'static', target_static: 'https://example.org/' },
  authenticator_sms: { provider: 'generic', from_number: '+100', account_sid: 'http://127.0.0.1:1/', auth: 'x' },
  authenticator_totp: { digits: '6' },
  device_code_finish: { claimed: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0002' },
  identification: { user_fields: ['username'] },
  password: { backends: ['authentik.core.auth.InbuiltBackend'] },
  source: { source: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0005' },
};

const UNTRUSTED = { trusted: false, trusts_proof: false };
const BOUND = 'can be bound by a blueprint';

/** Returns a config with a text for each required field. */
function requiredTexts(kind: string): Readonly<Record<string, string>> {
  const issues = stages[kind]?.contract.config.safeParse({}).error?.issues ?? [];
  return Object.fromEntries(issues.map(({ path }) => [String(path[0]), 'Welcome.']));
}

describeWithNats('npm run check:stage', () => {
  let harness: ServiceHarness;
  let database: FreshDatabase;
  let duo: DuoServer;
  let file: string;
  /** The setting TRUSTED_STAGES of both commands. */
  let trust: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    [harness, database, duo] = await Promise.all([ServiceHarness.open(), migratedDatabase(), DuoServer.open()]);
    const keys = `test:${Buffer.alloc(32).toString('base64')}`;
    const env = { DATABASE_URL: database.url, MFA_SEAL_KEYS: keys, DUO_URL: duo.url };
    const services = new Set(Object.values(stages).map(({ contract }) => contract.service));
    await harness.startHosted([...services], env);
    file = join(await mkdtemp(join(tmpdir(), 'gatehouse-check-stage-')), 'stage.yaml');
  });
  afterAll(async () => {
    if (file) await rm(dirname(file), { recursive: true });
    await harness?.close();
    await duo?.close();
    await database?.drop();
  });

  /** Runs `npm run check:stage`, and returns its exit code and its output. */
  async function command(...args: string[]): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await runCli('check-stage', [...args, '--nats', harness.url], { env: trust });
    return { code, output: stdout + stderr };
  }

  /** Applies a blueprint with an entry of an external stage. */
  async function apply(attrs: object): Promise<{ code: number; output: string }> {
    const entry = { model: 'gatehouse_stages.remotestage', identifiers: { name: 'checked' }, attrs };
    await writeFile(file, JSON.stringify({ version: 1, entries: [entry] }));
    const env = { ...trust, DATABASE_URL: database.url, NATS_URL: harness.url };
    const { code, stdout, stderr } = await runCli('blueprint', ['apply', file], { env });
    return { code, output: stdout + stderr };
  }

  /** Returns the faults that the check finds in a stage, by the promise that the stage breaks. */
  async function faultsOf(
    kind: string,
    config = CONFIGS[kind] ?? requiredTexts(kind),
  ): Promise<Record<string, readonly string[]>> {
    const bus = new StageRequester({ NATS_URL: harness.url });
    const found: ProtocolFinding[] = [];
    for await (const finding of checkStage(bus, { kind, config, ...UNTRUSTED })) found.push(finding);
    await bus.close();
    expect(found.length).toBeGreaterThan(0);
    return Object.fromEntries(found.flatMap(({ promise, faults }) => (faults.length > 0 ? [[promise, faults]] : [])));
  }

  it.each(Object.keys(stages))('finds no fault in %s', async (kind) => {
    expect(await faultsOf(kind)).toEqual({});
  });

  it('lists the promises and exits with 0 when the stage keeps them', async () => {
    const { code, output } = await command('password', '--config', JSON.stringify(CONFIGS['password']));
    expect(output).toMatch(/^(ok {3}\w.*\n){14}password: 14 promises kept\n$/);
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
      ['an unknown type', '{"type":"welcome"}', 'sends an invalid reply: {"type":"welcome"}'],
      ['invalid JSON', 'welcome', 'sends invalid JSON: welcome'],
      [
        'an effect beyond its contract',
        '{"type":"passed","effects":[{"type":"reputation","identifier":"x","delta":1}]}',
        'asks for the effect reputation',
      ],
      ['a challenge that its schema refuses', '{"type":"challenge","challenge":{}}', 'that does not fit its contract'],
      [
        'an error code without a text',
        '{"type":"rejected","errors":{"word":[{"code":"nope"}]},"challenge":{"word":"x"}}',
        'says nope, which is neither in errors of its descriptor nor a code of the fields',
      ],
      ['too many bytes', `{"type":"passed","x":"${'x'.repeat(262_144)}"}`, 'sends more than 262144 bytes'],
    ])('reports a reply with %s', async (_what, body, finding) => {
      reply = () => body;
      expect(Object.values(await faultsOf(KIND)).flat()).toContainEqual(expect.stringContaining(finding));
    });

    const RULE = { when: 'word', free: 5, hard: 50, refuse: { field: 'word', code: 'wrong' } };
    const PROOF = { factor: 'first', if_missing: 'refused' };
    it.each<[string, object, readonly [field: string, text: string, attrs?: object]]>([
      ['is invalid', { v: 2 }, ['kind', `The descriptor of ${KIND} is invalid: v: Invalid input: expected 1`]],
      [
        'has another kind',
        { kind: 'x_other_stage', component: 'x-other-stage' },
        ['kind', 'it describes the kind x_other_stage'],
      ],
      [
        'reads a secret fact',
        { reads: { prompt_data: 'optional' } },
        ['kind', 'it reads prompt_data, which is secret'],
      ],
      [
        'logs users in',
        { effects: ['login'] },
        ['kind', 'it has the effect login (list the kind in TRUSTED_STAGES to allow it)'],
      ],
      [
        'writes a proof',
        { writes: ['auth_method'] },
        ['kind', 'it writes auth_method (list the kind in TRUSTED_STAGES to allow it)'],
      ],
      [
        'counts attempts of another credential',
        { attempts: [{ ...RULE, credential: 'password' }], errors: { wrong: { string: 'Wrong.', code: 'invalid' } } },
        ['kind', `it counts attempts of password; name it ${KIND} or ${KIND}:… instead (list`],
      ],
      [
        'counts attempts that are no guesses',
        {
          attempts: [{ ...RULE, credential: KIND }],
          guesses: false,
          errors: { wrong: { string: 'Wrong.', code: 'invalid' } },
        },
        ['kind', 'it counts attempts, and says that no answer is a guess'],
      ],
      [
        'proves a factor that does not exist',
        { proves: { ...PROOF, factor: 'best' } },
        ['kind', 'proves: factor: Invalid option'],
      ],
      [
        'proves nothing, but is trusted',
        {},
        [
          'trusts_proof',
          `The descriptor of ${KIND} has no proves, so there is no proof to trust.`,
          { trusts_proof: true },
        ],
      ],
      [
        'does not know a field of the config',
        {},
        ['config', 'Unrecognized key: "colour"', { config: { colour: 'green' } }],
      ],
      [
        'has another type for a field of the config',
        { config: { type: 'object', properties: { colour: { type: 'string' } } } },
        ['config', 'colour: Invalid input: expected string, received number', { config: { colour: 7 } }],
      ],
    ])(
      'prints the same refusal as `blueprint apply` for a stage whose descriptor %s',
      async (_what, more, [field, text, attrs = {}]) => {
        described = { ...descriptor, ...more };
        const { config = {}, trusts_proof = false } = attrs as { config?: object; trusts_proof?: boolean };
        const checked = await command(
          KIND,
          '--config',
          JSON.stringify(config),
          ...(trusts_proof ? ['--trusts-proof'] : []),
        );
        const applied = await apply({ kind: KIND, config, trusts_proof });
        const [, sentence] = new RegExp(`FAIL ${BOUND}\n *(.*)`).exec(checked.output) ?? [];
        expect(sentence).toMatch(new RegExp(`^${field}: `));
        expect(sentence).toContain(text);
        expect(applied.output).toContain(sentence);
        expect([checked.code, applied.code]).toEqual([1, 1]);
      },
    );

    it('says that no form can be drawn for a challenge that needs an object', async () => {
      described = { ...descriptor, response: { ...object, properties: { place: object }, required: ['place'] } };
      const { output } = await command(KIND);
      expect(output).toContain('note no form can be drawn for its challenge: the required place of response');
      described = descriptor;
      expect((await command(KIND)).output).not.toContain('note');
    });

    it('accepts a trusted proof and trusted privileges of the descriptor, as `blueprint apply` does', async () => {
      described = { ...descriptor, proves: PROOF, effects: ['login'] };
      trust = { TRUSTED_STAGES: KIND };
      const checked = await command(KIND, '--trusts-proof');
      const applied = await apply({ kind: KIND, trusts_proof: true });
      trust = {};
      expect(checked.output).toContain(`ok   ${BOUND}\n`);
      expect(applied.code).toBe(0);
    });
  });

  it('reports a stage that no service answers for, and a config that the stage refuses', async () => {
    const noService = expect.stringMatching(
      /^kind: No service answers for x_no_one on stage\.x_no_one\.describe at [^@ ]*127\.0\.0\.1:\d+ \(that of NATS_URL\)\. Start its service/,
    );
    expect(await faultsOf('x_no_one')).toEqual({ [BOUND]: [noService] });
    expect((await command('password')).output).toContain(`FAIL ${BOUND}\n       config: backends: `);
    expect(await faultsOf('source', {})).toEqual({ [BOUND]: ['config: source: This field is required.'] });
    expect(await faultsOf('email', { use_tls: true, use_ssl: true })).toEqual({
      [BOUND]: ['config: use_tls and use_ssl exclude each other.'],
    });
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

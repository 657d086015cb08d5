import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStage } from '../../apps/cli/src/stage-check/check-stage.js';
import { StageRequester } from '../../libs/local/src/stage-requester.js';
import { runCli } from '../support/commands.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import {
  EXAMPLE_STAGES,
  type ExampleLanguage,
  type ExampleStage,
  GO_BUILD,
  isMissing,
  missingNote,
} from '../support/example-stages.js';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { PageShell } from '../support/page-shell.js';
import { migratedDatabase } from '../support/postgres.js';
import { freePort, startProcess } from '../support/processes.js';
import { shownCommands, shownOutput } from '../support/transcript.js';
import { ServiceHarness } from './service-harness.js';

const LANGUAGES = Object.keys(EXAMPLE_STAGES) as ExampleLanguage[];
const CHECKER = { NATS_USER: 'checker', NATS_PASSWORD: 'of the checker' }; // not-a-secret
const STAGE = { NATS_USER: 'stage', NATS_PASSWORD: 'of the stage' }; // not-a-secret

describeWithNats('the examples of stages', () => {
  const pair = nkeys.createUser();
  const config = `authorization { users: [
    { user: ${CHECKER.NATS_USER}, password: ${JSON.stringify(CHECKER.NATS_PASSWORD)} }
    { user: ${STAGE.NATS_USER}, password: ${JSON.stringify(STAGE.NATS_PASSWORD)} }
    { nkey: ${pair.getPublicKey()} }
  ] }`;
  let harness: ServiceHarness;
  let nats: RunningNats;
  let port: number;
  let folder: string;

  beforeAll(async () => {
    port = await freePort();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-examples-'));
    [harness, nats] = await Promise.all([ServiceHarness.open(), startNats({ config, port })]);
  });
  afterAll(async () => {
    await harness?.close();
    await nats?.stop();
    await rm(folder, { recursive: true });
  });

  /** Returns the promises of the protocol that a stage breaks, and the number of all checked promises. */
  async function check({ kind, config: attrs, answers }: ExampleStage, env: object) {
    const requester = new StageRequester({ ...env });
    const broken: unknown[] = [];
    let promises = 0;
    const stage = { kind, config: attrs, trusted: false, trusts_proof: false, answers: { context: {}, ...answers } };
    for await (const finding of checkStage(requester, stage)) {
      promises++;
      if (finding.faults.length > 0) broken.push(finding);
    }
    await requester.close();
    return { broken, promises };
  }

  for (const language of LANGUAGES)
    describe.skipIf(isMissing(language))(`the stage in ${language}${missingNote(language)}`, () => {
      const stage = EXAMPLE_STAGES[language];
      let program: { program: string; entry: string };
      const start = (env: Readonly<Record<string, string>> = {}) =>
        harness.startProgram(program.program, program.entry, env);

      beforeAll(async () => {
        program = await stage.prepare(folder);
      });

      it('keeps all promises of the protocol, also for a right answer and for a wrong one', async () => {
        await start();
        const { broken, promises } = await check(stage, { NATS_URL: harness.url });
        expect(broken).toEqual([]);
        expect(promises).toBeGreaterThan(14);
      });

      it('answers each request once with three replicas, and loses none while two of them stop', async () => {
        const copies = [await start(), await start()];
        for (const { child } of copies) child.kill('SIGSTOP');
        const requests = Array.from({ length: 60 }, () => stageRequestFixture({ config: stage.config }));
        const replies = await harness.flood(`stage.${stage.kind}.challenge`, requests, async () => {
          // The paused copies have unread requests when SIGTERM reaches them.
          const exits = copies.map((copy) => copy.stop());
          for (const { child } of copies) child.kill('SIGCONT');
          expect(await Promise.all(exits)).toEqual([0, 0]);
        });
        await harness.connection.request(`stage.${stage.kind}.describe`, '{"v":1}');
        expect(replies.map((reply) => ('type' in reply ? reply.type : reply))).toEqual(requests.map(() => 'challenge'));
      });

      it('exits if NATS refuses its login, and serves again after a restart of NATS', async () => {
        const nkey = { NATS_NKEY_SEED: new TextDecoder().decode(pair.getSeed()) };
        const credentials = language === 'Python' ? STAGE : nkey;
        const refused = start({ NATS_URL: nats.url, NATS_USER: 'nobody' });
        await expect(refused).rejects.toThrow(/authorization violation/i);
        await expect(refused).rejects.not.toThrow(/-ERR|\r/);
        const running = await start({ NATS_URL: nats.url, ...credentials });
        const back = running.says(/serving/);
        await nats.stop();
        nats = await startNats({ config, port });
        await back;
        expect((await check(stage, { NATS_URL: nats.url, ...CHECKER })).broken).toEqual([]);
        expect(await running.stop()).toBe(0);
      });
    });

  it.skipIf(isMissing('Go'))('the documented commands run a copy of the template, check it and bind it', async () => {
    const page = DocumentedCommands.of('docs/how-to/write-a-stage-in-another-language.md');
    const database = await migratedDatabase();
    const settings = { DATABASE_URL: database.url, NATS_URL: harness.url };
    const shell = await PageShell.open((name, args, { env, stdin }) =>
      runCli(name, args, { env: { ...env, ...settings }, stdin }),
    );
    await mkdir(join(shell.folder, '.gatehouse'));
    await shell.write('.gatehouse/nats.env', `NATS_URL=${harness.url}\n`);
    // `exec` lets signals reach the program instead of the shell. The build uses the cache of the build of the other
    // test.
    const run = page.block('sh', /^go run/m, { 'go run .': 'go build -o stage . && exec ./stage' });
    const cache = process.env['GOCACHE'] ?? join(homedir(), '.cache/go-build');
    const go = { ...GO_BUILD, GOCACHE: cache, HOME: shell.folder };
    const script = `cd ${shell.folder}\n${run}`;
    const stage = await startProcess('-c', go, { program: 'bash', args: [script], ready: /serving x_example_code/ });
    try {
      const bound = await shell.runOk(page.block('sh', /^npm run check:stage.*\nnpm run blueprint/));
      expect(bound).toMatch(/x_example_code: \d+ promises kept[^]*created/);
      const [{ command, output } = { command: '', output: '' }] = shownCommands(page.block('text', /--wrong/));
      const [, config = ''] = /(--config '[^']*')/.exec(page.block('sh', /^npm run check:stage.*\nnpm run blueprint/))!;
      expect(await shell.runOk(command.replace('--config …', config))).toMatch(shownOutput(output));
    } finally {
      await stage.stop();
      await shell.close();
      await database.drop();
    }
  });
});

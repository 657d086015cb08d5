import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { externalDescriptorErrors, planContext, stageDescriptor } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInstalled } from '../deploy/installed.js';
import { runCli } from '../support/commands.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { PageShell } from '../support/page-shell.js';

const TEXT = { type: 'string' };
const BASE = {
  ...{ v: 1, kind: 'x_acme_sample', component: 'x-acme-sample' },
  ...{ config: { type: 'object' }, state: { type: 'object' } },
  challenge: { type: 'object', properties: { text: TEXT, tries_left: { type: 'integer' } } },
  response: { type: 'object', properties: { accept: { type: 'boolean' }, pin: TEXT, code: TEXT } },
};

describe('the pages on external stages', () => {
  const page = DocumentedCommands.of(
    'docs/how-to/write-a-stage-in-another-language.md',
    'docs/reference/external-stages.md',
    'docs/reference/external-stage-pages.md',
  );
  let shell: PageShell;
  beforeAll(async () => {
    shell = await PageShell.open((name, args, { env }) => runCli(name, args, { env }));
  });
  afterAll(() => shell?.close());

  it.each([/"attempts": \[/, /^"facts"/, /^"page"/])('show valid members of a descriptor: %s', (pattern) => {
    const text = page.block('json', pattern).trim();
    const members = JSON.parse(text.startsWith('{') ? text : `{${text}}`) as object;
    const guesses = 'attempts' in members ? {} : { guesses: false };
    const descriptor = stageDescriptor.parse({ ...BASE, ...guesses, ...members });
    expect(externalDescriptorErrors(descriptor)).toEqual([]);
    expect(descriptor).toMatchObject(members);
  });

  it('show a context that matches the schema of the plan context', () => {
    const context = JSON.parse(page.block('json', /"pending_user"/)) as object;
    expect(planContext.parse(context)).toMatchObject(context);
  });

  it.each([/id: code/, /id: risky/, /trusts_proof/])(
    'show a blueprint entry that `npm run blueprint -- check` accepts: %s',
    async (pattern) => {
      const entry = page.block('yaml', pattern).replaceAll(/^/gm, '  ');
      await writeFile(join(shell.folder, 'entry.yaml'), `version: 1\nentries:\n${entry}`);
      expect(await shell.runOk('npm run blueprint -- check entry.yaml')).toContain('0 errors');
    },
  );
});

describe.skipIf(!isInstalled('python3'))('the example of a stage in Python', () => {
  it('exits with an error and sends no password when NATS_URL begins with tls://', async () => {
    const received: string[] = [];
    const server = createServer((socket) => {
      socket.on('data', (data) => {
        received.push(data.toString());
        socket.end("-ERR 'Secure Connection - TLS Required'\r\n");
      });
      socket.on('error', () => undefined);
      socket.write('INFO {"tls_required":true}\r\n');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const NATS_URL = `tls://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { PATH: process.env['PATH'], NATS_URL, NATS_USER: 'stage', NATS_PASSWORD: 'hunter2' }; // not-a-secret
    const { status, stderr } = await promisify(execFile)('python3', ['examples/python-stage/terms_of_use.py'], {
      env,
    }).then(
      () => ({ status: 0, stderr: '' }),
      ({ code, stderr: text }: { code: number; stderr: string }) => ({ status: code, stderr: text }),
    );
    server.close();
    expect(received).toEqual([]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('NATS_URL begins with tls://')]);
  });
});

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedCommands } from '../support/documented-commands.js';

const run = promisify(execFile);
const page = DocumentedCommands.of('docs/how-to/runbooks.md');

describe('the functions of the runbooks', () => {
  let folder: string;
  let server: Server;
  /** The JSON with which the fake server responds. It collects the requested URLs in `asked`. */
  let answer: unknown;
  const asked: URL[] = [];
  const port = () => (server.address() as AddressInfo).port;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-runbooks-'));
    server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://localhost'));
      response.end(JSON.stringify(answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function call(functions: string, command: string): Promise<string> {
    return (await run('bash', ['--norc', '-c', `${functions}\n${command}`])).stdout;
  }
  const query = (text: string) => {
    const functions = page.block('sh', /^query\(\) \{/, { '127.0.0.1:9090': `127.0.0.1:${port()}` });
    return call(functions, `query '${text}'`);
  };
  const resultOf = (...rows: readonly [string, string][]) => ({
    data: { result: rows.map(([service, value]) => ({ metric: { service }, value: [1_764_000_000, value] })) },
  });

  it('query prints the 20 largest values with their labels, and leaves out NaN', async () => {
    answer = resultOf(['password', '8.6'], ['mfa', '0'], ['policy', 'NaN']);
    expect(await query('sum by (service) (rate(a[5m]))')).toBe('8.6 {"service":"password"}\n0 {"service":"mfa"}\n');
    expect(asked.at(-1)!.searchParams.get('query')).toBe('topk(20, sum by (service) (rate(a[5m])))');
  });

  it('query prints nothing for an empty result, and the error of Prometheus for a refused query', async () => {
    answer = resultOf();
    expect(await query('up')).toBe('');
    answer = { status: 'error', error: 'parse error: unclosed left parenthesis' };
    expect(await query('(up')).toBe('parse error: unclosed left parenthesis\n');
  });

  it('on hosts read the health of an instance, the journal of a service, and Postgres as its superuser', async () => {
    await writeFile(join(folder, 'password-2.env'), `SERVICE=password\nMONITORING_PORT=${port()}\n`);
    const hosts = page.block('sh', /runuser/, { '/etc/gatehouse': folder });
    const programs = 'journalctl() { echo "journalctl $*"; }; runuser() { echo "runuser $*"; }';
    answer = { status: 'ok' };
    expect(await call(hosts, 'ask password-2 /-/health/ready/')).toBe('{"status":"ok"}');
    expect(asked.at(-1)!.pathname).toBe('/-/health/ready/');
    expect(await call(`${hosts}${programs}`, 'logs password; logs nats; sql "SELECT 1"')).toBe(
      [
        'journalctl --since=-30min --output=cat --unit=gatehouse@password* --unit=password-server',
        'journalctl --since=-30min --output=cat --unit=gatehouse@nats* --unit=nats-server',
        'runuser -u postgres -- psql -d gatehouse -c SELECT 1',
        '',
      ].join('\n'),
    );
  });
});

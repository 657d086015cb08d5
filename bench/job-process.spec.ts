import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JobProcess } from './job-process.js';

const ENTRY = `
process.on('message', ({ job }) => {
  if (job === 'exit') process.exit(3);
  process.send(job === 'fail' ? { failure: 'unexpected response 503' } : { result: { slowestMs: Infinity } });
});
`;

let folder: string;
let load: JobProcess<{ job: string }, { slowestMs: number }>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-job-'));
  const entry = join(folder, 'entry.mjs');
  await writeFile(entry, ENTRY);
  load = new JobProcess(pathToFileURL(entry));
});
afterAll(async () => {
  load.stop();
  await rm(folder, { recursive: true });
});

it('a job returns its result, or throws if it fails or the process exits', async () => {
  expect(await load.run({ job: 'load' })).toEqual({ slowestMs: Number.POSITIVE_INFINITY });
  await expect(load.run({ job: 'fail' })).rejects.toThrow('unexpected response 503');
  expect(await load.run({ job: 'load' })).toEqual({ slowestMs: Number.POSITIVE_INFINITY });
  await expect(load.run({ job: 'exit' })).rejects.toThrow('the load generator exited');
});

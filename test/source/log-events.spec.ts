import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMaskedKey, secretFields } from '@gatehouse/contracts';
import { logEvents, logFields } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { describe, expect, it } from 'vitest';

const sources = ['apps', 'libs']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.includes('platform/src/logging/'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

describe('the catalogue of log events', () => {
  it('contains only events that the sources log', () => {
    /** Events that `LogWriter` logs itself. */
    const own = ['framework', 'security_lines_suppressed'];
    const missing = Object.keys(logEvents).filter((name) => !own.includes(name) && !sources.includes(`'${name}'`));
    expect(missing).toEqual([]);
  });

  it('has no field that no event uses', () => {
    const used: readonly string[] = Object.values(logEvents).flatMap(({ fields }) => [...fields]);
    expect(Object.keys(logFields).filter((field) => !used.includes(field))).toEqual([]);
  });

  it('has no field that is masked in events, or that the contract of a stage marks as secret', () => {
    const secrets = Object.values(stages).flatMap(({ contract: { config, response, state } }) =>
      [config, response, state].flatMap(secretFields),
    );
    expect(secrets).toContain('password');
    expect(Object.keys(logFields).filter((field) => isMaskedKey(field) || secrets.includes(field))).toEqual([]);
  });
});

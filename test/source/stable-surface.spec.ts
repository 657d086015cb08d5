import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findRemoved, findUnrecorded, PROMISE, recordOf } from '../../tools/stable-surface/comparison.js';

const surface = (version: string, ...settings: string[]) => ({ version, surfaces: { settings } });
const RECORDED = surface('1.0.0', 'BASE_URL', 'HOST');

describe('the record of stable names', () => {
  it('refuses the removal of a recorded name with the sentence of the support policy', () => {
    const [message, ...others] = findRemoved(surface('1.4.0', 'HOST', 'PORT'), RECORDED);
    expect(message).toContain(`settings: BASE_URL is gone. ${PROMISE}`);
    expect(others).toEqual([]);
    expect(readFileSync('docs/reference/support.md', 'utf8').replaceAll('\n', ' ')).toContain(PROMISE);
  });

  it('accepts new names, and a removal in the next major version', () => {
    expect(findRemoved(surface('1.4.0', 'BASE_URL', 'HOST', 'PORT'), RECORDED)).toEqual([]);
    expect(findRemoved(surface('2.0.0', 'HOST'), RECORDED)).toEqual([]);
    expect(findRemoved(surface('1.0.0', 'HOST'), undefined)).toEqual([]);
  });

  it('must contain all names of a release, and recordOf adds the new ones', () => {
    const next = surface('1.1.0', 'BASE_URL', 'HOST', 'PORT');
    expect(findUnrecorded(next, RECORDED)).toEqual([expect.stringContaining('settings: PORT is not recorded')]);
    const record = recordOf(next, RECORDED);
    expect(record).toEqual(next);
    expect(findUnrecorded(next, record)).toEqual([]);
  });

  it('drops the names that a new major version has removed', () => {
    expect(recordOf(surface('2.0.0', 'HOST'), RECORDED)).toEqual(surface('2.0.0', 'HOST'));
  });
});

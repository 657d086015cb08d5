import { expect, it } from 'vitest';
import { underLoad } from './under-load.js';

const measure = async () => 'figures';
const afterTheLoad = (load: Promise<unknown>) => () => load.then(measure, measure);

it('underLoad returns the figures that were measured while the load was running', async () => {
  const load = new Promise(() => undefined);
  expect(await underLoad(load, measure)).toBe('figures');
});

it('underLoad throws with the reason if the load ended before the measurement', async () => {
  const refused = Promise.reject(new Error('POST /login: unexpected response 503'));
  await expect(underLoad(refused, afterTheLoad(refused))).rejects.toThrow(
    'the load ended before the measurement, so the figures are invalid: POST /login: unexpected response 503',
  );
  const short = Promise.resolve();
  await expect(underLoad(short, afterTheLoad(short))).rejects.toThrow(/figures are invalid: it has too few visits$/);
});

it('underLoad throws the error of the measurement if both failed', async () => {
  const load = Promise.reject(new Error('of the load'));
  const failing = () => Promise.reject(new Error('of the measurement'));
  await expect(underLoad(load, failing)).rejects.toThrow('of the measurement');
});

import { expect, it } from 'vitest';
import type { FlowPageData } from '../page.js';
import { asksToInspect } from './use-inspector.js';

it.each([
  ['/if/flow/login/?inspector', true],
  ['/if/flow/login/?next=/app?a=b&inspector', true],
  ['/if/flow/login/?inspector=available', false],
  ['/if/flow/login/?next=/app?inspector=1', false],
  ['/if/flow/login/', false],
])('the address %s asks for the inspector: %s', (address, expected) => {
  expect(asksToInspect({ address } as FlowPageData)).toBe(expected);
});

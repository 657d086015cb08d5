import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { ExampleSite } from '../../apps/web/src/examples/site.js';

interface Built {
  readonly openExamples: () => Promise<ExampleSite>;
}

/** Serves the built example pages for all tests of a suite. */
export function useExamples() {
  const held: { site?: ExampleSite } = {};
  beforeAll(async () => {
    const { openExamples } = (await import(pathToFileURL('dist/apps/web/examples.js').href)) as Built;
    held.site = await openExamples();
  });
  afterAll(() => held.site?.close());
  return { address: (name: string) => `${held.site?.url}/if/flow/${name}/` };
}

import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Suites of whole deployments and of browsers take longest, whatever the size of their files. */
const LONG = [/^test\/(faults|pages|deploy)\/|standalone\.journey/, /^test\//];

/** Starts long suites first, so that no worker is left with one at the end. Vitest sorts the files of each rank. */
export class LongSuitesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const ranks = sorted.map(({ moduleId }) => rankOf(relative(this.ctx.config.root, moduleId)));
    return [0, 1, 2].flatMap((rank) => sorted.filter((_, i) => ranks[i] === rank));
  }
}

function rankOf(path: string): number {
  const rank = LONG.findIndex((pattern) => pattern.test(path));
  return rank === -1 ? LONG.length : rank;
}

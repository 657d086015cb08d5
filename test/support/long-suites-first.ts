import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Paths of the longest suites by rank. Vitest alone would rank them by file size. */
const LONG = [/^test\/(faults|pages|deploy)\/|(standalone|starts)\.journey/, /^test\//];

/** Starts long suites first, so that no long suite runs alone at the end. Vitest sorts the files within each rank. */
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

import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the folder of the files that a test run makes for all its workers. The end of the run removes it. */
export const runFolder = (runId: string): string => join(tmpdir(), `gatehouse-run-${runId}`);

import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the folder for the packages that a test run packs. It is removed at the end of the run. */
export const packedFolder = (runId: string): string => join(tmpdir(), `gatehouse-packed-${runId}`);

import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the folder of the packages that the test run packs, which the end of the run removes. */
export const packedFolder = (runId: string): string => join(tmpdir(), `gatehouse-packed-${runId}`);

import { createHash } from 'node:crypto';
import type { CommandEvent } from '@gatehouse/outbox';
import type { BlueprintFile } from './library.js';
import { type EntryOutcome, isDifferent, type Report } from './report.js';

/**
 * Returns the audit event of a run. It contains no names of objects and no values. `applied` are the files of the run.
 */
export function appliedEvent({ files, published, held }: Report, applied: readonly BlueprintFile[]): CommandEvent {
  const texts = new Map(applied.map(({ name, text }) => [name, text]));
  const changes = files.flatMap((file) => file.changes);
  const numberOf = (wanted: EntryOutcome) => changes.filter(({ outcome }) => outcome === wanted).length;
  return {
    action: 'blueprint_applied',
    context: {
      ...{ created: numberOf('created'), changed: numberOf('changed'), deleted: numberOf('removed') },
      files: files.filter(isDifferent).map(({ file }) => ({ name: file, digest: digestOf(texts.get(file) ?? '') })),
      flows: published.map(({ slug, number }) => ({ slug, version: number })),
      ...(held.length > 0 && { held: held.map(({ slug, number }) => ({ slug, version: number })) }),
    },
  };
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

import {
  AlreadyAppliedError,
  BlueprintError,
  type BlueprintFile,
  isDifferent,
  type Report,
} from '@gatehouse/blueprints';
import { type ApplyOptions, applyFiles } from './apply-files.js';

/**
 * The result of `applyOnce`: the report of the first run. A later run applies nothing, and returns one line about files
 * that differ from the stored objects, or `undefined`.
 */
export type OnceResult = { readonly report: Report } | { readonly notice: string | undefined };

/** Files, and the names of the files or folders from which they were read, for the command in the notice. */
interface NamedFiles {
  readonly files: readonly BlueprintFile[];
  readonly names: readonly string[];
}

/**
 * Applies blueprints if the database has no objects of blueprints yet. Otherwise changes nothing, and returns a line
 * that names the files that differ from the stored objects, or `undefined` if no file does.
 */
export async function applyOnce(url: string, { files, names }: NamedFiles, options: ApplyOptions): Promise<OnceResult> {
  try {
    return { report: await applyFiles(url, files, { ...options, mode: 'once' }) };
  } catch (error) {
    if (!(error instanceof AlreadyAppliedError)) throw error;
  }
  const command = `npm run blueprint -- diff ${names.join(' ')}`;
  try {
    const report = await applyFiles(url, files, { ...options, mode: 'compare' });
    const different = report.files
      .filter(isDifferent)
      .map(({ file, isNewVersion }) => `${file}${isNewVersion ? ' (new version)' : ''}`);
    if (different.length === 0) return { notice: undefined };
    return {
      notice: `Not applied again, because the stored objects differ: ${different.join(', ')}. Compare: ${command}`,
    };
  } catch (error) {
    // An invalid blueprint must not prevent a later start, which needs the stored objects only.
    if (!(error instanceof BlueprintError)) throw error;
    return {
      notice: `Not applied again, and cannot be compared: ${error.message}. Correct this, then compare: ${command}`,
    };
  }
}

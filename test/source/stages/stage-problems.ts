import { documentProblems, folderProblems, kindProblems, nameProblems, subjectProblems } from './document-problems.js';
import { moduleProblems } from './module-problems.js';
import { errorProblems, pageProblems } from './page-problems.js';
import { type StageSources, stageSources } from './stage-sources.js';
import { textProblems } from './text-problems.js';

/**
 * Returns a message for each part that a stage lacks, with what to do about it. A wrong kind is reported alone, because
 * most names of a stage follow from it.
 */
export async function stageProblems(sources: StageSources = stageSources()): Promise<string[]> {
  const wrong = kindProblems(sources);
  if (wrong.length > 0) return wrong;
  return [...(await moduleProblems(sources)), ...missingParts(sources)];
}

/** Returns a message for each part besides its module that a stage lacks. */
export const missingParts = (sources: StageSources): string[] =>
  [nameProblems, folderProblems, pageProblems, errorProblems, textProblems, subjectProblems, documentProblems].flatMap(
    (check) => check(sources),
  );

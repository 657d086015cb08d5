import { documentProblems, folderProblems, nameProblems, subjectProblems } from './document-problems.js';
import { moduleProblems } from './module-problems.js';
import { errorProblems, pageProblems, textProblems } from './page-problems.js';
import { type StageSources, stageSources } from './stage-sources.js';

/** Returns what the stages lack, a sentence for each, with what to do about it. */
export async function stageProblems(sources: StageSources = stageSources()): Promise<string[]> {
  return [...(await moduleProblems(sources)), ...missingParts(sources)];
}

/** Returns what the stages lack besides modules. */
export const missingParts = (sources: StageSources): string[] =>
  [nameProblems, folderProblems, pageProblems, errorProblems, textProblems, subjectProblems, documentProblems].flatMap(
    (check) => check(sources),
  );

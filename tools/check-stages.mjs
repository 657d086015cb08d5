/** `npm run check:stages` says what the stages lack, such as pages, texts and documents. It starts no process. */
import { isMain, withModules } from './modules.mjs';

/** Returns what the stages lack, a line for each problem. */
export async function checkStages(load) {
  const { stageProblems } = await load('test/source/stages/stage-problems.ts');
  return stageProblems();
}

if (isMain(import.meta.url)) {
  const problems = await withModules(checkStages);
  for (const problem of problems) console.log(problem);
  if (problems.length === 0) console.log('The stages are complete.');
  process.exitCode = problems.length > 0 ? 1 : 0;
}

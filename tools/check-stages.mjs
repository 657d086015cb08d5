/** `npm run check:stages` says what the stages lack, such as pages, texts and documents. It starts no process. */
import { withModules } from './modules.mjs';

const STAGES = 'test/source/stages/stage-problems.ts';

const problems = await withModules([STAGES], async (load) => (await load(STAGES)).stageProblems());
for (const problem of problems) console.log(problem);
if (problems.length === 0) console.log('The stages are complete.');
process.exitCode = problems.length > 0 ? 1 : 0;

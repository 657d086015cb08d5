/**
 * `npm run pages` serves a preview of every page with sample challenges. `npm run pages -- --screenshots FOLDER [NAME…]`
 * writes pictures of all pages, or of those with these names, to a folder instead.
 */
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';

const { values, positionals } = parseArgs({ options: { screenshots: { type: 'string' } }, allowPositionals: true });
prepare();
const { openExamples } = await import(new URL('../dist/apps/web/examples.js', import.meta.url).href);
if (values.screenshots === undefined) await serve();
else await takePictures(values.screenshots);

async function serve() {
  const { url } = await openExamples(Number(process.env.PORT ?? 9100));
  console.log(`Every page, with made-up challenges: ${url}/`);
}

async function takePictures(folder) {
  const site = await openExamples();
  try {
    const subject = { site: site.url, names: namesOf(site) };
    const { runnerImport } = await import('vite');
    const { module } = await runnerImport('./test/support/screenshots.ts', { logLevel: 'error' });
    const files = await module.takeScreenshots(folder, subject);
    console.log(`${files.length} pictures are in ${folder}`);
  } catch ({ message }) {
    console.error(message);
    process.exitCode = 1;
  } finally {
    await site.close();
  }
}

function namesOf({ names }) {
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no page ${unknown.join(', ')}. The pages are ${names.join(', ')}.`);
  return positionals.length > 0 ? positionals : names;
}
